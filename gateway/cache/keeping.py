"""An answer on its way into the cache: collected while it goes to the app, kept when it ended well."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from gateway.cache.entry import NO_UNITS, Entry, Units, gathered
from gateway.cache.flights import Flight, Outcome
from providers.canonical import Finish, Usage

LARGEST = 8 * 2**20  # bytes of an answer that is kept
WELL = frozenset({Finish.STOP, Finish.TOOL_CALLS})
FILTERED = (b"content_filter", b'"refusal"')  # how one of several choices may have ended


class Wanted(NamedTuple):
    """What is kept about an answer beside itself. ``chats``: whether it has to say how it ended. ``several``: whether
    it holds more than one choice, of which only the first one's end is told."""

    key: bytes
    scope: str
    seconds: int
    stream: bool
    chats: bool
    several: bool
    id: str


class Keeping:
    """Say ``done`` or ``dropped`` once, however the call ends; what is said later changes nothing. Neither awaits."""

    __slots__ = ("_clock", "_flight", "_open", "_pieces", "_size", "_store", "_unfit", "_wanted")

    def __init__(
        self,
        wanted: Wanted,
        *,
        flight: Flight | None,
        store: Callable[[Entry], None],
        unfit: Callable[[], None],
        clock: Callable[[], float],
    ) -> None:
        self._wanted = wanted
        self._flight = flight
        self._store = store
        self._unfit = unfit
        self._clock = clock
        self._pieces: list[bytes] = []
        self._size = 0
        self._open = True

    def add(self, piece: bytes) -> None:
        """More of the answer, as it is to be given again."""
        if not self._open:
            return
        self._pieces.append(piece)
        self._size += len(piece)
        if self._size > LARGEST:
            self._is_unfit()

    def done(
        self,
        *,
        finish: Finish | str | None,
        cost_nano: int | None,
        provider: str,
        model: str,
        vendor: str = "",
        wire: str = "",
        usage: Usage | None = None,
    ) -> bool:
        """The answer is whole; says whether it is kept. ``cost_nano``: of the attempt that gave it."""
        if not self._open:
            return False
        if not self._fits(finish):
            self._is_unfit()
            return False
        wanted, now = self._wanted, self._clock()
        entry = Entry(
            key=wanted.key,
            created=now,
            expires=now + wanted.seconds,
            scope=wanted.scope,
            stream=wanted.stream,
            pieces=gathered(self._pieces),
            provider=provider,
            vendor=vendor,
            model=model,
            wire=wire,
            finish=str(finish or ""),
            cost_nano=cost_nano,
            units=units_of(usage),
            made_by=wanted.id,
        )
        self._store(entry)
        self._ends(entry)
        return True

    def dropped(self) -> None:
        """The call failed, or its app left: the next of those that wait is sent."""
        self._ends(Outcome.AGAIN)

    def _fits(self, finish: Finish | str | None) -> bool:
        wanted = self._wanted
        if not self._size or (finish not in WELL and (finish or wanted.chats)):
            return False
        return not (wanted.several and any(word in piece for word in FILTERED for piece in self._pieces))

    def _is_unfit(self) -> None:
        if self._open:
            self._unfit()
            self._ends(Outcome.ALONE)

    def _ends(self, outcome: Entry | Outcome) -> None:
        if not self._open:
            return
        self._open = False
        self._pieces = []
        if self._flight is not None:
            self._flight.land(outcome)


def units_of(usage: Usage | None) -> Units:
    if usage is None:
        return NO_UNITS
    return Units(
        usage.input,
        usage.output,
        usage.cached_input,
        usage.cache_write_input,
        usage.reasoning,
        usage.input_audio,
        usage.output_audio,
    )

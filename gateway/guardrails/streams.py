"""A stream with its texts changed on the way: every text field goes through a pipe of its own, which may hold back what
it is not sure of. Frames in which nothing changed go out as the bytes they came in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gateway.guardrails.dialects import frame_shape
from gateway.guardrails.fields import Writing, walked
from gateway.guardrails.frames import Frames, retold, told_by
from gateway.guardrails.scanning import Deciding, Pipe
from gateway.guardrails.slots import Place, Slot, dialect_of
from providers.wires.openai.codec import encode

MakePipe = Callable[[bool], Pipe]  # is it JSON → a pipe


class _Open:
    """A text that has begun: its pipe, and how a frame that goes on with it is made."""

    __slots__ = ("pipe", "slot")

    def __init__(self, pipe: Pipe, slot: Slot) -> None:
        self.pipe = pipe
        self.slot = slot


class StreamEditor:
    """``make`` makes a pipe for each text, ``write`` changes the texts that come whole within one frame. ``sealed``:
    whether thoughts that may be signed are changed too. ``quiet``: log probabilities go, which spell every text again.
    ``passes``: the pipes change nothing, and it is only heard what is said.
    ``heard`` collects what went out, if a list is given."""

    def __init__(
        self,
        endpoint: str,
        make: MakePipe,
        write: Callable[[str, bool], str],
        *,
        sealed: bool,
        quiet: bool = False,
        passes: bool = False,
        heard: list[tuple[Place, str]] | None = None,
    ) -> None:
        self._dialect = dialect_of(endpoint)
        self._shape = frame_shape(endpoint)
        self._make = make
        self._sealed = sealed
        self._quiet = quiet
        self._passes = passes
        self._whole = Writing(write, sealed=sealed)
        self._frames = Frames()
        self._open: dict[Place, _Open] = {}
        self._broken: set[tuple[int, int]] = set()  # thoughts that are no longer what was signed: choice, number
        self._heard = heard

    def feed(self, data: bytes) -> bytes:
        return b"".join([piece for frame in self._frames.feed(data) for piece in self._frame(frame)])

    def finish(self) -> bytes:
        """The end of the stream: what was held back, and a last frame without its blank line."""
        rest = self._frames.rest()
        out = self._frame(rest) if rest.strip() else []
        return b"".join((*out, *self._flush(None)))

    def _frame(self, frame: bytes) -> list[bytes]:
        event = told_by(frame)
        if event == b"[DONE]":
            return [*self._flush(None), frame]
        if not isinstance(event, dict):
            return [frame]
        slots = list(self._dialect.slots(event))
        ends = self._dialect.ends(event)
        changed = self._quiet and _hushed(event)
        changed |= self._fill(slots, ends)
        before = self._flush(ends, but=[slot.place for slot in slots]) if ends != () else []
        ended, unsigned = self._unsigned(event) if self._sealed else ([], False)
        before += ended
        changed |= unsigned
        other = self._beside(event, slots)
        if other is not event:
            return [*before, retold(frame, other)]
        return [*before, retold(frame, event) if changed else frame]

    def _fill(self, slots: list[Slot], ends: tuple[int, ...] | None) -> bool:
        """Puts into each slot what may go out of it; says whether that is another text than came."""
        changed = False
        for slot in slots:
            text = slot.text
            if slot.sealed and not self._sealed:
                continue
            one = self._open.get(slot.place)
            if one is None:
                one = self._open[slot.place] = _Open(self._pipe(slot), slot)
            one.slot = slot
            new = one.pipe.feed(text) if text else ""
            if ends is None or slot.place[0] in ends:
                new += one.pipe.finish()
                del self._open[slot.place]
            self._hear(slot.place, new)
            if new != text:
                slot.holder[slot.name] = new
                changed = True
            if slot.sealed and one.pipe.changed:
                self._broken.add((slot.place[0], slot.place[2]))
        return changed

    def _pipe(self, slot: Slot) -> Pipe:
        return self._make(slot.json) if slot.json or self._passes else Deciding(self._make)

    def _flush(self, ends: tuple[int, ...] | None, *, but: list[Place] | tuple[()] = ()) -> list[bytes]:
        """Frames with what the texts that end still hold."""
        ended = [one for one in self._open if (ends is None or one[0] in ends) and one not in but]
        return [frame for place in ended for frame in self._flushed(place)]

    def _flushed(self, place: Place) -> list[bytes]:
        one = self._open.pop(place)
        rest = one.pipe.finish()
        if one.slot.sealed and one.pipe.changed:
            self._broken.add((place[0], place[2]))
        if not rest:
            return []
        self._hear(place, rest)
        return [self._made(one.slot.frame(rest))]

    def _made(self, event: dict[str, Any]) -> bytes:
        named = b"event: %s\n" % str(event["type"]).encode() if self._dialect.names_event else b""
        return named + b"data: " + encode(event) + b"\n\n"

    def _hear(self, place: Place, text: str) -> None:
        if self._heard is not None and text:
            self._heard.append((place, text))

    def _unsigned(self, event: dict[str, Any]) -> tuple[list[bytes], bool]:
        """Ends the thoughts that are signed here, and takes the signature from those that were changed: what they
        still held, and whether the event changed."""
        out: list[bytes] = []
        changed = False
        for choice, number, holder in self._dialect.signed(event):
            for place, one in list(self._open.items()):
                if one.slot.sealed and (place[0], place[2]) == (choice, number):
                    out += self._flushed(place)
            if (choice, number) in self._broken:
                holder["signature"] = ""
                changed = True
        return out, changed

    def _beside(self, event: dict[str, Any], slots: list[Slot]) -> dict[str, Any]:
        """The event with what else of it is text written anew; itself where nothing is."""
        kept = [slot.text for slot in slots]
        for slot in slots:
            slot.holder[slot.name] = ""
        other: dict[str, Any] = walked(event, self._shape, self._whole)
        if other is not event:  # the slots' holders may be copies in it
            for slot, new in zip(slots, self._dialect.slots(other), strict=True):
                new.holder[new.name] = slot.text
            slots = list(self._dialect.slots(other))
        for slot, text in zip(slots, kept, strict=True):
            slot.holder[slot.name] = text
        return other


def _hushed(event: dict[str, Any]) -> bool:
    choices = event.get("choices")
    told = [
        one for one in (choices if isinstance(choices, list) else ()) if isinstance(one, dict) and one.get("logprobs")
    ]
    for one in told:
        one["logprobs"] = None
    return bool(told)

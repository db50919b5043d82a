"""One gate: how many calls may be inside at once, and the short queue before it. On one event loop, without locks.

A slot that is given back goes to the next call in the queue at once: where there is room, nobody waits. A call may
stand before several gates (``wait_any``); the first that lets it in takes it out of every queue.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from enum import IntEnum
from itertools import count
from typing import Any

from gateway.errors import Overloaded
from providers.errors import SwitchboardError

SOONEST_RETRY, LATEST_RETRY = 1.0, 60.0  # seconds that a refusal may tell
TURNOVERS = 4  # a gate's pace is that of about so many times its limit of slots
MOST_NAMED = 5  # gates in one message

_numbers = count()  # calls in the order in which they came to wait


class Priority(IntEnum):
    HIGH = 0
    NORMAL = 1
    LOW = 2


class Pace:
    """How fast a full gate gives slots back: an exponentially weighted mean over the last few turnovers of its slots.
    Only the time in which it was full counts: a gate with room tells nothing about how long one waits for it."""

    __slots__ = ("_given", "_since", "_span")

    def __init__(self) -> None:
        self._given = self._since = self._span = 0.0

    def full(self, now: float) -> None:
        """From now on the gate is full."""
        self._since = now

    def given_back(self, now: float, *, limit: int) -> None:
        """The gate was full until now, when it got a slot back."""
        kept = 1 - 1 / (TURNOVERS * max(limit, 2))
        self._given = self._given * kept + 1
        self._span = self._span * kept + now - self._since
        self._since = now

    def seconds_for(self, slots: int, now: float) -> float | None:
        """How long a gate that is still full takes to give so many slots back; ``None`` if it never gave one."""
        return slots * (self._span + now - self._since) / self._given if self._given else None


class Tally:
    """How many calls all gates of one kind turned away, those included that are forgotten."""

    __slots__ = ("refused",)

    def __init__(self) -> None:
        self.refused = 0


class Gate:
    """``limit``: calls that may be inside, ``None`` for any number. ``queue``: calls that may wait. ``patience``: how
    many seconds each of them does. ``name`` begins the message of the refusal, which is an ``error``. ``clock`` gives
    monotonic seconds."""

    __slots__ = (
        *("__weakref__", "_pace", "_queues", "_room", "_tally"),
        *("clock", "error", "in_flight", "limit", "name", "patience", "queue", "refused", "waiting"),
    )

    def __init__(
        self,
        limit: int | None,
        *,
        queue: int,
        patience: float,
        name: str = "Switchboard",
        error: type[SwitchboardError] = Overloaded,
        tally: Tally | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.in_flight = self.waiting = self.refused = 0
        self.name = name
        self.error = error
        self._tally = tally or Tally()
        self.clock = clock
        self._pace = Pace()
        self._queues: tuple[OrderedDict[Waiter, None], ...] = tuple(OrderedDict() for _ in Priority)
        self._room = 0
        self.resize(limit, queue=queue, patience=patience)

    @property
    def has_room(self) -> bool:
        return self.in_flight < self._room

    def resize(self, limit: int | None, *, queue: int, patience: float) -> None:
        """Who is inside stays, also beyond a smaller limit; a larger one lets waiting calls in. Those that wait stay,
        and keep the patience they came with."""
        had_room = self.has_room
        self.limit, self.queue, self.patience = limit, queue, patience
        self._room = sys.maxsize if limit is None else limit
        if had_room and not self.has_room:
            self._pace.full(self.clock())
        self._let_in()

    def try_enter(self) -> bool:
        """Whether the call is inside; it then has to ``leave``. A call that could not enter is not counted."""
        inside = self.in_flight + 1
        if inside > self._room:
            return False
        self.in_flight = inside
        if inside == self._room:
            self._pace.full(self.clock())
        return True

    async def enter(self, *, priority: Priority, patience: float | None = None) -> None:
        """Waits in the queue if it must, for ``patience`` seconds instead of the gate's own. Raises the gate's error,
        with a Retry-After: at once when the queue is full."""
        if not self.try_enter():
            await wait_any((self,), patience=self.patience if patience is None else patience, priority=priority)

    def leave(self) -> None:
        """Gives a slot back: to the call of the highest priority that waits, first come first served within one."""
        assert self.in_flight, "nobody is inside"
        if self.in_flight >= self._room:
            self._pace.given_back(self.clock(), limit=self._room)
        self.in_flight -= 1
        if self.waiting:
            self._let_in()

    def retry_after(self) -> float:
        """Seconds until as many slots are given back as calls wait, and one more, at the pace of late. A gate that
        never gave one back while it was full only knows its patience."""
        needed = self.in_flight - self._room + self.waiting + 1
        if needed <= 0:
            return SOONEST_RETRY
        seconds = self._pace.seconds_for(needed, self.clock())
        return min(max(self.patience if seconds is None else seconds, SOONEST_RETRY), LATEST_RETRY)

    def line_up(self, waiter: Waiter) -> None:
        """Gives a place in the queue, if need be that of the newest call of a lower priority; or turns away."""
        if self.waiting >= self.queue and not self._push_out(waiter):
            self.turned_away()
            return
        self._queues[waiter.priority][waiter] = None
        self.waiting += 1
        waiter.before.append(self)

    def step_out(self, waiter: Waiter) -> None:
        del self._queues[waiter.priority][waiter]
        self.waiting -= 1

    def turned_away(self) -> None:
        self.refused += 1
        self._tally.refused += 1

    def _let_in(self) -> None:
        while self.waiting and self.try_enter():
            self._first().let_in(self)

    def _first(self) -> Waiter:
        """Within a priority the first has waited longest, so only the firsts can be next."""
        now = self.clock()
        firsts = [next(iter(queue)) for queue in self._queues if queue]
        return firsts[0] if len(firsts) == 1 else min(firsts, key=lambda one: (one.level(now), one.number))

    def _push_out(self, comer: Waiter) -> bool:
        now = self.clock()
        lasts = [next(reversed(queue)) for queue in self._queues if queue]
        last = max(lasts, key=lambda one: (one.level(now), one.number), default=None)
        if last is None or last.level(now) <= comer.priority:
            return False
        last.pushed_out(self)
        return True


class Waiter(asyncio.Future["Gate | SwitchboardError"]):
    """A call before one gate, or before several of which any will do. Its result is the gate that let it in, or why
    none did.

    It stands in queues exactly as long as it is pending. Whatever ends it takes it out of all of them at that moment, a
    cancellation of its task too; so no slot is ever given to a call that is gone, and none twice.
    """

    def __init__(self, gates: tuple[Gate, ...], *, priority: Priority, patience: float) -> None:
        super().__init__(loop=asyncio.get_running_loop())
        self.gates = gates
        self.before: list[Gate] = []  # in whose queues it stands
        self.priority = priority
        self.number = next(_numbers)
        self.clock = gates[0].clock
        self.since = self.clock()
        self.old_after = self.since + patience / 2

    def level(self, now: float) -> int:
        """Its priority, one higher when it has waited for more than half its patience."""
        return self.priority - 1 if self.priority and now > self.old_after else int(self.priority)

    def let_in(self, gate: Gate) -> None:
        self._step_out()
        self.set_result(gate)

    def pushed_out(self, gate: Gate) -> None:
        """Loses its place before one gate; that is the end if it was the last."""
        gate.step_out(self)
        gate.turned_away()
        self.before.remove(gate)
        if not self.before:
            self.set_result(self.refusal(f"{self.waited()} and made room for one of higher priority."))

    def give_up(self) -> None:
        """Its patience is over."""
        if self.done():
            return
        for gate in self.before:
            gate.turned_away()
        self._step_out()
        self.set_result(self.refusal(f"{self.waited()}."))

    def cancel(self, msg: Any | None = None) -> bool:
        self._step_out()
        return super().cancel(msg)

    def withdraw(self) -> None:
        """The call is gone: what it was just given goes to the next."""
        if self.cancel() or self.cancelled():
            return
        given = self.result()
        if isinstance(given, Gate):
            given.leave()

    def waited(self) -> str:
        return f"This one waited {self.clock() - self.since:.1f} s"

    def refusal(self, ending: str) -> SwitchboardError:
        """Names what is full; the wait is that of the gate which will soonest have room."""
        soonest = min(self.gates, key=Gate.retry_after)
        full = [
            f"{one.name} has {one.in_flight} of at most {one.limit} requests in flight and {one.waiting} waiting."
            for one in self.gates[:MOST_NAMED]
        ]
        if len(self.gates) > MOST_NAMED:
            full.append(f"{len(self.gates) - MOST_NAMED} more are full as well.")
        return soonest.error(" ".join([*full, ending]), retry_after=soonest.retry_after())

    def _step_out(self) -> None:
        for gate in self.before:
            gate.step_out(self)
        self.before.clear()


async def wait_any(gates: Sequence[Gate], *, patience: float, priority: Priority = Priority.NORMAL) -> Gate:
    """Enters the first gate that has room, or waits up to ``patience`` seconds for whichever opens first. Gives the
    gate the call is inside of now, and has to leave. One whose queue has no place is not waited for. Raises the refusal
    of all: at once if no queue has a place."""
    for gate in gates:
        if gate.try_enter():
            return gate
    waiter = Waiter(tuple(dict.fromkeys(gates)), priority=priority, patience=patience)
    for gate in waiter.gates:
        gate.line_up(waiter) if patience > 0 else gate.turned_away()
    if not waiter.before:
        raise waiter.refusal("This one could not wait.")
    timer = waiter.get_loop().call_later(patience, waiter.give_up)
    try:
        given = await waiter
    except BaseException:
        waiter.withdraw()
        raise
    finally:
        timer.cancel()
    if isinstance(given, Gate):
        return given
    try:
        raise given
    finally:
        del given, waiter  # the error's traceback holds this frame: a circle would keep forgotten gates alive

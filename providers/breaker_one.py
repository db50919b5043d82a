"""One circuit breaker: its state, and the calls of the last tenths of its window. ``providers.breaker`` decides."""

from __future__ import annotations

from dataclasses import dataclass, field

from providers.breaker_terms import CLOSED, HALF_OPEN, OPEN, Blocked, BreakerNow, BreakerRules, State, Transition

BUCKETS = 10
PROBE_WAIT = 1.0  # seconds after which to ask again while all probes are on their way
SLACK = 1.0  # seconds by which the clocks of processes may differ without anything being done about it
STEP = 0.001  # seconds by which news is later than what it follows, whatever the clocks say
HALF_STEP = 0.0005  # going half-open is later than the opening and earlier than anything a process learnt after it


class Window:
    """Calls and failures, in buckets of time. A bucket is a number that grows with it."""

    __slots__ = ("all_calls", "all_failures", "bucket", "calls", "failures")

    def __init__(self) -> None:
        self.bucket = 0
        self.clear()

    def clear(self) -> None:
        self.calls, self.failures = [0] * BUCKETS, [0] * BUCKETS
        self.all_calls = self.all_failures = 0

    def add(self, bucket: int, *, failed: bool) -> None:
        if bucket != self.bucket:
            self._roll(bucket)
        place = self.bucket % BUCKETS
        self.calls[place] += 1
        self.all_calls += 1
        if failed:
            self.failures[place] += 1
            self.all_failures += 1

    def good(self, bucket: int) -> None:
        """One more that did not fail: what nearly every call is."""
        if bucket != self.bucket:
            self._roll(bucket)
        self.calls[self.bucket % BUCKETS] += 1
        self.all_calls += 1

    def recent(self, bucket: int) -> tuple[int, int]:
        """Calls and failures as of ``bucket``."""
        if bucket <= self.bucket:
            return self.all_calls, self.all_failures
        kept = [n % BUCKETS for n in range(bucket - BUCKETS + 1, self.bucket + 1)]
        return sum(self.calls[n] for n in kept), sum(self.failures[n] for n in kept)

    def _roll(self, bucket: int) -> None:
        passed = bucket - self.bucket
        if -BUCKETS < passed < 0:
            return  # the clock was set back a little
        if not 0 < passed < BUCKETS:
            self.clear()
        elif self.all_calls:
            self._drop(range(self.bucket + 1, bucket + 1))
        self.bucket = bucket

    def _drop(self, buckets: range) -> None:
        for place in (n % BUCKETS for n in buckets):
            self.all_calls -= self.calls[place]
            self.all_failures -= self.failures[place]
            self.calls[place] = self.failures[place] = 0


@dataclass(slots=True, eq=False)
class Breaker:
    """One breaker. ``phase`` counts its changes of state: what began in an earlier phase tells nothing of this one."""

    provider_id: int
    model: str
    state: State = CLOSED
    phase: int = 0
    reason: str = ""
    since: float = 0
    until: float = 0
    wait: float = 0
    changed_at: float = 0
    last_used: float = 0
    good: int = 0  # probes that were answered
    probing: dict[Pass, float] = field(default_factory=dict)  # probes on their way, and when they began
    unreachable: list[float] = field(default_factory=list)  # when, in a row
    window: Window = field(default_factory=Window)
    parts: dict[str, Breaker] = field(default_factory=dict, repr=False)  # a provider's: by model, "" is itself

    def opens_until(self, now: float) -> float:
        """When an open one lets a probe through: never later than its wait from now, should a clock be set back."""
        if self.until - now > self.wait + SLACK:
            self.until = now + self.wait
        return self.until

    def blocked(self, rules: BreakerRules, now: float) -> Blocked | None:
        if self.state is OPEN and now < self.opens_until(now):
            return Blocked(self.reason, self.until, self.model)
        if self.state is not HALF_OPEN or self.free_slots(rules, now) > 0:
            return None
        return Blocked("being tried again; all probes are on their way", now + PROBE_WAIT, self.model)

    def free_slots(self, rules: BreakerRules, now: float) -> int:
        """A slot taken too long ago is free again, whatever became of its call."""
        return rules.probes - sum(abs(now - began) <= rules.longest for began in self.probing.values())

    def told(self, bucket: int, now: float) -> BreakerNow:
        calls, failures = self.window.recent(bucket)
        if self.state is OPEN and now >= self.opens_until(now):
            return BreakerNow(HALF_OPEN, self.reason, self.until, 0, failures, calls)
        return BreakerNow(self.state, self.reason, self.since, self.until, failures, calls)

    def turn(self, state: State, reason: str, now: float, *, wait: float = 0) -> Transition:
        """Changes the state; gives the news. ``wait``: seconds it is, or was, opened for.

        Going half-open follows from the opening: were it news of its own time, a process that finds out late would
        overrule what others have learnt from their probes since.
        """
        after = self.changed_at
        made = Transition(
            self.provider_id,
            self.model,
            before=self.state,
            after=state,
            reason=reason[:500],
            at=_as_stored(now),
            until=_as_stored(now + wait) if state is OPEN else 0,
            wait=wait,
            changed_at=_as_stored(after + HALF_STEP if state is HALF_OPEN else max(now, after + STEP)),
        )
        self.take(made)
        return made

    def take(self, made: Transition) -> None:
        """The state of ``made`` from now on. What was counted stays until it closes."""
        if made.after is not self.state:
            self.phase += 1
            self.probing.clear()
            self.unreachable.clear()
            self.good = 0
            if made.after is CLOSED:
                self.window.clear()
        self.state, self.reason, self.since = made.after, made.reason, made.at
        self.until, self.wait, self.changed_at = made.until, made.wait, made.changed_at


class Pass:
    """Leave for one attempt, at a provider's breaker and a model's. Give it back with ``Breakers.leave``."""

    __slots__ = ("left", "part", "part_phase", "whole", "whole_phase")

    def __init__(self, whole: Breaker, part: Breaker) -> None:
        self.whole, self.whole_phase = whole, whole.phase
        self.part, self.part_phase = part, part.phase
        self.left = False

    @property
    def is_usual(self) -> bool:
        """Whether both are closed, as they were when it began, with nothing to forget."""
        whole, part = self.whole, self.part
        return (
            part.state is CLOSED
            and whole.state is CLOSED
            and part.phase == self.part_phase
            and whole.phase == self.whole_phase
            and not part.unreachable
            and not whole.unreachable
        )

    @property
    def probes_the_model(self) -> bool:
        return self.part.state is HALF_OPEN and self.part.phase == self.part_phase

    @property
    def breakers(self) -> tuple[Breaker, ...]:
        return (self.part,) if self.part is self.whole else (self.part, self.whole)


def _as_stored(moment: float) -> float:
    """To the microsecond, as databases keep it: a process then knows its own news again."""
    return round(moment, 6)

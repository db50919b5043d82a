"""What this process measured of each target lately: failures, times, throughput and calls in flight. The older a call,
the less it counts. In memory only; runs on the event loop and never awaits."""

from __future__ import annotations

import heapq
import math
import time
from array import array
from collections.abc import Callable
from typing import NamedTuple

PRIOR_CALLS = 2.0  # good calls that every target is taken to have had: one failure of one call is not 100 %
ENOUGH = 20.0  # calls, by their weight, that a percentile needs
NEXT_TO_NOTHING = 0.01  # calls: below, a mean says nothing of today
STEPS = 4  # histogram buckets an octave: each is 19 % wider than the one before
SHORTEST = 0.001  # seconds; what is shorter counts as this
BUCKETS = 22 * STEPS  # up to 70 minutes
SET_BACK = 1.0  # seconds by which a clock may go back without anything being done about it
MOST_HALF_LIVES = 40.0  # weights grow by as many powers of two before they are brought down again


class Measured(NamedTuple):
    """One target now. ``calls`` is the weight of the calls that ended: a call counts half after each half-life.

    ``failure_rate`` is 0..1. ``first_s``: mean seconds to the first content of streams, ``seconds``: mean of whole
    calls, both of those that went well. ``throughput``: output units a second, waiting included. ``None``: unknown.
    ``last_at``: when a call began or ended last, seconds since the epoch.
    ``in_a_row``: failures since the last call that went well. ``silent_s``: seconds for which calls are in flight and
    none has ended; 0 with none in flight.
    """

    calls: float
    failure_rate: float
    first_s: float | None
    seconds: float | None
    throughput: float | None
    in_flight: int
    last_at: float
    in_a_row: int = 0
    silent_s: float = 0.0


class _Kept:
    """Sums of one target, in weights as of ``base``: what comes later is added with more weight instead of making
    all that is there smaller (forward decay)."""

    __slots__ = (
        "base",
        "calls",
        "failures",
        "first_calls",
        "first_hist",
        "first_sum",
        "good",
        "in_a_row",
        "in_flight",
        "last_at",
        "output",
        "output_seconds",
        "seconds_sum",
        "silent_since",
        "whole_hist",
    )

    def __init__(self, now: float) -> None:
        self.base = self.last_at = self.silent_since = now
        self.in_flight = self.in_a_row = 0
        self.calls = self.failures = self.good = self.seconds_sum = 0.0
        self.first_calls = self.first_sum = self.output = self.output_seconds = 0.0
        self.first_hist: array[float] | None = None
        self.whole_hist: array[float] | None = None

    def rebase(self, factor: float, base: float) -> None:
        self.base = base
        for name in ("calls", "failures", "good", "seconds_sum", "first_calls", "first_sum", "output"):
            setattr(self, name, getattr(self, name) * factor)
        self.output_seconds *= factor
        for histogram in (self.first_hist, self.whole_hist):
            if histogram is not None:
                histogram[:] = array("d", [weight * factor for weight in histogram])


class Measures:
    """All targets, by provider and model. ``half_life`` is seconds; ``clock`` gives seconds since the epoch. Of more
    than ``most`` targets the longest unused go."""

    def __init__(self, *, clock: Callable[[], float] = time.time, half_life: float = 120.0, most: int = 10_000) -> None:
        self.clock = clock
        self.half_life = half_life
        self.most = most
        self._targets: dict[tuple[int, str], _Kept] = {}

    def began(self, provider_id: int, model: str) -> None:
        """An attempt is on its way; ``ended`` must follow, however it ends."""
        now = self.clock()
        kept = self._targets.get((provider_id, model)) or self._new(provider_id, model, now)
        if now < kept.last_at - SET_BACK:
            self._set_back(kept, now)
        if not kept.in_flight:
            kept.silent_since = now
        kept.in_flight += 1
        kept.last_at = now

    def ended(
        self, provider_id: int, model: str, *, ok: bool | None, first_s: float | None, seconds: float, output: int
    ) -> None:
        """An attempt is over. ``ok`` is ``None`` if nothing was learnt: then it is only no longer in flight.

        ``first_s``: seconds to the first content of a stream, ``None`` for a whole reply; ``seconds``: the whole time;
        ``output``: units, 0 if not known. The times of failed attempts are not counted: a quick refusal is not speed.
        """
        now = self.clock()
        kept = self._targets.get((provider_id, model)) or self._new(provider_id, model, now)
        if now < kept.last_at - SET_BACK:
            self._set_back(kept, now)
        if kept.in_flight > 0:
            kept.in_flight -= 1
        kept.last_at = kept.silent_since = now
        if ok is None:
            return
        kept.in_a_row = 0 if ok else kept.in_a_row + 1
        age = (now - kept.base) / self.half_life
        if not -1.0 < age < MOST_HALF_LIVES:
            age = self._rebase(kept, now)
        weight = 2.0**age
        kept.calls += weight
        if ok:
            _add_times(kept, weight, first_s, seconds, output)
        else:
            kept.failures += weight

    def of(self, provider_id: int, model: str) -> Measured | None:
        """``None`` for a target that was not called, or so long ago that it was dropped."""
        kept = self._targets.get((provider_id, model))
        if kept is None:
            return None
        fade = self._fade(kept)
        calls = kept.calls * fade
        known = kept.good * fade >= NEXT_TO_NOTHING
        return Measured(
            calls=calls,
            failure_rate=kept.failures * fade / (calls + PRIOR_CALLS),
            first_s=kept.first_sum / kept.first_calls if kept.first_calls * fade >= NEXT_TO_NOTHING else None,
            seconds=kept.seconds_sum / kept.good if known else None,
            throughput=kept.output / kept.output_seconds if known and kept.output_seconds > 0 else None,
            in_flight=kept.in_flight,
            last_at=kept.last_at,
            in_a_row=kept.in_a_row,
            silent_s=max(0.0, self.clock() - kept.silent_since) if kept.in_flight else 0.0,
        )

    def p95(self, provider_id: int, model: str, *, stream: bool) -> float | None:
        """Seconds within which 95 of 100 streams had their first content, or whole replies came; within a bucket's
        width (19 %). ``None`` as long as too few are known."""
        kept = self._targets.get((provider_id, model))
        histogram = None if kept is None else kept.first_hist if stream else kept.whole_hist
        if kept is None or histogram is None:
            return None
        total = sum(histogram)
        if total * self._fade(kept) < ENOUGH:
            return None
        return _quantile(histogram, 0.95 * total)

    def _fade(self, kept: _Kept) -> float:
        """What brings the sums of a target to the weights of now."""
        return float(2.0 ** ((kept.base - max(self.clock(), kept.last_at)) / self.half_life))

    def _set_back(self, kept: _Kept, now: float) -> None:
        """The clock was set back: what is there counts as of the last call, and that was now."""
        kept.rebase(2.0 ** -max(0.0, (kept.last_at - kept.base) / self.half_life), now)

    def _rebase(self, kept: _Kept, now: float) -> float:
        age = (now - kept.base) / self.half_life
        kept.rebase(2.0**-age if age > 0 else 1.0, now)  # with the clock set back, what is there counts as of now
        return 0.0

    def _new(self, provider_id: int, model: str, now: float) -> _Kept:
        if len(self._targets) >= self.most:
            some = max(self.most // 10, 1)
            for key in heapq.nsmallest(some, self._targets, key=lambda key: self._targets[key].last_at):
                del self._targets[key]
        kept = self._targets[provider_id, model] = _Kept(now)
        return kept


def _add_times(kept: _Kept, weight: float, first_s: float | None, seconds: float, output: int) -> None:
    kept.good += weight
    kept.seconds_sum += weight * seconds
    if output > 0 and seconds > 0:
        kept.output += weight * output
        kept.output_seconds += weight * seconds
    if first_s is None:
        if kept.whole_hist is None:
            kept.whole_hist = array("d", bytes(8 * BUCKETS))
        kept.whole_hist[_bucket(seconds)] += weight
        return
    kept.first_calls += weight
    kept.first_sum += weight * first_s
    if kept.first_hist is None:
        kept.first_hist = array("d", bytes(8 * BUCKETS))
    kept.first_hist[_bucket(first_s)] += weight


def _bucket(seconds: float) -> int:
    if seconds <= SHORTEST:
        return 0
    return min(int(math.log2(seconds / SHORTEST) * STEPS), BUCKETS - 1)


def _quantile(histogram: array[float], rank: float) -> float:
    """The value below which ``rank`` of the histogram's weight lies, taken as spread evenly (in logarithms) over its
    bucket."""
    below = 0.0
    last = 0
    for bucket, weight in enumerate(histogram):
        if weight <= 0:
            continue
        if below + weight >= rank:
            return float(SHORTEST * 2.0 ** ((bucket + (rank - below) / weight) / STEPS))
        below += weight
        last = bucket
    return float(SHORTEST * 2.0 ** ((last + 1) / STEPS))  # rounding left nothing to reach the rank with

"""Counting over the last minute, for one process: each counts for itself, so n processes may let n times a limit pass
until limits are shared."""

from __future__ import annotations

from collections import deque

SECONDS = 61  # buckets that count: with the one under way, no 60 seconds ever hold more than the limit


class Minute:
    """A sliding window of one-second buckets. Times are seconds since the epoch, and may go back: a little changes
    nothing, by more than the window it begins anew."""

    __slots__ = ("_buckets", "_total")

    def __init__(self) -> None:
        self._buckets: deque[list[int]] = deque()  # [second, count], oldest first
        self._total = 0

    def add(self, count: int, *, now: float) -> None:
        """Counts ``count`` at ``now``."""
        second = int(now)
        if self._buckets and self._buckets[-1][0] >= second:
            self._buckets[-1][1] += count
        else:
            self._buckets.append([second, count])
        self._total += count

    def total(self, now: float) -> int:
        """What was counted in the minute before ``now``."""
        oldest = int(now) - SECONDS
        if self._buckets and self._buckets[-1][0] > now + SECONDS:  # the clock was set back: when it was is not known
            self._buckets.clear()
            self._total = 0
        while self._buckets and self._buckets[0][0] <= oldest:
            self._total -= self._buckets.popleft()[1]
        return self._total

    def wait(self, count: int, *, limit: int, now: float) -> float:
        """Seconds until ``count`` more stay within ``limit``; 0 for now. More than the limit at once waits until the
        window is empty, and goes then: else it would wait for ever."""
        left = self.total(now) + min(count, limit) - limit
        if left <= 0:
            return 0.0
        for second, counted in self._buckets:
            left -= counted
            if left <= 0:
                return second + SECONDS - now
        return 0.0

    def correct(self, difference: int, *, at: float, now: float) -> None:
        """Sets right what was counted at ``at``: less is taken back from there, if it still counts; more is counted
        now, when it is known."""
        if difference > 0:
            self.add(difference, now=now)
            return
        for bucket in self._buckets:
            if bucket[0] == int(at):
                taken = max(difference, -bucket[1])
                bucket[1] += taken
                self._total += taken
                return

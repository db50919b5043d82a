"""Quiet times: by a clock on a wall, so that 22:00 is 22:00 in summer and in winter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

MOST_IN_A_ROW = 8  # quiet times that follow each other without a gap: then a week is all quiet


@dataclass(frozen=True, slots=True, kw_only=True)
class Quiet:
    """Begins at ``begins`` on each of ``days`` (0 is Monday) and ends at the next ``ends``; both the same: a whole day.
    A time that the clock skips counts as the moment after the leap; one that comes twice begins at the first and ends
    at the second."""

    begins: time
    ends: time
    zone: ZoneInfo
    days: Sequence[int]

    def ends_at(self, now: datetime) -> datetime | None:
        """When the quiet time of ``now`` is over, in UTC; ``None``: it is not quiet now. Quiet times that touch are
        one."""
        end: datetime | None = None
        for _ in range(MOST_IN_A_ROW):
            following = self._end_of(end or now)
            if following is None:
                break
            end = following
        return end

    def _end_of(self, now: datetime) -> datetime | None:
        today = now.astimezone(self.zone).date()
        ends = [self._span(today + timedelta(days=shift)) for shift in (-1, 0, 1)]
        found = [end for begin, end in filter(None, ends) if begin <= now < end]
        return max(found, default=None)

    def _span(self, day: date) -> tuple[datetime, datetime] | None:
        if day.weekday() not in self.days:
            return None
        last = day if self.ends > self.begins else day + timedelta(days=1)
        return self._moment(day, self.begins, fold=0), self._moment(last, self.ends, fold=1)

    def _moment(self, day: date, at: time, *, fold: int) -> datetime:
        local = datetime.combine(day, at, tzinfo=self.zone).replace(fold=fold)
        found = local.astimezone(UTC)
        if found.astimezone(self.zone).replace(tzinfo=None) != local.replace(tzinfo=None):  # the clock leaps over it
            found = local.replace(fold=1).astimezone(UTC)
            return self._after_the_leap(found)
        return found

    def _after_the_leap(self, near: datetime) -> datetime:
        """The first moment of summer time around ``near``: found to the second."""
        low, high = near - timedelta(hours=3), near + timedelta(hours=3)
        before = low.astimezone(self.zone).utcoffset()
        while high - low > timedelta(seconds=1):
            middle = low + (high - low) / 2
            if middle.astimezone(self.zone).utcoffset() == before:
                low = middle
            else:
                high = middle
        return high.replace(microsecond=0)

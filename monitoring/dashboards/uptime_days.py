"""Uptime by day, as a status page shows it: how much of each day's watched time a provider was down or degraded."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from monitoring.health.uptime import Stretch, times
from monitoring.health.words import DEGRADED, DOWN
from monitoring.models import HealthSpan

DAY = timedelta(days=1)
LITTLE = 60.0  # seconds: less of a day is not worth a colour


@dataclass(frozen=True, slots=True, kw_only=True)
class DayUp:
    """Seconds. ``watched`` is 0 for a day that nobody watched."""

    day: datetime
    watched: float
    down: float
    degraded: float

    @property
    def status(self) -> str:
        """down, degraded, healthy, or "" for a day that was not watched."""
        if self.down >= LITTLE:
            return "down"
        if self.degraded >= LITTLE:
            return "degraded"
        return "healthy" if self.watched else ""


def by_day(*, days: int, now: datetime) -> dict[str, list[DayUp]]:
    """The last ``days`` days (UTC), the oldest first, of each provider that was watched in them. One query."""
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    since = today - (days - 1) * DAY
    rows = HealthSpan.objects.filter(model="", until__gt=since, began_at__lt=now).order_by()
    found: dict[str, list[Stretch]] = {}
    for name, status, began, until in rows.values_list("provider__name", "status", "began_at", "until"):
        found.setdefault(name, []).append(Stretch(status, began.timestamp(), until.timestamp()))
    begins = [since + place * DAY for place in range(days)]
    return {name: [_day(one, stretches, now) for one in begins] for name, stretches in found.items()}


def _day(begins: datetime, stretches: Sequence[Stretch], now: datetime) -> DayUp:
    since, until = begins.timestamp(), min(begins + DAY, now).timestamp()
    inside = [one for one in stretches if one.until > since and one.began < until]
    seconds = times(inside, since=since, until=until)
    return DayUp(day=begins, watched=seconds.watched, down=seconds.down, degraded=_degraded(inside, since, until))


def _degraded(stretches: Iterable[Stretch], since: float, until: float) -> float:
    """Counted as if it were down; where both are, down counts."""
    ill = [Stretch(DOWN, one.began, one.until) for one in stretches if one.status in (DEGRADED, DOWN)]
    down = times([one for one in stretches if one.status == DOWN], since=since, until=until).down
    return max(times(ill, since=since, until=until).down - down, 0.0)

"""When the periods of a budget begin and end, in UTC. Times are seconds since the epoch; weeks begin on Monday."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Final

DAY: Final = "day"
WEEK: Final = "week"
MONTH: Final = "month"
TOTAL: Final = "total"

_DAY = 86_400
_WEEK = 7 * _DAY
_MONDAY = 4 * _DAY  # 1970-01-05


def period_start(period: str, now: float) -> int:
    """Where the period that holds ``now`` begins: a whole second. That of ``total`` is the epoch itself."""
    second = math.floor(now)
    if period == DAY:
        return second - second % _DAY
    if period == WEEK:
        return second - (second - _MONDAY) % _WEEK
    if period == MONTH:
        return _first_of_month(second)
    return 0


def period_end(period: str, start: int) -> float:
    """Where the period that begins at ``start`` ends, and the next one begins; endless for ``total``."""
    if period == DAY:
        return start + _DAY
    if period == WEEK:
        return start + _WEEK
    if period == MONTH:
        return _first_of_month(start + 32 * _DAY)
    return math.inf


def at(start: float) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=start)


def epoch(when: datetime) -> int:
    """The whole second of a start."""
    return math.floor(when.timestamp())


def iso(when: float) -> str | None:
    """As programs read it; ``None`` for never."""
    return None if math.isinf(when) else at(when).strftime("%Y-%m-%dT%H:%M:%SZ")


def _first_of_month(second: int) -> int:
    return int(at(second).replace(day=1, hour=0, minute=0, second=0).timestamp())

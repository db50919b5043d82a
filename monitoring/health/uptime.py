"""How long a target was up, of the time in which it was watched. Pure arithmetic over spans.

Time that no span covers was watched by nobody, or the target was off or unknown then: it counts neither way. Where
spans overlap (two watched at once), the worse word holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from monitoring.health.words import DOWN


class Stretch(NamedTuple):
    """From ``began`` up to ``until``, in seconds since the epoch."""

    status: str
    began: float
    until: float


class Repair(NamedTuple):
    """An outage: ``down``: when it was first down, ``None`` if it never was; ``healthy``: when it was healthy again,
    ``None`` if it lasts or ended otherwise."""

    down: float | None
    healthy: float | None


class Times(NamedTuple):
    watched: float
    down: float

    @property
    def share(self) -> float | None:
        return 1 - self.down / self.watched if self.watched > 0 else None


def times(stretches: Iterable[Stretch], *, since: float, until: float) -> Times:
    """Seconds watched, and down, between the two."""
    cut = [Stretch(one.status, max(one.began, since), min(one.until, until)) for one in stretches]
    inside = [one for one in cut if one.until > one.began]
    return Times(_covered(inside), _covered([one for one in inside if one.status == DOWN]))


def mean_recovery(repairs: Iterable[Repair]) -> float | None:
    """Seconds from down to healthy."""
    took = [one.healthy - one.down for one in repairs if one.down is not None and one.healthy is not None]
    return sum(took) / len(took) if took else None


def _covered(stretches: Sequence[Stretch]) -> float:
    """Seconds that at least one of them covers."""
    total, reached = 0.0, float("-inf")
    for one in sorted(stretches, key=lambda stretch: stretch.began):
        if one.until > reached:
            total += one.until - max(one.began, reached)
            reached = one.until
    return total

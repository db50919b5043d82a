"""Which rows of which grain make up a span of time, and the steps of a series. In minutes since the epoch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitoring.models import RollupState
from monitoring.rollups.grains import DAY, GRAINS, HOUR, MINUTE, Grain, down, minute_of, moment_of, up

MOST_POINTS = 5000
_WEEK, _MONDAY = 7 * 1440, -3 * 1440
# The first that gives at most so many points is chosen: minutes of an hour, hours of a week, days of a year
_STEPS = [(1, 200), (2, 200), (5, 200), (15, 200), (60, 200), (180, 250), (720, 200), (1440, 400)]
_MOST_CHOSEN, _MOST_OF_SEVERAL = 400, 100


@dataclass(frozen=True, slots=True)
class Piece:
    """The stretches of one grain that begin from ``since`` on, before ``until``."""

    grain: Grain
    since: int
    until: int


def pieces(since: datetime, until: datetime, state: RollupState) -> list[Piece]:
    """The fewest rows that hold the span: days within it, hours at their sides, minutes at theirs. It is widened to
    whole minutes, and where these were pruned to hours or days."""
    first, last = minute_of(since), _end(until)
    for grain, over in ((MINUTE, HOUR), (HOUR, DAY)):
        kept = grain.kept_from(state)
        first = down(first, over.unit) if first < kept else first
        last = up(last, over.unit) if last < kept else last
    return _cut(first, last, GRAINS)


def _cut(first: int, last: int, grains: Sequence[Grain]) -> list[Piece]:
    if first >= last:
        return []
    *smaller, grain = grains
    begin, end = up(first, grain.unit), down(last, grain.unit)
    if begin >= end:
        return _cut(first, last, smaller)
    return [*_cut(first, begin, smaller), Piece(grain, begin, end), *_cut(end, last, smaller)]


@dataclass(frozen=True, slots=True)
class Steps:
    """Points from ``first`` on, ``step`` minutes apart, before ``last``; each is made up of whole rows of ``grain``."""

    grain: Grain
    step: int
    first: int
    last: int
    origin: int

    def __iter__(self) -> Iterator[int]:
        return iter(range(self.first, self.last, self.step))

    @property
    def piece(self) -> Piece:
        return Piece(self.grain, self.first, self.last)


def steps(
    since: datetime, until: datetime, step: timedelta | None, state: RollupState, *, several: bool = False
) -> Steps:
    """Steps begin at multiples of their length since 1970, UTC, and weeks on Mondays; the first is the one that
    ``since`` is in. One that is finer than what is kept of that time becomes as long as that. Raises ``ValueError`` for
    a step that is no whole number of minutes, or that gives more than ``MOST_POINTS``."""
    length = _asked(step) if step is not None else _chosen(since, until, several)
    first = minute_of(since)
    for grain, over in ((MINUTE, HOUR), (HOUR, DAY)):
        if first < grain.kept_from(state) and length % over.unit:
            length = up(length, over.unit)
    grain = next(one for one in reversed(GRAINS) if length % one.unit == 0)
    origin = _MONDAY if length % _WEEK == 0 else 0
    first, last = down(first - origin, length) + origin, up(_end(until) - origin, length) + origin
    if (last - first) // length > MOST_POINTS:
        raise ValueError(f"This step gives more than {MOST_POINTS} points: take a longer one.")
    return Steps(grain, length, first, max(first, last), origin)


def _asked(step: timedelta) -> int:
    minutes, rest = divmod(step, timedelta(minutes=1))
    if minutes < 1 or rest:
        raise ValueError("A step is a whole number of minutes.")
    return minutes


def _chosen(since: datetime, until: datetime, several: bool) -> int:
    length = (until - since) // timedelta(minutes=1)
    most = _MOST_OF_SEVERAL if several else _MOST_CHOSEN
    fitting = (step for step, points in _STEPS if length <= step * min(points, most))
    return next(fitting, up(-(-length // most), _WEEK))


def _end(until: datetime) -> int:
    """The first whole minute that is not before it."""
    minute = minute_of(until)
    return minute if moment_of(minute) == until else minute + 1

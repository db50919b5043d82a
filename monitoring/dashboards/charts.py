"""What the charts draw, as plain lists: one value a step, ``None`` for a gap (nothing measured, or not known yet)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from monitoring.dashboards.filters import Dimension
from monitoring.rollups.figures import Figures, Group, Point
from providers.pricing.money import NANO

Values = list[float | None]

COUNTS: dict[str, Callable[[Figures], float]] = {
    "answered": lambda one: max(one.requests - one.refused - one.cancelled - one.failed, 0),
    "refused": lambda one: one.refused,
    "cancelled": lambda one: one.cancelled,
    "failed": lambda one: one.failed,
    "output": lambda one: one.output,
    "fresh_input": lambda one: max(one.input - one.cached_input, 0),
    "cached_input": lambda one: one.cached_input,
}
MEASURES: dict[str, Callable[[Figures], float | None]] = {
    "p50": lambda one: one.p50_ms,
    "p95": lambda one: one.p95_ms,
    "p99": lambda one: one.p99_ms,
    "first_p50": lambda one: one.first_byte_p50_ms,
    "first_p95": lambda one: one.first_byte_p95_ms,
    "per_second": lambda one: one.per_second,
}


def series(points: Sequence[Point], *, known_until: datetime) -> dict[str, Values]:
    """Counts are 0 where nothing happened and a gap where nobody knows yet; measures are gaps in both."""
    found: dict[str, Values] = {}
    for name, count in COUNTS.items():
        found[name] = [count(one.figures) if one.at < known_until else None for one in points]
    for name, measure in MEASURES.items():
        found[name] = [_rounded(measure(one.figures)) for one in points]
    return found


def costs(
    dimension: Dimension,
    groups: Sequence[tuple[Group, Sequence[Point]]],
    whole: Sequence[Point],
    *,
    known_until: datetime,
) -> list[dict[str, Any]]:
    """Dollars a step of each group that cost anything, the dearest first, and what is left of the whole as "others"."""
    dearest = sorted(groups, key=lambda pair: -pair[0].figures.cost_nano)
    found = [
        {"label": dimension.named(group), "values": [_dollars(one, known_until) for one in points]}
        for group, points in dearest
        if group.figures.cost_nano
    ]
    in_groups: dict[datetime, int] = {}
    for _, points in groups:
        for one in points:
            in_groups[one.at] = in_groups.get(one.at, 0) + one.figures.cost_nano
    rest = [max(one.figures.cost_nano - in_groups.get(one.at, 0), 0) for one in whole]
    if any(rest):
        values = [nano / NANO if one.at < known_until else None for nano, one in zip(rest, whole, strict=True)]
        found.append({"label": "others", "values": values})
    return found


def answer(
    points: Sequence[Point],
    *,
    step: timedelta,
    known_until: datetime,
    dimension: Dimension,
    groups: Sequence[tuple[Group, Sequence[Point]]],
) -> dict[str, Any]:
    """The whole of what the page's script asks for. Times are seconds since the epoch. ``step`` is what was wished for:
    of long ago the figures may only tell longer ones."""
    if len(points) > 1:
        step = points[1].at - points[0].at
    return {
        "step": int(step.total_seconds()),
        "times": [int(one.at.timestamp()) for one in points],
        "series": series(points, known_until=known_until),
        "cost": {
            "by": dimension.param,
            "title": dimension.title,
            "groups": costs(dimension, groups, points, known_until=known_until),
        },
    }


def _dollars(point: Point, known_until: datetime) -> float | None:
    return point.figures.cost_nano / NANO if point.at < known_until else None


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)

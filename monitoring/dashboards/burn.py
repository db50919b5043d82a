"""A budget's picture: what was spent so far as an area, the forecast as a cone, the amount as a line. 300 wide, 100
high; time from left to right over the whole period."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from monitoring.dashboards.budgets import Standing

WIDTH, HEIGHT = 300.0, 100.0
ROOM = 1.08  # above the highest of it


@dataclass(frozen=True, slots=True, kw_only=True)
class Burn:
    """SVG paths and places. ``now_x``: where the forecast begins."""

    line: str
    area: str
    likely: str
    cone: str
    amount_y: float
    now_x: float
    now_y: float


def burn(standing: Standing, *, now: datetime) -> Burn | None:
    """``None`` for a budget without an end, and where the requests do not tell whose they are."""
    if standing.ends_at is None or not standing.spending or standing.spending_from is None:
        return None
    told = standing.forecast
    tops = [standing.amount, standing.spent, (told.high or 0) if told else 0]
    top = max(tops) * ROOM or 1
    whole = (standing.ends_at - standing.starts_at).total_seconds()

    def x(at: datetime) -> float:
        return round(WIDTH * min(max((at - standing.starts_at).total_seconds() / whole, 0), 1), 1)

    def y(value: float) -> float:
        return round(HEIGHT - HEIGHT * max(value, 0) / top, 1)

    places = [(x(at), y(value)) for at, value in _so_far(standing, now)]
    line = "L".join(f"{left} {height}" for left, height in places)
    now_x, now_y = places[-1]
    likely = cone = ""
    if told is not None and told.likely is not None:
        likely = f"M{now_x} {now_y}L{WIDTH:g} {y(told.likely)}"
        cone = f"M{now_x} {now_y}L{WIDTH:g} {y(told.high or 0)}L{WIDTH:g} {y(told.low or 0)}Z" if told.has_band else ""
    return Burn(
        line=f"M{line}",
        area=f"M0 {HEIGHT:g}L{line}L{now_x} {HEIGHT:g}Z",
        likely=likely,
        cone=cone,
        amount_y=y(standing.amount),
        now_x=now_x,
        now_y=now_y,
    )


def _so_far(standing: Standing, now: datetime) -> list[tuple[datetime, float]]:
    """The sum at the end of each step, drawn so that it ends at what the budget says: it counts by itself, and holds
    what figures only have a minute later."""
    assert standing.spending_from is not None
    sums: list[tuple[datetime, float]] = [(standing.starts_at, 0.0)]
    total = 0.0
    for place, value in enumerate(standing.spending):
        begins = standing.spending_from + place * standing.step
        if begins < standing.starts_at:
            continue
        total += value
        sums.append((min(begins + standing.step, now), total))
    scale = standing.spent / total if total else 0.0
    return [*((at, value * scale) for at, value in sums[:-1]), (now, float(standing.spent))]

"""What a budget will have spent when its period ends: what is spent now, and for the rest as much a step as lately.

A step is a day, or an hour for a budget of a day. The band says what comes if all the rest is like the quieter or the
busier quarter of those steps. Amounts are nano-dollars, or units of usage: whatever goes in comes out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import fmean, quantiles

LEAST_STEPS = 3  # with fewer, the pace of the period is all there is to go by
TOO_EARLY = 0.02  # of a period: before that its pace says nothing
LONGEST = timedelta(days=3650)  # further ahead no pace says anything


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """``likely`` when the period ends, between ``low`` and ``high``; ``None`` for a budget without an end. ``steps``:
    of how many it is made, 0 where it is the pace of the period, which has no band. ``reached_at``: when the amount is
    spent at that pace, if before the end and not yet."""

    likely: int | None
    low: int | None
    high: int | None
    reached_at: datetime | None
    steps: int

    @property
    def has_band(self) -> bool:
        return self.low is not None and self.low != self.high


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Spending a second."""

    low: float
    mean: float
    high: float
    steps: int


def forecast(
    *,
    spent: int,
    amount: int,
    now: datetime,
    starts_at: datetime,
    ends_at: datetime | None,
    lately: Sequence[int] = (),
    step: timedelta = timedelta(days=1),
) -> Forecast | None:
    """``lately``: what each whole step before now spent, the oldest first. ``None`` where nothing can be told yet."""
    pace = pace_of(lately, step) or _pace_of_period(spent, now, starts_at, ends_at)
    if pace is None:
        return None
    rest = max((ends_at - now).total_seconds(), 0.0) if ends_at is not None else None
    low, likely, high = (
        None if rest is None else spent + round(rate * rest) for rate in (pace.low, pace.mean, pace.high)
    )
    reached = _reached(spent, amount, pace.mean, now, ends_at)
    return Forecast(likely=likely, low=low, high=high, reached_at=reached, steps=pace.steps)


def pace_of(lately: Sequence[int], step: timedelta) -> Pace | None:
    """``None`` with too few steps; those before the first that spent anything are not looked at."""
    first = next((at for at, value in enumerate(lately) if value > 0), len(lately))
    values = [max(value, 0) for value in lately[first:]]
    if len(values) < LEAST_STEPS:
        return None
    seconds = step.total_seconds()
    mean = fmean(values)
    quarter, _, three_quarters = quantiles(values, n=4, method="inclusive")
    low, high = min(quarter, mean), max(three_quarters, mean)
    return Pace(low=low / seconds, mean=mean / seconds, high=high / seconds, steps=len(values))


def _pace_of_period(spent: int, now: datetime, starts_at: datetime, ends_at: datetime | None) -> Pace | None:
    passed = (now - starts_at).total_seconds()
    if passed <= 0 or (ends_at is not None and passed < TOO_EARLY * (ends_at - starts_at).total_seconds()):
        return None
    rate = max(spent, 0) / passed
    return Pace(low=rate, mean=rate, high=rate, steps=0)


def _reached(spent: int, amount: int, rate: float, now: datetime, ends_at: datetime | None) -> datetime | None:
    if rate <= 0 or spent >= amount:
        return None
    seconds = (amount - spent) / rate
    if seconds > LONGEST.total_seconds():
        return None
    at = now + timedelta(seconds=seconds)
    return at if ends_at is None or at < ends_at else None

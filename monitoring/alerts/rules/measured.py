"""Reading figures for a rule: of its scope, in its window, for each thing it judges."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

from monitoring.access import Viewer
from monitoring.alerts.findings import Terms, Unknowable
from monitoring.models import AlertRule
from monitoring.rollups import figures
from monitoring.rollups.figures import Figures, Only, Span

EVERYTHING = Viewer(teams=None, name="alerts")
BEHIND = timedelta(minutes=10)  # figures that are further behind than this tell nothing of now
MOST = 500


class Measured(NamedTuple):
    """``subject`` as in a ``Finding``; ``name`` for people: "provider openai". ``team``: whose it is, 0: nobody's."""

    subject: str
    name: str
    team: int
    figures: Figures


def measured(terms: Terms, now: datetime) -> list[Measured]:
    """Raises ``Unknowable`` where the figures are not up to date."""
    span = window(terms.window_minutes, now, figures.fresh_until)
    only = Only(
        teams=[terms.team] if terms.team else (),
        providers=[terms.provider] if terms.provider else (),
        models=[terms.model] if terms.model else (),
    )
    if terms.per == AlertRule.Per.ALL:
        return [Measured("all", _scope(terms), terms.team, figures.totals(EVERYTHING, span, only))]
    groups = figures.by(terms.per, EVERYTHING, span, only, most=MOST)
    return [
        Measured(f"{terms.per}:{one.key}", f"{terms.per} {one.label}", _team(terms, one.key), one.figures)
        for one in groups
        if one.key
    ]


def window(minutes: int, now: datetime, fresh_until: Callable[[], datetime | None]) -> Span:
    """The newest whole minutes that figures are there of."""
    fresh = fresh_until()
    if fresh is None or now - fresh > BEHIND:
        raise Unknowable("The figures are not up to date: is the task that sums them up running?")
    until = min(fresh, now).replace(second=0, microsecond=0)
    return Span(since=until - timedelta(minutes=minutes), until=until)


def _team(terms: Terms, key: str) -> int:
    if terms.per == AlertRule.Per.TEAM and key.isdigit():
        return int(key)
    return terms.team


def _scope(terms: Terms) -> str:
    """What is judged together, in words."""
    parts = [f"provider {terms.provider}" if terms.provider else "", f"model {terms.model}" if terms.model else ""]
    return ", ".join(filter(None, parts)) or "all requests"

"""Quality in figures: means of what the judge said, by model, provider or team, and as a series.

Each score goes from 0 (bad) to 1 (good). They are the opinion of one model on a sample: good for comparing models and
for seeing a change, not a measure of truth. What a viewer may not see is in no figure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Avg, Count, Max, Q, QuerySet, Sum
from django.db.models.functions import TruncDay, TruncHour

from monitoring.access import Viewer
from monitoring.models import QualityScore, QualitySettings
from monitoring.quality.judge import SCORES
from monitoring.rollups.figures import Span

MEANINGS: Mapping[str, str] = SCORES  # for people, beside the numbers
BY = ("model", "provider", "team")
HOURLY = timedelta(days=7)  # longer spans are told by day


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """``key``: a model's id, a provider's name or a team's id, as text, "" for all; ``label``: its name for people.
    ``judged``: answers with scores; ``unread``: those that were shown to the judge or could not be, and have none.
    Means are ``None`` where there is nothing to take them of. ``cost_nano``: what the judge cost, for who sees
    everything, else 0."""

    key: str = ""
    label: str = ""
    judged: int = 0
    unread: int = 0
    relevance: float | None = None
    coherence: float | None = None
    accuracy: float | None = None
    safety: float | None = None
    cost_nano: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    at: datetime  # when its step began
    scores: Scores


def is_on() -> bool:
    return QualitySettings.objects.filter(pk=1, enabled=True).exists()


def totals(viewer: Viewer, span: Span) -> Scores:
    return _scores(_rows(viewer, span).aggregate(**_SUMS), viewer)


def scores(viewer: Viewer, span: Span, by: str = "model", *, most: int = 50) -> list[Scores]:
    """The groups with the most judged answers first. ``by`` is one of ``BY``; raises ``ValueError`` for another."""
    if by not in BY:
        raise ValueError(f"by is one of {', '.join(BY)}, not {by}")
    key, label = ("team_id", "team") if by == "team" else (by, by)
    grouped = _rows(viewer, span).order_by().values(key).annotate(label=Max(label), **_SUMS)
    return [
        _scores(row, viewer, key=str(row[key] or "0" if by == "team" else row[key]), label=row["label"])
        for row in grouped.order_by("-judged", key)[:most]
    ]


def series(viewer: Viewer, span: Span) -> list[Point]:
    """Points without a gap, by hour for up to a week, else by day (UTC)."""
    hourly = span.length <= HOURLY
    step = timedelta(hours=1) if hourly else timedelta(days=1)
    cut = TruncHour("at") if hourly else TruncDay("at")
    grouped: Any = _rows(viewer, span).order_by().annotate(step=cut).values("step").annotate(**_SUMS)
    found = {row["step"]: row for row in grouped}
    at = span.since.replace(minute=0, second=0, microsecond=0)
    at = at if hourly else at.replace(hour=0)
    points = []
    while at < span.until:
        points.append(Point(at=at, scores=_scores(found.get(at, {}), viewer)))
        at += step
    return points


_SUMS: dict[str, Any] = {
    "judged": Count("pk", filter=Q(note="")),
    "unread": Count("pk", filter=~Q(note="")),
    "cost": Sum("cost_nano"),
    **{f"mean_{name}": Avg(name) for name in SCORES},
}


def _rows(viewer: Viewer, span: Span) -> QuerySet[QualityScore]:
    return viewer.of_teams(QualityScore.objects.filter(at__gte=span.since, at__lt=span.until))


def _scores(row: Mapping[str, Any], viewer: Viewer, *, key: str = "", label: str = "") -> Scores:
    return Scores(
        key=key,
        label=label,
        judged=row.get("judged", 0),
        unread=row.get("unread", 0),
        cost_nano=(row.get("cost") or 0) if viewer.everything else 0,
        **{name: row.get(f"mean_{name}") for name in SCORES},
    )

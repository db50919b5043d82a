"""The alerts that a viewer may see, for dashboards and the live log. Those of a team are for that team; those of the
infrastructure for who sees everything."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When

from monitoring.access import Viewer
from monitoring.models import Alert, Severity

MOST = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """``kind`` is one of ``AlertKind``, ``severity`` info, warning or critical. ``ended_at`` is ``None`` while it
    lasts; ``acknowledged_by`` "" while nobody has seen to it. ``team_id`` 0: nobody's."""

    id: int
    rule: str
    kind: str
    kind_label: str
    severity: str
    subject: str
    title: str
    text: str
    value: float | None
    began_at: datetime
    ended_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: str
    team_id: int

    @property
    def open(self) -> bool:
        return self.ended_at is None


def open_alerts(viewer: Viewer, *, most: int = MOST) -> list[Shown]:
    """Those that last: the gravest first, then the newest."""
    rank = Case(
        When(severity=Severity.CRITICAL, then=Value(0)),
        When(severity=Severity.WARNING, then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )
    rows = viewer.of_teams(Alert.objects.filter(state=Alert.State.FIRING))
    return _shown(rows.order_by(rank, "-began_at", "-id")[:most])


def recent(viewer: Viewer, since: datetime, *, most: int = MOST) -> list[Shown]:
    """Those that lasted into or began after ``since``, the newest first. One that never lasted long enough to be told
    is not among them."""
    told = Alert.objects.exclude(state=Alert.State.PENDING)
    rows = viewer.of_teams(told.filter(Q(ended_at=None) | Q(ended_at__gte=since)))
    return _shown(rows.order_by("-began_at", "-id")[:most])


def _shown(rows: QuerySet[Alert]) -> list[Shown]:
    return [
        Shown(
            id=row.pk,
            rule=row.rule_name,
            kind=row.kind,
            kind_label=row.get_kind_display(),
            severity=row.severity,
            subject=row.subject,
            title=row.title,
            text=row.text,
            value=row.value,
            began_at=row.began_at,
            ended_at=row.ended_at,
            acknowledged_at=row.acknowledged_at,
            acknowledged_by=row.acknowledged_by,
            team_id=row.team_id or 0,
        )
        for row in rows
    ]

"""The newest events from the database, for a viewer who has just come. Blocking."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from gateway.budgets.happenings import BudgetNews
from gateway.models import Budget, BudgetEvent
from monitoring.access import Viewer
from monitoring.alerts.happenings import AlertChange
from monitoring.health import board
from monitoring.live import events
from monitoring.live.events import Event, News
from monitoring.models import Alert
from providers.happenings import Happening
from providers.models import ProviderEvent

MOST = 30
SINCE = timedelta(days=1)


def newest(viewer: Viewer, *, now: datetime | None = None, most: int = MOST) -> list[Event]:
    """Of the last day, the oldest first: budgets' and alerts' of the viewer's teams, and all others for who sees
    everything."""
    since = (now or timezone.now()) - SINCE
    found = [*_budgets(viewer, since, most), *_alerts(viewer, since, most)]
    if viewer.everything:
        found += [*_providers(since, most), *_health(since, most)]
    told = {one.event.id: one.event for one in found}
    return sorted(told.values(), key=lambda event: event.time)[-most:]


def team_of(budget_id: int) -> int:
    """Whose budget it is: its team's, or that of its API key; 0 for nobody's."""
    row = Budget.objects.filter(pk=budget_id).values_list("team_id", "api_key__team_id").first()
    return (row[0] or row[1] or 0) if row else 0


def _providers(since: datetime, most: int) -> Iterable[News]:
    names = ("kind", "provider__name", "token__fingerprint", "model", "before", "after", "reason", "at")
    rows = ProviderEvent.objects.filter(at__gte=since).order_by("-at", "-id").values_list(*names)
    for kind, provider, token, model, before, after, reason, at in rows[:most]:
        yield events.of_happening(
            Happening(
                kind=kind,
                provider=provider,
                token=token or "",
                model=model,
                before=before,
                after=after,
                reason=reason,
                at=at.timestamp(),
            )
        )


def _health(since: datetime, most: int) -> Iterable[News]:
    for outage in board.outages(since=since, most=most):
        yield from (one for one in events.of_outage(outage) if one.event.time >= since.timestamp() * 1000)


def _budgets(viewer: Viewer, since: datetime, most: int) -> Iterable[News]:
    rows = BudgetEvent.objects.filter(at__gte=since)
    if viewer.teams is not None:
        rows = rows.filter(Q(budget__team__in=viewer.teams) | Q(budget__api_key__team__in=viewer.teams))
    for row in rows.select_related("budget").order_by("-at", "-id")[:most]:
        name = row.budget.name if row.budget else ""
        yield events.of_budget(BudgetNews(row.kind, row.budget_id or 0, name, row.text, row.at))


def _alerts(viewer: Viewer, since: datetime, most: int) -> Iterable[News]:
    """Those that were told, when they began and when they were over."""
    rows = viewer.of_teams(Alert.objects.filter(fired_at__gte=since))
    for row in rows.order_by("-fired_at")[:most]:
        for what, at in (("firing", row.fired_at), ("ended", row.ended_at)):
            if at is not None:
                yield events.of_alert(
                    AlertChange(
                        what=what,
                        alert_id=row.pk,
                        kind=row.kind,
                        severity=row.severity,
                        title=row.title,
                        text=row.text if what == "firing" else "",
                        team_id=row.team_id or 0,
                        at=at,
                    )
                )

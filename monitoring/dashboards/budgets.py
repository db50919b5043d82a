"""Budgets as dashboards show them: where each stands, what it spent lately, and what that leads to."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet, Sum

from gateway.budgets import periods
from gateway.models import Budget, BudgetEvent, BudgetPeriod, BudgetRaise
from monitoring.access import Viewer
from monitoring.dashboards.forecast import Forecast, forecast
from monitoring.dashboards.source import Source
from monitoring.dashboards.spans import floor
from monitoring.rollups.figures import Only, Point, Span

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
LATELY = 7  # whole days that a forecast looks at; hours of a day's budget: 24
LONGEST_LOOK = timedelta(days=92)  # back, for a budget in total
MOST = 500
EVENTS = 4  # shown of each


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One budget in its period. Amounts are nano-dollars or units, as it measures; ``amount`` has the raises in it.
    ``spending``: each step's, from ``spending_from`` on, the last one still running; empty where requests do not tell
    whom the budget is for (tags, patterns of models)."""

    budget: Budget
    starts_at: datetime
    ends_at: datetime | None
    amount: int
    raised: int
    spent: int
    held: int
    refused: int
    events: Sequence[BudgetEvent] = ()
    step: timedelta = DAY
    spending_from: datetime | None = None
    spending: Sequence[int] = ()
    forecast: Forecast | None = None

    @property
    def share(self) -> float:
        return self.spent / self.amount if self.amount else 0.0

    @property
    def in_money(self) -> bool:
        return self.budget.measure == Budget.Measure.COST


def visible(viewer: Viewer) -> QuerySet[Budget]:
    """Those of a member's teams and of their keys; all others tell what other teams spend, too."""
    rows = Budget.objects.filter(enabled=True).select_related("team", "api_key", "provider")
    rows = rows.defer("provider__proxy", "provider__secret_settings", "provider__settings")
    if viewer.teams is None:
        return rows
    of_team = Q(subject=Budget.Subject.TEAM, team_id__in=viewer.teams)
    return rows.filter(of_team | Q(subject=Budget.Subject.KEY, api_key__team_id__in=viewer.teams))


def standings(budgets: Iterable[Budget], *, now: datetime) -> list[Standing]:
    """The nearest to its end first. Three queries."""
    rows = list(budgets)
    spans = {row.pk: span_of(row.period, now) for row in rows}
    stored = _periods(rows, {since for since, _ in spans.values()})
    raised = dict(
        BudgetRaise.objects.filter(budget__in=rows, starts_at__lte=now, ends_at__gt=now)
        .order_by()
        .values_list("budget")
        .annotate(Sum("amount"))
    )
    found = []
    for row in rows:
        since, until = spans[row.pk]
        period = stored.get((row.pk, since))
        found.append(
            Standing(
                budget=row,
                starts_at=since,
                ends_at=until,
                amount=row.amount + raised.get(row.pk, 0),
                raised=raised.get(row.pk, 0),
                spent=period.spent if period else 0,
                held=max(period.leased, 0) if period else 0,
                refused=period.refused if period else 0,
            )
        )
    return sorted(found, key=lambda one: (-one.share, one.budget.name))


def _periods(rows: Sequence[Budget], begins: set[datetime]) -> dict[tuple[int, datetime], BudgetPeriod]:
    found = BudgetPeriod.objects.filter(budget__in=rows, starts_at__in=begins)
    return {(row.budget_id, row.starts_at): row for row in found}


def span_of(period: str, now: datetime) -> tuple[datetime, datetime | None]:
    """When the period of ``now`` began, and when the next one does; a total has no next."""
    start = periods.period_start(period, now.timestamp())
    end = periods.period_end(period, start)
    return periods.at(start), None if math.isinf(end) else periods.at(end)


def looked_at(standing: Standing, viewer: Viewer, source: Source, *, now: datetime) -> Standing:
    """With what it spent lately and what that leads to: one question to the figures."""
    of_day = standing.budget.period == Budget.Period.DAY
    step, back = (HOUR, 24) if of_day else (DAY, LATELY)
    since = min(_begun(standing), floor(now, step) - back * step)
    since = floor(max(since, now - LONGEST_LOOK), step)
    only = subject(standing.budget)
    points: list[Point] = []
    if only is not None:
        points = source.series(viewer, Span(since=since, until=floor(now, step) + step), only, step=step)
    values = [_value(point, standing) for point in points]
    return _with(standing, viewer, step=step, since=since, values=values, back=back, now=now)


def _with(
    standing: Standing, viewer: Viewer, *, step: timedelta, since: datetime, values: list[int], back: int, now: datetime
) -> Standing:
    told = forecast(
        spent=standing.spent,
        amount=standing.amount,
        now=now,
        starts_at=_begun(standing),
        ends_at=standing.ends_at,
        lately=values[:-1][-back:],
        step=step,
    )
    fields = {name: getattr(standing, name) for name in ("budget", "starts_at", "ends_at", "amount", "raised", "spent")}
    return Standing(
        **fields,
        held=standing.held,
        refused=standing.refused,
        events=_events(standing.budget, viewer),
        step=step,
        spending_from=since,
        spending=values,
        forecast=told,
    )


def _events(budget: Budget, viewer: Viewer) -> list[BudgetEvent]:
    """For members only what tells of the budget itself: the others name processes."""
    rows = budget.events.order_by("-at", "-id")
    if not viewer.everything:
        rows = rows.filter(kind__in=(BudgetEvent.Kind.THRESHOLD, BudgetEvent.Kind.OVER_HOLD))
    return list(rows[:EVENTS])


def _begun(standing: Standing) -> datetime:
    """A total's period began with the budget."""
    return standing.starts_at if standing.ends_at is not None else standing.budget.created_at


def _value(point: Point, standing: Standing) -> int:
    figures = point.figures
    return figures.cost_nano if standing.in_money else figures.input + figures.output


def subject(budget: Budget) -> Only | None:
    """Whose requests count in it; ``None`` where figures cannot tell them apart."""
    kinds = Budget.Subject
    if budget.subject == kinds.EVERYONE:
        return Only()
    if budget.subject == kinds.TEAM and budget.team_id:
        return Only(teams=[budget.team_id])
    if budget.subject == kinds.KEY and budget.api_key_id:
        return Only(api_keys=[budget.api_key_id])
    if budget.subject == kinds.PROVIDER and budget.provider is not None:
        return Only(providers=[budget.provider.name])
    if budget.subject == kinds.MODEL and budget.model and not set(budget.model) & set("*?["):
        provider, _, model = budget.model.rpartition(":")
        return Only(providers=[provider], models=[model]) if provider else Only(models=[model])
    return None

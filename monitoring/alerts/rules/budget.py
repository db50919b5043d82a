"""Budget: a threshold is reached, or calls are refused, for as long as that is so: until the next period, or until the
budget is raised. And what budgets told of themselves lately: a bill above its hold, a lost lease, books that differ."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from gateway.admin.amounts import cents
from gateway.admin.budget_standing import standings
from gateway.models import Budget, BudgetEvent
from monitoring.alerts.findings import Finding, Terms

TOLD_ONCE = (BudgetEvent.Kind.OVER_HOLD, BudgetEvent.Kind.LEASE_LOST, BudgetEvent.Kind.MISMATCH)
REFUSING: Final = 10_000  # the level of a budget that refuses calls: above any percent
NEARLY: Final = 90.0  # percent spent and held, from which on refused calls say that it is used up
MOST_EVENTS = 500


class Spent(NamedTuple):
    """How a budget stands in its current period. ``used``: percent that is spent or held."""

    id: int
    name: str
    period: str
    percent: float
    used: float
    words: str
    thresholds: Sequence[int] = ()
    refused: int = 0  # calls, of a hard budget
    team: int = 0


class Told(NamedTuple):
    """A ``BudgetEvent`` that is news and no state."""

    budget: int
    name: str
    kind: str
    label: str
    text: str
    team: int = 0


def find(terms: Terms, now: datetime) -> list[Finding]:
    since = now - timedelta(minutes=terms.window_minutes)
    return judge(terms, _standing(now), _told(since))


def judge(terms: Terms, budgets: Iterable[Spent], told: Iterable[Told]) -> list[Finding]:
    found = [_judge_one(terms, one) for one in budgets if terms.team in (0, one.team)]
    news: dict[tuple[str, int], list[Told]] = {}
    for event in told:
        if terms.team in (0, event.team):
            news.setdefault((event.kind, event.budget), []).append(event)
    return [one for one in found if one is not None] + [_news(events) for events in news.values()]


def _judge_one(terms: Terms, one: Spent) -> Finding | None:
    steps = one.thresholds if terms.threshold is None else [max(int(terms.threshold), 1)]
    reached = max((step for step in steps if one.percent >= step), default=0)
    refuses = one.refused > 0 and (reached > 0 or one.used >= NEARLY)
    if not (reached or refuses):
        return None
    refused = f" {one.refused:,} calls were refused." if refuses else ""
    return Finding(
        subject=f"budget:{one.id} from {one.period}",
        title=f"Budget “{one.name}” refuses calls" if refuses else f"Budget “{one.name}” reached {reached} %",
        text=f"{one.words}{refused}",
        value=round(one.percent, 1),
        level=REFUSING if refuses else reached,
        team=one.team,
    )


def _news(events: Sequence[Told]) -> Finding:
    """Events come the newest first."""
    newest = events[0]
    more = f" And {len(events) - 1:,} more like it." if len(events) > 1 else ""
    return Finding(
        subject=f"budget:{newest.budget} {newest.kind}",
        title=f"{newest.label}: budget “{newest.name}”" if newest.name else newest.label,
        text=f"{newest.text}{more}",
        value=float(len(events)),
        team=newest.team,
        passing=True,
    )


def _standing(now: datetime) -> list[Spent]:
    rows = Budget.objects.filter(enabled=True).select_related("api_key").defer("api_key__hash")
    found = []
    for one in standings(rows, now=now).values():
        budget, hard = one.budget, one.budget.mode == Budget.Mode.HARD
        words = [cents(amount, measure=budget.measure) for amount in (one.spent, one.amount)]
        found.append(
            Spent(
                id=budget.pk,
                name=budget.name,
                period=f"{one.starts_at:%Y-%m-%d}",
                percent=one.percent,
                used=100 * (one.spent + one.leased) / one.amount if one.amount else 0.0,
                words=f"{words[0]} of {words[1]} are spent ({budget.get_period_display().lower()}).",
                thresholds=budget.thresholds,
                refused=one.row.refused if hard and one.row is not None else 0,
                team=_team_of(budget),
            )
        )
    return found


def _told(since: datetime) -> list[Told]:
    rows = BudgetEvent.objects.filter(at__gte=since, kind__in=TOLD_ONCE).select_related("budget__api_key")
    labels: Mapping[str, str] = dict(BudgetEvent.Kind.choices)
    return [
        Told(
            budget=row.budget_id or 0,
            name=row.budget.name if row.budget else "",
            kind=row.kind,
            label=labels.get(row.kind, row.kind),
            text=row.text,
            team=_team_of(row.budget) if row.budget else 0,
        )
        for row in rows.defer("budget__api_key__hash")[:MOST_EVENTS]
    ]


def _team_of(budget: Budget) -> int:
    """Whose it is; 0 for a budget of everyone, a provider, a model or a tag."""
    if budget.team_id:
        return budget.team_id
    return (budget.api_key.team_id or 0) if budget.api_key else 0

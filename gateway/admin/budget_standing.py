"""Where budgets stand: what is spent, held and left of the current period, and what its end will bring at this pace."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from gateway.budgets import periods
from gateway.models import Budget, BudgetPeriod, BudgetRaise

TOO_EARLY = 0.02  # of a period: before that a pace says nothing
LONGEST = 3650 * 86_400  # seconds: further ahead a pace says nothing either
NEARLY = 80  # percent from which on a budget is nearly exhausted


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Amounts are nano-dollars or units, as the budget measures. ``amount`` has the raises in it. ``row``: the stored
    period; ``None`` while nothing was asked of it."""

    budget: Budget
    now: datetime
    starts_at: datetime
    ends_at: datetime | None
    amount: int
    raised: int
    row: BudgetPeriod | None

    @property
    def spent(self) -> int:
        return self.row.spent if self.row else 0

    @property
    def leased(self) -> int:
        return max(self.row.leased, 0) if self.row else 0

    @property
    def left(self) -> int:
        """Below nothing where it is overspent."""
        return self.amount - self.spent - self.leased

    @property
    def percent(self) -> float:
        """Spent, of the amount."""
        return 100 * self.spent / self.amount if self.amount else 0.0

    @property
    def forecast(self) -> int | None:
        """What will be spent when the period ends; ``None`` where that cannot be told: in total, or too early."""
        if self.ends_at is None or self.row is None:
            return None
        passed = (self.now - self.starts_at) / (self.ends_at - self.starts_at)
        return round(self.spent / passed) if passed >= TOO_EARLY else None

    @property
    def exhausted_at(self) -> datetime | None:
        """When the amount is spent at this pace, if that is before the period's end and still to come."""
        begun = self.starts_at if self.ends_at is not None else self.budget.created_at
        passed = self.now - begun
        if self.spent <= 0 or self.spent >= self.amount or passed <= timedelta(0):
            return None
        if self.ends_at is not None and passed / (self.ends_at - begun) < TOO_EARLY:
            return None
        seconds = passed.total_seconds() * (self.amount - self.spent) / self.spent
        if seconds > LONGEST:
            return None
        at = self.now + timedelta(seconds=round(seconds))
        return None if self.ends_at is not None and at >= self.ends_at else at


def standings(budgets: Iterable[Budget], *, now: datetime) -> dict[int, Standing]:
    """Of each budget, by its id, in two queries."""
    rows = list(budgets)
    periods = _current(rows, now)
    raised = _raised(rows, now)
    return {row.pk: _standing(row, periods.get(row.pk), raised.get(row.pk, 0), now) for row in rows}


def standing_of(budget: Budget, *, now: datetime) -> Standing:
    return standings([budget], now=now)[budget.pk]


def span_of(budget: Budget, at: datetime) -> tuple[datetime, datetime | None]:
    """The period of ``at``: when it began and when the next one does."""
    return period_of(budget.period, at)


def period_of(kind: str, at: datetime) -> tuple[datetime, datetime | None]:
    """Begin of the period that ``at`` falls into and begin of the next, in UTC; a total has no next."""
    start = periods.period_start(kind, at.timestamp())
    end = periods.period_end(kind, start)
    return periods.at(start), None if math.isinf(end) else periods.at(end)


def _standing(budget: Budget, row: BudgetPeriod | None, raised: int, now: datetime) -> Standing:
    starts_at, ends_at = span_of(budget, now)
    return Standing(
        budget=budget, now=now, starts_at=starts_at, ends_at=ends_at, amount=budget.amount + raised, raised=raised,
        row=row,
    )  # fmt: skip


def _current(budgets: Sequence[Budget], now: datetime) -> dict[int, BudgetPeriod]:
    """The stored periods that ``now`` falls into."""
    by_kind: dict[str, list[int]] = {}
    for budget in budgets:
        by_kind.setdefault(budget.period, []).append(budget.pk)
    if not by_kind:
        return {}
    wanted = Q()
    for kind, ids in by_kind.items():
        wanted |= Q(starts_at=period_of(kind, now)[0], **_among(ids, len(budgets)))
    kinds = {budget.pk: budget.period for budget in budgets}
    rows = BudgetPeriod.objects.filter(wanted)
    return {row.budget_id: row for row in rows if row.starts_at == period_of(kinds.get(row.budget_id, ""), now)[0]}


def _among(ids: Sequence[int], every: int) -> dict[str, Sequence[int]]:
    """No list of ids for a great many: the period's beginning bounds the rows too, and what is not asked for is left
    out by whoever reads them."""
    return {"budget_id__in": ids} if every <= 500 else {}


def _raised(budgets: Sequence[Budget], now: datetime) -> dict[int, int]:
    """What raises in force add."""
    found: dict[int, int] = {}
    rows = BudgetRaise.objects.filter(
        starts_at__lte=now, ends_at__gt=now, **_among([b.pk for b in budgets], len(budgets))
    )
    for budget_id, amount in rows.values_list("budget_id", "amount"):
        found[budget_id] = found.get(budget_id, 0) + amount
    return found

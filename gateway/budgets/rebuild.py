"""The sums of periods told again from what they are sums of: spent from entries, leased from leases."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from django.db import transaction
from django.db.models import QuerySet, Sum
from django.utils import timezone

from gateway.budgets.compiling import compile_budget
from gateway.budgets.events import write
from gateway.budgets.happenings import BudgetNews, budget_event
from gateway.budgets.refusing import amount
from gateway.models import BudgetEntry, BudgetEvent, BudgetLease, BudgetPeriod

MOST_NAMED = 500  # periods; of more, all sums are taken


class Difference(NamedTuple):
    """A period whose row says something else than its entries and leases do."""

    period_id: int
    budget: str
    starts_at: str
    spent: int
    entries: int
    leased: int
    leases: int

    def __str__(self) -> str:
        found = []
        if self.spent != self.entries:
            found.append(f"spent is {self.spent}, its entries are {self.entries}")
        if self.leased != self.leases:
            found.append(f"leased is {self.leased}, its leases are {self.leases}")
        return f"{self.budget}, from {self.starts_at}: {'; '.join(found)}"


def compare() -> list[Difference]:
    """Every period that differs. Calls may go on meanwhile: what seems to differ is looked at again while it is
    locked."""
    suspects = [one.period_id for one in _differences(BudgetPeriod.objects.all())]
    if not suspects:
        return []
    with transaction.atomic():
        return _differences(_locked(suspects))


def rebuild(periods: Iterable[int] | None = None) -> list[Difference]:
    """Mends those that differ (among ``periods``, by primary key; all), with an event of each; returns what they were
    like. Calls may go on meanwhile."""
    rows = BudgetPeriod.objects.all() if periods is None else BudgetPeriod.objects.filter(pk__in=set(periods))
    suspects = [one.period_id for one in _differences(rows)]
    with transaction.atomic():
        found = _differences(_locked(suspects)) if suspects else []
        news = [_mend(one) for one in found]
        write(news)
    for one in news:
        budget_event.tell(one)
    return found


def _locked(periods: Iterable[int]) -> QuerySet[BudgetPeriod]:
    """Whoever books or leases locks the period first, and waits."""
    return BudgetPeriod.objects.select_for_update(of=("self",)).filter(pk__in=set(periods)).order_by("pk")


def _differences(rows: QuerySet[BudgetPeriod]) -> list[Difference]:
    periods = list(rows.select_related("budget"))  # first: then they are locked, where they are to be
    ids = None if len(periods) > MOST_NAMED else [row.pk for row in periods]
    entries, leases = _sums(BudgetEntry, ids), _sums(BudgetLease, ids)
    return [
        Difference(row.pk, row.budget.name, f"{row.starts_at:%Y-%m-%d}", row.spent, spent, row.leased, leased)
        for row in periods
        if (row.spent, row.leased) != ((spent := entries.get(row.pk, 0)), (leased := leases.get(row.pk, 0)))
    ]


def _sums(kind: type[BudgetEntry] | type[BudgetLease], periods: list[int] | None) -> dict[int, int]:
    rows = kind.objects.all() if periods is None else kind.objects.filter(period__in=periods)
    return dict(rows.values_list("period_id").annotate(sum=Sum("amount")).order_by("period_id"))


def _mend(found: Difference) -> BudgetNews:
    row = BudgetPeriod.objects.select_related("budget").get(pk=found.period_id)
    BudgetPeriod.objects.filter(pk=row.pk).update(spent=found.entries, leased=found.leases)
    budget = compile_budget(row.budget)
    text = (
        f"{budget.name!r} from {found.starts_at}: spent was {amount(found.spent, budget)} and is "
        f"{amount(found.entries, budget)} by its entries."
    )
    return BudgetNews(BudgetEvent.Kind.CORRECTED.value, budget.id, budget.name, text[:500], timezone.now())

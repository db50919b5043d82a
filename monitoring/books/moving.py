"""Moving budgets along when what was booked on them is rated again."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import F

from gateway.budgets.periods import at, epoch
from gateway.budgets.pruning import CARRIED
from gateway.models import Budget, BudgetEntry, BudgetEvent, BudgetPeriod
from monitoring.books.rating import Rated
from monitoring.books.span import Logged

Change = tuple[Logged, Rated]


@dataclass(frozen=True, slots=True)
class Move:
    """By how many nano-dollars entries, by (exchange, period id), and periods move. ``waiting``: rows that some budget
    has not booked yet."""

    entries: Mapping[tuple[uuid.UUID, int], int]
    spent: Mapping[int, int]
    waiting: frozenset[uuid.UUID]


def moves(changes: Sequence[Change]) -> Move:
    """What the changes mean for money budgets. Locks the periods, in the order of their ids as the booking does, until
    the transaction ends. A row without its entry is to wait: the entry would come at the old cost. Entries that were
    pruned live on in the one that carries their sum."""
    periods = _periods({charged for _, rated in changes for charged in rated.moved})
    booked = _booked([logged.place.id for logged, _ in changes], periods.values())
    carried = {period for pk, period in booked if pk == CARRIED}
    entries: dict[tuple[uuid.UUID, int], int] = {}
    spent: dict[int, int] = {}
    waiting: set[uuid.UUID] = set()
    for logged, rated in changes:
        pk = logged.place.id
        mine = {periods[charged]: amount for charged, amount in rated.moved.items() if charged in periods}
        if any((pk, period) not in booked and period not in carried for period in mine):
            waiting.add(pk)
            continue
        for period, amount in mine.items():
            key = (pk if (pk, period) in booked else CARRIED, period)
            entries[key] = entries.get(key, 0) + amount
            spent[period] = spent.get(period, 0) + amount
    return Move(entries, spent, frozenset(waiting))


def _booked(exchanges: Sequence[uuid.UUID], periods: Iterable[int]) -> set[tuple[uuid.UUID, int]]:
    rows = BudgetEntry.objects.filter(exchange_id__in=[CARRIED, *exchanges], period_id__in=set(periods))
    return set(rows.values_list("exchange_id", "period_id"))


def _periods(charged: set[tuple[int, int]]) -> dict[tuple[int, int], int]:
    """The id of each period of a money budget by (budget id, its begin in epoch seconds)."""
    if not charged:
        return {}
    found = BudgetPeriod.objects.select_for_update(of=("self",)).filter(
        budget_id__in={budget for budget, _ in charged},
        starts_at__in={at(began) for _, began in charged},
        budget__measure=Budget.Measure.COST,
    )
    ids = {(row.budget_id, epoch(row.starts_at)): row.pk for row in found.order_by("pk")}
    return {key: pk for key, pk in ids.items() if key in charged}


def apply(move: Move) -> None:
    """In the transaction that changes the log rows."""
    for (exchange_id, period), amount in move.entries.items():
        if amount:
            BudgetEntry.objects.filter(exchange_id=exchange_id, period_id=period).update(amount=F("amount") + amount)
    for period, amount in sorted(move.spent.items()):
        if amount:
            BudgetPeriod.objects.filter(pk=period).update(spent=F("spent") + amount)


def tell(spent: Mapping[int, int], *, reason: str, usd: Mapping[int, str]) -> None:
    """One event a period that moved. ``usd``: by how much, as people read it."""
    rows = BudgetPeriod.objects.filter(pk__in=[pk for pk, amount in spent.items() if amount])
    BudgetEvent.objects.bulk_create(
        BudgetEvent(
            kind=BudgetEvent.Kind.CORRECTED,
            budget_id=row.budget_id,
            text=f"{reason}: the period from {row.starts_at:%Y-%m-%d} moved by {usd[row.pk]}."[:500],
        )
        for row in rows
    )

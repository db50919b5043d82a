"""The journal's consumer that books what calls spent: in one transaction with the leases that covered it."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from gateway.budgets.compiled import CompiledBudget
from gateway.budgets.compiling import compile_budget
from gateway.budgets.entries import Charge, budgets_of, charges_of
from gateway.budgets.events import over_hold, thresholds, write
from gateway.budgets.happenings import Booked, BudgetNews, Part, budget_booked, budget_event
from gateway.budgets.leases import limits_of, locked
from gateway.budgets.periods import at
from gateway.budgets.store import Key
from gateway.exchange import Exchange
from gateway.models import Budget, BudgetEntry, BudgetLease, BudgetPeriod

_TABLE = BudgetEntry._meta.db_table
_COLUMNS = '"exchange_id", "period_id", "amount", "at"'
_INSERT = f'INSERT INTO "{_TABLE}" ({_COLUMNS}) VALUES (%s, %s, %s, %s)'
_INSERT_ARRAYS = (
    f'INSERT INTO "{_TABLE}" ({_COLUMNS}) '
    "SELECT * FROM unnest(%s::uuid[], %s::bigint[], %s::bigint[], %s::timestamptz[])"
)


class BudgetConsumer:
    """An exchange that comes again finds its entries and changes nothing. A lease that was released is not charged:
    then only what is spent grows. Raises Django's database errors; the next try finds a connection that works."""

    name = "budgets"

    def __init__(self, *, now: Callable[[], datetime] = timezone.now) -> None:
        self._now = now

    def take(self, batch: Sequence[Exchange]) -> None:
        ids = budgets_of(batch)
        if not ids:
            return
        try:
            with transaction.atomic():
                booked, news = self._book(batch, ids)
        except Exception:
            if not connection.in_atomic_block:
                connection.close()
            raise
        for told in booked:
            budget_booked.tell(told)
        for one in news:
            budget_event.tell(one)

    def _book(self, batch: Sequence[Exchange], ids: set[int]) -> tuple[list[Booked], list[BudgetNews]]:
        budgets = {row.pk: compile_budget(row) for row in Budget.objects.filter(pk__in=ids)}
        charges = charges_of(batch, budgets=budgets)
        rows = locked({charge.key for charge in charges})
        fresh = _fresh([charge for charge in charges if charge.key in rows], rows)
        if not fresh:
            return [], []
        _insert(fresh, rows)
        booked = _from_leases(fresh, rows)
        news = self._grow(fresh, rows, budgets)
        write(news)
        return booked, news

    def _grow(
        self, fresh: Sequence[Charge], rows: dict[Key, BudgetPeriod], budgets: dict[int, CompiledBudget]
    ) -> list[BudgetNews]:
        """Adds to what is spent; tells of thresholds and of bills above their hold."""
        now = self._now()
        limits = limits_of(budgets, at_time=now)
        news = [over_hold(one, budgets[one.key[0]], now) for one in fresh if one.over and budgets[one.key[0]].hard]
        for key, amount, calls in _sums(fresh):
            row, budget = rows[key], budgets[key[0]]
            told, more = thresholds(budget, row, spent=row.spent + amount, limit=limits.get(key[0], 0), now=now)
            news += more
            changes: dict[str, Any] = {"spent": F("spent") + amount, "calls": F("calls") + calls}
            if told != row.told:
                changes["told"] = told
            BudgetPeriod.objects.filter(pk=row.pk).update(**changes)
        return news


def _fresh(charges: Sequence[Charge], rows: dict[Key, BudgetPeriod]) -> list[Charge]:
    """Those that are not booked yet. The periods are locked: nobody books one of them meanwhile."""
    ids = {uuid.UUID(charge.exchange.id) for charge in charges}
    periods = {row.pk: key for key, row in rows.items()}
    there = {
        (str(exchange_id), periods[period])
        for exchange_id, period in BudgetEntry.objects.filter(exchange_id__in=ids, period__in=periods).values_list(
            "exchange_id", "period_id"
        )
    }
    return [charge for charge in charges if (charge.exchange.id, charge.key) not in there]


def _insert(fresh: Sequence[Charge], rows: dict[Key, BudgetPeriod]) -> None:
    """Not by the ORM: it takes ten times as long, and the event loop waits for the interpreter meanwhile."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            values = [(one.exchange.id, rows[one.key].pk, one.amount, _started(one).isoformat()) for one in fresh]
            cursor.execute(_INSERT_ARRAYS, [list(column) for column in zip(*values, strict=True)])
        else:
            places: Any = (
                (one.exchange.id.replace("-", ""), rows[one.key].pk, one.amount, _sqlite_time(_started(one)))
                for one in fresh
            )
            cursor.executemany(_INSERT, places)


def _started(charge: Charge) -> datetime:
    return at(charge.exchange.started_at / 1_000_000)


def _sqlite_time(when: datetime) -> str:
    """As Django writes it."""
    return str(when.replace(tzinfo=None))


def _sums(fresh: Iterable[Charge]) -> list[tuple[Key, int, int]]:
    """Amount and calls of each period, in the order of the keys."""
    sums: dict[Key, tuple[int, int]] = {}
    for one in fresh:
        amount, calls = sums.get(one.key, (0, 0))
        sums[one.key] = (amount + one.amount, calls + 1)
    return [(key, *sums[key]) for key in sorted(sums)]


def _from_leases(fresh: Iterable[Charge], rows: dict[Key, BudgetPeriod]) -> list[Booked]:
    """Takes what was spent out of the leases that covered it: no more than each holds, nothing above a hold."""
    totals: dict[tuple[str, Key], tuple[int, int]] = {}
    for one in fresh:
        total, covered = totals.get((one.exchange.holder, one.key), (0, 0))
        totals[one.exchange.holder, one.key] = (total + one.amount, covered + one.amount - one.over)
    found = BudgetLease.objects.filter(
        period__in={row.pk for row in rows.values()}, holder__in={holder for holder, _ in totals if holder}
    )
    leases = {(lease.holder, lease.period_id): lease for lease in found}
    parts: dict[str, dict[Key, Part]] = {}
    for (holder, key), (total, covered) in totals.items():
        lease = leases.get((holder, rows[key].pk))
        part = min(covered, max(lease.amount, 0)) if lease is not None else 0
        if lease is not None and part:
            BudgetLease.objects.filter(pk=lease.pk).update(amount=F("amount") - part)
            BudgetPeriod.objects.filter(pk=rows[key].pk).update(leased=F("leased") - part)
        parts.setdefault(holder, {})[key] = Part(total, part)
    return [Booked(holder, found) for holder, found in parts.items()]

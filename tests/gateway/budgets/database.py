"""The books of the database, for the same tests as those in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from gateway.budgets.compiled import CompiledBudget
from gateway.budgets.compiling import compile_spending
from gateway.budgets.consumer import BudgetConsumer
from gateway.budgets.leases import ASKING, DatabaseLeases, release
from gateway.budgets.periods import at, epoch
from gateway.budgets.store import Key, Report, Seen
from gateway.exchange import Attempt, Exchange, uuid7
from gateway.models import Budget, BudgetEntry, BudgetEvent, BudgetLease, BudgetPeriod
from tests.gateway.budgets.cast import NOON, Clock, Period


def made(name: str, amount: int, **more: Any) -> Budget:
    row: Budget = Budget.objects.create(
        **{"name": name, "subject": "everyone", "amount": amount, "period": "day", **more}
    )
    return row


def compiled() -> list[CompiledBudget]:
    return list(compile_spending().budgets)


def exchange(*attempts: Attempt, holder: str = "h1", id: str = "") -> Exchange:
    return Exchange(id=id or uuid7(), started_at=int(NOON * 1e6), holder=holder, attempts=list(attempts))


def attempt(charged: Sequence[Key], cost: int | None, *, hold: int = 0, units: int = 0) -> Attempt:
    return Attempt(
        provider="acme", model="m1", charged=list(charged), cost_nano=cost, hold_nano=hold, input=units, duration_us=1
    )


class DatabaseBooks:
    def __init__(self, clock: Clock) -> None:
        self._leases = DatabaseLeases(now=lambda: self.now())
        self._consumer = BudgetConsumer(now=lambda: self.now())
        self._clock = clock

    def now(self) -> datetime:
        return at(0) + timedelta(seconds=self._clock.wall())

    def exchange(self, holder: str, report: Report) -> Mapping[Key, Seen]:
        return self._leases.exchange(holder, report)

    def take(self, batch: Sequence[Exchange]) -> None:
        self._consumer.take(batch)

    def release(self, holder: str) -> None:
        release(holder)

    def rows(self) -> Mapping[Key, Period]:
        found: dict[int, Period] = {}
        keys: dict[int, Key] = {}
        for row in BudgetPeriod.objects.all():
            keys[row.pk] = (row.budget_id, epoch(row.starts_at))
            found[row.pk] = Period(row.spent, row.leased, row.refused)
        for lease in BudgetLease.objects.exclude(holder=ASKING):
            found[lease.period_id].leases[lease.holder] = lease.amount
        for entry in BudgetEntry.objects.all():
            found[entry.period_id].entries[str(entry.exchange_id)] = entry.amount
        return {keys[pk]: row for pk, row in found.items()}


def emptied() -> None:
    for kind in (BudgetEntry, BudgetLease, BudgetPeriod, BudgetEvent, Budget):
        kind.objects.all().delete()

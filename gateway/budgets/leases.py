"""Leases in SQL: how a process gets slices of a period, gives them back, and loses them when it is gone.

They lie in the database and not in Redis, because what was spent lies there: one transaction moves an amount from
``leased`` to ``spent``, so that no crash and no outage between two stores can lose it or count it twice.

Every transaction locks the periods first, in the order of their keys, then touches leases: two can wait for each other
but never both. On SQLite a transaction that writes is alone from its begin.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.db import connection, transaction
from django.db.models import F, Q, Sum
from django.db.models.functions import Coalesce, Now
from django.utils import timezone

from gateway.budgets.compiling import compile_budget
from gateway.budgets.happenings import BudgetNews, budget_event
from gateway.budgets.periods import at, epoch
from gateway.budgets.refusing import amount as in_words
from gateway.budgets.store import Key, Report, Seen, Unsure, Wanted, share
from gateway.models import Budget, BudgetEvent, BudgetLease, BudgetPeriod

log = logging.getLogger("switchboard.budgets")

ASKING = (
    "wanted"  # the holder of the lease of nothing that asks the others for what idles; the database's clock dates it
)
ASKED_FOR = timedelta(seconds=2)
LOST_AFTER = timedelta(hours=24)
Result = TypeVar("Result")
Rows = Mapping[Key, BudgetPeriod]


class DatabaseLeases:
    """``gateway.budgets.store.Store`` over the thread's own connection."""

    def __init__(self, *, now: Callable[[], datetime] = timezone.now) -> None:
        self._now = now

    def exchange(self, holder: str, report: Report) -> Mapping[Key, Seen]:
        """Twice where the connection was lost since the last time: a database that restarted refuses no call."""
        before = connection.connection
        try:
            return self._exchange(holder, report)
        except Unsure:
            _close()
            raise
        except Exception:
            again = before is not None and _is_lost(before)
            _close()
            if not again:
                raise
        try:
            return self._exchange(holder, report)
        except Exception:
            _close()
            raise

    def _exchange(self, holder: str, report: Report) -> Mapping[Key, Seen]:
        if not report.writes:
            return self._look(holder, _found(report.look), report.look, {})
        return certainly(lambda: self._write(holder, report))

    def close(self) -> None:
        connection.close()

    def _write(self, holder: str, report: Report) -> Mapping[Key, Seen]:
        rows = locked(report.keys)
        if report.renew:
            BudgetLease.objects.filter(holder=holder).update(renewed_at=self._now())
        for key, amount in report.back.items():
            if key in rows:
                _give_back(rows[key], holder, amount)
        for key, count in report.refused.items():
            if key in rows:
                _period(rows[key]).update(refused=F("refused") + count)
        granted = self._lease(holder, rows, report.wanted)
        gone = [rows[key].pk for key in report.forget if key in rows]
        if gone:
            BudgetLease.objects.filter(period__in=gone, holder=holder, amount=0).delete()
        seen = self._look(holder, _found(report.keys), report.keys, granted)
        self._ask_others(rows, report.wanted, seen)
        return seen

    def _lease(self, holder: str, rows: Rows, wanted: Mapping[Key, Wanted]) -> Mapping[Key, int]:
        asked = {key: one for key, one in wanted.items() if key in rows and (one.total or one.ahead)}
        if not asked:
            return {}
        limits = limits_of({key[0] for key in asked}, at_time=self._now())
        fresh = _found(asked)
        granted: dict[Key, int] = {}
        for key, one in asked.items():
            row, limit = fresh[key], limits.get(key[0])
            amount = 0 if limit is None else share(one, limit - row.spent - row.leased)
            if amount > 0:
                self._grant(row, holder, amount)
                granted[key] = amount
        return granted

    def _grant(self, row: BudgetPeriod, holder: str, amount: int) -> None:
        now = self._now()
        _period(row).update(leased=F("leased") + amount)
        held = BudgetLease.objects.filter(period=row, holder=holder)
        if not held.update(amount=F("amount") + amount, renewed_at=now):
            BudgetLease.objects.create(period=row, holder=holder, amount=amount, renewed_at=now)

    def _look(self, holder: str, rows: Rows, keys: Iterable[Key], granted: Mapping[Key, int]) -> Mapping[Key, Seen]:
        limits = limits_of({key[0] for key in keys}, at_time=self._now())
        ids = {row.pk: key for key, row in rows.items()}
        fresh = Q(holder=holder) | Q(holder=ASKING, renewed_at__gt=Now() - ASKED_FOR)
        own: dict[Key, int] = {}
        asked: set[Key] = set()
        for period, who, amount in BudgetLease.objects.filter(fresh, period__in=ids).values_list(
            "period_id", "holder", "amount"
        ):
            if who == ASKING:
                asked.add(ids[period])
            else:
                own[ids[period]] = amount
        return {key: _seen(key, rows, limits, own, asked, granted) for key in keys}

    @staticmethod
    def _ask_others(rows: Rows, wanted: Mapping[Key, Wanted], seen: Mapping[Key, Seen]) -> None:
        """Where a call waits that could be served if others gave back what idles."""
        for key, one in wanted.items():
            stands = seen[key]
            short = one.least > 0 and not stands.granted and key in rows
            if short and stands.others > 0 and one.least <= stands.available + stands.others:
                mark = BudgetLease.objects.filter(period=rows[key], holder=ASKING)
                if not mark.update(renewed_at=Now()):
                    BudgetLease.objects.create(period=rows[key], holder=ASKING, amount=0, renewed_at=Now())


def _is_lost(before: Any) -> bool:
    """Whether it was the connection that failed, ``before``; Django may have made another one to end the transaction.
    Then nothing was done: what fails at the commit is ``Unsure``."""
    return not connection.in_atomic_block and (connection.connection is not before or not connection.is_usable())


def _close() -> None:
    """The next try makes a connection that works, if there is one."""
    if not connection.in_atomic_block:
        connection.close()


def certainly(work: Callable[[], Result]) -> Result:
    """``work`` in one transaction. Raises ``Unsure`` where only the commit failed, else what went wrong before it: then
    nothing was done."""
    worked = False
    try:
        with transaction.atomic():
            result = work()
            worked = True
    except Exception as error:
        if worked:
            raise Unsure from error
        raise
    return result


def locked(keys: Iterable[Key]) -> dict[Key, BudgetPeriod]:
    """The rows of these periods, made where they are missing, locked until the transaction ends; without those whose
    budget is gone."""
    wanted = set(keys)
    rows = _found(wanted, lock=True)
    missing = sorted(wanted - rows.keys())
    if not missing:
        return rows
    there = set(Budget.objects.filter(pk__in={key[0] for key in missing}).values_list("pk", flat=True))
    made = [BudgetPeriod(budget_id=one, starts_at=at(start)) for one, start in missing if one in there]
    if not made:
        return rows
    BudgetPeriod.objects.bulk_create(made, ignore_conflicts=True)
    return _found(wanted, lock=True)


def limits_of(budgets: Iterable[int], *, at_time: datetime) -> dict[int, int]:
    """The amount of each budget with its raises, by primary key."""
    raised = Q(raises__starts_at__lte=at_time, raises__ends_at__gt=at_time)
    rows = Budget.objects.filter(pk__in=set(budgets)).annotate(more=Coalesce(Sum("raises__amount", filter=raised), 0))
    return {row.pk: row.amount + row.more for row in rows.only("pk", "amount")}


def release(holder: str) -> int:
    """Gives back all leases of a process whose journal is delivered to the end: nothing of it will be booked any more.
    Returns how many there were. Doing it twice changes nothing."""
    return certainly(lambda: _release(BudgetLease.objects.filter(holder=holder)))


def release_lost(now: datetime | None = None) -> int:
    """Gives back leases that nobody renewed for a day: their machine is gone for good, and its journal with it. Each is
    told by an event. Returns how many there were."""
    before = (now or timezone.now()) - LOST_AFTER
    lost = BudgetLease.objects.filter(renewed_at__lt=before).exclude(holder=ASKING)
    BudgetLease.objects.filter(renewed_at__lt=before, holder=ASKING).delete()
    news = [_lost(lease, before + LOST_AFTER) for lease in lost.select_related("period__budget") if lease.amount]
    count = certainly(lambda: _release(lost, news))
    for one in news:
        budget_event.tell(one)
    return count


def _release(leases: Any, news: Sequence[BudgetNews] = ()) -> int:
    periods = sorted(set(leases.values_list("period_id", flat=True)))
    list(BudgetPeriod.objects.select_for_update().filter(pk__in=periods).order_by("pk"))
    rows = list(leases.filter(period__in=periods))
    for lease in rows:
        BudgetPeriod.objects.filter(pk=lease.period_id).update(leased=F("leased") - lease.amount)
    BudgetLease.objects.filter(pk__in=[lease.pk for lease in rows]).delete()
    BudgetEvent.objects.bulk_create(
        BudgetEvent(at=one.at, kind=one.kind, budget_id=one.budget_id, text=one.text) for one in news
    )
    return len(rows)


def _lost(lease: BudgetLease, now: datetime) -> BudgetNews:
    budget = lease.period.budget
    amount = in_words(lease.amount, compile_budget(budget))
    text = (
        f"{amount} of {budget.name!r} were leased to a process that was not heard of since "
        f"{lease.renewed_at:%Y-%m-%d %H:%M} UTC. They are free again; what it spent of them is not known."
    )
    return BudgetNews(BudgetEvent.Kind.LEASE_LOST.value, budget.pk, budget.name, text[:500], now)


def _found(keys: Iterable[Key], *, lock: bool = False) -> dict[Key, BudgetPeriod]:
    wanted = set(keys)
    rows = BudgetPeriod.objects.filter(
        budget_id__in={one for one, _ in wanted}, starts_at__in={at(start) for _, start in wanted}
    ).order_by("pk")
    found = {(row.budget_id, epoch(row.starts_at)): row for row in (rows.select_for_update() if lock else rows)}
    return {key: row for key, row in found.items() if key in wanted}


def _give_back(row: BudgetPeriod, holder: str, amount: int) -> None:
    """Never more than the lease holds: it may have been released as lost."""
    held = BudgetLease.objects.filter(period=row, holder=holder).values_list("amount", flat=True).first() or 0
    amount = min(amount, held)
    if amount > 0:
        BudgetLease.objects.filter(period=row, holder=holder).update(amount=F("amount") - amount)
        _period(row).update(leased=F("leased") - amount)


def _period(row: BudgetPeriod) -> Any:
    return BudgetPeriod.objects.filter(pk=row.pk)


def _seen(
    key: Key,
    rows: Rows,
    limits: Mapping[int, int],
    own: Mapping[Key, int],
    asked: set[Key],
    granted: Mapping[Key, int],
) -> Seen:
    row = rows.get(key)
    return Seen(
        limit=limits.get(key[0]),
        spent=row.spent if row else 0,
        leased=row.leased if row else 0,
        own=own.get(key),
        asked=key in asked,
        granted=granted.get(key, 0),
    )

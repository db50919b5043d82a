"""Slices of budgets that processes hold, and giving one back by hand for a process that is gone for good."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet

from gateway.admin.amounts import amount_text
from gateway.budgets.book import STALE
from gateway.budgets.happenings import BudgetNews, budget_event
from gateway.budgets.leases import ASKING
from gateway.models import Budget, BudgetEvent, BudgetLease, BudgetPeriod

SILENT = timedelta(seconds=STALE) + timedelta(minutes=5)  # by then a process that lives has stopped to spend it


class StillAlive(Exception):
    """The holder renewed its slice lately."""


def slices(budget: Budget) -> QuerySet[BudgetLease]:
    """Those that hold anything."""
    rows = BudgetLease.objects.filter(period__budget=budget, amount__gt=0).exclude(holder=ASKING)
    return rows.select_related("period")


def is_silent(lease: BudgetLease, *, now: datetime) -> bool:
    return now - lease.renewed_at >= SILENT


def journal_here(holder: str) -> bool:
    """Whether the holder's journal still waits on this machine: its slice then comes back by itself."""
    name = Path(holder).name
    return bool(name) and name == holder and (settings.JOURNAL_DIR / name).exists()


def give_back(lease: BudgetLease, *, now: datetime, by: str) -> str | None:
    """Takes the slice from its holder, in one transaction, and tells it by an event. Returns what was given back in
    words; ``None`` where the lease is gone by now. Raises ``StillAlive``."""
    with transaction.atomic():
        period = BudgetPeriod.objects.select_for_update().get(pk=lease.period_id)  # first, as everybody does
        row = BudgetLease.objects.filter(pk=lease.pk).first()
        if row is None:
            return None
        if not is_silent(row, now=now):
            raise StillAlive
        row.delete()
        BudgetPeriod.objects.filter(pk=period.pk).update(leased=F("leased") - row.amount)
        budget = Budget.objects.get(pk=period.budget_id)
        amount = amount_text(row.amount, measure=budget.measure)
        text = f"{by} gave back {amount} that {row.holder} held: silent since {row.renewed_at:%Y-%m-%d %H:%M} UTC."[
            :500
        ]
        kind = BudgetEvent.Kind.LEASE_LOST
        BudgetEvent.objects.create(budget=budget, kind=kind, at=now, text=text)
        news = BudgetNews(kind.value, budget.pk, budget.name, text, now)
        transaction.on_commit(lambda: budget_event.tell(news))
    return amount

"""Old entries. What they sum up to stays, in one entry a period, so that sums can be told again from entries."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Sum
from django.utils import timezone

from gateway.models import BudgetEntry, BudgetEvent, BudgetPeriod

KEPT = timedelta(days=400)
CARRIED = uuid.UUID(int=0)  # the exchange of the entry that holds what older ones summed up to
BATCH = 5000  # rows of one transaction: the consumer waits for it


def prune(now: datetime | None = None) -> int:
    """Deletes entries, and events, older than 400 days. Returns how many entries went."""
    before = (now or timezone.now()) - KEPT
    BudgetEvent.objects.filter(at__lt=before).delete()
    gone = 0
    while ids := list(_old(before)[:BATCH]):
        with transaction.atomic():
            gone += _carry(ids, before)
    return gone


def _old(before: datetime) -> Sequence[int]:
    rows = BudgetEntry.objects.filter(at__lt=before).exclude(exchange_id=CARRIED)
    return rows.order_by("at").values_list("pk", flat=True)  # type: ignore[return-value]


def _carry(ids: Sequence[int], before: datetime) -> int:
    rows = BudgetEntry.objects.filter(pk__in=ids)
    periods = sorted(set(rows.values_list("period_id", flat=True)))
    list(BudgetPeriod.objects.select_for_update().filter(pk__in=periods).order_by("pk"))
    for period, amount in rows.values_list("period_id").annotate(amount=Sum("amount")).order_by("period_id"):
        carried = BudgetEntry.objects.filter(exchange_id=CARRIED, period_id=period)
        if not carried.update(amount=F("amount") + amount):
            BudgetEntry.objects.create(exchange_id=CARRIED, period_id=period, amount=amount, at=before)
    return rows.delete()[0]

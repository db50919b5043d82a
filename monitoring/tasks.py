"""Monitoring's Celery tasks. Each may run twice, or be lost and run later: it then changes nothing more."""

from __future__ import annotations

import logging

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from monitoring import retention
from monitoring.books import check, reconciling, slices

log = logging.getLogger("switchboard.monitoring")


@shared_task  # type: ignore[untyped-decorator]
def prune_request_log() -> None:
    """Deletes log rows and stored content older than ``LOG_RETENTION_DAYS``."""
    older_than = retention.cutoff(timezone.now(), days=settings.LOG_RETENTION_DAYS)
    if older_than is None:
        return
    pruned = retention.prune(older_than=older_than)
    if pruned.requests or pruned.partitions or pruned.contents:
        log.info(
            "pruned the request log: %d requests, %d whole days, %d stored contents",
            pruned.requests,
            pruned.partitions,
            pruned.contents,
        )


@shared_task  # type: ignore[untyped-decorator]
def rerate(pk: int, after: str = "") -> None:
    """Goes on with a ``Rerating`` behind the row ``after``; a long one hands its rest to another task."""
    following = slices.rate_slice(pk, after=after)
    if following:
        rerate.apply_async((pk, following), retry=False)


@shared_task  # type: ignore[untyped-decorator]
def reconcile(pk: int) -> None:
    """Fills in our side of a ``Reconciliation`` that waits for it."""
    reconciling.compare(pk)


@shared_task  # type: ignore[untyped-decorator]
def check_books() -> None:
    """Compares what budgets booked with the request log since the last check, and reports what differs."""
    check.check_books(timezone.now())

"""Monitoring's Celery tasks. Each may run twice, or be lost and run later: it then changes nothing more."""

from __future__ import annotations

import logging

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from monitoring import retention

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

"""Monitoring's Celery tasks. Each may run twice, or be lost and run later: it then changes nothing more."""

from __future__ import annotations

import logging

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from monitoring import retention
from monitoring.alerts import delivering
from monitoring.alerts import work as alerts
from monitoring.books import check, reconciling, slices
from monitoring.duties import duty
from monitoring.health import paid
from monitoring.health import work as health
from monitoring.quality import work as quality
from monitoring.rollups import work as rollups

log = logging.getLogger("switchboard.monitoring")


@shared_task  # type: ignore[untyped-decorator]
def prune_request_log() -> None:
    """Deletes log rows and stored content older than ``LOG_RETENTION_DAYS``."""
    older_than = retention.cutoff(timezone.now(), days=settings.LOG_RETENTION_DAYS)
    if older_than is None:
        return
    if not rollups.freeze(older_than):
        return  # the next run deletes them
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


@shared_task(expires=30)  # type: ignore[untyped-decorator]
def roll_up() -> None:
    """Sums what was logged since the last time, and some of what was there before there were sums."""
    rollups.roll_up()


@shared_task(expires=3600)  # type: ignore[untyped-decorator]
def prune_rollups() -> None:
    """Forgets minutes and hours whose days are kept, and looks whether the sums are the log's."""
    with duty("rollups-pruning", seconds=300) as mine:
        if mine:
            rollups.prune()


@shared_task(expires=30)  # type: ignore[untyped-decorator]
def watch_health() -> None:
    """Judges providers and models by their traffic, and probes those without, where no other process does."""
    health.watch()


@shared_task(expires=60)  # type: ignore[untyped-decorator]
def paid_tests() -> None:
    """Makes the paid test calls that are due, if the admin wants any, under the day's cap."""
    paid.test_due()


@shared_task(expires=300)  # type: ignore[untyped-decorator]
def paid_health_test(check_id: int) -> None:
    """Makes a paid test that an admin asked for, once."""
    paid.run(check_id)


@shared_task(expires=60)  # type: ignore[untyped-decorator]
def judge_answers() -> None:
    """Shows a sample of answers to the judge, if the admin wants one."""
    quality.judge_sample()


@shared_task(expires=60)  # type: ignore[untyped-decorator]
def evaluate_alerts() -> None:
    """Judges the alert rules, and sends what there is to tell."""
    if alerts.evaluate():
        delivering.deliver()


@shared_task(expires=60)  # type: ignore[untyped-decorator]
def send_alert_message(pk: int) -> None:
    """Sends one message now: a test, or one that was given up."""
    delivering.deliver_one(pk)


@shared_task(expires=60)  # type: ignore[untyped-decorator]
def deliver_alerts() -> None:
    """Sends the messages that are due: first tries, later ones, and what a quiet time held back."""
    delivering.deliver()


@shared_task  # type: ignore[untyped-decorator]
def prune_monitoring() -> None:
    """Forgets old checks, alerts, messages and scores."""
    health.prune()
    alerts.prune()
    quality.prune()

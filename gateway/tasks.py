"""Celery tasks of the gateway's own tables."""

from __future__ import annotations

from celery import shared_task

from gateway.budgets.leases import release_lost
from gateway.budgets.pruning import prune


@shared_task  # type: ignore[untyped-decorator]
def release_lost_leases() -> int:
    """Gives back what processes leased that are gone for good. Returns how many leases."""
    return release_lost()


@shared_task  # type: ignore[untyped-decorator]
def prune_budgets() -> int:
    """Deletes entries and events of long ago. Returns how many rows."""
    return prune()

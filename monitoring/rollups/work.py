"""What Celery does for the rollups. Each may run twice, die anywhere, and run on several machines."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.utils import timezone

from monitoring.duties import duty
from monitoring.rollups import pruning, state
from monitoring.rollups.backfill import backfill
from monitoring.rollups.rolling import roll

log = logging.getLogger("switchboard.monitoring")

ROLL_S, BACKFILL_S, HELD_S = 30.0, 8.0, 120.0  # seconds
RECOUNTED, SETTLED = timedelta(days=2), timedelta(minutes=10)


def roll_up() -> None:
    """Every ten seconds: what was written since, and a bite of what was there before the first run."""
    with duty("rollups", seconds=HELD_S) as mine:
        if mine:
            roll(seconds=ROLL_S)
            backfill(seconds=BACKFILL_S)


def prune() -> None:
    """Every day: forgets minutes and hours that are too old, and looks whether the last two days' sums are the
    log's."""
    gone = pruning.prune()
    if gone:
        log.info("pruned the rollups: %d rows", gone)
    known = state.current()
    if known is not None and known.rolled_at is not None and not known.marked_from:
        pruning.recount(known.rolled_at - RECOUNTED, known.rolled_at - SETTLED)


def freeze(older_than: datetime) -> bool:
    """Before the request log forgets what began before ``older_than``. Whether it may: ``False`` while some of that is
    yet to be summed."""
    frozen = pruning.freeze(older_than, now=timezone.now())
    if not frozen:
        log.warning("the request log is not pruned: the rollups have yet to sum what would go")
    return frozen

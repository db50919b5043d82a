"""How far the rollups are. Whoever changes sums, or what they are made from, holds the lock."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from monitoring.models import RollupState
from monitoring.rollups.grains import DAY, FAR, HOUR, down, minute_of

MINUTES_KEPT = timedelta(days=8)
HOURS_KEPT = timedelta(days=100)
_LOCK = 0x5377_726F_6C6C  # advisory lock of whoever changes sums
_ONLY = 1
# For PostgreSQL: a hundred sums are compiled longer than they are added up, workers take longer to begin than to end,
# and the rows would be sorted on disk
IN_MEMORY = "SET LOCAL jit = off; SET LOCAL max_parallel_workers_per_gather = 0; SET LOCAL work_mem = '64MB'"


@contextmanager
def changing() -> Iterator[tuple[CursorWrapper, RollupState]]:
    """A transaction in which nobody else changes sums. On SQLite every writer waits for it: it must be short."""
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
            cursor.execute(IN_MEMORY)
        yield cursor, RollupState.objects.get(pk=_ONLY)


def begin(now: datetime) -> None:
    """Makes the state if this is the first run: from then on everything is marked by its writers, and what was there
    before waits for ``backfill``. Minutes that would be pruned at once are not made."""
    RollupState.objects.get_or_create(
        pk=_ONLY,
        defaults={"minutes_from": minutes_kept(now), "hours_from": hours_kept(now), "marked_from": FAR},
    )


def minutes_kept(now: datetime) -> int:
    return max(0, down(minute_of(now - MINUTES_KEPT), HOUR.unit))


def hours_kept(now: datetime) -> int:
    return max(0, down(minute_of(now - HOURS_KEPT), DAY.unit))


def current() -> RollupState | None:
    return RollupState.objects.filter(pk=_ONLY).first()


def set_fields(**fields: object) -> None:
    RollupState.objects.filter(pk=_ONLY).update(**fields)

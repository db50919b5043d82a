"""The log rows that were there before the rollups were: marked bite by bite, the newest first."""

from __future__ import annotations

import logging
import time
from datetime import datetime

from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.utils import timezone

from monitoring.models import RequestLog, RollupState
from monitoring.rollups import marks, state
from monitoring.rollups.columns import dialect
from monitoring.rollups.grains import DAY, HOUR, MINUTE, Grain, down, minute_of, moment_of
from monitoring.rollups.rolling import Clock, roll

log = logging.getLogger("switchboard.monitoring")

_TABLE = RequestLog._meta.db_table


def backfill(*, now: datetime | None = None, seconds: float = 8.0, clock: Clock = time.monotonic) -> bool:
    """Goes on with it for ``seconds`` or so. Whether all that was there is rolled up."""
    state.begin(now or timezone.now())
    end = clock() + seconds
    bites = 0
    while (left := end - clock()) > 0 and _bite():
        bites += 1
        if not roll(now=now, seconds=left, clock=clock):
            break
    known = state.current()
    if known is None:  # somebody emptied the tables
        return False
    if bites and known.marked_from:
        log.info("rollups: the request log is summed back to %s UTC", f"{moment_of(known.marked_from):%Y-%m-%d %H:%M}")
    elif bites:
        log.info("rollups: the whole request log is summed")
    return not known.marked_from


def _bite() -> bool:
    """Marks what has rows in one hour, or in one day where minutes would be pruned at once. Whether there was any."""
    known = state.current()
    if known is None or not known.marked_from:
        return False
    with state.changing() as (cursor, known):
        newest = _newest_before(known.marked_from)
        if newest is None:
            state.set_fields(marked_from=0)
            return True
        grain, since = _grain_and_begin(newest, known)
        marks.write(cursor, grain.unit, _with_rows(cursor, grain, since, known.marked_from))
        state.set_fields(marked_from=since)
    return True


def _newest_before(minute: int) -> int | None:
    rows = RequestLog.objects.filter(started_at__lt=moment_of(minute)).order_by("-started_at")
    newest = rows.values_list("started_at", flat=True).first()
    return minute_of(newest) if newest is not None else None


def _grain_and_begin(minute: int, known: RollupState) -> tuple[Grain, int]:
    if minute >= known.minutes_from:
        return MINUTE, down(minute, HOUR.unit)
    return (HOUR if minute >= known.hours_from else DAY), down(minute, DAY.unit)


def _with_rows(cursor: CursorWrapper, grain: Grain, since: int, until: int) -> list[int]:
    """The stretches in it that have rows."""
    time_of = connection.ops.adapt_datetimefield_value
    minute = dialect(connection.vendor).minute
    cursor.execute(
        f'SELECT DISTINCT {minute} FROM "{_TABLE}" WHERE started_at >= %s AND started_at < %s',
        [time_of(moment_of(since)), time_of(moment_of(until))],
    )
    return sorted({down(int(minute), grain.unit) for (minute,) in cursor.fetchall()})

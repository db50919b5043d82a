"""Forgetting: minutes and hours that are too old to be looked at so closely, and what the request log forgets."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime

from django.db import connection
from django.utils import timezone

from monitoring.models import RequestLog
from monitoring.rollups import levels, marks, state
from monitoring.rollups.backfill import backfill
from monitoring.rollups.columns import MOST_NANO, dialect
from monitoring.rollups.grains import FAR, HOUR, MINUTE, minute_of, moment_of
from monitoring.rollups.rolling import roll

log = logging.getLogger("switchboard.monitoring")

BITE = 10_000  # rows a statement
_LOG = RequestLog._meta.db_table


def prune(*, now: datetime | None = None, rest: Callable[[], None] = lambda: time.sleep(0.05)) -> int:
    """Deletes minutes older than ``MINUTES_KEPT`` and hours older than ``HOURS_KEPT``, and returns how many rows. As
    long as something of their time waits to be rolled up it deletes nothing, and the next run does."""
    now = now or timezone.now()
    roll(now=now, seconds=60)
    total = 0
    for grain, before in ((MINUTE, state.minutes_kept(now)), (HOUR, state.hours_kept(now))):
        with state.changing() as (_, known):
            if marks.any_before(before) or known.marked_from > before:
                continue
            state.set_fields(**{grain.kept: max(before, grain.kept_from(known))})
        total += _nibble(grain.table, f"{levels.ALL_SQL} AND ", before, rest) + _nibble(
            grain.attempts, "", before, rest
        )
    return total


def freeze(older_than: datetime, *, now: datetime | None = None) -> bool:
    """To be called before the request log forgets what began before ``older_than``: its sums stay as they are from then
    on. ``False``: something of that time is yet to be rolled up, and nothing may be deleted now."""
    backfill(now=now, seconds=120)
    roll(now=now, seconds=60)
    edge = minute_of(older_than) + 1  # the minute it lies in is no longer whole
    with state.changing() as (_, known):
        if marks.any_before(edge) or known.marked_from:
            return False
        state.set_fields(log_from=max(edge, known.log_from))
    return True


def recount(since: datetime, until: datetime) -> int:
    """Marks the minutes whose number of requests or cost is not the log's, and returns how many: rows that came in or
    changed past those who mark them (an older version that still ran, a repair by hand)."""
    known = state.current()
    if known is None:
        return 0
    first = max(minute_of(since), known.minutes_from, known.log_from, 0)
    last = min(minute_of(until), FAR)
    ours, theirs = _sums(first, last), _logged(first, last)
    differing = {at for at in ours.keys() | theirs.keys() if ours.get(at) != theirs.get(at)}
    marks.mark(differing)
    if differing:
        log.warning("rollups: %d minutes differed from the request log and are summed again", len(differing))
    return len(differing)


def _sums(first: int, last: int) -> dict[int, tuple[int, int]]:
    with connection.cursor() as cursor:
        cursor.execute(
            f'SELECT at, requests, cost_nano FROM "{MINUTE.table}" WHERE level = 0 AND at >= %s AND at < %s',
            [first, last],
        )
        return {int(at): (int(requests), int(cost)) for at, requests, cost in cursor.fetchall()}


def _logged(first: int, last: int) -> dict[int, tuple[int, int]]:
    of, time_of = dialect(connection.vendor), connection.ops.adapt_datetimefield_value
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {of.minute}, count(*), sum({of.least}(coalesce(cost_nano, 0), {MOST_NANO})) "
            f'FROM "{_LOG}" WHERE started_at >= %s AND started_at < %s GROUP BY 1',
            [time_of(moment_of(first)), time_of(moment_of(last))],
        )
        return {int(at): (int(requests), int(cost)) for at, requests, cost in cursor.fetchall()}


def _nibble(table: str, level: str, before: int, rest: Callable[[], None]) -> int:
    statement = f'DELETE FROM "{table}" WHERE id IN (SELECT id FROM "{table}" WHERE {level}at < %s LIMIT {BITE})'
    total = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(statement, [before])
            gone: int = cursor.rowcount
        total += gone
        if gone < BITE:
            return total
        rest()

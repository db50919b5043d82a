"""The search through the request log: window by window, from a place into one direction, until there are enough rows.

A database that is asked for the newest 50 rows of a rare kind guesses: it may walk through millions of rows in their
order, or fetch millions to sort them. Here a window says how much is looked at. The first holds some two thousand rows,
so that what is frequent is found by walking; each is eight times as long as the one before, so that what is rare is
found by its own index. On PostgreSQL a window ends with its day, whose partition alone is then planned for.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import DateTimeField, F, Func, Max, Min, Q, QuerySet
from django.db.utils import OperationalError

from monitoring.explorer.places import MICROSECOND, Place
from monitoring.models import RequestLog
from monitoring.partitions import TABLE

WALK = 2_000  # rows of the log that a first window holds
GROWTH = 8
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
YEAR = 366 * DAY
AHEAD = DAY  # a clock of another process may be ahead of ours
SECONDS = 2.0  # for a page
LEAST_SECONDS, WINDOW_SHARE = 0.1, 0.3  # of the time, for a window longer than the first: it is cut and tried again


class TooSlow(Exception):
    """Not even a short window could be looked through in the time there is."""


@dataclass(slots=True)
class Found:
    """``rows`` in the order of the search. ``ended_at``: the time ran out there, before all was looked at."""

    rows: list[Any] = field(default_factory=list)
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """From ``since`` up to, not including, ``until``."""

    since: datetime
    until: datetime


class Search:
    """``rows``: the filtered log, in no order. One search may be continued with ``more``: an export is many bites."""

    def __init__(self, rows: QuerySet[Any], reach: Reach, *, start: Place | None = None, newer: bool = False) -> None:
        self._rows = rows
        self._connection = connections[rows.db]
        self._newer, self._by_day = newer, self._connection.vendor == "postgresql"
        self._reach = reach if newer else _clamped(reach, self._connection)
        before = start is not None and start.at < self._reach.since
        behind = start is not None and start.at >= self._reach.until
        self._place = None if before or behind else start
        self._edge = self._place.at if self._place else self._reach.since if newer else self._reach.until
        self._width: timedelta | None = None  # to be measured in rows
        self._begun = self._place is not None
        self.over = behind if newer else before

    def more(self, most: int, *, seconds: float = SECONDS) -> Found:
        """The next rows, ``most`` at most; fewer only at the end (``over``) or when the time is (``ended_at``). Raises
        ``TooSlow`` if nothing at all was looked through in it."""
        found, first, until = Found(), self._edge, time.monotonic() + seconds
        while not self.over and len(found.rows) < most:
            left = until - time.monotonic()
            if left < LEAST_SECONDS and self._edge != first:
                found.ended_at = self._edge
                break
            share = 1 if self._width is None else WINDOW_SHARE
            try:
                with bounded(self._connection, max(left * share, LEAST_SECONDS)):
                    self._window(found, most - len(found.rows))
            except OperationalError as error:
                if not cancelled(error):
                    raise
                if self._width is not None:
                    self._width = None
                elif self._edge == first and not found.rows:
                    raise TooSlow from error
                else:
                    found.ended_at = self._edge
                    break
        return found

    def _window(self, found: Found, most: int) -> None:
        low, high = self._next()
        if low >= high:
            self.over = True
            return
        rows = self._rows.filter(Q(started_at__gte=low, started_at__lt=high))
        if self._place is not None:
            rows = rows.filter(self._place.newer() if self._newer else self._place.older())
        got = list(self._ordered(rows)[:most])
        found.rows += got
        if len(got) == most:
            self._place = Place.behind(got[-1]) if self._newer else Place.of(got[-1])
            self._edge, self._width = self._place.at, None
        else:
            self._place, self._edge = None, (high if self._newer else low)
            end = high if self._begun or self._newer else min(high, datetime.now(UTC))
            self._width = min(max(end - low, SECOND) * GROWTH, DAY if self._by_day else YEAR)
        self._begun = True

    def _next(self) -> tuple[datetime, datetime]:
        """The bounds of the next window: its lower end included, its upper one not. The first one of all is counted
        from now, and holds what a clock ahead of ours may have written."""
        if self._newer:
            low, far = max(self._edge, self._reach.since), self._reach.until
            if self._by_day:
                far = min(far, _midnight(self._edge) + DAY)
            return low, self._walked(low, far) if self._width is None else min(far, low + self._width)
        begin = self._edge if self._begun else min(self._edge, datetime.now(UTC))
        far = self._reach.since
        if self._by_day:
            far = max(far, _midnight(begin - MICROSECOND))
        high = min(self._edge + MICROSECOND if self._place else self._edge, self._reach.until)
        return self._walked(far, high) if self._width is None else max(far, begin - self._width), high

    def _walked(self, low: datetime, high: datetime) -> datetime:
        """Where a window between these ends that is no longer than a walk; the far end where there are no rows."""
        if low >= high:
            return high if self._newer else low
        rows = RequestLog.objects.using(self._connection.alias).filter(started_at__gte=low, started_at__lt=high)
        if self._newer:
            last = rows.order_by("started_at")[:WALK].aggregate(at=Max("started_at"))["at"]
            return high if last is None else min(last + MICROSECOND, high)
        first: datetime | None = rows.order_by("-started_at")[:WALK].aggregate(at=Min("started_at"))["at"]
        return low if first is None else first

    def _ordered(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """On PostgreSQL by an expression that no index has the order of: it then plans for the whole window."""
        time_of: Any = F("started_at")
        if self._by_day:
            time_of = Func(time_of, template="(%(expressions)s + interval '0')", output_field=DateTimeField())
        return rows.order_by(time_of.asc(), "id") if self._newer else rows.order_by(time_of.desc(), "-id")


def _midnight(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def _clamped(reach: Reach, connection: BaseDatabaseWrapper) -> Reach:
    """Without the time before the log began, nor what is far ahead."""
    oldest, ahead = oldest_of(connection), datetime.now(UTC) + AHEAD
    until = min(reach.until, ahead)
    return Reach(since=until if oldest is None else min(max(oldest, reach.since), until), until=until)


def oldest_of(connection: BaseDatabaseWrapper) -> datetime | None:
    """When the oldest row began, or its day; ``None`` without any. Reads a name, or one index entry."""
    if connection.vendor != "postgresql":
        return (
            RequestLog.objects.using(connection.alias)
            .order_by("started_at", "id")
            .values_list("started_at", flat=True)
            .first()
        )
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT min(substring(c.relname from '_p([0-9]{8})$')) FROM pg_inherits i "
            "JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = to_regclass(%s)",
            [TABLE],
        )
        (name,) = cursor.fetchone() or (None,)
    return datetime.strptime(name, "%Y%m%d").replace(tzinfo=UTC) if name else None


# --- no statement longer than it may -------------------------------------------------------------


@contextmanager
def bounded(connection: BaseDatabaseWrapper, seconds: float) -> Iterator[None]:
    """What is asked within takes no longer: ``OperationalError`` else (see ``cancelled``)."""
    if connection.vendor == "postgresql":
        with _bounded_postgresql(connection, seconds):
            yield
        return
    connection.ensure_connection()
    raw: Any = connection.connection
    end = time.monotonic() + seconds
    raw.set_progress_handler(lambda: time.monotonic() > end, 20_000)  # virtual machine steps
    try:
        yield
    finally:
        raw.set_progress_handler(None, 0)


@contextmanager
def _bounded_postgresql(connection: BaseDatabaseWrapper, seconds: float) -> Iterator[None]:
    """Within a transaction. Compiling a plan takes longer than a window; and what is asked for again lies in memory,
    where a page at random costs little more than the next."""
    nested = connection.in_atomic_block
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('jit', 'off', true), set_config('random_page_cost', '1.1', true), "
            "set_config('statement_timeout', %s, true)",
            [str(round(seconds * 1000))],
        )
        yield
        if nested:
            cursor.execute("SELECT set_config('statement_timeout', '0', true)")


def cancelled(error: OperationalError) -> bool:
    """By the time that a statement may take, and not because the database is away."""
    return getattr(error.__cause__, "sqlstate", "") == "57014" or "interrupted" in str(error)

"""PostgreSQL's partitions of the request log: one a UTC day, made before the first row that needs it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper

from monitoring.models import RequestLog

TABLE = RequestLog._meta.db_table
_PREFIX = f"{TABLE}_p"
_LOCK = 0x5377_6C6F_6770  # advisory lock of whoever makes or drops partitions
_EPOCH = date(1970, 1, 1)


def day_of(started_at: int) -> date:
    """The UTC day of a time in microseconds since the epoch."""
    return _EPOCH + timedelta(microseconds=started_at)


def make(days: Iterable[date], *, connection: BaseDatabaseWrapper) -> None:
    """Makes the days' partitions where they are missing; several processes may do so at once. A partition is built
    aside and then attached: creating it in place would wait for, and block, every reader of the log."""
    for day in sorted(days):
        with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
            name = f"{_PREFIX}{day:%Y%m%d}"
            cursor.execute("SELECT 1 FROM pg_inherits WHERE inhrelid = to_regclass(%s)", [name])
            if cursor.fetchone() is None:
                _attach(cursor, name, day)


def _attach(cursor: CursorWrapper, name: str, day: date) -> None:
    begin, end = (datetime(d.year, d.month, d.day, tzinfo=UTC).isoformat() for d in (day, day + timedelta(days=1)))
    cursor.execute(f'CREATE TABLE IF NOT EXISTS "{name}" (LIKE "{TABLE}" INCLUDING ALL)')
    cursor.execute(f"ALTER TABLE \"{TABLE}\" ATTACH PARTITION \"{name}\" FOR VALUES FROM ('{begin}') TO ('{end}')")


def drop_before(day: date, *, connection: BaseDatabaseWrapper) -> int:
    """Drops the partitions of days before ``day`` and returns how many. Waits at most two seconds for each, since
    all who use the log wait behind it; raises ``OperationalError`` then, and the next run drops it."""
    dropped = 0
    for name, its_day in _existing(connection):
        if its_day >= day:
            continue
        with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '2s'")
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
            cursor.execute(f'DROP TABLE IF EXISTS "{name}"')
        dropped += 1
    return dropped


def _existing(connection: BaseDatabaseWrapper) -> list[tuple[str, date]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid "
            "WHERE i.inhparent = to_regclass(%s) ORDER BY 1",
            [TABLE],
        )
        names = [str(name) for (name,) in cursor.fetchall()]
    return [
        (name, date.fromisoformat(name.removeprefix(_PREFIX))) for name in names if name.removeprefix(_PREFIX).isdigit()
    ]

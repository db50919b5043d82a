"""Forgetting old requests: PostgreSQL drops whole days, SQLite deletes in bites that let the writer in between."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connections, models
from django.db.backends.base.base import BaseDatabaseWrapper

from monitoring import partitions
from monitoring.models import RequestContent, RequestLog

BITE = 500  # rows a statement


@dataclass(frozen=True, slots=True)
class Pruned:
    """What was deleted. Where days went whole, ``partitions`` counts them and ``requests`` is 0."""

    requests: int
    partitions: int
    contents: int


def prune(
    *, older_than: datetime, using: str = "default", rest: Callable[[], None] = lambda: time.sleep(0.05)
) -> Pruned:
    """Deletes what began before ``older_than``; on PostgreSQL log rows go once all of their UTC day did. ``rest`` is
    called between bites. Raises ``OperationalError`` if the database is busy for too long; run it again then."""
    connection = connections[using]
    contents = _nibble(RequestContent, older_than, connection=connection, rest=rest)
    if connection.vendor == "postgresql":
        dropped = partitions.drop_before(older_than.date(), connection=connection)
        return Pruned(requests=0, partitions=dropped, contents=contents)
    requests = _nibble(RequestLog, older_than, connection=connection, rest=rest)
    return Pruned(requests=requests, partitions=0, contents=contents)


def cutoff(now: datetime, *, days: int) -> datetime | None:
    """What began before this is to go; None: ``days`` is 0 and everything stays."""
    return now - timedelta(days=days) if days else None


def _nibble(
    model: type[models.Model], older_than: datetime, *, connection: BaseDatabaseWrapper, rest: Callable[[], None]
) -> int:
    key, table = model._meta.pk.column, model._meta.db_table
    statement = (
        f'DELETE FROM "{table}" WHERE "{key}" IN '
        f'(SELECT "{key}" FROM "{table}" WHERE "started_at" < %s ORDER BY "started_at" LIMIT {BITE})'
    )
    before = connection.ops.adapt_datetimefield_value(older_than)
    total = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(statement, [before])
            gone: int = cursor.rowcount
        total += gone
        if gone < BITE:
            return total
        rest()

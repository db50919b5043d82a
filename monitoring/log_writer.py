"""The journal's consumer that writes the request log. Exactly once: a row that is there already is left as it is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import msgspec
from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from gateway.exchange import Exchange
from monitoring import partitions
from monitoring.log_rows import COLUMNS, postgresql_time, row, sqlite_time, started
from monitoring.models import RequestContent, RequestLog
from monitoring.rollups import marks
from monitoring.rollups.grains import MINUTE

_TABLE = RequestLog._meta.db_table
_NAMES = ", ".join(f'"{name}"' for name in COLUMNS)
_INSERT_ROWS = f'INSERT INTO "{_TABLE}" ({_NAMES}) VALUES ({", ".join(["%s"] * len(COLUMNS))}) ON CONFLICT DO NOTHING'
# One parameter a batch: the server's process takes the rows apart, not the one that serves.
_INSERT_JSON = (
    f'INSERT INTO "{_TABLE}" ({_NAMES}) SELECT {_NAMES} FROM json_populate_recordset(NULL::"{_TABLE}", %s::json) '
    "ON CONFLICT DO NOTHING"
)
_INSERT_CONTENT = (
    f'INSERT INTO "{RequestContent._meta.db_table}" ("request_id", "started_at", "sealed") VALUES (%s, %s, %s) '
    "ON CONFLICT DO NOTHING"
)
_Row: Any = msgspec.defstruct("_Row", [str(name) for name in COLUMNS])
_JSON = [COLUMNS.index(name) for name in ("attempts", "unit_prices", "plan", "tags", "verdicts")]
_MINUTE, _DAY = 60_000_000, 86_400_000_000  # microseconds


class LogWriter:
    """Writes batches of exchanges into ``request_log``, each in one transaction, over its thread's own connection; in
    it their minutes are marked for the rollups. Raises Django's database errors; the next try finds a connection that
    works, if there is one."""

    name = "request_log"

    def __init__(self, *, using: str = "default") -> None:
        self._using = using
        self._days: set[date] = set()  # days whose partition is known to be there

    def take(self, batch: Sequence[Exchange]) -> None:
        connection = connections[self._using]
        try:
            if connection.vendor == "postgresql":
                self._partition(batch, connection)
            with transaction.atomic(using=self._using), connection.cursor() as cursor:
                if connection.vendor == "postgresql":
                    cursor.execute(_INSERT_JSON, [_as_json(batch)])
                else:
                    # rows are made one by one between inserts, each of which lets the event loop have its turn
                    rows: Any = (row(one, started_at=sqlite_time(started(one))) for one in batch)
                    cursor.executemany(_INSERT_ROWS, rows)
                contents = [_content(one, connection.vendor) for one in batch if one.content]
                if contents:
                    cursor.executemany(_INSERT_CONTENT, contents)
                marks.write(cursor, MINUTE.unit, {started(one) // _MINUTE for one in batch})
        except Exception:
            self._days.clear()  # retention may have dropped one
            if not connection.in_atomic_block:
                connection.close()
            raise

    def _partition(self, batch: Sequence[Exchange], connection: BaseDatabaseWrapper) -> None:
        """Makes the partitions that the batch needs, and the one of the day after."""
        days = {partitions.day_of(day * _DAY) for day in {started(one) // _DAY for one in batch}}
        days.add(max(days) + timedelta(days=1))
        if not days <= self._days:
            partitions.make(days - self._days, connection=connection)
            self._days |= days


def _as_json(batch: Sequence[Exchange]) -> str:
    rows = []
    for one in batch:
        values = list(row(one, started_at=postgresql_time(started(one))))
        for place in _JSON:
            values[place] = msgspec.Raw(values[place])
        rows.append(_Row(*values))
    return msgspec.json.encode(rows).decode()


def _content(exchange: Exchange, vendor: str) -> tuple[str, str, bytes]:
    as_text = postgresql_time if vendor == "postgresql" else sqlite_time
    return exchange.id.replace("-", ""), as_text(started(exchange)), exchange.content

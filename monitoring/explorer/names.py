"""The different names that a column of the log holds, found by leaping from one to the next in its index: forty names
in ten million rows take forty looks."""

from __future__ import annotations

from datetime import datetime

from django.db import connection

from monitoring.explorer.places import EPOCH
from monitoring.partitions import TABLE

MOST = 300  # different names that are looked at
INDEXED = ("model", "requested_model")
_LEAPS = """WITH RECURSIVE found(name) AS (
    SELECT * FROM (SELECT "{column}" FROM "{table}" WHERE "started_at" >= %s ORDER BY "{column}" LIMIT 1) AS first
    UNION ALL
    SELECT (
        SELECT "{column}" FROM "{table}"
        WHERE "started_at" >= %s AND "{column}" > found.name ORDER BY "{column}" LIMIT 1
    ) FROM found WHERE found.name IS NOT NULL
) SELECT name FROM found WHERE name IS NOT NULL LIMIT {most}"""


def names_like(column: str, text: str, *, since: datetime = EPOCH) -> tuple[list[str], bool]:
    """Names in ``column`` (one of ``INDEXED``) of rows that began at ``since`` or later and hold ``text``, whatever the
    case; and whether those are all: no more than the first ``MOST`` names are looked at."""
    if column not in INDEXED:
        raise ValueError(f"{column} has no index to leap through.")
    wanted, known = text.lower(), _names(column, since)
    return [name for name in known if wanted in name.lower()], len(known) < MOST


def _names(column: str, since: datetime) -> list[str]:
    moment = connection.ops.adapt_datetimefield_value(since)
    with connection.cursor() as cursor:
        cursor.execute(_LEAPS.format(column=column, table=TABLE, most=MOST), [moment, moment])
        return [str(name) for (name,) in cursor.fetchall()]

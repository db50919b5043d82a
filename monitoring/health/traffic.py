"""What came of the attempts of the last minutes, read from the request log: bounded, whatever its size.

Of more than ``MOST`` requests only the newest are read, so that a busy gateway looks at a shorter time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from monitoring.health.facts import Beat, Traffic
from monitoring.log_rows import postgresql_time, sqlite_time
from monitoring.models import RequestLog
from providers.breaker_terms import BUSY
from providers.errors import Fault, ProviderUnavailable, RateLimited, UpstreamError

MOST = 20_000  # requests
LONGEST = timedelta(minutes=30)  # that a call may have lasted: rows bear the time when it began
_LOG = RequestLog._meta.db_table
CUT = "stop: the time"  # the verdict of an attempt that the call's own deadline ended: nobody's failure

_NEWEST = f"""
    SELECT started_at, attempts FROM "{_LOG}"
    WHERE started_at >= %s AND ended_by <> 'interrupted' ORDER BY started_at DESC LIMIT %s
"""
_POSTGRESQL = f"""
SELECT * FROM (
    SELECT one->>'provider' AS provider, one->>'model' AS model, coalesce(one->>'error', '') AS error,
        coalesce((one->>'status')::int, 0) AS status, coalesce(one->>'verdict', '') AS verdict,
        floor(extract(epoch FROM started_at)
            + (coalesce((one->>'started_us')::bigint, 0) + coalesce((one->>'duration_us')::bigint, 0)) / 1e6
        )::bigint AS ended, count(*)
    FROM ({_NEWEST}) newest CROSS JOIN LATERAL jsonb_array_elements(newest.attempts) one
    WHERE jsonb_typeof(one) = 'object'
    GROUP BY 1, 2, 3, 4, 5, 6
) found WHERE ended > %s
"""
_SQLITE = f"""
SELECT * FROM (
    SELECT json_extract(one.value, '$.provider') AS provider, json_extract(one.value, '$.model') AS model,
        coalesce(json_extract(one.value, '$.error'), '') AS error,
        coalesce(json_extract(one.value, '$.status'), 0) AS status,
        coalesce(json_extract(one.value, '$.verdict'), '') AS verdict,
        CAST(strftime('%%s', newest.started_at)
            + (coalesce(json_extract(one.value, '$.started_us'), 0)
                + coalesce(json_extract(one.value, '$.duration_us'), 0)) / 1000000.0 AS INTEGER) AS ended,
        count(*) AS times
    FROM ({_NEWEST}) newest, json_each(newest.attempts) one
    WHERE one.type = 'object'
    GROUP BY 1, 2, 3, 4, 5, 6
) found WHERE ended > %s
"""


def _codes(kind: type[UpstreamError]) -> Iterator[str]:
    for one in kind.__subclasses__():
        if one.fault is Fault.VENDOR and one is not ProviderUnavailable:
            yield one.code
        yield from _codes(one)


VENDORS_FAULT = frozenset(_codes(UpstreamError))


def read(*, since: datetime, most: int = MOST) -> dict[tuple[str, str], Traffic]:
    """By provider and model: the attempts that ended after ``since``."""
    postgres = connection.vendor == "postgresql"
    as_text = postgresql_time if postgres else sqlite_time
    began = as_text(int((since - LONGEST).timestamp() * 1_000_000))
    with connection.cursor() as cursor:
        cursor.execute(_POSTGRESQL if postgres else _SQLITE, [began, most, int(since.timestamp())])
        return _by_target(cursor.fetchall())


def merged(parts: Iterable[Traffic]) -> Traffic:
    """Several models' as their provider's."""
    return Traffic(beat for part in parts for beat in part.beats)


def came_of(error: str, status: int, verdict: str) -> str:
    """ "answered", "failed" (the vendor's own fault), "limited", or "" for what tells nothing of the vendor: our
    account's business, an app that left, a call that never got there."""
    refused = 400 <= status < 500 and status not in BUSY
    if not error:
        return "answered" if not verdict or verdict == "stop: a guardrail" else ""
    if error == RateLimited.code:
        return "limited"
    if error in VENDORS_FAULT:
        return "" if verdict.startswith(CUT) else "answered" if refused else "failed"
    return "answered" if refused and status not in (401, 402, 403) else ""


def _by_target(rows: Iterable[Any]) -> dict[tuple[str, str], Traffic]:
    found: dict[tuple[str, str], list[Beat]] = {}
    for provider, model, error, status, verdict, ended, times in rows:
        came = came_of(error, int(status), verdict)
        if provider and came:
            beat = Beat(int(ended), **{came: int(times)})
            found.setdefault((provider, model or ""), []).append(beat)
    return {target: Traffic(beats) for target, beats in found.items()}

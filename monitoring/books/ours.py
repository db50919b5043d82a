"""What the request log says of a provider, summed by day, token and model: every attempt that was billed counts where
it was made, be it the answer, a failed try or a hedge. One statement; the database does the adding."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.db import connection

from monitoring.models import RequestLog

_TABLE = RequestLog._meta.db_table
_LONGEST = timedelta(days=1)  # between the beginning of a call and that of its last attempt
_SANE = 10**15  # nano-dollars or units of one attempt: SQLite's sums must not overflow by a vendor's nonsense

_POSTGRESQL = f"""
SELECT day, token, model, count(*), sum(input), sum(output), sum(cost), count(*) - count(cost) FROM (
  SELECT ((l.started_at + coalesce((a->>'started_us')::bigint, 0) * interval '1 microsecond')
           AT TIME ZONE 'UTC')::date AS day,
         coalesce(a->>'token', '') AS token, coalesce(a->>'model', '') AS model,
         least(coalesce((a->>'input')::numeric, 0), {_SANE}) AS input,
         least(coalesce((a->>'output')::numeric, 0), {_SANE}) AS output,
         CASE WHEN a->>'cost_nano' IS NOT NULL THEN least((a->>'cost_nano')::numeric, {_SANE}) END AS cost
  FROM "{_TABLE}" l CROSS JOIN LATERAL jsonb_array_elements(l.attempts) a
  WHERE l.started_at >= %s AND l.started_at < %s AND a->>'provider' = %s AND coalesce(a->>'cost_basis', '') <> ''
) billed WHERE day >= %s AND day <= %s GROUP BY day, token, model
"""
_SQLITE = f"""
SELECT day, token, model, count(*), sum(input), sum(output), sum(cost), count(*) - count(cost) FROM (
  SELECT date(strftime('%%s', l.started_at) + coalesce(a.value->>'started_us', 0) / 1000000, 'unixepoch') AS day,
         coalesce(a.value->>'token', '') AS token, coalesce(a.value->>'model', '') AS model,
         min(coalesce(a.value->>'input', 0), {_SANE}) AS input,
         min(coalesce(a.value->>'output', 0), {_SANE}) AS output,
         CASE WHEN a.value->>'cost_nano' IS NOT NULL THEN min(a.value->>'cost_nano', {_SANE}) END AS cost
  FROM "{_TABLE}" l, json_each(l.attempts) a
  WHERE l.started_at >= %s AND l.started_at < %s AND a.value->>'provider' = %s
        AND coalesce(a.value->>'cost_basis', '') <> ''
) WHERE day >= %s AND day <= %s GROUP BY day, token, model
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ours:
    """``cost_nano``: of those whose cost is known; ``unknown``: how many are not."""

    day: date
    token: str
    model: str
    requests: int
    input: int
    output: int
    cost_nano: int
    unknown: int


def ours(provider: str, *, since: date, until: date) -> list[Ours]:
    """Of the UTC days ``since`` to ``until``, both included."""
    begin = datetime.combine(since, time(), UTC) - _LONGEST
    end = datetime.combine(until, time(), UTC) + timedelta(days=1)
    time_of = connection.ops.adapt_datetimefield_value
    statement = _POSTGRESQL if connection.vendor == "postgresql" else _SQLITE
    with connection.cursor() as cursor:
        cursor.execute(statement, [time_of(begin), time_of(end), provider, since.isoformat(), until.isoformat()])
        rows = cursor.fetchall()
    return [
        Ours(
            day=day if isinstance(day, date) else date.fromisoformat(day),
            token=token,
            model=model,
            requests=int(requests),
            input=int(given),
            output=int(made),
            cost_nano=int(cost or 0),
            unknown=int(unknown),
        )
        for day, token, model, requests, given, made, cost, unknown in rows
    ]


def rows_between(since: date, until: date, *, most: int) -> int:
    """How many log rows there are to look through; ``most`` for that many or more."""
    begin = datetime.combine(since, time(), UTC)
    end = datetime.combine(until, time(), UTC) + timedelta(days=1)
    rows = RequestLog.objects.filter(started_at__gte=begin, started_at__lt=end).order_by()
    return rows.values("pk")[:most].count()

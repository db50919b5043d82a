"""The request log's side of the books beside the entries' side, call by call, in SQL: the database compares, only what
differs comes out.

An exchange charges its attempts to budgets (``attempts[].charged``: pairs of a budget's id and the begin of its period
in epoch seconds); the amount is the cost or the usage of those attempts, as ``gateway.budgets.entries`` books it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from gateway.models import Budget, BudgetEntry, BudgetPeriod
from monitoring.models import RequestLog

MOST = 10_000  # differing calls that are looked at
LONGEST = timedelta(days=1)  # a log row may have begun that much earlier than an entry says, or later
_LOG, _ENTRY, _PERIOD, _BUDGET = (one._meta.db_table for one in (RequestLog, BudgetEntry, BudgetPeriod, Budget))

_POSTGRESQL = f"""
SELECT l.id AS id, (c->>0)::bigint AS budget, (c->>1)::bigint AS began,
       sum(greatest(coalesce((a->>'cost_nano')::numeric, 0), 0)) AS cost,
       sum(coalesce((a->>'input')::numeric, 0) + coalesce((a->>'output')::numeric, 0)) AS used,
       min(l.started_at + l.latency_us * interval '1 microsecond') AS closed
FROM "{_LOG}" l CROSS JOIN LATERAL jsonb_array_elements(l.attempts) a
     CROSS JOIN LATERAL jsonb_array_elements(a->'charged') c
WHERE l.started_at >= %s AND l.started_at < %s GROUP BY 1, 2, 3
"""
_SQLITE = f"""
SELECT l.id AS id, c.value->>0 AS budget, c.value->>1 AS began,
       sum(max(coalesce(a.value->>'cost_nano', 0), 0)) AS cost,
       sum(coalesce(a.value->>'input', 0) + coalesce(a.value->>'output', 0)) AS used,
       min(datetime(strftime('%%s', l.started_at) + l.latency_us / 1000000 + 1, 'unixepoch')) AS closed
FROM "{_LOG}" l, json_each(l.attempts) a, json_each(a.value, '$.charged') c
WHERE l.started_at >= %s AND l.started_at < %s GROUP BY 1, 2, 3
"""
_EPOCH = {
    "postgresql": "extract(epoch FROM p.starts_at)::bigint",
    "sqlite": "cast(strftime('%%s', p.starts_at) AS integer)",
}
_AMOUNT = "CASE WHEN b.measure = 'cost' THEN log.cost ELSE log.used END"


@dataclass(frozen=True, slots=True, kw_only=True)
class Differing:
    """One call and period. ``None``: that side does not have it."""

    exchange_id: str
    budget_id: int
    began: int
    log: int | None
    entry: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What the log charges to a period in a span of time. Amounts in what the budget measures."""

    budget_id: int
    began: int
    calls: int
    amount: int


def tallies(since: datetime, until: datetime) -> list[Tally]:
    """Of the calls that began from ``since`` and ended before ``until``, by period; budgets that are gone are left
    out."""
    statement = f"""
    WITH log AS ({_log()})
    SELECT log.budget, log.began, count(*), sum({_AMOUNT})
    FROM log JOIN "{_BUDGET}" b ON b.id = log.budget WHERE log.closed < %s GROUP BY log.budget, log.began
    """
    return [
        Tally(budget_id=int(budget), began=int(began), calls=int(calls), amount=int(amount or 0))
        for budget, began, calls, amount in _rows(statement, since, until, until)
    ]


def differing(since: datetime, until: datetime) -> list[Differing]:
    """Calls that began from ``since`` and ended before ``until`` whose entry is missing or says another amount, and
    entries of that time whose call is not in the log, or was not charged there; at most ``MOST`` of each."""
    return [*_wrong(since, until), *_unknown(since, until)]


def _wrong(since: datetime, until: datetime) -> Iterator[Differing]:
    statement = f"""
    WITH log AS ({_log()})
    SELECT log.id, log.budget, log.began, {_AMOUNT}, e.amount
    FROM log JOIN "{_BUDGET}" b ON b.id = log.budget
         LEFT JOIN "{_PERIOD}" p ON p.budget_id = log.budget AND {_epoch()} = log.began
         LEFT JOIN "{_ENTRY}" e ON e.exchange_id = log.id AND e.period_id = p.id
    WHERE log.closed < %s AND (e.amount IS NULL OR e.amount <> {_AMOUNT}) LIMIT {MOST}
    """
    for pk, budget, began, amount, entry in _rows(statement, since, until, until):
        yield Differing(
            exchange_id=_text(pk), budget_id=int(budget), began=int(began), log=int(amount), entry=_whole(entry)
        )


def _unknown(since: datetime, until: datetime) -> Iterator[Differing]:
    statement = f"""
    WITH log AS ({_log()})
    SELECT e.exchange_id, p.budget_id, {_epoch()}, e.amount
    FROM "{_ENTRY}" e JOIN "{_PERIOD}" p ON p.id = e.period_id
         LEFT JOIN log ON log.id = e.exchange_id AND log.budget = p.budget_id AND log.began = {_epoch()}
    WHERE e.at >= %s AND e.at < %s AND e.exchange_id <> %s AND log.id IS NULL LIMIT {MOST}
    """
    nobody = "00000000-0000-0000-0000-000000000000"  # of the entry that carries those that were pruned
    carried = nobody if connection.vendor == "postgresql" else nobody.replace("-", "")
    for pk, budget, began, entry in _rows(statement, since - LONGEST, until + LONGEST, since, until, carried):
        yield Differing(exchange_id=_text(pk), budget_id=int(budget), began=int(began), log=None, entry=int(entry))


def _log() -> str:
    return _POSTGRESQL if connection.vendor == "postgresql" else _SQLITE


def _epoch() -> str:
    return _EPOCH["postgresql" if connection.vendor == "postgresql" else "sqlite"]


def _rows(statement: str, *arguments: Any) -> list[tuple[Any, ...]]:
    time_of = connection.ops.adapt_datetimefield_value
    with connection.cursor() as cursor:
        cursor.execute(statement, [time_of(one) if isinstance(one, datetime) else one for one in arguments])
        return list(cursor.fetchall())


def _text(pk: object) -> str:
    return str(pk).replace("-", "")


def _whole(value: Any) -> int | None:
    return None if value is None else int(value)

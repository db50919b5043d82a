"""Requests that another target answered while one was ill: it was tried in vain, or left out for its open breaker."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import F, Q

from monitoring.log_rows import postgresql_time, sqlite_time
from monitoring.models import Outage, RequestLog

MOST = 20_000  # requests that are looked at, the newest: beyond, the number is "at least"
AT_ONCE = 10  # outages counted in one round
PAUSE = timedelta(minutes=1)  # between two counts of one
LEAD = timedelta(minutes=1)  # the failures that told of an outage came before it was seen
LATE = timedelta(minutes=6)  # after its end: by then calls that hung have ended too
_LOG = RequestLog._meta.db_table

_BETWEEN = f"""
    SELECT provider, model, attempts, plan FROM "{_LOG}"
    WHERE started_at >= %s AND started_at < %s AND ended_by = 'done' ORDER BY started_at DESC LIMIT %s
"""
_POSTGRESQL = f"""
SELECT count(*) FROM ({_BETWEEN}) rows
WHERE NOT (provider = %s AND (model = %s OR %s = ''))
    AND (attempts @> %s::jsonb OR plan->'dropped' @> %s::jsonb)
"""
_FITS = """SELECT 1 FROM json_each({rows}) one WHERE one.type = 'object'
    AND json_extract(one.value, '$.provider') = %s AND (%s = '' OR json_extract(one.value, '$.model') = %s)"""
_SQLITE = f"""
SELECT count(*) FROM ({_BETWEEN}) rows
WHERE NOT (provider = %s AND (model = %s OR %s = ''))
    AND (EXISTS ({_FITS.format(rows="rows.attempts")})
        OR EXISTS ({_FITS.format(rows="rows.plan, '$.dropped'")} AND json_extract(one.value, '$.code') = 'breaker'))
"""


def count(provider: str, model: str, began: datetime, ended: datetime, *, most: int = MOST) -> int:
    """``model`` "": any of the provider's."""
    postgres = connection.vendor == "postgresql"
    as_text = postgresql_time if postgres else sqlite_time
    between = [as_text(int(at.timestamp() * 1_000_000)) for at in (began, ended)]
    asked = {"provider": provider, **({"model": model} if model else {})}
    if postgres:
        fits = [json.dumps([asked]), json.dumps([{**asked, "code": "breaker"}])]
    else:
        fits = [provider, model, model] * 2
    with connection.cursor() as cursor:
        cursor.execute(_POSTGRESQL if postgres else _SQLITE, [*between, most, provider, model, model, *fits])
        return int(cursor.fetchone()[0])


def count_up(now: datetime) -> None:
    """Counts anew for outages that last, and for those that ended a short while ago: rows are written when calls end.
    What was counted once is kept: its rows may lie beyond ``MOST`` by now."""
    late = Q(counted_at__lt=F("ended_at") + LATE)
    due = Q(counted_at=None) | Q(Q(ended_at=None) | late, counted_at__lt=now - PAUSE)
    lasting = Outage.objects.filter(due).select_related("provider").defer("provider__proxy")
    for outage in lasting.order_by(F("counted_at").asc(nulls_first=True))[:AT_ONCE]:
        found = count(outage.provider.name, outage.model, outage.began_at - LEAD, outage.ended_at or now)
        Outage.objects.filter(pk=outage.pk).update(fallbacks=max(found, outage.fallbacks), counted_at=now)

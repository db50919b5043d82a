"""What an API key used, out of the request log: the source that ``GET /v1/usage`` asks."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Count, Q, Sum

from gateway.usage_source import KeyUsage
from monitoring.models import RequestLog

NOT_TOLD = Q(cost_nano__isnull=True) & ~Q(usage_basis="none")


def key_usage(key_id: int, since: datetime) -> KeyUsage:
    """Of the calls that began from ``since`` on; by the index of keys. ``key_id`` 0: callers without a key."""
    rows = RequestLog.objects.filter(started_at__gte=since)
    mine = rows.filter(api_key_id=key_id) if key_id else rows.filter(api_key_id__isnull=True)
    sums = mine.aggregate(
        calls=Count("pk"),
        calls_unknown=Count("pk", filter=NOT_TOLD),
        **{f"sum_{name}": Sum(name) for name in ("input", "output", "cost_nano", "saved_nano")},
    )
    found = {name: int(value or 0) for name, value in sums.items()}
    return KeyUsage(
        requests=found["calls"],
        input=found["sum_input"],
        output=found["sum_output"],
        cost_nano=found["sum_cost_nano"],
        unknown=found["calls_unknown"],
        saved_nano=found["sum_saved_nano"],
    )

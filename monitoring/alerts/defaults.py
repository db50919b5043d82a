"""The rules that an installation begins with. They have no channel: what they find is shown on the dashboards."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone

from monitoring.models import AlertKind, AlertRule, Duty, Severity

MARK = "alerts: first rules"  # a duty that is done once and for all: rules that somebody deleted stay deleted
RULES: tuple[dict[str, Any], ...] = (
    {"name": "A provider is down", "kind": AlertKind.PROVIDER_DOWN, "severity": Severity.CRITICAL, "wait_minutes": 1},
    {"name": "A token pool is small", "kind": AlertKind.POOL_SMALL, "severity": Severity.WARNING, "wait_minutes": 2},
    {
        "name": "A token expires soon",
        "kind": AlertKind.TOKEN_EXPIRING,
        "severity": Severity.WARNING,
        "repeat_minutes": 0,
        "calm_minutes": 0,
    },
    {"name": "A journal is behind", "kind": AlertKind.JOURNAL_LAG, "severity": Severity.CRITICAL, "wait_minutes": 1},
    {
        "name": "A budget reached a threshold",
        "kind": AlertKind.BUDGET,
        "severity": Severity.WARNING,
        "window_minutes": 60,
        "repeat_minutes": 0,
        "calm_minutes": 0,
    },
)


def ensure_defaults() -> bool:
    """Makes them, the first time this is called on a database. Whether it did."""
    if Duty.objects.filter(pk=MARK).exists():
        return False
    now = timezone.now()
    with transaction.atomic():
        _, first = Duty.objects.get_or_create(pk=MARK, defaults={"until": now, "done_at": now})
        if first:
            AlertRule.objects.bulk_create([AlertRule(**rule) for rule in RULES], ignore_conflicts=True)
    return first

"""Token expiring: a token's date of expiry comes near. Told again three days before it, and when it has come."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from monitoring.alerts.findings import Finding, Terms
from providers.environment import environ
from providers.models import Token, TokenState
from providers.overview import overview

USUAL: Final = 14.0  # days
SOON = timedelta(days=3)
FORGOTTEN = timedelta(days=7)  # after its expiry it is told so long that it has expired


class Expiring(NamedTuple):
    """``label`` names the token for people; never its secret."""

    id: int
    label: str
    provider: str
    expires_at: datetime


def find(terms: Terms, now: datetime) -> list[Finding]:
    return judge(terms, _read(_days(terms), now), now)


def judge(terms: Terms, tokens: Iterable[Expiring], now: datetime) -> list[Finding]:
    last = now + timedelta(days=_days(terms))
    return [
        _finding(one, now)
        for one in tokens
        if terms.provider in ("", one.provider) and now - FORGOTTEN < one.expires_at <= last
    ]


def _finding(token: Expiring, now: datetime) -> Finding:
    left = token.expires_at - now
    level = 2 if left <= timedelta(0) else 1 if left <= SOON else 0
    says = "has expired" if level == 2 else f"expires in {_span(left)}"
    return Finding(
        subject=f"token:{token.id}",
        title=f"A token of {token.provider} {says}",
        text=f"{token.label}: {token.expires_at:%Y-%m-%d %H:%M} UTC. Put a new one into the pool, or rotate this one.",
        value=round(left.total_seconds() / 86_400, 2),
        level=level,
    )


def _span(left: timedelta) -> str:
    if left >= timedelta(days=2):
        return f"{left.days} days"
    hours = int(left.total_seconds() // 3600)
    return f"{hours} hours" if hours > 1 else "an hour or less"


def _days(terms: Terms) -> float:
    return USUAL if terms.threshold is None else min(terms.threshold, 3650)


def _read(days: float, now: datetime) -> list[Expiring]:
    rows = (
        Token.objects.filter(enabled=True, expires_at__gt=now - FORGOTTEN, expires_at__lte=now + timedelta(days=days))
        .exclude(state__health=TokenState.Health.RETIRED, expires_at__gt=now)
        .select_related("provider")
        .only("label", "env_name", "fingerprint", "expires_at", "provider__name")
    )
    used = {pk for pk, one in overview(environ(), now=now).items() if one.enabled} if rows else set()
    return [
        Expiring(row.pk, str(row), row.provider.name, row.expires_at)
        for row in rows
        if row.expires_at is not None and row.provider_id in used
    ]

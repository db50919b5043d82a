"""What admins do to a token at runtime: a new secret, to the back, to rest, out for good, back in. Pools see it by the
version and the state's time stamps within a poll; the history keeps it with who did it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from providers import history, pool_watch
from providers.environment import environ
from providers.history import word_of
from providers.models import Token, TokenState

STEP = timedelta(milliseconds=1)
ROTATED = "rotated"
Health = TokenState.Health
FRESH: dict[str, Any] = {
    "health": Health.HEALTHY, "cooling_until": None, "reason": "", "rejected_at": None, "probation_at": None,
    "suspensions": 0,
}  # fmt: skip


def rotate(token: Token, secret: str, *, now: datetime, by: str = "") -> None:
    """Old secret out, new one in, in one transaction; what was said of the old one no longer counts."""
    with transaction.atomic():
        token.secret = secret
        token.rotated_at = now
        token.save(update_fields=["secret", "fingerprint", "rotated_at"])
        _set(token, f"A new secret{_by(by)}.", now=now, **FRESH)


def mark_healthy(token: Token, *, now: datetime, by: str = "") -> None:
    """Ends a rest, a suspension or a retirement."""
    _set(token, f"Marked healthy{_by(by)}.", now=now, **FRESH)


def rest(token: Token, *, until: datetime, now: datetime, by: str = "") -> bool:
    """Puts a token to rest. ``False`` for one that is suspended or retired: it is out anyway."""
    with transaction.atomic():
        row = TokenState.objects.select_for_update().filter(pk=token.pk).first()
        if row is not None and row.health in (Health.SUSPENDED, Health.RETIRED):
            return False
        on_probation = row is not None and row.health == Health.PROBATION
        health = Health.PROBATION if on_probation else Health.COOLING
        reason = f"For {(until - now).total_seconds():.0f} s, put to rest{_by(by)}."
        _set(token, reason, now=now, health=health, cooling_until=until, reason=reason)
    return True


def retire(token: Token, *, now: datetime, by: str = "") -> None:
    """Takes a token out until it is marked healthy."""
    reason = f"Retired{_by(by)}."
    _set(token, reason, now=now, health=Health.RETIRED, probation_at=None, reason=reason)


def send_back(token: Token, *, now: datetime, by: str = "") -> None:
    """Behind all others for a while: its conversations move on, and only some come back."""
    with transaction.atomic():
        row, _ = TokenState.objects.select_for_update().get_or_create(token=token)
        row.rotated_at = now if row.rotated_at is None else max(now, row.rotated_at + STEP)
        row.updated_at = now
        row.save(update_fields=["rotated_at", "updated_at"])
        _tell(token, word_of(row, now=now), ROTATED, f"Sent to the back{_by(by)}.", now)


def _set(token: Token, told: str, *, now: datetime, **state: Any) -> None:
    """``changed_at`` makes it newer than what any process knows: another machine's clock may be ahead."""
    with transaction.atomic():
        row, _ = TokenState.objects.select_for_update().get_or_create(token=token)
        before = word_of(row, now=now)
        for name, value in state.items():
            setattr(row, name, value)
        row.changed_at, row.updated_at = max(now, row.changed_at + STEP), now
        row.save(update_fields=[*state, "changed_at", "updated_at"])
        after = word_of(row, now=now)
        if before != after or state.get("cooling_until"):
            _tell(token, before, after, told, now)


def _tell(token: Token, before: str, after: str, reason: str, now: datetime) -> None:
    history.write([history.token_event(token, before=before, after=after, reason=reason, at=now)])
    transaction.on_commit(lambda: pool_watch.look(environ(), now=now), robust=True)


def _by(name: str) -> str:
    return f" by {name}" if name else ""

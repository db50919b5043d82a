"""What admins do to a token at runtime: give it a new secret, or call it healthy. Pools see both by the version and
the state's time stamps."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from providers.models import Token, TokenState


def rotate(token: Token, secret: str, *, now: datetime) -> None:
    """Old secret out, new one in, in one transaction; what the vendor said of the old one no longer counts."""
    with transaction.atomic():
        token.secret = secret
        token.rotated_at = now
        token.save(update_fields=["secret", "fingerprint", "rotated_at"])
        mark_healthy(token, now=now)


def mark_healthy(token: Token, *, now: datetime) -> None:
    """Ends a rest or a rejection. ``changed_at`` makes it newer than what any process knows."""
    TokenState.objects.update_or_create(
        token=token,
        defaults={
            "health": TokenState.Health.HEALTHY,
            "cooling_until": None,
            "reason": "",
            "rejected_at": None,
            "probation_at": None,
            "changed_at": now,
            "updated_at": now,
        },
    )

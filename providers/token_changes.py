"""What admins do to a token at runtime: give it a new secret, or call it healthy. Pools see both by the version and
the state's time stamps."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from providers.models import Token, TokenState

STEP = timedelta(milliseconds=1)


def rotate(token: Token, secret: str, *, now: datetime) -> None:
    """Old secret out, new one in, in one transaction; what the vendor said of the old one no longer counts."""
    with transaction.atomic():
        token.secret = secret
        token.rotated_at = now
        token.save(update_fields=["secret", "fingerprint", "rotated_at"])
        mark_healthy(token, now=now)


def mark_healthy(token: Token, *, now: datetime) -> None:
    """Ends a rest or a rejection. ``changed_at`` makes it newer than what any process knows."""
    with transaction.atomic():
        TokenState.objects.update_or_create(
            token=token,
            defaults={
                "health": TokenState.Health.HEALTHY,
                "cooling_until": None,
                "reason": "",
                "rejected_at": None,
                "probation_at": None,
                "changed_at": newer(token.pk, now=now),
                "updated_at": now,
            },
        )


def newer(token_id: int, *, now: datetime) -> datetime:
    """``now``, or a moment later than the news that is there: another machine's clock may be ahead. In a transaction;
    holds the row until its end."""
    row = TokenState.objects.select_for_update().filter(pk=token_id).values_list("changed_at", flat=True).first()
    return now if row is None else max(now, row + STEP)

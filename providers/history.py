"""What happened to tokens and pools, as rows for people who ask why, and told to whoever listens. Blocking."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial

from django.db import transaction

from providers.happenings import Happening, happened
from providers.models import Provider, ProviderEvent, Token, TokenState

Health = TokenState.Health


def word_of(row: TokenState | None, *, now: datetime) -> str:
    """A token's health now: a rest that is over is over, whoever noticed."""
    if row is None or (row.health == Health.COOLING and not (row.cooling_until and row.cooling_until > now)):
        return Health.HEALTHY.value
    return row.health


def token_event(token: Token, *, before: str, after: str, reason: str, at: datetime) -> ProviderEvent:
    """One that is not stored yet. ``token`` needs its id and provider only."""
    return ProviderEvent(
        at=at,
        kind=ProviderEvent.Kind.TOKEN,
        provider_id=token.provider_id,
        token_id=token.pk,
        before=before,
        after=after,
        reason=reason[:500],
    )


def write(events: Sequence[ProviderEvent]) -> None:
    """Stores events and tells of them once they are committed. In a transaction."""
    if not events:
        return
    ProviderEvent.objects.bulk_create(events)
    names = dict(Provider.objects.filter(pk__in={one.provider_id for one in events}).values_list("pk", "name"))
    marks = dict(Token.objects.filter(pk__in={one.token_id for one in events}).values_list("pk", "fingerprint"))
    for one in events:
        told = Happening(
            kind=one.kind,
            provider=names.get(one.provider_id, ""),
            token=marks.get(one.token_id or 0, ""),
            model=one.model,
            before=one.before,
            after=one.after,
            reason=one.reason,
            at=one.at.timestamp(),
        )
        transaction.on_commit(partial(happened.tell, told))


def moment(seconds: float) -> datetime | None:
    """Seconds since the epoch as the tables keep them; 0 is never."""
    return datetime.fromtimestamp(seconds, UTC) if seconds else None


def seconds(moment: datetime | None) -> float:
    return moment.timestamp() if moment else 0.0

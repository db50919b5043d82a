"""What the rows of tokens and circuit breakers say of providers. Blocking; no network."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from django.utils import timezone

from monitoring.health.facts import Breaker, Pool
from providers.catalogue import CompiledProvider, CompiledToken
from providers.models import BreakerState, TokenState

Health = TokenState.Health
# What a breaker opened for may quote a request of one app, and health is shown to all.
_QUOTED = re.compile(r"(, the last one:|:).*\Z", re.DOTALL)


def usable_tokens(provider: CompiledProvider, *, now: datetime | None = None) -> list[CompiledToken]:
    """Those that a call would take now, in their order; an anonymous one always may be used."""
    now = now or timezone.now()
    states = states_of([provider])
    return [one for one in provider.tokens if _rest(one, states.get(one.id), now) == 0]


def suspended_tokens(provider: CompiledProvider, *, now: datetime) -> list[CompiledToken]:
    """Those that a good test would bring back."""
    suspended = {pk for pk, row in states_of([provider]).items() if row.health == Health.SUSPENDED}
    return [one for one in provider.tokens if one.id in suspended and not _expired(one, now)]


def states_of(providers: Iterable[CompiledProvider]) -> dict[int, TokenState]:
    ids = [token.id for provider in providers for token in provider.tokens if token.id]
    return TokenState.objects.in_bulk(ids) if ids else {}


def pool(provider: CompiledProvider, states: dict[int, TokenState], *, now: datetime) -> Pool:
    rests = [_rest(one, states.get(one.id), now) for one in provider.tokens]
    back = [rest for rest in rests if rest]
    return Pool(
        usable=rests.count(0),
        resting=len(back),
        total=len(rests),
        back_at=now.timestamp() + min(back) if back else 0.0,
    )


def breakers(provider_ids: Sequence[int]) -> dict[tuple[int, str], Breaker]:
    """Those that are not closed, by provider and model."""
    rows = BreakerState.objects.filter(provider_id__in=provider_ids).exclude(state=BreakerState.State.CLOSED)
    return {
        (row.provider_id, row.model): Breaker(
            state=row.state,
            until=row.until.timestamp() if row.until else 0.0,
            changed_at=row.changed_at.timestamp(),
            reason=_QUOTED.sub("", row.reason),
        )
        for row in rows
    }


def of_provider(
    found: Mapping[tuple[int, str], Breaker], provider_id: int, called: Iterable[str], *, now: datetime
) -> Breaker | None:
    """A provider's own; open where that one lets calls through and each model that is ``called`` is left alone: a
    probe that fails opens the model's alone."""
    own, at = found.get((provider_id, "")), now.timestamp()
    if own is None or (own.state == BreakerState.State.OPEN and own.until > at):
        return own
    shut = {
        model: one.until
        for (pk, model), one in found.items()
        if pk == provider_id and model and one.state == BreakerState.State.OPEN and one.until > at
    }
    if not shut or not set(called) <= shut.keys():
        return own
    return own._replace(state=BreakerState.State.OPEN.value, until=min(shut.values()), reason="its probes failed")


def _rest(token: CompiledToken, row: TokenState | None, now: datetime) -> float | None:
    """Seconds until it may be used: 0 for now; ``None``: not by itself."""
    if _expired(token, now):
        return None
    if row is None:
        return 0
    if row.health == Health.RETIRED:
        return None
    if row.health == Health.SUSPENDED and not (row.probation_at and row.probation_at <= now):
        return None
    if row.cooling_until and row.cooling_until > now:
        return (row.cooling_until - now).total_seconds()
    return 0


def _expired(token: CompiledToken, now: datetime) -> bool:
    return 0 < token.expires_at <= now.timestamp()

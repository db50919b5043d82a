"""All providers at a glance, in three queries however many there are: status, tokens by state, models."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q

from providers.env import Overlay, dispatch_in_force, overlay
from providers.models import Model, Provider, Token, TokenState
from providers.status import Facts, Status, TokenCounts, status


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """One provider's line. ``base_url`` is the address in force: the environment's, the admin's or the vendor's."""

    name: str
    status: Status
    tokens: TokenCounts
    models: int
    base_url: str
    enabled: bool


def overview(environ: Mapping[str, str], *, now: datetime) -> dict[int, Glance]:
    """Every provider by its primary key."""
    tokens = _token_counts(now)
    models = dict(Model.objects.filter(enabled=True).order_by().values_list("provider").annotate(Count("pk")))
    rows = Provider.objects.select_related("state").defer("proxy").order_by()
    return {
        row.pk: _glance(row, environ, tokens=tokens.get(row.pk, TokenCounts()), models=models.get(row.pk, 0), now=now)
        for row in rows
    }


def glance(provider: Provider, environ: Mapping[str, str], *, now: datetime) -> Glance:
    """The same for one provider."""
    tokens = _token_counts(now, provider=provider).get(provider.pk, TokenCounts())
    models = Model.objects.filter(provider=provider, enabled=True).count()
    return _glance(provider, environ, tokens=tokens, models=models, now=now)


def _token_counts(now: datetime, *, provider: Provider | None = None) -> dict[int, TokenCounts]:
    on, health = Q(enabled=True), TokenState.Health
    retired = Q(state__health=health.RETIRED) | Q(expires_at__lte=now)
    suspended = Q(state__health=health.SUSPENDED) & ~Q(expires_at__lte=now)
    rests = Q(state__health__in=[health.COOLING, health.PROBATION], state__cooling_until__gt=now)
    resting = rests & ~Q(expires_at__lte=now)
    rows = Token.objects.all() if provider is None else Token.objects.filter(provider=provider)
    counted = (
        rows.order_by()
        .values("provider_id")
        .annotate(
            armed=Count("pk", filter=on),
            resting=Count("pk", filter=on & resting),
            suspended=Count("pk", filter=on & suspended),
            retired=Count("pk", filter=on & retired),
            disabled=Count("pk", filter=~on),
        )
    )
    return {
        row["provider_id"]: TokenCounts(
            healthy=row["armed"] - row["resting"] - row["suspended"] - row["retired"],
            resting=row["resting"],
            suspended=row["suspended"],
            retired=row["retired"],
            disabled=row["disabled"],
        )
        for row in counted
    }


def _glance(row: Provider, environ: Mapping[str, str], *, tokens: TokenCounts, models: int, now: datetime) -> Glance:
    vendor = row.facts
    over = overlay(row.name, vendor, environ) if vendor else Overlay()
    own_url = over.base_url or row.base_url
    enabled = dispatch_in_force(over, row.dispatch, row.usual_dispatch) != row.Dispatch.OFF
    if over.tokens and not tokens.total:  # named by the environment, not yet taken into the table
        tokens = TokenCounts(healthy=len(over.tokens))
    state = getattr(row, "state", None)
    secret: Mapping[str, str] = row.secret_settings  # the stubs see its column
    values: dict[str, object] = {**row.settings, **secret, **over.settings}
    facts = Facts(
        vendor=vendor,
        enabled=enabled,
        base_url=own_url,
        settings=frozenset(name for name, value in values.items() if value),
        tokens=tokens,
        errors=tuple(over.errors),
        test_ok=state.ok if state else None,
        test_message=state.message if state else "",
    )
    return Glance(
        name=row.name,
        status=status(facts, today=now.date()),
        tokens=tokens,
        models=models,
        base_url=own_url or (vendor.base_url if vendor else "") or "",
        enabled=enabled,
    )

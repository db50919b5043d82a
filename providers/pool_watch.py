"""Looks at all pools by their tables, so that it does not matter which process shrank one: tokens that expired, pools
with fewer usable tokens than their admin wants, and those that have enough again. Each is told once. Blocking."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, Subquery

from providers import history
from providers.env import dispatch_in_force, overlay
from providers.models import Provider, ProviderEvent, Token, TokenState
from providers.status import needs_token

ENOUGH, LOW = "enough", "low"
STEADY = timedelta(seconds=30)  # tokens must be back so long before a pool has enough again: a flapping one is low once
EXPIRED_LATELY = timedelta(days=30)  # of what expired before, nobody needs to be told any more
Health = TokenState.Health


def look(environ: Mapping[str, str], *, now: datetime) -> None:
    """Notes what there is to note: two queries if that is nothing."""
    gone = list(_expired(now))
    pools = _changed_pools(environ, now)
    if not gone and not pools:
        return
    with transaction.atomic():
        ids = sorted({one.provider_id for one in gone} | {provider.pk for provider in pools})
        list(Provider.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk").values_list("pk"))
        events = [_expiry_event(token) for token in _expired(now)]  # again: another process may have been first
        events += [_pool_event(provider, now) for provider in _changed_pools(environ, now)]
        history.write(events)


def usable(now: datetime) -> Q:
    """Tokens that may be used at ``now``."""
    out = Q(state__health__in=[Health.SUSPENDED, Health.RETIRED])
    return Q(enabled=True) & ~out & ~Q(state__cooling_until__gt=now) & ~Q(expires_at__lte=now)


def _expired(now: datetime) -> list[Token]:
    told = ProviderEvent.objects.filter(token=OuterRef("pk"), after=Health.RETIRED, at__gte=OuterRef("expires_at"))
    rows = Token.objects.filter(enabled=True, expires_at__lte=now, expires_at__gt=now - EXPIRED_LATELY)
    return list(rows.exclude(Exists(told)).select_related("state").defer("secret"))


def _expiry_event(token: Token) -> ProviderEvent:
    at = token.expires_at
    assert at is not None, "only tokens with a date expire"
    before = history.word_of(getattr(token, "state", None), now=at)
    return history.token_event(token, before=before, after=Health.RETIRED, reason="Its date of expiry has come.", at=at)


def _changed_pools(environ: Mapping[str, str], now: datetime) -> list[Provider]:
    """Providers whose pool became low or is no longer; each has its counts."""
    last = ProviderEvent.objects.filter(provider=OuterRef("pk"), kind=ProviderEvent.Kind.POOL).order_by("-id")
    tokens = Token.objects.filter(provider=OuterRef("pk")).order_by().values("provider")
    steady = usable(now) & ~Q(state__changed_at__gt=now - STEADY) & ~Q(state__cooling_until__gt=now - STEADY)

    def counted(which: Q) -> Subquery:
        return Subquery(tokens.annotate(n=Count("pk", filter=which)).values("n"))

    rows = Provider.objects.filter(smallest_pool__gt=0).annotate(
        told=Subquery(last.values("after")[:1]),
        all_tokens=counted(Q(enabled=True)),
        usable_tokens=counted(usable(now)),
        steady_tokens=counted(steady),
    )
    return [row for row in rows.defer("proxy", "secret_settings") if _changed(row) and _in_use(row, environ)]


def _changed(row: Provider) -> bool:
    return _count(row, "steady") >= row.smallest_pool if _is_low(row) else _count(row, "usable") < row.smallest_pool


def _is_low(row: Provider) -> bool:
    return getattr(row, "told", None) == LOW


def _count(row: Provider, which: str) -> int:
    return getattr(row, f"{which}_tokens") or 0  # None: it has no rows


def _in_use(row: Provider, environ: Mapping[str, str]) -> bool:
    vendor = row.facts
    if vendor is None or not (needs_token(vendor) or _count(row, "all")):
        return False
    mode = dispatch_in_force(overlay(row.name, vendor, environ), row.dispatch, row.usual_dispatch)
    return mode != Provider.Dispatch.OFF


def _pool_event(row: Provider, now: datetime) -> ProviderEvent:
    before, after = (LOW, ENOUGH) if _is_low(row) else (ENOUGH, LOW)
    have, every, want = _count(row, "usable"), _count(row, "all"), row.smallest_pool
    reason = f"{have} of {every} tokens may be used; {want} or more are wanted."
    return ProviderEvent(
        at=now, kind=ProviderEvent.Kind.POOL, provider_id=row.pk, before=before, after=after, reason=reason
    )

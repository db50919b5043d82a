"""What is known of the health of providers and models, for pages, the API, alerts and metrics."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from django.db.models import Model, Q, QuerySet
from django.utils import timezone

from monitoring.health import uptime
from monitoring.health.words import DEGRADED, DOWN, HEALTHY, OFF, UNKNOWN
from monitoring.models import health
from providers.models import Provider, ProviderState

__all__ = [
    "DEGRADED",
    "DOWN",
    "HEALTHY",
    "OFF",
    "UNKNOWN",
    "Check",
    "Outage",
    "State",
    "Uptime",
    "checks",
    "outages",
    "states",
    "uptimes",
]
Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """How a provider, or one model of it, is. ``signal`` is what told: traffic, breaker, probe, test or "". ``reason``
    is in words, without secrets."""

    provider: str
    model: str  # "": the provider as a whole
    status: str  # one of the five above
    since: datetime | None
    reason: str
    signal: str
    checked_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """A stretch in which it was not healthy. ``ended_at`` is ``None`` while it lasts. ``fallbacks``: requests that
    another target answered meanwhile."""

    provider: str
    model: str
    status: str  # degraded or down: the worst it was
    began_at: datetime
    ended_at: datetime | None
    reason: str
    signal: str
    fallbacks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Uptime:
    """``share``: of the time in which it was watched, how much it was not down, 0 to 1; ``None`` if never watched.
    ``outages``: those in which it was down at some time.
    ``mean_recovery_s``: seconds from down to healthy, over the outages that ended; ``None`` without any."""

    provider: str
    model: str
    share: float | None
    outages: int
    down_s: float
    mean_recovery_s: float | None
    fallbacks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One probe or test. ``kind``: probe (free), test (a token's), paid. ``ok`` is ``None`` where it cannot tell."""

    provider: str
    model: str
    kind: str
    at: datetime
    ok: bool | None
    status: int
    message: str
    latency_ms: int
    cost_nano: int


def states(*, models: bool = False) -> list[State]:
    """Every provider there is, by name; with ``models``, also every model that was seen ill or used in the last day."""
    rows = {(row.provider_id, row.model): row for row in _rows(models=models)}
    names = dict(Provider.objects.order_by("name").values_list("pk", "name"))
    found = [_state(names[pk], rows.get((pk, ""))) for pk in names]
    found += [_state(names[pk], row) for (pk, model), row in sorted(rows.items()) if model and pk in names]
    return sorted(found, key=lambda one: (one.provider, one.model))


def outages(*, since: datetime, provider: str = "", most: int = 200) -> list[Outage]:
    """Those that lasted into or began after ``since``, the newest first."""
    rows = health.Outage.objects.filter(Q(ended_at=None) | Q(ended_at__gte=since)).select_related("provider")
    rows = rows.filter(provider__name=provider) if provider else rows
    return [
        Outage(
            provider=row.provider.name,
            model=row.model,
            status=row.status,
            began_at=row.began_at,
            ended_at=row.ended_at,
            reason=row.reason,
            signal=row.signal,
            fallbacks=row.fallbacks,
        )
        for row in rows.defer("provider__proxy").order_by("-began_at", "-id")[:most]
    ]


def uptimes(*, since: datetime, until: datetime, provider: str = "", models: bool = False) -> list[Uptime]:
    """By provider, each as a whole, and with ``models`` by its models too; those that were watched between the two."""
    spans = _of(health.HealthSpan.objects.filter(until__gt=since, began_at__lt=until), provider, models=models)
    stretches: dict[tuple[str, str], list[uptime.Stretch]] = {}
    for name, model, status, began, ended in spans.values_list(
        "provider__name", "model", "status", "began_at", "until"
    ):
        one = uptime.Stretch(status, began.timestamp(), ended.timestamp())
        stretches.setdefault((name, model), []).append(one)
    ill: dict[tuple[str, str], list[health.Outage]] = {}
    lasting = Q(ended_at=None) | Q(ended_at__gt=since)
    for row in _of(health.Outage.objects.filter(lasting, began_at__lt=until), provider, models=models).select_related(
        "provider"
    ):
        ill.setdefault((row.provider.name, row.model), []).append(row)
    return [
        _uptime(*target, stretches.get(target, []), ill.get(target, []), since=since, until=until)
        for target in sorted(stretches.keys() | ill.keys())
    ]


def checks(*, provider: str = "", since: datetime | None = None, most: int = 100) -> list[Check]:
    """The newest first. A provider's token tests are told by their last one."""
    rows = health.HealthCheck.objects.select_related("provider").defer("provider__proxy").order_by("-at", "-id")
    tested = ProviderState.objects.exclude(tested_at=None).select_related("provider").order_by("-tested_at")
    if provider:
        rows, tested = rows.filter(provider__name=provider), tested.filter(provider__name=provider)
    if since is not None:
        rows, tested = rows.filter(at__gte=since), tested.filter(tested_at__gte=since)
    found = [_check(row) for row in rows[:most]]
    found += [_token_test(row, row.tested_at) for row in tested[:most] if row.tested_at is not None]
    return sorted(found, key=lambda one: one.at, reverse=True)[:most]


def _rows(*, models: bool) -> Iterable[health.HealthState]:
    rows = health.HealthState.objects.all()
    if not models:
        return rows.filter(model="")
    day = timezone.now() - timedelta(days=1)
    lately = Q(called_at__gte=day) | Q(status__in=(DEGRADED, DOWN)) | Q(since__gte=day)
    return rows.filter(Q(model="") | lately)


def _of(rows: QuerySet[Row], provider: str, *, models: bool) -> QuerySet[Row]:
    rows = rows if models else rows.filter(model="")
    return rows.filter(provider__name=provider) if provider else rows


def _state(provider: str, row: health.HealthState | None) -> State:
    if row is None:
        return State(
            provider=provider, model="", status=UNKNOWN, since=None, reason="Not looked at yet.", signal="",
            checked_at=None,
        )  # fmt: skip
    return State(
        provider=provider,
        model=row.model,
        status=row.status,
        since=row.since,
        reason=row.reason,
        signal=row.signal,
        checked_at=row.checked_at,
    )


def _uptime(
    provider: str,
    model: str,
    stretches: list[uptime.Stretch],
    ill: list[health.Outage],
    *,
    since: datetime,
    until: datetime,
) -> Uptime:
    found = uptime.times(stretches, since=since.timestamp(), until=until.timestamp())
    down = [row for row in ill if row.down_at is not None]
    return Uptime(
        provider=provider,
        model=model,
        share=found.share,
        outages=len(down),
        down_s=found.down,
        mean_recovery_s=uptime.mean_recovery(map(_repair, down)),
        fallbacks=sum(row.fallbacks for row in ill),
    )


def _repair(row: health.Outage) -> uptime.Repair:
    well = row.ended_at is not None and row.ended_as == HEALTHY
    return uptime.Repair(
        row.down_at.timestamp() if row.down_at else None, row.ended_at.timestamp() if well and row.ended_at else None
    )


def _check(row: health.HealthCheck) -> Check:
    return Check(
        provider=row.provider.name,
        model=row.model,
        kind=row.kind,
        at=row.at,
        ok=row.ok,
        status=row.status,
        message=row.message,
        latency_ms=row.latency_ms,
        cost_nano=row.cost_nano,
    )


def _token_test(row: ProviderState, at: datetime) -> Check:
    return Check(
        provider=row.provider.name, model="", kind="test", at=at, ok=row.ok, status=0, message=row.message,
        latency_ms=0, cost_nano=0,
    )  # fmt: skip

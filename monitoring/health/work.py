"""Watching: each round reads what traffic, breakers and tokens tell, probes what nobody called, writes what changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from django.utils import timezone

from monitoring.duties import duty
from monitoring.health import changes, fallbacks, pool, probing, traffic
from monitoring.health.changes import Target
from monitoring.health.facts import Before, Breaker, Facts, Rules, Traffic
from monitoring.health.judging import ILL, judge
from monitoring.models import HealthCheck, HealthSettings, HealthSpan, HealthState, Outage
from providers.catalogue import CompiledProvider
from providers.compiling import compile_providers
from providers.environment import environ
from providers.http import Transport
from providers.models import Provider, TokenState

DUTY = "health"
HELD = 120.0  # seconds; a round with as many probes as there may be takes less
MOST_MODELS = 500  # judged in one round: apps may name as many as they like
FORGOTTEN = timedelta(days=7)  # a model that nobody called for so long
CHECKS_KEPT = timedelta(days=14)
HISTORY_KEPT = timedelta(days=400)

Parts = Mapping[str, Traffic]


def watch(
    *, clock: Callable[[], datetime] = timezone.now, transport: Transport | None = None
) -> int:  # fmt: skip
    """One round, where no other process makes one. Returns how many targets are otherwise than they were."""
    with duty(DUTY, seconds=HELD) as mine:
        return look(clock=clock, transport=transport) if mine else 0


def look(*, clock: Callable[[], datetime] = timezone.now, transport: Transport | None = None) -> int:
    """A round, whoever else makes one."""
    settings = HealthSettings.current()
    rules = rules_of(settings)
    providers = compile_providers(environ())
    found = _traffic(providers, since=clock() - timedelta(seconds=rules.window))
    probes = _probed(providers, found, settings, clock=clock, transport=transport)
    now = clock()
    targets = _judged(providers, found, probes, rules, now)
    turned = changes.write(targets, now)
    fallbacks.count_up(now)
    return turned


def prune(*, now: datetime | None = None) -> int:
    """Forgets checks, history and models of long ago. Returns how many rows."""
    now = now or timezone.now()
    gone = [
        HealthCheck.objects.filter(at__lt=now - CHECKS_KEPT).delete()[0],
        HealthSpan.objects.filter(until__lt=now - HISTORY_KEPT).delete()[0],
        Outage.objects.filter(ended_at__lt=now - HISTORY_KEPT).delete()[0],
        HealthState.objects.exclude(model="").filter(called_at__lt=now - FORGOTTEN).exclude(status__in=ILL).delete()[0],
    ]
    return sum(gone)


def rules_of(settings: HealthSettings) -> Rules:
    return Rules(
        window=settings.window_minutes * 60.0,
        least=settings.least_failures,
        down=settings.down_percent / 100,
        degraded=min(settings.degraded_percent, settings.down_percent) / 100,
        recover=settings.recover_after,
        stale=3 * 60.0 * max(settings.probe_minutes, settings.window_minutes),
    )


def _traffic(providers: Sequence[CompiledProvider], *, since: datetime) -> Mapping[int, Parts]:
    """By provider and model, the models with the most attempts."""
    ids = {one.name: one.id for one in providers}
    read = [(target, one) for target, one in traffic.read(since=since).items() if target[0] in ids]
    read.sort(key=lambda one: -len(one[1].beats))
    found: dict[int, dict[str, Traffic]] = {}
    for (provider, model), one in read[:MOST_MODELS]:
        found.setdefault(ids[provider], {})[model] = one
    return found


def _probed(
    providers: Sequence[CompiledProvider],
    found: Mapping[int, Parts],
    settings: HealthSettings,
    *,
    clock: Callable[[], datetime],
    transport: Transport | None,
) -> dict[int, probing.Probe]:
    now, after = clock(), timedelta(minutes=settings.probe_minutes)
    states = {row.provider_id: row for row in HealthState.objects.filter(model="")}
    due = [
        one
        for one in providers
        if probing.is_due(one, states.get(one.id), traffic.merged(found.get(one.id, {}).values()), now=now, after=after)
    ]
    waited = {pk: row.probed_at.timestamp() for pk, row in states.items() if row.probed_at}
    due.sort(key=lambda one: waited.get(one.id, 0))
    asked = [one for provider in due[: probing.MOST] if (one := probing.with_token(provider, now=now)) is not None]
    probes = probing.run(asked, now=now, transport=transport)
    there = set(Provider.objects.filter(pk__in=[one.provider.id for one in probes]).values_list("pk", flat=True))
    kept = [one for one in probes if one.provider.id in there]  # else deleted meanwhile
    probing.record(kept)
    return {one.provider.id: one for one in kept}


def _judged(
    providers: Sequence[CompiledProvider],
    found: Mapping[int, Parts],
    probes: Mapping[int, probing.Probe],
    rules: Rules,
    now: datetime,
) -> list[Target]:
    rows = {(row.provider_id, row.model): row for row in HealthState.objects.all()}
    breakers = pool.breakers([one.id for one in providers])
    tokens = pool.states_of(providers)
    targets: list[Target] = []
    for provider in providers:
        parts = found.get(provider.id, {})
        row = rows.get((provider.id, "")) or _new(provider.id, "", now)
        probe = probes.get(provider.id)
        if probe is not None:
            probing.noted(row, probe)
        breaker = pool.of_provider(breakers, provider.id, parts, now=now)
        facts = _facts(provider, row, parts, breaker, tokens, now)
        targets.append(_target(provider.name, row, facts, rules, now, news=probe is not None))
        models = {*parts, *(model for pk, model in rows if pk == provider.id and model)}
        for model in sorted(models - {""}):
            row = rows.get((provider.id, model)) or _new(provider.id, model, now)
            breaker = breakers.get((provider.id, model))
            facts = Facts(enabled=provider.enabled, breaker=breaker, traffic=parts.get(model, Traffic()))
            targets.append(_target(provider.name, row, facts, rules, now))
    return [*targets, *_without_vendor(rows, {one.id for one in providers}, rules, now)]


def _without_vendor(
    rows: Mapping[tuple[int, str], HealthState], compiled: set[int], rules: Rules, now: datetime
) -> list[Target]:
    """Providers whose vendor's file is gone."""
    targets = []
    for provider in Provider.objects.exclude(pk__in=compiled).defer("proxy"):
        row = rows.get((provider.pk, "")) or _new(provider.pk, "", now)
        facts = Facts(enabled=provider.enabled, problem="No vendor file has its vendor's name any more.")
        targets.append(_target(provider.name, row, facts, rules, now))
    return targets


def _facts(
    provider: CompiledProvider,
    row: HealthState,
    parts: Parts,
    breaker: Breaker | None,
    tokens: dict[int, TokenState],
    now: datetime,
) -> Facts:
    return Facts(
        enabled=provider.enabled,
        problem=provider.problem,
        pool=pool.pool(provider, tokens, now=now),
        breaker=breaker,
        traffic=traffic.merged(parts.values()),
        parts=parts,
        probed=probing.probed(row, provider),
    )


def _target(name: str, row: HealthState, facts: Facts, rules: Rules, now: datetime, *, news: bool = False) -> Target:
    last = facts.traffic.last
    if last and (row.called_at is None or last > row.called_at.timestamp()):
        row.called_at, news = datetime.fromtimestamp(last, tz=now.tzinfo), True
    before = Before(row.status, 0.0 if row._state.adding else row.since.timestamp(), row.signal)
    return Target(name, row, judge(before, facts, rules, now.timestamp()), news=news)


def _new(provider_id: int, model: str, now: datetime) -> HealthState:
    return HealthState(provider_id=provider_id, model=model, since=now, checked_at=now)

"""Paid tests: one small chat call to one model, when an admin asks, or on a schedule under a daily cap."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import Sum
from django.utils import timezone

from monitoring.asking import ask, worst_price
from monitoring.duties import duty
from monitoring.health.board import Check
from monitoring.models import HealthCheck, HealthSettings
from providers.catalogue import fold_name
from providers.models import Provider
from providers.pricing.money import nano

ENDPOINT = "health.test"  # in the request log
PROMPT = "Reply with the word: ok"
MOST_OUTPUT = 16
WAITING, RUNNING = "Waits to be made.", "Asked; no answer came yet."
HELD = 180.0  # seconds for the tests of one round
AT_ONCE = 2  # in one round; each may take a minute


class Wanted(NamedTuple):
    provider: Provider
    model: str


def paid_test(provider_id: int, model: str) -> Check:
    """One call, booked in the request log, in budgets and as a check. ``ok`` is ``None`` where the vendor was not
    asked: a budget refused, or no token may be used. Raises ``Provider.DoesNotExist``."""
    row = wish(Provider.objects.get(pk=provider_id), model)
    run(row.pk)
    row.refresh_from_db()
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


def wish(provider: Provider, model: str) -> HealthCheck:
    """A test to be made, which ``run`` makes. Until it is, it counts at its worst price."""
    return HealthCheck.objects.create(
        provider=provider,
        model=model[:250],
        kind=HealthCheck.Kind.PAID,
        at=timezone.now(),
        message=WAITING,
        cost_nano=worst_of_test(provider.pk, model) or 0,
    )


def run(check_id: int) -> None:
    """Makes a test that waits, once, whoever else is told to."""
    if not HealthCheck.objects.filter(pk=check_id, message=WAITING).update(message=RUNNING):
        return
    row = HealthCheck.objects.get(pk=check_id)
    started = time.monotonic()
    told = ask(row.provider_id, row.model, prompt=PROMPT, endpoint=ENDPOINT, max_output=MOST_OUTPUT)
    exchange = told.exchange
    answered = exchange.ended_by == "done"  # whatever it said
    HealthCheck.objects.filter(pk=check_id).update(
        at=timezone.now(),
        ok=answered if told.was_asked else None,
        status=exchange.attempts[0].status if told.was_asked else 0,
        message=("Answered." if answered else told.error)[:500],
        latency_ms=round((time.monotonic() - started) * 1000),
        cost_nano=exchange.cost_nano or 0,
        request_id=uuid.UUID(exchange.id),
    )


def worst_of_test(provider_id: int, model: str) -> int | None:
    """Nano-dollars that one test costs at most; ``None`` where nobody knows."""
    return worst_price(provider_id, model, prompt=PROMPT, max_output=MOST_OUTPUT)


def spent_today(now: datetime) -> int:
    """Nano-dollars of all paid tests since midnight UTC, those that people asked for too."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    paid = HealthCheck.objects.filter(kind=HealthCheck.Kind.PAID, at__gte=midnight)
    return paid.aggregate(sum=Sum("cost_nano"))["sum"] or 0


def test_due(*, clock: Callable[[], datetime] = timezone.now) -> int:
    """The scheduled tests that are due, where settings ask for any; under the cap, and never of a model whose price
    nobody knows. Returns how many were made."""
    settings = HealthSettings.current()
    if not settings.paid_enabled:
        return 0
    with duty("health-paid", seconds=HELD) as mine:
        return sum(1 for one in _due(settings, clock) if _made(one)) if mine else 0


def wanted(text: str) -> tuple[list[Wanted], list[str]]:
    """``provider:model`` a line: those that are there, and the lines that name none."""
    providers = {fold_name(one.name): one for one in Provider.objects.defer("proxy")}
    found: list[Wanted] = []
    wrong: list[str] = []
    for line in filter(None, (line.strip() for line in text.splitlines())):
        name, _, model = line.partition(":")
        provider = providers.get(fold_name(name.strip()))
        if provider is None or not model.strip() or len(model.strip()) > 250:
            wrong.append(line)
        else:
            found.append(Wanted(provider, model.strip()))
    return found, wrong


def _due(settings: HealthSettings, clock: Callable[[], datetime]) -> Iterator[Wanted]:
    cap, made = nano(settings.paid_cap) or 0, 0
    for one in wanted(settings.paid_targets)[0]:
        now = clock()
        since = now - timedelta(minutes=settings.paid_minutes)
        paid = HealthCheck.objects.filter(kind=HealthCheck.Kind.PAID, provider=one.provider, model=one.model)
        if made >= AT_ONCE or not one.provider.enabled or paid.filter(at__gt=since).exists():
            continue
        worst = worst_of_test(one.provider.pk, one.model)
        if worst is not None and spent_today(now) + worst <= cap:
            made += 1
            yield one


def _made(one: Wanted) -> bool:
    try:
        paid_test(one.provider.pk, one.model)
    except Provider.DoesNotExist:
        return False
    return True

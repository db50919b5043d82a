"""Red's part of the world, and the infrastructure's: nothing that blue gets may change by it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType

from gateway.exchange import Attempt, Exchange
from gateway.models import (
    ApiKey,
    Budget,
    BudgetEvent,
    BudgetLease,
    BudgetPeriod,
    Guardrail,
    Limit,
    Route,
    RouteTarget,
    Team,
)
from monitoring.models import (
    AlertChannel,
    AlertMessage,
    AlertNews,
    AlertRule,
    BooksCheck,
    HealthCheck,
    HealthSpan,
    HealthState,
    Outage,
    ProcessReport,
    Reconciliation,
    Rerating,
)
from monitoring.rollups.work import roll
from providers.crypto import encrypt
from tests.monitoring.isolation.world import (
    DAY,
    HOUR,
    INFRA,
    MINUTE,
    NOW,
    PLAN,
    PROMPT,
    RED,
    RED_COST,
    RED_IDS,
    RED_INPUT,
    SHARED_SPENT,
    World,
    alert,
    call,
    event_log,
    score,
    write,
)


def make_red(world: World) -> None:
    """Red's part and the infrastructure's: nothing that blue gets may change by it."""
    key, world.secrets["red"] = ApiKey.issue(f"{RED}-app", pk=RED_IDS + 11, team=world.red, tags=[f"{RED}-tag"])
    loose, _ = ApiKey.issue(f"{INFRA}-loose", pk=RED_IDS + 12, scopes=["monitoring"])
    User.objects.create_user(f"{RED}-rita", pk=RED_IDS + 13).teams.add(world.red)  # type: ignore[attr-defined]
    world.requests["red"] = write(list(_red_calls(world, key)))
    nobodys_calls = [
        call(NOW - at, 70 + number, api_key_id=loose.pk, api_key=loose.name, model=f"{INFRA}-model",
             token=world.token.fingerprint, cost_nano=RED_COST, session=f"{INFRA}-chat")
        for number, at in enumerate((2 * MINUTE, 4 * DAY))
    ]  # fmt: skip
    world.requests["nobody"] = write(nobodys_calls)
    _red_health(world)
    _red_budgets(world, key)
    _red_news(world)
    _rules(world, key)
    _books()
    world.events["red"] = event_log(world, world.red.pk, world.requests["red"][0], f"{RED} says no")
    world.events["nobody"] = event_log(world, 0, world.requests["nobody"][0], f"{INFRA} says no")
    roll(now=NOW)


def _red_calls(world: World, key: ApiKey) -> Iterator[Exchange]:
    own: dict[str, Any] = {
        "team_id": world.red.pk, "team": world.red.name, "api_key_id": key.pk, "api_key": key.name,
        "token": world.token.fingerprint, "requested_model": f"{RED}-asked", "session": f"{RED}-chat",
        "tags": [f"{RED}-tag"], "cost_nano": RED_COST, "input": RED_INPUT, "plan": json.dumps(PLAN).encode(),
        "dropped": f"{RED}_knob",
        "attempts": [Attempt(provider="openai", model=f"{RED}-finetune", message=f"{RED} says no", error="x")],
    }  # fmt: skip
    content = encrypt(json.dumps({"request": PROMPT, "reply": PROMPT}))
    for number, ago in enumerate((MINUTE, 5 * MINUTE, 3 * HOUR, 3 * DAY, 25 * DAY)):
        yield call(NOW - ago, 80 + number, **own, model=f"{RED}-finetune", content=content)
    failed = {"status": 502, "ended_by": "failed", "error_code": f"{RED}_code", "error_message": f"{RED} says no"}
    yield call(NOW - 6 * MINUTE, 90, **own, **failed)
    shared = {**own, "requested_model": "gpt-4o", "model": "gpt-4o", "provider": "groq", "vendor": "groq"}
    yield call(NOW - 7 * MINUTE, 91, **shared)


def _red_health(world: World) -> None:
    for model in (f"{RED}-finetune", "gpt-nano"):  # one that nobody else has, and one that blue could call
        HealthState.objects.create(
            provider=world.openai, model=model, status="down", since=NOW - HOUR, checked_at=NOW, called_at=NOW,
            reason=f"{RED} says no",
        )  # fmt: skip
        HealthSpan.objects.create(provider=world.openai, model=model, status="down", began_at=NOW - HOUR, until=NOW)
        Outage.objects.create(
            provider=world.openai, model=model, status="down", began_at=NOW - HOUR, down_at=NOW - HOUR,
            reason=f"{RED} says no",
        )  # fmt: skip
    HealthCheck.objects.create(
        provider=world.openai, model=f"{RED}-finetune", kind="paid", at=NOW, ok=False, message=f"{RED} says no"
    )


def _red_budgets(world: World, key: ApiKey) -> None:
    month = NOW.replace(day=1, hour=0, minute=0, second=0)
    for fields in (
        {"name": f"{RED}-month", "subject": "team", "team": world.red},
        {"name": f"{RED}-key", "subject": "key", "api_key": key},
        {"name": f"{RED}-tagged", "subject": "tag", "tag": f"{RED}-tag"},
        {"name": "Everybody's", "subject": "everyone"},
        {"name": f"{INFRA}-provider", "subject": "provider", "provider": world.openai},
        {"name": f"{INFRA}-model", "subject": "model", "model": "gpt-4o"},
    ):
        budget = Budget.objects.create(amount=10**12, **fields)
        period = BudgetPeriod.objects.create(budget=budget, starts_at=month, spent=SHARED_SPENT, calls=41_414)
        BudgetLease.objects.create(period=period, holder=f"{INFRA}-holder", amount=5, renewed_at=NOW)
        BudgetEvent.objects.create(at=NOW - HOUR, kind="threshold", budget=budget, text=f"{INFRA} {RED} reached 50 %")
    BudgetEvent.objects.create(at=NOW - HOUR, kind="corrected", text=f"{INFRA} corrected")


def _red_news(world: World) -> None:
    alerts = [alert(f"{RED} alert", team_id=world.red.pk), alert(f"{INFRA} alert", team_id=None)]
    channel = AlertChannel.objects.create(
        name=f"{INFRA}-channel", kind="slack", address=f"https://{INFRA}.example/hook", secret=f"{INFRA}-secret"
    )
    message = AlertMessage.objects.create(channel=channel, next_at=NOW, error=f"{INFRA} refused")
    for one in alerts:
        AlertNews.objects.create(message=message, alert=one, what="firing")
    for number, request in enumerate(world.requests["red"][:3]):
        score(RED, request, team_id=world.red.pk, team=world.red.name, model=("gpt-4o", f"{RED}-finetune")[number % 2])
    score(INFRA, world.requests["nobody"][0], team_id=None, team="", model=f"{INFRA}-model")
    ProcessReport.objects.create(
        name=f"{INFRA}-process", kind="worker", host=f"{INFRA}-host", version=INFRA, started_at=NOW, at=NOW
    )
    LogEntry.objects.create(
        user=User.objects.get(username=f"{INFRA}-ada"), content_type=ContentType.objects.get_for_model(Team),
        object_id=str(world.red.pk), object_repr=f"{RED}-team", action_flag=CHANGE, change_message=f"{INFRA} changed",
    )  # fmt: skip


def _rules(world: World, key: ApiKey) -> None:
    AlertRule.objects.create(name=f"{RED}-rule", kind="error_rate", team=world.red, problem=f"{INFRA} problem")
    Limit.objects.create(subject="team", team=world.red, requests_per_minute=41_414, note=f"{RED} note")
    Limit.objects.create(subject="key", api_key=key, requests_per_minute=42_424)
    words = {"words": [f"{RED}-word"]}
    Guardrail.objects.create(name=f"{INFRA}-guardrail", kind="words", settings=words, enabled=False)
    route = Route.objects.get(name="smart")
    for one in (route, Route.objects.create(name="thinker")):
        RouteTarget.objects.create(route=one, provider=world.openai, model=f"{RED}-target", team=world.red, position=5)


def _books() -> None:
    Rerating.objects.create(
        made_by=f"{INFRA}-ada", since=NOW - DAY, until=NOW, model=f"{RED}-finetune", reason=f"{INFRA} reason"
    )
    upload = Reconciliation.objects.create(
        made_by=f"{INFRA}-ada", kind="openai", provider="openai", file_name=f"{INFRA}.csv", ours_nano=RED_COST
    )
    upload.lines.create(day=NOW.date(), model=f"{RED}-finetune", ours_nano=RED_COST)
    BooksCheck.objects.create(since=NOW - DAY, until=NOW, differences=[{"budget": f"{RED}-month", "spent": RED_COST}])

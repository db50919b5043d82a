"""A world of two teams: blue, who looks, and red, who must not be seen. What is red's has ``RED`` in its name, what
belongs to no team and is for admins has ``INFRA``; what can hold no word is told by ``World.canaries``."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.contrib.auth.models import Permission, User

from gateway.exchange import Attempt, Exchange, Verdict
from gateway.models import (
    ApiKey,
    Budget,
    BudgetEvent,
    BudgetPeriod,
    Route,
    RouteTarget,
    Team,
)
from monitoring.log_writer import LogWriter
from monitoring.models import (
    Alert,
    HealthCheck,
    HealthSpan,
    HealthState,
    MetricsBaseline,
    Outage,
    QualityScore,
)
from monitoring.provider_logs.files import Files, process_name
from monitoring.provider_logs.shape import Entry, new_id
from monitoring.rollups.work import roll
from providers.crypto import encrypt
from providers.models import Model, Provider, ProviderEvent, ProviderState, Token, TokenState

NOW = datetime(2026, 5, 6, 12, 34, 30, tzinfo=UTC)
RED, INFRA = "zzred", "zzinfra"
GHOST = "zzqqq"  # as long as RED, and in no name: what is nobody's
RED_IDS, GHOST_IDS = 70_550_700, 80_660_800  # red's rows are numbered from here; nobody's from there
RED_COST, RED_INPUT, SHARED_SPENT = 7_770_135_790, 918_273, 66_613_579_246  # nano-dollars, units, nano-dollars
PROMPT = f"{RED} prompt that was stored"
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
PLAN = {
    "name": "smart",
    "how": "route",
    "route": "smart",
    "strategy": "ordered",
    "targets": [
        {"provider": "openai", "model": "gpt-4o", "reason": "the first of the route",
         "measured": {"first_ms": 120, "seconds": 1.5, "failure_rate": 0.01, "in_flight": 41_414, "calls": 42_424.0}},
    ],
    "dropped": [
        {"provider": "openai", "model": f"{RED}-target", "code": "key", "reason": "is for another team"},
        {"provider": "openai", "model": f"{RED}-older", "code": "condition", "reason": "is for another team"},
        {"provider": "groq", "model": "llama", "code": "breaker", "reason": f"open: {RED} says no"},
    ],
}  # fmt: skip


@dataclass
class World:
    """``secrets``: API keys by a short name. ``requests``: ids by whose they are. ``logs``: where event logs lie."""

    logs: Path
    blue: Team = field(default_factory=Team)
    red: Team = field(default_factory=Team)
    openai: Provider = field(default_factory=Provider)
    token: Token = field(default_factory=Token)
    secrets: dict[str, str] = field(default_factory=dict)
    requests: dict[str, list[str]] = field(default_factory=dict)
    events: dict[str, list[str]] = field(default_factory=dict)
    blue_budget: Budget = field(default_factory=Budget)

    @property
    def canaries(self) -> list[str]:
        """What must not be in anything that blue gets; compare without regard to case."""
        told = [one for owner in ("red", "nobody") for one in (*self.requests[owner], *self.events[owner])]
        numbers = (RED_COST, RED_INPUT, SHARED_SPENT, 41_414, 42_424)
        forms = [form for one in numbers for form in (str(one), f"{one:,}")]
        dollars = [f"{one / 1e9:.6f}".rstrip("0") for one in (RED_COST, SHARED_SPENT)]
        ids = [one.replace("-", "") for one in told]
        return [RED, INFRA, self.token.fingerprint, *told, *ids, *forms, *dollars]

    @property
    def blue_cost(self) -> int:
        return sum(one.cost_nano or 0 for one in blue_calls(self))


def nobodys(text: str) -> str:
    """The same with the name or number of what is not there."""
    return text.replace(RED, GHOST).replace(str(RED_IDS)[:6], str(GHOST_IDS)[:6])


def identity(at: datetime, number: int) -> str:
    """A UUIDv7 that is the same each time."""
    moment = int(at.timestamp() * 1000)
    return str(uuid.UUID(int=(moment << 80) | (0x7 << 76) | (0x2 << 62) | number))


def call(at: datetime, number: int, **fields: Any) -> Exchange:
    made = identity(at, number)
    base: dict[str, Any] = {
        "id": made,
        "request_id": made,
        "started_at": int(at.timestamp() * 1_000_000),
        "endpoint": "chat.completions",
        "requested_model": "gpt-4o",
        "provider": "openai",
        "vendor": "openai",
        "model": "gpt-4o",
        "status": 200,
        "ended_by": "done",
        "input": 10,
        "output": 20,
        "usage_basis": "vendor",
        "cost_nano": 1_000_000,
        "cost_basis": "shipped",
        "latency_us": 500_000,
        "first_byte_us": 100_000,
    }
    return Exchange(**{**base, **fields})


# --- blue, and what everybody may know ---------------------------------------------------------------


def make_blue(logs: Path) -> World:
    """Blue's part, the providers, how they are; and what of them only admins may know."""
    world = World(logs)
    world.blue = Team.objects.create(name="blue")
    world.red = Team.objects.create(pk=RED_IDS + 1, name=f"{RED}-team")
    _providers(world)
    for name, scopes in (("app", ["inference"]), ("watch", ["monitoring"])):
        _, world.secrets[name] = ApiKey.issue(f"blue-{name}", scopes=scopes, team=world.blue)
    ApiKey.issue(f"{RED}-moved", pk=RED_IDS + 9, team=world.red)  # was blue's when it made a call
    _people(world)
    world.requests["blue"] = write(blue_calls(world))
    _health(world)
    _blue_budgets(world)
    _blue_news(world)
    MetricsBaseline.objects.create(at=NOW - 40 * DAY, by=f"API key {INFRA}-root")
    world.events["blue"] = event_log(world, world.blue.pk, world.requests["blue"][0], "says hello")
    roll(now=NOW)
    return world


def _providers(world: World) -> None:
    Provider.objects.all().delete()
    world.openai = Provider.objects.create(
        name="openai", vendor="openai", dispatch="pooled", base_url=f"https://{INFRA}.example/v1", proxy="",
        settings={"organization": f"{INFRA}-org"},
    )  # fmt: skip
    groq = Provider.objects.create(name="groq", vendor="groq", dispatch="off")
    world.token = Token.objects.create(
        provider=world.openai, secret=f"sk-{INFRA}-token", label=f"{INFRA}-label", env_name=f"{INFRA.upper()}_KEY"
    )
    TokenState.objects.update_or_create(token=world.token, defaults={"reason": f"{INFRA} token reason"})
    ProviderState.objects.update_or_create(
        provider=world.openai, defaults={"ok": True, "tested_at": NOW - HOUR, "message": f"{INFRA} tested"}
    )
    for name in ("gpt-4o", "gpt-mini", "gpt-nano"):
        Model.objects.update_or_create(provider=world.openai, model_id=name)
    Model.objects.update_or_create(provider=groq, model_id="llama")
    route = Route.objects.create(name="smart")
    RouteTarget.objects.create(route=route, provider=world.openai, model="gpt-4o")


def _people(world: World) -> None:
    User.objects.create_user("bob", password="bobs").teams.add(world.blue)  # type: ignore[attr-defined]
    User.objects.create_user("eve")
    mia = User.objects.create_user("mia")  # permissions are for staff: without the admin they open nothing
    mia.teams.add(world.blue)  # type: ignore[attr-defined]
    mia.user_permissions.set(Permission.objects.all())
    User.objects.create_user("sam", is_staff=True)
    User.objects.create_superuser(f"{INFRA}-ada")


def blue_calls(world: World) -> list[Exchange]:
    """An answer, a failure, an old one by a key that is red's by now, one a person made without a known price."""
    key = ApiKey.objects.get(name="blue-app")
    own: dict[str, Any] = {
        "team_id": world.blue.pk, "team": "blue", "api_key_id": key.pk, "api_key": key.name,
        "token": world.token.fingerprint,
    }  # fmt: skip
    attempt = Attempt(
        provider="openai", model="gpt-4o", token=world.token.fingerprint, status=200, duration_us=500_000,
        cost_nano=1_000_000, reason="the first of the route",
    )  # fmt: skip
    failed = Attempt(
        provider="openai", model="gpt-4o", token=world.token.fingerprint, status=500, error="vendor_error",
        message="blue fails", duration_us=100_000,
    )  # fmt: skip
    verdict = Verdict(by="Everybody's", kind="budget", action="refuse", shadow=True)
    content = encrypt(json.dumps({"request": "{}", "reply": f"{INFRA} stored for blue"}))
    plan = json.dumps(PLAN).encode()
    return [
        call(NOW - 5 * MINUTE, 1, **own, attempts=[attempt], plan=plan, session="blue-chat", tags=["blue-tag"],
             verdicts=[verdict], content=content),
        call(NOW - 2 * HOUR, 2, **own, attempts=[failed], status=502, ended_by="failed", error_code="vendor_error",
             error_message="blue fails", cost_nano=2_000_000, model="gpt-mini"),
        call(NOW - 3 * DAY, 3, **{**own, "api_key_id": RED_IDS + 9, "api_key": "blue-old"}, attempts=[attempt],
             cost_nano=4_000_000, cache="hit", saved_nano=5),
        call(NOW - 20 * DAY, 4, **own, attempts=[attempt], cost_nano=None, endpoint="embeddings", stream=True),
    ]  # fmt: skip


def write(calls: list[Exchange]) -> list[str]:
    LogWriter().take(calls)
    return [one.id for one in calls]


def _health(world: World) -> None:
    for model in ("", "gpt-4o"):
        HealthState.objects.create(
            provider=world.openai, model=model, status="healthy", since=NOW - DAY, checked_at=NOW - MINUTE,
            called_at=NOW - MINUTE, reason=f"{INFRA} reason", probe_reason=f"{INFRA} probe", signal="traffic",
        )  # fmt: skip
    HealthSpan.objects.create(provider=world.openai, status="healthy", began_at=NOW - 9 * DAY, until=NOW)
    Outage.objects.create(
        provider=world.openai, status="down", began_at=NOW - 2 * DAY, down_at=NOW - 2 * DAY, ended_at=NOW - 47 * HOUR,
        ended_as="healthy", reason=f"{INFRA}: {RED} says no", signal="traffic", fallbacks=41_414,
    )  # fmt: skip
    HealthCheck.objects.create(
        provider=world.openai, kind="probe", at=NOW - HOUR, ok=True, message=f"{INFRA} check", latency_ms=5
    )
    ProviderEvent.objects.create(
        at=NOW - HOUR, kind="token", provider=world.openai, token=world.token, before="healthy", after="cooling",
        reason=f"{INFRA}: {RED} was too quick",
    )  # fmt: skip


def _blue_budgets(world: World) -> None:
    world.blue_budget = Budget.objects.create(name="blue-month", subject="team", team=world.blue, amount=10**9)
    key = Budget.objects.create(
        name="blue-key", subject="key", api_key=ApiKey.objects.get(name="blue-app"), amount=10**9, period="total"
    )
    month = NOW.replace(day=1, hour=0, minute=0, second=0)
    BudgetPeriod.objects.create(budget=world.blue_budget, starts_at=month, spent=7_000_000, calls=4)
    BudgetPeriod.objects.create(budget=key, starts_at=datetime(1970, 1, 1, tzinfo=UTC), spent=3_000_000, calls=3)
    BudgetEvent.objects.create(at=NOW - HOUR, kind="threshold", budget=world.blue_budget, text="'blue-month' at 50 %")


def _blue_news(world: World) -> None:
    alert(f"Budget blue {world.blue.pk}", team_id=world.blue.pk)
    score("blue", world.requests["blue"][0], team_id=world.blue.pk, team="blue", model="gpt-4o")


# --- of both --------------------------------------------------------------------------------------------


def alert(title: str, *, team_id: int | None) -> Alert:
    return Alert.objects.create(
        rule_name=f"{INFRA}-rule", kind="budget", severity="warning", subject=title, title=title, text=f"{title} text",
        team_id=team_id, state="firing", began_at=NOW - HOUR, fired_at=NOW - HOUR, last_seen_at=NOW,
    )  # fmt: skip


def score(word: str, request: str, **fields: Any) -> None:
    QualityScore.objects.create(
        request_id=uuid.UUID(request), at=NOW - HOUR, judged_at=NOW, provider="openai", relevance=0.5, coherence=0.5,
        accuracy=0.5, safety=0.5 if word == "blue" else 0.1, judge=f"{INFRA}:judge", cost_nano=SHARED_SPENT, **fields,
    )  # fmt: skip


def event_log(world: World, team: int, request: str, words: str) -> list[str]:
    """Ids of the entries: of two requests, and for nobody's of a token."""
    process = process_name("web", f"{INFRA}-host", 1)
    fields: Mapping[str, Any] = {"provider": "openai", "process": process, "token": world.token.fingerprint}
    moments = [int((NOW - ago).timestamp() * 1000) for ago in (MINUTE, HOUR)]
    made = [
        Entry(id=new_id(at), at=at, level=level, event="response", message=words, request_id=request, team_id=team,
              model="gpt-4o" if words == "says hello" else f"{RED}-finetune", error="x", **fields)
        for at, level in zip(moments, ("info", "error"), strict=True)
    ]  # fmt: skip
    if not team:
        at = moments[0]
        made.append(Entry(id=new_id(at), at=at, level="warning", event="token", message=words, **fields))
    Files(world.logs, process).write("openai", made)
    return [one.id for one in made]

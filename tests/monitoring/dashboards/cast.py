"""Two teams with an hour of requests each, and who looks at them. The clock of the requests is the real one: pages take
the time from it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.test import Client
from django.utils import timezone

from gateway.budgets import periods
from gateway.exchange import Attempt
from gateway.models import ApiKey, Budget, BudgetEvent, BudgetPeriod, Team
from monitoring.log_writer import LogWriter
from monitoring.rollups.backfill import backfill
from monitoring.rollups.work import roll
from providers.models import Model, Provider, Token
from tests.monitoring.live_cast import exchange, person

DOLLAR = 1_000_000_000
PAGES = ("", "providers/", "providers/openai/models/", "budgets/", "reliability/", "quality/")
DATA = ("data/", "data/?by=key", "data/?by=provider", "quality/data/")


@dataclass(frozen=True)
class Scene:
    """``staff`` sees everything, ``bob`` is of the blue team, ``eve`` of none."""

    now: datetime
    blue: Team
    red: Team
    staff: Client
    bob: Client
    eve: Client


def scene() -> Scene:
    now = timezone.now()
    openai = Provider.objects.create(name="openai", vendor="openai", dispatch="pooled")
    Token.objects.create(provider=openai, secret="sk-made-up", label="main")
    Model.objects.create(provider=openai, model_id="gpt-4o", price_input=2.5, price_output=10, tools=True)
    teams = {}
    for name, count, cost in (("blue-team", 3, DOLLAR), ("red-team", 7, 77 * DOLLAR)):
        teams[name] = Team.objects.create(name=name)
        key = ApiKey.issue(f"{name}-key", team=teams[name])[0]
        LogWriter().take([
            exchange(
                started_at=int((now - timedelta(minutes=5 + place)).timestamp() * 1_000_000), team_id=teams[name].pk,
                team=name, api_key_id=key.pk, api_key=key.name, model=f"{name}-model", cost_nano=cost,
                latency_us=250_000, error_message="",
                attempts=[Attempt(provider="openai", model=f"{name}-model", status=200, duration_us=240_000)],
            )
            for place in range(count)
        ])  # fmt: skip
        made_budget(f"{name}-budget", teams[name], spent=count * cost, now=now)
    roll(now=now)
    assert backfill(now=now, seconds=60)
    return Scene(
        now=now,
        blue=teams["blue-team"],
        red=teams["red-team"],
        staff=client_of(person("ada", staff=True)),
        bob=client_of(person("bob", teams=[teams["blue-team"]])),
        eve=client_of(person("eve")),
    )


def made_budget(name: str, team: Team, *, spent: int, now: datetime, **fields: Any) -> Budget:
    row = Budget.objects.create(name=name, subject="team", team=team, amount=1000 * DOLLAR, **fields)
    starts_at = periods.at(periods.period_start(row.period, now.timestamp()))
    BudgetPeriod.objects.create(budget=row, starts_at=starts_at, spent=spent, leased=DOLLAR)
    BudgetEvent.objects.create(budget=row, kind="threshold", text=f"{name} reached 50 %.")
    BudgetEvent.objects.create(budget=row, kind="lease_lost", text=f"A lease of host-of-{name} came back.")
    return row


def client_of(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def text_of(client: Client, path: str) -> str:
    """What a page or its data says."""
    response = client.get(f"/dashboards/{path}")
    assert response.status_code == 200, path
    return str(response.content.decode())

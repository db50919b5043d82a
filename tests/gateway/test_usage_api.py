"""``GET /v1/usage``: a key sees its own spend and limits; no SQL runs on the loop, and nothing holds it up."""

from __future__ import annotations

import asyncio
import math
import threading
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from django.urls import path

from gateway import usage_kept
from gateway.api import usage
from gateway.api.door import LeanDoor
from gateway.budgets.compiled import CompiledBudget, Spending
from gateway.budgets.refusing import Standing
from gateway.limits.compiled import Limits, Numbers
from gateway.usage_kept import KeptUsage, Read, Times
from gateway.usage_source import Ask, KeyUsage
from tests.gateway.harness import Gateway, gateway, key_facts, reply

urlpatterns = [path("v1/usage", usage.Usage.as_view())]
NOW = 1_789_992_000.0  # 2026-09-21 12:00


class Reader:
    """Reads what it was given, in whatever thread."""

    def __init__(self, found: Read | Exception, *, wait: threading.Event | None = None) -> None:
        self.found, self.wait = found, wait
        self.asked: list[tuple[int, Times, tuple[Any, ...]]] = []
        self.threads: set[int] = set()

    def __call__(self, key_id: int, times: Times, periods: Iterable[Any], ask: Ask | None) -> Read:
        self.asked.append((key_id, times, tuple(periods)))
        self.threads.add(threading.get_ident())
        if self.wait is not None:
            self.wait.wait(5)
        if isinstance(self.found, Exception):
            raise self.found
        return self.found


@asynccontextmanager
async def serving(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, found: Read | Exception, **more: Any
) -> AsyncIterator[tuple[Gateway, Reader]]:
    async def nobody(request: httpx.Request) -> httpx.Response:
        return reply({})

    reader = Reader(found)
    kept = KeptUsage(reader=reader)
    monkeypatch.setattr(usage, "kept_usage", lambda: kept)
    async with gateway(tmp_path, nobody, **more) as one:
        one.door = LeanDoor(one.runtime, max_body_bytes=1000, urlconf=__name__)
        yield one, reader


FIGURES = KeyUsage(requests=3, input=10, output=5, cost_nano=1_500_000, unknown=1, saved_nano=7)


async def test_a_key_sees_its_own_whatever_its_scopes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = {"sk-a": key_facts(id=7, name="mine", scopes=frozenset({"monitoring"}))}
    async with serving(tmp_path, monkeypatch, Read(KeyUsage(), FIGURES), keys=keys) as (one, reader):
        got = await one.call("/v1/usage", method="GET", key="sk-a")
        refused = await one.call("/v1/usage", method="GET", key="sk-b")
    assert (got.status, got.headers["cache-control"], refused.status) == (200, "no-store", 401)
    body = got.json
    assert body["key"] == {"name": "mine", "team": "research"}
    assert body["usage"]["month"].items() >= {
        "requests": 3, "input": 10, "output": 5, "cost_usd": 0.0015, "cost_nano": 1_500_000,
        "requests_of_unknown_cost": 1,
    }.items()  # fmt: skip
    assert body["usage"]["month"]["since"].endswith("-01T00:00:00Z")
    assert body["usage"]["today"]["requests"] == 0
    assert (body["budgets"], body["limits"]) == ([], [])
    assert [key for key, _, _ in reader.asked] == [7]
    assert threading.get_ident() not in reader.threads


async def test_budgets_that_hold_for_the_key_say_what_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    budgets = (
        CompiledBudget(id=1, name="Mine", subject="key", of_id=1, amount=10**9, period="total"),
        CompiledBudget(id=2, name="Tagged", subject="tag", of="batch", amount=100, measure="usage", period="total"),
        CompiledBudget(id=3, name="Other", subject="key", of_id=99, amount=1),
        CompiledBudget(id=4, name="A provider's", subject="provider", of_id=1, amount=1),
    )
    keys = {"sk-a": key_facts(tags=("batch",))}
    read = Read(periods={(1, 0): (400_000_000, 100_000_000)})
    policies = {"spending": Spending(budgets=budgets)}
    async with serving(tmp_path, monkeypatch, read, keys=keys, policies=policies) as (one, reader):
        body = (await one.call("/v1/usage", method="GET", key="sk-a")).json
    mine, tagged = body["budgets"]
    assert mine == {
        "name": "Mine", "of": "key", "measure": "cost", "unit": "nano_usd", "mode": "hard", "period": "total",
        "amount": 10**9, "spent": 400_000_000, "held": 100_000_000, "left": 500_000_000, "left_usd": 0.5, "since": None,
        "resets_at": None,
    }  # fmt: skip
    assert (tagged["name"], tagged["unit"], tagged["left"]) == ("Tagged", "units", 100)
    assert set(reader.asked[0][2]) == {(1, 0), (2, 0)}
    assert body["usage"] == {"today": None, "month": None}


def test_what_this_process_leased_for_its_next_calls_is_left_and_not_held() -> None:
    """The same figures as a refusal's: spent, held and left come to the amount."""
    budget = CompiledBudget(id=1, name="Mine", subject="key", of_id=1, amount=1000, period="total")
    book = SimpleNamespace(standing=lambda *_: Standing(1000, 600, 50, 350, math.inf))
    told = usage._budget(book, budget, {(1, 0): (600, 400)}, NOW)
    assert (told["spent"], told["held"], told["left"]) == (600, 50, 350)


async def test_limits_of_everyone_the_team_and_the_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    limits = Limits(
        everyone=Numbers(requests=100), keys={1: Numbers(usage=1000, parallel=5)}, teams={2: ("x", Numbers(1))}
    )
    async with serving(tmp_path, monkeypatch, Read(), policies={"limits": limits}) as (one, _):
        body = (await one.call("/v1/usage", method="GET")).json
    everyone, key = body["limits"]
    assert (everyone["name"], everyone["requests"]["limit"], everyone["usage"]) == ("everyone", 100, None)
    assert (key["usage"]["limit"], key["parallel"]["limit"]) == (1000, 5)
    assert everyone["requests"]["remaining"] in (100, None)


async def test_with_the_database_away_the_rest_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving(tmp_path, monkeypatch, OSError("away")) as (one, _):
        got = await one.call("/v1/usage", method="GET")
    assert (got.status, got.json["usage"]) == (200, {"today": None, "month": None})


async def test_only_reading_is_allowed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving(tmp_path, monkeypatch, Read()) as (one, _):
        assert (await one.call("/v1/usage", body={})).status == 405


async def test_who_asks_often_is_answered_from_memory() -> None:
    clock = [0.0]
    reader = Reader(Read(month=FIGURES))
    kept = KeptUsage(reader=reader, clock=lambda: clock[0])
    first = await asyncio.gather(*(kept.of(1, NOW, ()) for _ in range(10)))
    assert [one and one.month for one in first] == [FIGURES] * 10
    clock[0] = usage_kept.KEPT_SECONDS - 0.1
    await kept.of(1, NOW, ())
    assert len(reader.asked) == 1
    clock[0] += 0.2
    await kept.of(1, NOW, ())
    await kept.of(2, NOW, ())
    assert [key for key, _, _ in reader.asked] == [1, 1, 2]


async def test_what_takes_long_to_read_is_read_more_rarely() -> None:
    clock = [0.0]

    def slow(*_: Any) -> Read:
        clock[0] += 3
        return Read(month=FIGURES)

    kept = KeptUsage(reader=slow, clock=lambda: clock[0])
    await kept.of(1, NOW, ())
    clock[0] = 3 + 3 * usage_kept.KEPT_TIMES - 1
    await kept.of(1, NOW, ())
    assert clock[0] == 3 + 3 * usage_kept.KEPT_TIMES - 1


async def test_a_reading_that_hangs_holds_nobody_up_and_is_found_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(usage_kept, "PATIENCE", 0.02)
    wait = threading.Event()
    kept = KeptUsage(reader=Reader(Read(month=FIGURES), wait=wait))
    assert await kept.of(1, NOW, ()) is None
    wait.set()
    monkeypatch.setattr(usage_kept, "PATIENCE", 5)
    found = await kept.of(1, NOW, ())
    assert found is not None and found.month == FIGURES


def test_days_and_months_begin_in_utc() -> None:
    times = Times.of(NOW)
    assert [f"{one:%Y-%m-%dT%H:%M:%S%z}" for one in times] == ["2026-09-21T00:00:00+0000", "2026-09-01T00:00:00+0000"]


@pytest.mark.django_db
def test_the_log_and_the_budgets_are_what_is_read() -> None:
    from gateway.budgets.periods import epoch
    from gateway.models import BudgetPeriod
    from tests.monitoring.books.cast import NOON, attempt, budget, exchange, logged, provider, reprice

    provider()
    money = budget()
    catalogue = reprice(input=1, output=1)
    logged(
        exchange(attempt(budgets=[money]), catalogue=catalogue, api_key_id=7, usage_basis="vendor"),
        exchange(attempt(cost_basis="unknown"), api_key_id=7, usage_basis="vendor"),
        exchange(api_key_id=7),
        exchange(attempt(), catalogue=catalogue, api_key_id=8, usage_basis="vendor"),
        exchange(attempt(), catalogue=catalogue),
    )
    period = BudgetPeriod.objects.get()
    key = (money.pk, epoch(period.starts_at))
    from monitoring.books.key_usage import key_usage

    found = usage_kept.read(7, Times.of(NOON.timestamp()), [key, (99, 0)], key_usage)
    assert found.today == found.month == KeyUsage(requests=3, input=2000, output=1000, cost_nano=1_500_000, unknown=1)
    assert found.periods == {key: (1_500_000, 0)}
    assert key_usage(0, datetime.fromisoformat("2026-09-01T00:00:00+00:00")).requests == 1
    assert usage_kept.read(7, Times.of(NOON.timestamp()), [], None) == Read()


def test_monitoring_registers_itself_as_the_source() -> None:
    from gateway.usage_source import usage_source
    from monitoring.books.key_usage import key_usage

    assert usage_source.ask is key_usage

"""Blue at the lean door, at the metrics and at the socket: nothing of red's there either."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import time_machine
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.test import override_settings

from gateway.api.door import LeanDoor
from gateway.api.urls import urlpatterns
from gateway.budgets.happenings import BudgetNews, budget_event
from gateway.errors import BudgetExceeded
from gateway.events import exchange_closed, exchange_opened
from gateway.ledger import Ledger
from gateway.models import Budget
from gateway.runtime import Runtime
from monitoring.alerts.happenings import AlertChange, alert_changed
from monitoring.health.board import State
from monitoring.health.topic import HealthChange, health_changed
from monitoring.metrics.door import PATH, MetricsDoor
from providers.happenings import Happening, happened
from providers.http import HttpClients
from tests.gateway.budgets.cast import budget
from tests.gateway.budgets.cast import world as budget_world
from tests.gateway.harness import FakeNetwork, Gateway, Taken, completion, reply
from tests.monitoring.isolation.asking import Answer
from tests.monitoring.isolation.red import make_red
from tests.monitoring.isolation.world import GHOST, INFRA, NOW, RED, World, call, make_blue, nobodys
from tests.monitoring.live_cast import Viewer, close_connections, live_feed, session_of

pytestmark = pytest.mark.django_db(transaction=True)
ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")

CENT = 10_000_000  # nano-dollars
HELLO = {"messages": [{"role": "user", "content": "Hi"}]}
NAMES = ("gpt-4o", "smart", "thinker", "llama", f"{RED}-finetune", f"openai:{RED}-target", f"{RED}-chat")
# By the lean door's routes: what is asked there. A new route fails the test until it is told here.
LEAN: dict[str, tuple[tuple[str, str, Any], ...]] = {
    "v1/chat/completions": (
        *(("POST", "v1/chat/completions", {**HELLO, "model": name}) for name in NAMES),
        ("POST", "v1/chat/completions", {**HELLO, "model": "gpt-4o", "max_tokens": 200_000_000}),  # more than is left
        ("GET", "v1/chat/completions", None),
    ),
    "v1/completions": tuple(("POST", "v1/completions", {"model": name, "prompt": "Hi"}) for name in NAMES),
    "v1/embeddings": tuple(("POST", "v1/embeddings", {"model": name, "input": "Hi"}) for name in NAMES),
    "v1/rerank": tuple(("POST", "v1/rerank", {"model": name, "query": "?", "documents": ["a"]}) for name in NAMES),
    "v1/moderations": tuple(("POST", "v1/moderations", {"model": name, "input": "Hi"}) for name in NAMES),
    "v1/messages": tuple(("POST", "v1/messages", {**HELLO, "model": name, "max_tokens": 9}) for name in NAMES),
    "v1/messages/count_tokens": tuple(("POST", "v1/messages/count_tokens", {**HELLO, "model": name}) for name in NAMES),
    "v1/models": (("GET", "v1/models", None),),
    "^v1/models/(?P<model>.+)$": tuple(("GET", f"v1/models/{name}", None) for name in NAMES),
    "v1/usage": (("GET", "v1/usage", None),),
    "healthz": (("GET", "healthz", None),),
    "readyz": (("GET", "readyz", None), ("GET", "readyz?strict=1", None)),
}


@pytest.fixture(autouse=True)
async def _no_connection_stays() -> AsyncIterator[None]:
    yield
    await close_connections()


@asynccontextmanager
async def serving(tmp_path: Path) -> AsyncIterator[tuple[World, Gateway]]:
    """A process that serves, and a vendor that answers all alike."""

    async def answer(request: httpx.Request) -> httpx.Response:
        return reply(completion())

    with override_settings(DATA_DIR=tmp_path, REDIS_URL=""):
        world = await sync_to_async(make_blue)(tmp_path / "logs")
        taken, network = Taken(), FakeNetwork(answer)
        ledger = Ledger(tmp_path / "journal", consumers=[taken], segment_bytes=1 << 20, fsync_ms=1000)
        runtime = Runtime(ledger=ledger, clients=HttpClients(transport=network))
        await runtime.start()
        one = Gateway(runtime, network, taken)
        one.door = LeanDoor(runtime, max_body_bytes=100_000)
        try:
            yield world, one
        finally:
            await runtime.stop()


async def asked(one: Gateway, key: str | None, *, as_nobodys: bool = False) -> dict[str, Answer]:
    """Everything that there is to ask at the lean door; red's names, or names that are nobody's."""
    found = {}
    for route in LEAN.values():
        for method, path, body in route:
            text = json.dumps(body) if body is not None else ""
            if as_nobodys:
                path, text = nobodys(path), nobodys(text)
            got = await one.call(f"/{path}", text.encode() or None, method=method, key=key)
            found[f"{method} /{path} {text}"] = Answer(got.status, got.headers, got.body)
    return found


def test_every_route_of_the_lean_door_is_asked() -> None:
    assert set(LEAN) == {str(one.pattern) for one in urlpatterns}


async def test_the_lean_door_tells_nothing_of_red(tmp_path: Path) -> None:
    with time_machine.travel(NOW, tick=True):
        async with serving(tmp_path) as (world, one):
            await sync_to_async(make_red)(world)
            await sync_to_async(one.runtime.snapshots.refresh)(whole=True)
            for key in (world.secrets["app"], world.secrets["watch"], None):
                real, unreal = await asked(one, key), await asked(one, key, as_nobodys=True)
                assert {
                    url: found for url, told in real.items() if (found := told.held(world.canaries, without=NAMES))
                } == {}
                assert {url: told.body for url, told in real.items() if not alike(told, unreal[nobodys(url)])} == {}
                statuses = {told.status for told in real.values()}
                assert statuses > ({200, 404} if key == world.secrets["app"] else {200}), "it is answered at all"


def alike(told: Answer, unreal: Answer) -> bool:
    """Whether red's name and one that is nobody's are answered alike; what else is asked has no twin."""
    if RED not in told.body.decode() and GHOST not in unreal.body.decode():
        return True
    return nobodys(without_ids(told.body)) == without_ids(unreal.body)


def without_ids(body: bytes) -> str:
    """Every refusal has an id of its own."""
    return ID.sub("-", body.decode())


async def test_a_refusal_tells_what_is_left_of_a_budget_that_teams_share_and_not_what_they_spent() -> None:
    shared, own = budget(1, amount=50 * CENT, subject="everyone"), budget(2, amount=50 * CENT, subject="team")
    for one, told in ((shared, set()), (own, {"amount", "spent", "held"})):
        _, _, (process,) = await budget_world(one)
        with pytest.raises(BudgetExceeded) as refused:
            await process.begin([one], 51 * CENT)
        assert {"amount", "spent", "held"} & set(refused.value.details) == told
        assert refused.value.details["left"] == 50 * CENT
        assert ("left of" in refused.value.message) is bool(told)


async def test_usage_is_the_keys_own(tmp_path: Path) -> None:
    with time_machine.travel(NOW, tick=True):
        async with serving(tmp_path) as (world, one):
            await sync_to_async(make_red)(world)
            await sync_to_async(one.runtime.snapshots.refresh)(whole=True)
            told = (await one.call("/v1/usage", method="GET", key=world.secrets["app"])).json
    assert told["usage"]["month"]["requests"] == 2
    assert told["usage"]["month"]["cost_nano"] == 3_000_000
    shared = {one["name"]: one for one in told["budgets"]}["Everybody's"]
    assert [shared[name] for name in ("amount", "spent", "held")] == [None] * 3 and shared["left"] > 0
    assert {one["name"] for one in told["budgets"]} == {"blue-month", "blue-key", "Everybody's"}


async def test_metrics_are_for_who_sees_everything(tmp_path: Path) -> None:
    async with serving(tmp_path) as (world, one):
        await sync_to_async(make_red)(world)
        await sync_to_async(one.runtime.snapshots.refresh)(whole=True)
        door = one.door
        one.door = MetricsDoor(one.runtime)  # type: ignore[assignment]
        elsewhere = [(b"host", b"switchboard.example")]
        browser = [(b"host", b"127.0.0.1:4000"), (b"cookie", b"sessionid=bobs")]  # through a tunnel it is local
        got = await one.call(PATH, method="GET", key=None, headers=browser)
        assert (got.status, Answer(got.status, got.headers, got.body).held(world.canaries)) == (401, [])
        for key in (world.secrets["app"], world.secrets["watch"], "sk-sb-wrong", None):
            got = await one.call(PATH, method="GET", key=key, headers=elsewhere)
            told = Answer(got.status, got.headers, got.body)
            assert told.status in (401, 403) and told.held(world.canaries) == []
        one.door = door


def things_that_happen(world: World, blue_call: Any, red_call: Any, loose_call: Any) -> None:
    """All that the live log tells of, of everybody."""
    for one in (red_call, loose_call, blue_call):
        exchange_opened.tell(one)
        exchange_closed.tell(one)
    state = State(
        provider="openai", model=f"{RED}-finetune", status="down", since=NOW, reason=f"{RED} says no", signal="traffic",
        checked_at=NOW,
    )  # fmt: skip
    health_changed.tell(HealthChange(before=None, after=state))
    happened.tell(
        Happening(
            kind="token", provider="openai", token=world.token.fingerprint, after="cooling", reason=f"{INFRA} {RED}"
        )
    )
    for team, title in ((world.red.pk, f"{RED} alert"), (0, f"{INFRA} alert"), (world.blue.pk, "blue's alert")):
        alert_changed.tell(
            AlertChange(
                what="firing", alert_id=team, kind="budget", severity="warning", title=title, text=title, team_id=team,
                at=NOW,
            )
        )  # fmt: skip


async def test_blue_hears_of_blue_alone_at_the_socket(tmp_path: Path) -> None:
    with override_settings(DATA_DIR=tmp_path, REDIS_URL=""), time_machine.travel(NOW, tick=True):
        world = await sync_to_async(make_blue)(tmp_path / "logs")
        await sync_to_async(make_red)(world)
        heard, refused = await _heard(world)
    text = json.dumps(heard)
    assert Answer(101, {}, text.encode()).held(world.canaries) == []
    rows = [row for message in heard for row in message.get("rows", ())]
    assert {row["id"] for row in rows} == {*world.requests["blue"], "live-blue"}
    events = [event for message in heard for event in message.get("events", ())]
    assert {"blue's alert", "blue-month"} <= {event.get("name") for event in events}
    assert {event["kind"] for event in events} == {"alert", "budget"}
    assert refused == {"eve": 4403, "": 4401}


def said(heard: list[Any]) -> set[str]:
    """Ids of the rows and texts of the events."""
    rows = (row["id"] for message in heard for row in message.get("rows", ()))
    return {*rows, *(event.get("text", "") for message in heard for event in message.get("events", ()))}


async def _heard(world: World) -> tuple[list[Any], dict[str, int]]:
    sessions = {name: await sync_to_async(lambda name=name: session_of(User.objects.get(username=name)))()
                for name in ("bob", "eve")}  # fmt: skip
    budgets = await sync_to_async(lambda: list(Budget.objects.order_by("-name").values_list("pk", "name")))()
    async with live_feed():
        viewer, heard = Viewer(sessions["bob"]), []
        assert await viewer.connect()
        heard.append(await viewer.next())
        own = {"team_id": world.blue.pk, "team": "blue", "api_key": "blue-app"}
        red = {"team_id": world.red.pk, "team": world.red.name, "api_key": f"{RED}-app", "model": f"{RED}-finetune"}
        blue_call, red_call, loose = (
            call(NOW, number, **fields) for number, fields in ((200, own), (201, red), (202, {}))
        )
        blue_call.id, red_call.id, loose.id = "live-blue", f"live-{RED}", f"live-{INFRA}"
        things_that_happen(world, blue_call, red_call, loose)
        for pk, name in budgets:
            budget_event.tell(BudgetNews("threshold", pk, name, f"{name} at 80 %", NOW, threshold=80))
        while not {"live-blue", "blue-month at 80 %"} <= said(heard):
            heard.append(await viewer.next())
        assert await viewer.hears_nothing()
        await viewer.leave()
        refused = {}
        for name, session in (("eve", sessions["eve"]), ("", "")):
            other = Viewer(session)
            await other.connect()
            refused[name] = await other.closed()
    return heard, refused

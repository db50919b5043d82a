"""What a key may reach and be told, and what one app can do to the others: nothing of theirs breaks, rests or shows."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import aiohttp
import httpx
import pytest

from gateway.errors import UnknownModel
from gateway.routing.compiled import CompiledRoute, RoutePlace, Routes
from gateway.routing.conflicts import RouteFacts, TargetFacts, cycle
from gateway.routing.names import resolve
from gateway.routing.rules import Rules
from gateway.snapshot import KeyFacts
from providers.catalogue import Catalogue
from tests.gateway.harness import SECRET, Gateway, Pieces, Response, completion, gateway, key_facts, provider, reply
from tests.gateway.test_trying import by_host, error, hangs, says

OTHER = "sk-sb-other"
FIRST = provider("first", id=1, priority=1)
SECOND = provider("second", id=2, priority=2, models=("m2",))
TWO = {SECRET: key_facts(), OTHER: key_facts(id=2, name="other")}


def only(*names: str) -> dict[str, KeyFacts]:
    return {SECRET: key_facts(allowed_models=names)}


def message(answer: Response) -> str:
    told: str = answer.json["error"]["message"]
    return told


async def calls(one: Gateway, count: int, **more: Any) -> list[int]:
    return [(await one.chat(**more)).status for _ in range(count)]


# --- what a key may reach --------------------------------------------------------------------------


async def test_the_last_resort_is_only_for_keys_that_may_call_it(tmp_path: Path) -> None:
    vendor = by_host(first=error(500), second=says())
    for allowed, status in (("m1", 502), ("m2", 200), ("second:*", 200)):
        async with gateway(
            tmp_path / allowed[:6], vendor, FIRST, SECOND, keys=only("m1", allowed), last_resort="second:m2"
        ) as one:
            answer = await one.chat()
            assert answer.status == status
            assert status == 200 or "second" not in message(answer)


@pytest.mark.parametrize(
    "more", [{"models": ["dear"]}, {"fallbacks": [{"model": "dear"}]}, {"fallbacks": [{"m1": ["x"]}]}]
)
async def test_a_model_named_beside_the_one_asked_for_needs_permission_too(tmp_path: Path, more: Any) -> None:
    async with gateway(tmp_path, by_host(first=says()), FIRST, keys={**only("m1"), OTHER: key_facts(id=2)}) as one:
        refused = await one.chat(**more)
        assert (refused.status, refused.json["error"]["code"]) == (403, "model_not_allowed")
        assert (await one.chat(models=["m1"])).status == 200
        assert (await one.chat(key=OTHER, **more)).status == 200
        assert len(one.network.requests) == 2


# --- what a key is told ------------------------------------------------------------------------------


async def test_a_refusal_names_no_target_that_the_key_may_not_call(tmp_path: Path) -> None:
    targets = (RoutePlace(provider_id=1, model="m1"), RoutePlace(provider_id=2, model="hidden"))
    routes = [
        CompiledRoute(name="smart", targets=targets),
        CompiledRoute(name="both", strategy="auto", targets=targets),
    ]
    vendor = by_host(first=error(500))
    async with gateway(tmp_path, vendor, FIRST, SECOND, keys=only("m1"), routes=routes) as one:
        await calls(one, 10)  # its breaker opens
        for name in ("smart", "both"):
            told = message(await one.chat(model=name))
            assert "first:m1" in told and "hidden" not in told and "second" not in told


async def test_a_key_is_given_no_hint_of_names_it_may_not_call(tmp_path: Path) -> None:
    routes = [CompiledRoute(name="secret-plan", targets=(RoutePlace(provider_id=0, model="off:x"),))]
    off = provider("off", id=3, dispatch="off", models=("m9",))
    keys = {**only("m1*"), OTHER: key_facts(id=2)}
    async with gateway(tmp_path, by_host(), FIRST, off, keys=keys, routes=routes) as one:
        for name in ("secret-pla", "secret-plan", "m9", "off:m9", "m1-", "nothing-like-it"):
            asked = [await one.chat(model=name), await one.call(f"/v1/models/{name}", method="GET")]
            for answer in asked:
                assert answer.status == 404
                words = message(answer).replace(f"`{name}`", "")
                assert "secret" not in words and "off" not in words and "m9" not in words
        assert "`secret-plan`" in message(await one.chat(model="secret-pla", key=OTHER))
        assert "Did you mean `m1`" in message(await one.chat(model="m1-"))


async def test_what_a_breaker_opened_for_is_not_told_to_other_apps(tmp_path: Path) -> None:
    vendor = by_host(first=error(500, "cannot answer: MY PRIVATE PROMPT"))
    async with gateway(tmp_path, vendor, FIRST, keys=TWO, last_resort="first:m1") as one:
        await calls(one, 10)
        for name in ("m1", "first:m1"):
            answer = await one.chat(model=name, key=OTHER)
            assert answer.status == 503 and "PRIVATE" not in answer.body.decode()
        assert "PRIVATE" in one.runtime.breakers.state(1).reason  # operators see it


# --- what one app does to others ----------------------------------------------------------------------


async def test_an_apps_own_hurry_opens_no_breaker(tmp_path: Path) -> None:
    async def vendor(request: httpx.Request) -> httpx.Response:
        return await hangs(1.0)(request) if len(request.content) > 1000 else says()(request)

    async with gateway(tmp_path, vendor, FIRST, keys=TWO) as one:
        await calls(one, 25, key=OTHER)  # what is usual is known, and short
        hurry = [(b"x-switchboard-timeout", b"0.001")]
        await asyncio.gather(*(one.chat(user="x" * 2000, headers=hurry) for _ in range(40)))
        assert await calls(one, 1, key=OTHER) == [200]
        measured = one.runtime.measures.of(1, "m1")
        assert measured is not None and measured.failure_rate == 0


async def test_bad_requests_of_one_app_make_a_model_no_worse_for_others(tmp_path: Path) -> None:
    async with gateway(tmp_path, by_host(first=error(400)), FIRST) as one:
        assert set(await calls(one, 12)) == {400}
        measured = one.runtime.measures.of(1, "m1")
        assert measured is not None and measured.failure_rate == 0


async def test_connections_that_end_over_what_one_app_sent_open_no_breaker_at_once(tmp_path: Path) -> None:
    async def vendor(request: httpx.Request) -> httpx.Response:
        if len(request.content) > 1000:
            raise aiohttp.ServerDisconnectedError
        return says()(request)

    async with gateway(tmp_path, vendor, FIRST, keys=TWO) as one:
        await calls(one, 30, key=OTHER)
        assert set(await calls(one, 4, user="x" * 2000)) == {502}
        assert await calls(one, 1, key=OTHER) == [200]


@pytest.mark.parametrize("status", [413, 429])
async def test_one_request_too_large_for_a_minutes_limit_rests_no_token(tmp_path: Path, status: int) -> None:
    words = "Request too large for m1 on tokens per min (TPM): Limit 30000, Requested 300000."

    async def vendor(request: httpx.Request) -> httpx.Response:
        large = len(request.content) > 1000
        return error(status, words, code="rate_limit_exceeded")(request) if large else says()(request)

    three = provider("first", id=1, tokens=("t1", "t2", "t3"))
    async with gateway(tmp_path, vendor, three, keys=TWO) as one:
        assert await calls(one, 1, user="x" * 2000) == [429]
        assert len(one.network.requests) == 1  # another token has the same limit
        assert await calls(one, 3, key=OTHER) == [200] * 3


async def test_asking_for_forbidden_models_suspends_no_token_that_works(tmp_path: Path) -> None:
    async def vendor(request: httpx.Request) -> httpx.Response:
        bad = json.loads(request.content)["model"] != "m1"
        return error(403, "You may not use this model")(request) if bad else says()(request)

    three = provider("first", id=1, tokens=("t1", "t2", "t3"))
    async with gateway(tmp_path, vendor, three, keys=TWO) as one:
        await calls(one, 3, key=OTHER)
        assert set(await calls(one, 40, model="first:forbidden")) == {403}
        assert one.runtime.pool.usable(three) == (3, 3)


async def test_words_that_no_database_takes_are_kept_out_of_what_is_shared(tmp_path: Path) -> None:
    async with gateway(tmp_path, by_host(first=error(401, "no model x\0y", code="a\0b")), FIRST) as one:
        await calls(one, 2)
        moves = [move for moves in one.runtime.pool.moves.values() for move in moves]
        assert moves and all("\0" not in move.reason for move in moves)


async def test_two_apps_that_name_a_session_alike_share_no_conversation(tmp_path: Path) -> None:
    targets = tuple(RoutePlace(provider_id=number, model="m1") for number in (1, 2))
    routes = [CompiledRoute(name="turns", strategy="round_robin", targets=targets)]
    two = provider("second", id=2)
    vendor, rules = by_host(first=says(), second=says()), Rules(retries=0, sticky="named")
    async with gateway(tmp_path, vendor, FIRST, two, keys=TWO, routes=routes, rules=rules) as one:
        asked = [
            await one.chat(model="turns", headers=[(b"x-session-id", b"1")], key=key)
            for key in (SECRET, OTHER, SECRET, OTHER, OTHER)
        ]
        mine, theirs, *later = [answer.headers["x-switchboard-provider"] for answer in asked]
        assert mine != theirs
        assert later == [mine, theirs, theirs]


# --- names that lead to names ---------------------------------------------------------------------------


def web(levels: int, wide: int) -> Iterable[CompiledRoute]:
    for level in range(levels - 1):
        yield CompiledRoute(name=f"r{level}", targets=(RoutePlace(provider_id=0, model=f"r{level + 1}"),) * wide)
    places = tuple(RoutePlace(provider_id=1, model=f"x{number}") for number in range(wide))
    yield CompiledRoute(name=f"r{levels - 1}", targets=places)


def test_routes_that_multiply_are_refused_at_once() -> None:
    catalogue = Catalogue(providers={"first": FIRST})
    assert resolve(catalogue, Routes(routes=tuple(web(2, 30))), "r0").group is not None
    began = time.perf_counter()
    with pytest.raises(UnknownModel, match="more than 1000 targets"):
        resolve(catalogue, Routes(routes=tuple(web(5, 100))), "r0")
    assert time.perf_counter() - began < 0.5


def test_a_web_of_routes_is_searched_for_circles_once() -> None:
    routes = [
        RouteFacts(id=number, name=f"r{number}", targets=(TargetFacts(model=f"r{number + 1}"),) * 3)
        for number in range(1, 40)
    ]
    began = time.perf_counter()
    assert cycle(routes[0], routes) == ()
    assert time.perf_counter() - began < 0.5
    back = RouteFacts(id=99, name="r40", targets=(TargetFacts(model="r20"),))
    assert cycle(routes[0], [*routes, back])[-1] == "r20"


async def test_a_key_that_may_call_little_plans_auto_as_quickly_as_others(tmp_path: Path) -> None:
    many = [provider(f"p{n}", id=n + 1, models=[f"m{n}-{one}" for one in range(60)]) for n in range(30)]

    async def vendor(request: httpx.Request) -> httpx.Response:
        return reply(completion())

    async with gateway(tmp_path, vendor, *many, keys=only("m3-1", "m4-2")) as one:
        await one.chat(model="auto")
        began = time.perf_counter()
        assert set(await calls(one, 20, model="auto")) == {200}
        assert (time.perf_counter() - began) / 20 < 0.005


async def test_models_that_an_app_made_up_do_not_open_a_providers_breaker(tmp_path: Path) -> None:
    async def answer(request: httpx.Request) -> httpx.Response:
        known = json.loads(request.content)["model"] == "m1"
        return reply(completion()) if known else httpx.Response(404, stream=Pieces([b"<h1>Not found</h1>"]))

    async with gateway(tmp_path, answer, provider()) as one:
        for number in range(60):
            assert (await one.chat(model=f"acme:bogus{number}")).status in (404, 502)
        assert (await one.chat()).status == 200

"""A key reaches no model it may not call, whatever name leads there; what vendors repeat of credentials stays here."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.routing.compiled import CompiledRoute, Conditions, RoutePlace
from gateway.routing.explain import Asked, explain_now
from gateway.routing.rules import Rules
from gateway.snapshot import KeyFacts
from tests.gateway.harness import SECRET, gateway, key_facts, provider
from tests.gateway.test_trying import by_host, error, hangs, says, streams

OTHER = "sk-sb-other"
FIRST = provider("first", id=1, priority=1)
SECOND = provider("second", id=2, priority=2, models=("m1", "m2"))
THIRD = provider("third", id=3, priority=3, models=("m3",), vendor_slug="anthropic")
TWO = {SECRET: key_facts(), OTHER: key_facts(id=2, name="other")}
MINE, HIDDEN, DEAR = (RoutePlace(provider_id=at, model=name) for at, name in ((1, "m1"), (2, "hidden"), (3, "m3")))
ONCE = Rules(retries=0, hedge=True)
_ROUTES = (
    CompiledRoute(name="smart", targets=(MINE, HIDDEN, DEAR), context_fallback="big", content_fallback="third:m3"),
    CompiledRoute(name="big", targets=(DEAR,)),
    CompiledRoute(name="wild-*", targets=(RoutePlace(provider_id=2, model="*"),)),
    CompiledRoute(name="scored", strategy="auto", targets=(HIDDEN, MINE, DEAR)),
    CompiledRoute(name="any", strategy="auto", context_fallback="big"),
    CompiledRoute(name="nest", targets=tuple(RoutePlace(provider_id=0, model=name) for name in ("big", "smart", "m3"))),
    CompiledRoute(name="turns", strategy="round_robin", targets=(HIDDEN, MINE)),
    CompiledRoute(name="shared", strategy="weighted", targets=(HIDDEN, DEAR, MINE)),
)
ROUTES = tuple(replace(route, rules=ONCE) for route in _ROUTES)
NAMES = (
    "m1", "smart", "big", "wild-m1", "wild-hidden", "scored", "any", "nest", "turns", "shared", "auto", "auto:code",
    "first:m1", "second:hidden", "second/m2", "third/m3", "ext-third-m3", "unheard-of", "m3", "M1", "first:fast",
    "m1*", "[m]1",
)  # fmt: skip
TALK: dict[str, Any] = {"messages": [{"role": "user", "content": "Hi"}], "max_tokens": 5}
ENDPOINTS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("chat/completions", TALK),
    ("chat/completions", {**TALK, "stream": True}),
    ("completions", {"prompt": "Hi"}),
    ("embeddings", {"input": "Hi"}),
    ("rerank", {"query": "q", "documents": ["a"]}),
    ("messages", TALK),
    ("messages/count_tokens", TALK),
)


def only(*names: str) -> dict[str, KeyFacts]:
    return {SECRET: key_facts(allowed_models=names)}


def kept_in(folder: Path) -> list[str]:
    """Every file: the journal's."""
    return [file.read_bytes().decode("latin-1") for file in folder.rglob("*") if file.is_file()]


@pytest.mark.parametrize("settings", [{}, {"default_backend": 2}])
@pytest.mark.parametrize("vendor", ["well", "broken", "too long", "refuses"])
@pytest.mark.parametrize(("path", "body"), ENDPOINTS)
async def test_no_name_leads_a_key_to_a_model_it_may_not_call(
    tmp_path: Path, path: str, body: dict[str, Any], vendor: str, settings: dict[str, Any]
) -> None:
    answers = {
        "well": streams() if body.get("stream") else says(),
        "broken": error(500),
        "too long": error(400, "too long", code="context_length_exceeded"),
        "refuses": error(400, "no", code="content_policy_violation"),
    }
    answer: Callable[..., Any] = answers[vendor]
    vendors = by_host(first=answer, second=answer, third=answer)
    async with gateway(
        tmp_path, vendors, FIRST, SECOND, THIRD, keys=only("m1"), routes=ROUTES, rules=ONCE, **settings
    ) as one:
        for name in NAMES:
            await one.call(f"/v1/{path}", {**body, "model": name})
        assert {json.loads(sent.content)["model"] for sent in one.network.requests} <= {"m1"}
        assert vendor == "well" or path.endswith("count_tokens") or one.network.requests


async def test_a_route_may_be_allowed_by_its_name_with_all_it_leads_to(tmp_path: Path) -> None:
    vendors = by_host(first=error(500), second=error(500), third=error(500))
    async with gateway(tmp_path, vendors, FIRST, SECOND, THIRD, keys=only("smart"), routes=ROUTES) as one:
        assert (await one.chat(model="smart")).status == 502
        assert [json.loads(sent.content)["model"] for sent in one.network.requests] == ["m1", "hidden", "m3"]
        for name in ("m1", "hidden", "second:hidden", "big", "nest"):  # nest leads to smart, by a name of its own
            assert (await one.chat(model=name)).status in (403, 404)
        assert len(one.network.requests) == 3


async def test_the_list_of_models_holds_what_the_key_may_call_alone(tmp_path: Path) -> None:
    async with gateway(tmp_path, by_host(), FIRST, SECOND, THIRD, keys=only("m1", "big"), routes=ROUTES) as one:
        listed = (await one.call("/v1/models", method="GET")).json["data"]
        assert [row["id"] for row in listed] == ["big", "m1"]
        for name in ("smart", "m3", "second:hidden", "auto", "third/m3"):
            shown = await one.call(f"/v1/models/{name}", method="GET")
            assert shown.status == 404 or name == "smart"  # which leads to m1 too


async def test_a_teams_target_is_not_for_another_team(tmp_path: Path) -> None:
    places = (RoutePlace(provider_id=2, model="m2", conditions=Conditions(team=7)), MINE)
    routes = [CompiledRoute(name="ours", targets=places)]
    async with gateway(tmp_path, by_host(first=says(), second=says()), FIRST, SECOND, routes=routes) as one:
        assert (await one.chat(model="ours")).headers["x-switchboard-model"] == "m1"


async def test_explaining_sends_nothing_and_remembers_nothing(tmp_path: Path) -> None:
    async with gateway(tmp_path, by_host(), FIRST, SECOND, THIRD, routes=ROUTES) as one:
        runtime = one.runtime
        for name in NAMES:
            for endpoint, body in (("chat.completions", TALK), ("embeddings", {}), ("messages", TALK)):
                explain_now(runtime, Asked(body={**body, "model": name}, endpoint=endpoint, session="s"), drafts=ROUTES)
        assert not one.network.requests and not runtime.live.turns and not len(runtime.bindings)
        assert not runtime.breakers.all_states() and not runtime.pool.conditions
        assert runtime.measures.of(1, "m1") is None
        assert "m2" not in runtime.snapshots.current.names


@pytest.mark.parametrize("status", [400, 401, 403, 429, 500])
async def test_a_credential_that_a_vendor_repeats_is_nowhere_to_be_read(tmp_path: Path, status: int) -> None:
    token = "sk+live/Abc123+xyz9/45678=="
    said = [token, f"Bearer {token}", "x" * 290 + token, "x" * 1990 + token, json.dumps({"authorization": token})]

    async def vendor(request: httpx.Request) -> httpx.Response:
        words = said.pop(0) if len(said) > 1 else said[0]
        made = error(status, f"oops {words}", code=words, retry_after=token, x_ratelimit_remaining_requests=token)
        answer: httpx.Response = made(request)
        return answer

    one_token = provider("first", id=1, tokens=(token,))
    fingerprint = one_token.tokens[0].fingerprint
    async with gateway(tmp_path, vendor, one_token) as one:
        answers = [await one.chat() for _ in range(11)]
        told = [f"{answer.body.decode()} {answer.headers}" for answer in answers]
        told += [str(one.runtime.breakers.transitions), str(one.runtime.pool.moves), str(one.runtime.pool.conditions)]
        journal = kept_in(tmp_path)
        assert any("oops ***" in words for words in journal)
        told += [*journal, *(str(row) for row in one.rows())]
        for words in told:
            assert token[:12] not in words.replace(fingerprint, "")


async def test_an_apps_own_hurry_and_its_bad_requests_make_a_target_no_worse_for_others(tmp_path: Path) -> None:
    async def vendor(request: httpx.Request) -> httpx.Response:
        if len(request.content) < 1000:
            return await hangs(0.2)(request)
        answer: httpx.Response = error(400)(request)
        return answer

    async with gateway(tmp_path, vendor, FIRST, keys=TWO) as one:
        for _ in range(12):
            await one.chat(headers=[(b"x-switchboard-timeout", b"0.001")])
            await one.chat(user="x" * 2000)
        assert (await one.chat(key=OTHER)).status == 200
        measured = one.runtime.measures.of(1, "m1")
        assert measured is not None and measured.failure_rate == 0


async def test_two_apps_that_name_a_session_alike_share_no_conversation(tmp_path: Path) -> None:
    targets = tuple(RoutePlace(provider_id=number, model="m1") for number in (1, 2))
    routes = [CompiledRoute(name="turns", strategy="round_robin", targets=targets)]
    vendor, rules = by_host(first=says(), second=says()), Rules(retries=0, sticky="named")
    async with gateway(tmp_path, vendor, FIRST, SECOND, keys=TWO, routes=routes, rules=rules) as one:
        asked = [
            await one.chat(model="turns", headers=[(b"x-session-id", b"1")], key=key)
            for key in (SECRET, OTHER, SECRET, OTHER, OTHER)
        ]
        mine, theirs, *later = [answer.headers["x-switchboard-provider"] for answer in asked]
        assert mine != theirs
        assert later == [mine, theirs, theirs]

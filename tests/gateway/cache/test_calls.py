"""Calls through the gateway: what the app, the log and the vendor see of the cache."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.cache.compiled import ON, Caching
from gateway.cache.embedding import embedder
from gateway.routing.compiled import CompiledRoute, RoutePlace
from tests.gateway.harness import DONE, USAGE, chunk, completion, frame, gateway, key_facts, provider, reply, stream

CACHED: dict[str, Any] = {"caching": Caching(mode=ON)}
ASKED: dict[str, Any] = {"caching": Caching()}
JOINED: dict[str, Any] = {"caching": Caching(mode=ON, join=True)}
TTL = [(b"x-cache-ttl", b"60")]
HEADER = "x-switchboard-cache"


class Vendor:
    """Answers with the number of the request, whole or streamed."""

    def __init__(self, *, wait: float = 0.0, fails: int = 0) -> None:
        self.count = 0
        self.wait = wait
        self.fails = fails

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.count += 1
        if self.wait:
            await asyncio.sleep(self.wait)
        if self.fails:
            self.fails -= 1
            return reply({"error": {"message": "broken"}}, 500)
        body = json.loads(request.content)
        if request.url.path.endswith("/embeddings"):
            told = [float(word in body["input"]) for word in ("France", "Spain")]
            return reply({"data": [{"index": 0, "embedding": [*told, 0.1]}], "usage": {"prompt_tokens": 3}})
        if body.get("stream"):
            usage = frame({"id": "c", "object": "chat.completion.chunk", "choices": [], "usage": USAGE})
            return stream(chunk(f"answer {self.count}"), chunk(" of two"), chunk(finish="stop"), usage, DONE)
        return reply(completion(f"answer {self.count}"))


async def test_the_second_call_is_answered_from_the_cache_and_the_log_says_what_it_saved(tmp_path: Path) -> None:
    vendor = Vendor()
    async with gateway(tmp_path, vendor, policies=CACHED) as g:
        first, second = await g.chat(), await g.chat()
        assert (first.headers[HEADER], second.headers[HEADER]) == ("miss", "hit")
        assert second.body == first.body and second.headers["content-type"] == "application/json"
        assert second.headers["age"] == "0"
        assert vendor.count == 1
        made, given_again = g.rows()
    assert (made.cache, given_again.cache) == ("stored", "hit")
    assert (given_again.provider, given_again.model, given_again.attempts) == (made.provider, made.model, [])
    assert given_again.saved_nano == made.cost_nano
    assert (given_again.input, given_again.output, given_again.status) == (0, 0, 200)


async def test_a_stream_is_replayed_byte_by_byte_the_same(tmp_path: Path) -> None:
    vendor = Vendor()
    async with gateway(tmp_path, vendor, policies=CACHED) as g:
        first, second = await g.chat(stream=True), await g.chat(stream=True)
        assert second.headers[HEADER] == "hit"
        assert second.headers["content-type"].startswith("text/event-stream")
        assert second.body == first.body and b"answer 1" in first.body and first.body.endswith(DONE)
        whole = await g.chat()
        assert (whole.headers[HEADER], vendor.count) == ("miss", 2)
        counted = await g.chat(stream=True, stream_options={"include_usage": True})
        assert counted.headers[HEADER] == "miss" and b'"usage"' in counted.body


async def test_without_asking_nothing_is_kept_and_nothing_is_said(tmp_path: Path) -> None:
    vendor = Vendor()
    async with gateway(tmp_path, vendor, policies=ASKED) as g:
        answers = [await g.chat(), await g.chat(), await g.chat(headers=TTL), await g.chat(headers=TTL)]
        assert [one.headers.get(HEADER) for one in answers] == [None, None, "miss", "hit"]
        assert vendor.count == 3


async def test_a_bad_header_is_a_400_that_names_it(tmp_path: Path) -> None:
    async with gateway(tmp_path, Vendor(), policies=ASKED) as g:
        refused = await g.chat(headers=[(b"x-cache-ttl", b"soon")])
        assert (refused.status, refused.json["error"]["param"]) == (400, "x-cache-ttl")


async def test_only_if_cached_asks_no_vendor(tmp_path: Path) -> None:
    vendor = Vendor()
    async with gateway(tmp_path, vendor, policies=CACHED) as g:
        only = [(b"cache-control", b"only-if-cached")]
        missing = await g.chat(headers=only)
        assert (missing.status, missing.json["error"]["code"], vendor.count) == (504, "not_cached", 0)
        await g.chat()
        assert (await g.chat(headers=only)).status == 200


@pytest.mark.parametrize("ends", ["filtered", "broken", "error"])
async def test_what_did_not_end_well_is_asked_again(tmp_path: Path, ends: str) -> None:
    async def vendor(request: httpx.Request) -> httpx.Response:
        if ends == "filtered":
            return stream(chunk("a"), chunk(finish="content_filter"), DONE)
        return stream(chunk("a")) if ends == "broken" else reply({"error": {"message": "no"}}, 500)

    async with gateway(tmp_path, vendor, policies=CACHED) as g:
        for _ in range(2):
            answer = await g.chat(stream=True)
            assert answer.headers.get(HEADER) != "hit"
        assert len(g.network.requests) == 2
        assert {row.cache for row in g.rows()} == {""}


async def test_an_app_that_leaves_leaves_nothing_in_the_cache(tmp_path: Path) -> None:
    async def vendor(request: httpx.Request) -> httpx.Response:
        return stream(chunk("a"), 0.2, chunk("b"), chunk(finish="stop"), DONE)

    async with gateway(tmp_path, vendor, policies=CACHED) as g:
        await g.chat(stream=True, leave_after=lambda pieces: True)
        again = await g.chat(stream=True)
        assert again.headers[HEADER] == "miss"
        assert (await g.chat(stream=True)).body == again.body


async def test_identical_calls_in_flight_are_one_call(tmp_path: Path) -> None:
    for streamed in (False, True):
        vendor = Vendor(wait=0.05)
        async with gateway(tmp_path / str(streamed), vendor, policies=JOINED) as g:
            answers = await asyncio.gather(*(g.chat(stream=streamed) for _ in range(20)))
            assert vendor.count == 1
            assert len({one.body for one in answers}) == 1
            assert sorted(one.headers[HEADER] for one in answers) == ["joined"] * 19 + ["miss"]
            assert sorted(row.cache for row in g.rows()) == ["joined"] * 19 + ["stored"]


async def test_when_the_first_of_them_fails_the_next_is_asked(tmp_path: Path) -> None:
    vendor = Vendor(wait=0.02, fails=2)
    async with gateway(tmp_path, vendor, policies=JOINED) as g:
        answers = await asyncio.gather(*(g.chat() for _ in range(6)))
        assert sorted(one.status for one in answers) == [200] * 4 + [502] * 2
        assert vendor.count == 3


async def test_when_the_first_of_them_leaves_the_next_is_asked(tmp_path: Path) -> None:
    vendor = Vendor(wait=0.1)
    async with gateway(tmp_path, vendor, policies=JOINED) as g:
        leaving = asyncio.ensure_future(g.chat(leave_after=0.03))
        await asyncio.sleep(0.01)
        others = await asyncio.gather(*(g.chat() for _ in range(3)))
        await leaving
        assert [one.status for one in others] == [200] * 3
        assert vendor.count == 2


async def test_a_similar_question_is_answered_with_the_others_answer(tmp_path: Path) -> None:
    vendor = Vendor()
    caching = Caching(mode=ON, similar_model="embedder", similar_threshold=0.9)
    route = CompiledRoute(name="r", targets=(RoutePlace(provider_id=7, model="m1"),), cache_similar=True)
    acme = provider(id=7, models=("m1", "embedder"))
    keys = {"sk-sb-test": key_facts(allowed_models=("r",))}
    policies = {"caching": caching}
    async with gateway(tmp_path, vendor, acme, routes=[route], keys=keys, policies=policies) as g:
        g.runtime.cache.embed = embedder(g.runtime)
        told: Callable[[str], Awaitable[Any]] = lambda text: g.chat(  # noqa: E731
            model="r", messages=[{"role": "user", "content": text}]
        )
        answers = [await told("Capital of France?"), await told("France: its capital"), await told("Spain?")]
        assert [one.headers[HEADER] for one in answers] == ["miss", "similar", "miss"]
        assert answers[0].body == answers[1].body
        rows = g.rows()
    assert [row.endpoint for row in rows].count("cache.embeddings") == 3
    assert [row.cache for row in rows if row.endpoint == "chat.completions"] == ["stored", "similar", "stored"]


TEAMS = {f"sk-sb-{team}": key_facts(id=team, team_id=team) for team in (1, 2, 3)}
CALLS = st.lists(
    st.tuples(
        st.sampled_from(sorted(TEAMS)),
        st.sampled_from(["m1", "m2", "acme:m1"]),
        st.sampled_from([None, 0, 1]),
        st.sampled_from(["Hi", "Ho"]),
        st.booleans(),
    ),
    max_size=25,
)


@settings(max_examples=6, deadline=None)
@given(CALLS)
async def test_no_call_ever_gets_another_ones_answer(tmp_path_factory: Any, calls: list[Any]) -> None:
    async def vendor(request: httpx.Request) -> httpx.Response:
        asked = json.loads(request.content)
        text = json.dumps([asked["model"], asked.get("temperature"), asked["messages"][0]["content"]])
        told = f"{text} for {len(g.network.requests)}"
        if asked.get("stream"):
            return stream(chunk(told), chunk(finish="stop"), DONE)
        return reply(completion(told))

    given_before: dict[Any, bytes] = {}
    bodies: set[bytes] = set()
    path = tmp_path_factory.mktemp("calls")
    acme = provider(models=("m1", "m2"))
    async with gateway(path, vendor, acme, keys=TEAMS, policies=CACHED) as g:
        for call in calls:
            key, model, temperature, text, streamed = call
            more = {} if temperature is None else {"temperature": temperature}
            messages = [{"role": "user", "content": text}]
            answer = await g.chat(key=key, model=model, messages=messages, stream=streamed, **more)
            if call in given_before:
                assert (answer.headers[HEADER], answer.body) == ("hit", given_before[call])
            else:
                assert answer.headers[HEADER] == "miss" and answer.body not in bodies
                given_before[call] = answer.body
                bodies.add(answer.body)

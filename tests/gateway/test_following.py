"""Replies that take several requests, and what is done about those nobody waits for; requests sent side by side."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.relay.together import MOST_AT_ONCE, together
from providers.catalogue import CompiledProvider
from providers.http import Timeouts
from tests.gateway.embedding_cast import VECTORS, speaking
from tests.gateway.harness import Gateway, gateway, provider, reply, stream

ROOT = "https://api.replicate.com/v1"
STREAM_URL = "https://stream.replicate.com/v1/files/abc"
OUTPUT = b"event: output\nid: 1\ndata: Hello\n\n"
MORE = b"event: output\nid: 2\ndata:  there.\n\n"
DONE = b"event: done\ndata: {}\n\n"


def prediction(status: str, **more: Any) -> dict[str, Any]:
    urls = {"get": f"{ROOT}/predictions/p1", "cancel": f"{ROOT}/predictions/p1/cancel"}
    return {"id": "p1", "model": "meta/llama", "status": status, "output": None, "error": None, "urls": urls, **more}


def finished(**more: Any) -> dict[str, Any]:
    metrics = {"input_token_count": 5, "output_token_count": 7}
    return prediction("succeeded", output=["Hello", " there."], metrics=metrics, **more)


def streaming() -> dict[str, Any]:
    plain = prediction("starting")
    return {**plain, "urls": {**plain["urls"], "stream": STREAM_URL}}


def acme(**more: Any) -> CompiledProvider:
    return provider("replicate", vendor_slug="replicate", models=("meta/llama",), **{"base_url": ROOT, **more})


def answering(*answers: Any) -> Callable[[httpx.Request], Any]:
    """One answer after the other; a number waits first."""
    left = list(answers)

    async def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/cancel"):
            return reply(prediction("canceled"))
        told = left.pop(0)
        if isinstance(told, float):
            await asyncio.sleep(told)
            told = left.pop(0)
        return told if isinstance(told, httpx.Response) else reply(told, 201)

    return answer


def asked(one: Gateway) -> list[tuple[str, str]]:
    return [(request.method, request.url.path) for request in one.network.requests]


async def until_canceled(one: Gateway) -> None:
    async with asyncio.timeout(2):
        while ("POST", "/v1/predictions/p1/cancel") not in asked(one):
            await asyncio.sleep(0.005)


def nothing_leased(one: Gateway) -> bool:
    return all(condition.in_flight == 0 for condition in one.runtime.pool.conditions.values())


CREATED = ("POST", "/v1/models/meta/llama/predictions")
POLLED = ("GET", "/v1/predictions/p1")


async def test_a_prediction_that_is_not_finished_is_asked_for_until_it_is(tmp_path: Path) -> None:
    answers = answering(prediction("starting"), prediction("processing"), finished())
    async with gateway(tmp_path, answers, acme()) as one:
        got = await one.chat(model="meta/llama")
        assert (got.status, got.json["choices"][0]["message"]["content"]) == (200, "Hello there.")
        assert asked(one) == [CREATED, POLLED, POLLED]
        assert all(request.headers["authorization"] == "Bearer t1" for request in one.network.requests)
        assert nothing_leased(one)
        (row,) = one.rows()
    assert (row.ended_by, row.input, row.output, row.usage_basis) == ("done", 5, 7, "vendor")
    assert len(row.attempts) == 1


async def test_one_that_is_finished_at_once_takes_one_request(tmp_path: Path) -> None:
    async with gateway(tmp_path, answering(finished()), acme()) as one:
        got = await one.chat(model="meta/llama")
        assert got.status == 200 and asked(one) == [CREATED]
        assert one.network.requests[0].headers["prefer"] == "wait=60"


async def test_a_stream_is_read_where_the_prediction_says(tmp_path: Path) -> None:
    async with gateway(tmp_path, answering(streaming(), stream(OUTPUT, MORE, DONE)), acme()) as one:
        got = await one.chat(model="meta/llama", stream=True)
        chunks = [json.loads(line[6:]) for line in got.body.split(b"\n\n") if line.startswith(b"data: {")]
        assert "".join(c["choices"][0]["delta"].get("content") or "" for c in chunks if c["choices"]) == "Hello there."
        assert got.body.endswith(b"data: [DONE]\n\n")
        (created, read) = one.network.requests
        assert json.loads(created.content)["stream"] is True and "prefer" not in created.headers
        assert str(read.url) == STREAM_URL and read.headers["accept"] == "text/event-stream"
        await asyncio.sleep(0.01)
        assert len(one.network.requests) == 2 and nothing_leased(one)  # nothing was canceled
        (row,) = one.rows()
    assert (row.ended_by, row.usage_basis) == ("done", "estimated")


async def test_a_model_that_does_not_stream_is_told_as_one(tmp_path: Path) -> None:
    async with gateway(tmp_path, answering(prediction("starting"), finished()), acme()) as one:
        got = await one.chat(model="meta/llama", stream=True)
        assert b"Hello there." in got.body and got.body.endswith(b"data: [DONE]\n\n")
        assert asked(one) == [CREATED, POLLED]


@pytest.mark.parametrize("streamed", [True, False])
async def test_the_credential_goes_to_no_address_of_somebody_else(tmp_path: Path, streamed: bool) -> None:
    elsewhere = "https://evil.test/replicate.com/"
    told = prediction("starting", urls={"get": elsewhere, "stream": elsewhere})
    async with gateway(tmp_path, answering(told), acme()) as one:
        got = await one.chat(model="meta/llama", stream=streamed)
        assert (got.status, got.json["error"]["code"]) == (502, "provider_invalid_response")
        await until_canceled(one)
        assert {request.url.host for request in one.network.requests} == {"api.replicate.com"}


@pytest.mark.parametrize("streamed", [True, False])
async def test_a_provider_at_another_address_is_asked_there_alone(tmp_path: Path, streamed: bool) -> None:
    proxied = acme(base_url="http://proxy.test/replicate")
    async with gateway(tmp_path, answering(streaming(), finished()), proxied) as one:
        got = await one.chat(model="meta/llama", stream=streamed)
        assert got.status == 200 and b"Hello there." in got.body
        assert [str(request.url) for request in one.network.requests] == [
            "http://proxy.test/replicate/models/meta/llama/predictions",
            "http://proxy.test/replicate/predictions/p1",
        ]


async def test_an_app_that_leaves_while_it_is_polled_stops_the_prediction(tmp_path: Path) -> None:
    answers = answering(*[prediction("processing")] * 50)
    async with gateway(tmp_path, answers, acme()) as one:
        await one.chat(model="meta/llama", leave_after=0.1)
        await until_canceled(one)
        assert nothing_leased(one)
        (row,) = one.rows()
    assert row.ended_by == "cancelled"


async def test_an_app_that_leaves_before_the_prediction_has_a_name_stops_it_too(tmp_path: Path) -> None:
    async with gateway(tmp_path, answering(0.2, prediction("processing")), acme()) as one:
        await one.chat(model="meta/llama", leave_after=0.05)
        assert asked(one) == [CREATED]
        await until_canceled(one)


async def test_an_app_that_leaves_a_stream_stops_the_prediction(tmp_path: Path) -> None:
    answers = answering(streaming(), stream(OUTPUT, 5.0, MORE, DONE))
    async with gateway(tmp_path, answers, acme()) as one:
        await one.chat(model="meta/llama", stream=True, leave_after=lambda pieces: True)
        await until_canceled(one)
        assert nothing_leased(one)


async def test_the_pauses_end_with_the_time_of_the_provider(tmp_path: Path) -> None:
    limits = Timeouts(first_byte=2, silence=2, total=0.4)
    answers = answering(*[prediction("processing")] * 50)
    async with gateway(tmp_path, answers, acme(timeouts=limits)) as one:
        got = await one.chat(model="meta/llama")
        assert (got.status, got.json["error"]["code"]) == (504, "provider_timeout")
        await until_canceled(one)
        (row,) = one.rows()
    assert row.ended_by == "failed" and row.latency_us < 2_000_000


async def test_a_stream_that_breaks_stops_the_prediction(tmp_path: Path) -> None:
    answers = answering(streaming(), stream(OUTPUT, httpx.ReadError("gone")))
    async with gateway(tmp_path, answers, acme()) as one:
        got = await one.chat(model="meta/llama", stream=True)
        assert b"provider_stream_broken" in got.body
        await until_canceled(one)


@pytest.mark.parametrize("streamed", [True, False])
async def test_a_prediction_that_failed_is_an_error_in_its_own_words(tmp_path: Path, streamed: bool) -> None:
    failed = prediction("failed", error="The input was flagged as sensitive (E005)")
    async with gateway(tmp_path, answering(prediction("starting"), failed), acme()) as one:
        got = await one.chat(model="meta/llama", stream=streamed)
        assert (got.status, got.json["error"]["code"]) == (400, "content_policy_violation")
        assert nothing_leased(one) and len(one.network.requests) == 2


@pytest.mark.parametrize("streamed", [True, False])
async def test_a_refusal_on_the_way_is_read_as_one(tmp_path: Path, streamed: bool) -> None:
    refused = reply({"title": "Unauthenticated", "detail": "You did not pass a valid authentication token"}, 401)
    first = streaming() if streamed else prediction("starting")
    async with gateway(tmp_path, answering(first, refused), acme()) as one:
        got = await one.chat(model="meta/llama", stream=streamed)
        assert (got.status, got.json["error"]["code"]) == (502, "provider_credential_rejected")
        await until_canceled(one)


# --- several requests of one attempt ------------------------------------------------------------


async def test_several_requests_go_side_by_side_and_keep_their_order() -> None:
    running = most = 0

    async def ask(number: int) -> int:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.001 * (20 - number))
        running -= 1
        return number

    assert await together(ask, range(20)) == list(range(20))
    assert most == MOST_AT_ONCE


async def test_the_first_error_ends_them_all() -> None:
    ended: list[int] = []

    async def ask(number: int) -> int:
        if number == 2:
            raise ValueError("two")
        try:
            await asyncio.sleep(5)
        finally:
            ended.append(number)
        return number

    with pytest.raises(ValueError, match="two"):
        await together(ask, range(12))
    assert {0, 1, 3, 4, 5, 6, 7} <= set(ended) and not {9, 10, 11} & set(ended)  # the rest never began


async def test_one_refused_input_of_many_is_the_error_of_the_call(tmp_path: Path) -> None:
    async def answer(request: httpx.Request) -> httpx.Response:
        if b"second" in request.content:
            return reply({"message": "Too many requests"}, 429, {"retry-after": "3"})
        await asyncio.sleep(1)
        raise AssertionError("was not cancelled")

    one_by_one = speaking(embeddings="bedrock")
    titan = replace(one_by_one, models=frozenset({"amazon.titan-embed-text-v2:0"}))
    async with gateway(tmp_path, answer, titan) as one:
        body = {"model": "amazon.titan-embed-text-v2:0", "input": ["first", "second"]}
        got = await one.call("/v1/embeddings", body)
        assert (got.status, got.json["error"]["code"]) == (429, "rate_limit_exceeded")
        assert nothing_leased(one)


# --- usage in headers ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "booked"), [({"x-compute-tokens": "6"}, (6, "vendor")), ({"x-compute-tokens": "many"}, (None, None))]
)
async def test_usage_that_stands_in_the_headers_alone_is_booked(
    tmp_path: Path, headers: dict[str, str], booked: tuple[int | None, str | None]
) -> None:
    async def answer(request: httpx.Request) -> httpx.Response:
        return reply(VECTORS, headers=headers)

    async with gateway(tmp_path, answer, speaking(embeddings="tei")) as one:
        got = await one.call("/v1/embeddings", {"model": "m1", "input": ["first", "second"]})
        (row,) = one.rows()
    if booked[0] is None:
        assert "usage" not in got.json and row.usage_basis == "estimated"
    else:
        assert got.json["usage"]["prompt_tokens"] == booked[0]
        assert (row.input, row.usage_basis) == booked


async def test_the_headers_of_several_replies_are_summed(tmp_path: Path) -> None:
    async def answer(request: httpx.Request) -> httpx.Response:
        return reply({"embeddings": [{"embedding": VECTORS[0]}]}, headers={"x-amzn-bedrock-input-token-count": "3"})

    nova = replace(speaking(embeddings="bedrock"), models=frozenset({"amazon.nova-2-embed"}))
    async with gateway(tmp_path, answer, nova) as one:
        got = await one.call("/v1/embeddings", {"model": "amazon.nova-2-embed", "input": ["a", "b"]})
        assert got.status == 200, got.body
        (row,) = one.rows()
    assert (row.input, row.usage_basis) == (6, "vendor")


async def test_a_rerankers_headers_are_booked(tmp_path: Path) -> None:
    async def answer(request: httpx.Request) -> httpx.Response:
        return reply([{"index": 0, "score": 0.5}], headers={"x-compute-tokens": "4"})

    async with gateway(tmp_path, answer, speaking(rerank="tei")) as one:
        await one.call("/v1/rerank", {"model": "m1", "query": "q", "documents": ["a"]})
        (row,) = one.rows()
    assert (row.input, row.usage_basis) == (4, "vendor")

"""The relay where vendors misbehave: odd replies, wrong content types, broken errors, keys that may not fall back."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.relay.stream import Streaming
from providers.wires import wire
from tests.gateway.harness import (
    DONE,
    SECRET,
    USAGE,
    Gateway,
    Pieces,
    Vendor,
    chunk,
    completion,
    frame,
    gateway,
    key_facts,
    provider,
    reply,
    stream,
)

CLAUDE = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "m1",
    "content": [{"type": "text", "text": "Hello!"}],
    "stop_reason": "end_turn",
    "usage": {"input_tokens": 5, "output_tokens": 7},
}


def answering(response: Any) -> Vendor:
    async def answer(request: httpx.Request) -> httpx.Response:
        made: httpx.Response = response()
        return made

    return answer


def typed(kind: str | None, *pieces: Any) -> httpx.Response:
    return httpx.Response(200, headers={"content-type": kind} if kind else {}, stream=Pieces(pieces))


def nothing_leased(one: Gateway) -> bool:
    return all(condition.in_flight == 0 for condition in one.runtime.pool.conditions.values())


@pytest.mark.parametrize("kind", [None, "text/plain", "application/json", "application/octet-stream"])
async def test_a_stream_is_known_by_what_it_is_and_not_by_its_content_type(tmp_path: Path, kind: str | None) -> None:
    body = chunk("Hel"), chunk("lo"), chunk(finish="stop", usage=USAGE), DONE
    async with gateway(tmp_path, answering(lambda: typed(kind, *body))) as one:
        got = await one.chat(stream=True, stream_options={"include_usage": True})
        assert (got.status, got.body) == (200, b"".join(body))
        (row,) = one.rows()
    assert (row.ended_by, row.output) == ("done", 7)


@pytest.mark.parametrize(("slug", "body"), [("openai_compatible", completion()), ("anthropic", CLAUDE)])
async def test_a_whole_reply_to_a_streaming_call_is_told_as_a_stream(tmp_path: Path, slug: str, body: Any) -> None:
    acme = provider(vendor_slug=slug)
    async with gateway(tmp_path, answering(lambda: reply(body)), acme) as one:
        got = await one.chat(stream=True, stream_options={"include_usage": True})
        assert got.status == 200, got.body
        assert got.body.count(DONE) == 1 and got.body.endswith(DONE)
        chunks = [json.loads(line[6:]) for line in got.body.split(b"\n\n") if line.startswith(b"data: {")]
        text = "".join(c["delta"].get("content") or "" for one in chunks for c in one["choices"])
        assert text == "Hello!"
        assert nothing_leased(one)
        (row,) = one.rows()
    assert (row.ended_by, row.input, row.output, row.usage_basis) == ("done", 5, 7, "vendor")


@pytest.mark.parametrize("slug", ["openai_compatible", "anthropic"])
async def test_a_whole_error_to_a_streaming_call_is_an_error(tmp_path: Path, slug: str) -> None:
    error = {"type": "error", "error": {"type": "api_error", "message": "boom", "code": 500}}
    async with gateway(tmp_path, answering(lambda: reply(error)), provider(vendor_slug=slug)) as one:
        got = await one.chat(stream=True)
        assert (got.status, got.json["error"]["code"]) == (502, "provider_error")
        assert nothing_leased(one)


@pytest.mark.parametrize("streamed", [True, False])
async def test_a_wire_that_stumbles_is_the_vendors_fault_and_the_next_provider_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, streamed: bool
) -> None:
    made = wire("openai")

    def stumble(*args: Any, **more: Any) -> Any:
        raise KeyError("choices")

    monkeypatch.setattr(type(made), "tap_reply", stumble)
    monkeypatch.setattr(Streaming, "begin", stumble)
    cast = provider("first", priority=1), provider("second", priority=2)
    async with gateway(tmp_path, answering(lambda: reply(completion())), *cast) as one:
        got = await one.chat(stream=streamed)
        assert (got.status, got.json["error"]["code"]) == (502, "provider_invalid_response")
        assert len(one.network.requests) == 2 and nothing_leased(one)
        (row,) = one.rows()
    assert row.ended_by == "failed"


async def test_a_wire_that_stumbles_in_a_stream_ends_it_with_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from providers.wires.openai.tap import OpenAIStreamTap

    feed = OpenAIStreamTap.feed

    def stumble(tap: OpenAIStreamTap, data: bytes) -> bytes:
        if b"odd" in data:
            raise TypeError("odd")
        return feed(tap, data)

    monkeypatch.setattr(OpenAIStreamTap, "feed", stumble)
    async with gateway(tmp_path, answering(lambda: stream(chunk("fine"), 0.01, chunk("odd"), DONE))) as one:
        got = await one.chat(stream=True)
        assert got.body.startswith(chunk("fine")) and b"provider_invalid_response" in got.body
        assert nothing_leased(one)
        (row,) = one.rows()
    assert (row.ended_by, row.error_code) == ("failed", "provider_invalid_response")


async def test_a_stream_without_frames_does_not_fill_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.relay.stream.MAX_REPLY_BYTES", 10_000)
    endless = [b"data: " + b"x" * 5000] + [b"x" * 5000] * 5
    async with gateway(tmp_path, answering(lambda: stream(*endless))) as one:
        got = await one.chat(stream=True)
        assert (got.status, got.json["error"]["code"]) == (502, "provider_invalid_response")
        assert nothing_leased(one)


@pytest.mark.parametrize("ending", [httpx.ReadError("reset"), b"x" * 2_000_000])
async def test_an_error_whose_body_breaks_is_judged_by_its_status(tmp_path: Path, ending: Any) -> None:
    async def answer(request: httpx.Request) -> httpx.Response:
        if request.headers["authorization"] == "Bearer t2":
            return reply(completion())
        return httpx.Response(429, headers={"retry-after": "30"}, stream=Pieces([b'{"error"', ending]))

    async with gateway(tmp_path, answer, provider(tokens=("t1", "t2"))) as one:
        assert (await one.chat()).status == 200
        assert one.runtime.pool.condition(1).resting_until > 0


async def test_an_app_that_leaves_while_an_errors_body_is_read_leaves_nothing_behind(tmp_path: Path) -> None:
    closed = asyncio.Event()

    async def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(500, stream=Pieces([b"<html>", 30.0], on_close=closed.set))

    async with gateway(tmp_path, answer) as one:
        await one.chat(leave_after=0.05)
        assert closed.is_set() and nothing_leased(one)
        (row,) = one.rows()
    assert row.ended_by == "cancelled"


async def test_a_key_does_not_fall_back_to_a_provider_it_may_not_use(tmp_path: Path) -> None:
    async def answer(request: httpx.Request) -> httpx.Response:
        return reply(completion()) if request.url.host == "second.test" else reply({"error": "x"}, 500)

    cast = provider("first", priority=1), provider("second", priority=2)
    keys = {SECRET: key_facts(allowed_models=("first:m1",)), "sk-2": key_facts(allowed_models=("second:*",))}
    async with gateway(tmp_path, answer, *cast, keys=keys) as one:
        assert (await one.chat()).status == 502
        assert [request.url.host for request in one.network.requests] == ["first.test"]
        got = await one.chat(key="sk-2")
        assert (got.status, got.headers["x-switchboard-provider"]) == (200, "second")
        listed = await one.call("/v1/models", method="GET", key="sk-2")
        assert [(row["id"], row["owned_by"]) for row in listed.json["data"]] == [("m1", "second")]
        detail = await one.call("/v1/models/m1", method="GET", key="sk-2")
        assert (detail.status, detail.json["owned_by"]) == (200, "second")


@pytest.mark.parametrize("model", ["a\nset-cookie: x=1", "a\u0000b", "modèle", "模型", "a\r\n\r\nb"])
async def test_no_model_name_reaches_the_headers_raw(tmp_path: Path, model: str) -> None:
    async with gateway(tmp_path, answering(lambda: reply(completion()))) as one:
        got = await one.chat(model=f"acme:{model}")
        assert got.status == 200
        named = got.headers["x-switchboard-model"]
        assert named.isascii() and named.isprintable()
        assert httpx.URL(f"http://x/{named}").path == f"/{model}"
        assert json.loads(one.network.requests[0].content)["model"] == model


@pytest.mark.parametrize("options", [None, {}, {"include_usage": None}, {"include_usage": False}])
async def test_stream_options_that_say_nothing_are_none(tmp_path: Path, options: Any) -> None:
    usage = frame({"id": "chatcmpl-1", "choices": [], "usage": USAGE})
    body = chunk("Hi"), chunk(finish="stop"), usage, DONE
    async with gateway(tmp_path, answering(lambda: stream(*body))) as one:
        got = await one.chat(stream=True, stream_options=options)
        assert got.body == chunk("Hi") + chunk(finish="stop") + DONE


async def test_nothing_follows_the_terminator_and_it_comes_once(tmp_path: Path) -> None:
    body = chunk("Hi"), chunk(finish="stop"), DONE + DONE + chunk("more"), chunk("and more"), DONE
    async with gateway(tmp_path, answering(lambda: stream(*body))) as one:
        got = await one.chat(stream=True)
        assert got.body == chunk("Hi") + chunk(finish="stop") + DONE


async def test_an_error_in_the_middle_ends_the_stream_for_good(tmp_path: Path) -> None:
    body = chunk("Hi") + frame({"error": {"message": "boom"}}) + chunk("more"), chunk("more"), DONE
    async with gateway(tmp_path, answering(lambda: stream(chunk("Oh"), 0.01, *body))) as one:
        got = await one.chat(stream=True)
        assert got.body.startswith(chunk("Oh") + chunk("Hi")) and b"more" not in got.body
        assert got.body.count(b"boom") == 1
        (row,) = one.rows()
    assert row.ended_by == "failed"


async def test_a_call_that_no_vendor_was_asked_is_not_the_tokens_failure(tmp_path: Path) -> None:
    acme = provider(vendor_slug="anthropic")
    async with gateway(tmp_path, answering(lambda: reply(CLAUDE)), acme) as one:
        got = await one.chat(messages=[{"role": "user", "content": 7}])
        assert got.status == 400
        assert one.runtime.pool.condition(1).failures == 0 and not one.network.requests


async def test_usage_beyond_all_reason_does_not_overflow_the_books(tmp_path: Path) -> None:
    async def answer(_: httpx.Request) -> httpx.Response:
        return reply(completion(usage={"prompt_tokens": 1e308, "completion_tokens": 5}))

    async with gateway(tmp_path, answer) as here:
        await here.chat()
        (row,) = here.rows()
    assert row.input == 2**31 - 1 and row.output == 5


async def test_a_wait_of_decades_is_told_as_a_day(tmp_path: Path) -> None:
    async def answer(_: httpx.Request) -> httpx.Response:
        return reply(
            {"error": {"message": "slow"}}, status=429, headers={"retry-after": "Fri, 01 Jan 2099 00:00:00 GMT"}
        )

    async with gateway(tmp_path, answer, cooldown=0) as here:
        response = await here.chat()
    assert response.status == 429 and int(response.headers["retry-after"]) <= 86_400

"""Chat through the lean door: whole, streamed, refused, rotated, cut, left."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from providers.crypto import decrypt
from providers.http import Timeouts
from tests.gateway.harness import (
    DONE,
    SECRET,
    USAGE,
    chunk,
    completion,
    frame,
    gateway,
    key_facts,
    provider,
    reply,
    stream,
)


async def hello(request: httpx.Request) -> httpx.Response:
    return reply(completion())


async def stream_hello(request: httpx.Request) -> httpx.Response:
    return stream(chunk("Hel"), chunk("lo"), chunk(finish="stop"), usage_frame(), DONE)


def usage_frame() -> bytes:
    return frame({"id": "chatcmpl-1", "object": "chat.completion.chunk", "choices": [], "usage": USAGE})


def by_token(answers: dict[str, Any]) -> Any:
    async def answer(request: httpx.Request) -> httpx.Response:
        given = answers[request.headers["authorization"].removeprefix("Bearer ")]
        return given() if callable(given) else given

    return answer


async def test_a_whole_reply_reaches_the_app_byte_for_byte_and_is_booked(tmp_path: Path) -> None:
    odd = json.dumps(completion(unknown_field={"a": [1]})).encode() + b"\n"

    async def answer(request: httpx.Request) -> httpx.Response:
        return reply(odd)

    async with gateway(tmp_path, answer) as one:
        got = await one.chat(temperature=0.3, brand_new_option={"x": 1})
        assert (got.status, got.body) == (200, odd)
        assert got.headers["x-switchboard-provider"] == "acme"
        assert got.headers["x-switchboard-model"] == "m1"
        sent = json.loads(one.network.requests[0].content)
        assert sent["brand_new_option"] == {"x": 1} and sent["temperature"] == 0.3 and sent["model"] == "m1"
        assert one.network.requests[0].headers["authorization"] == "Bearer t1"
        (row,) = one.rows()
    assert (row.ended_by, row.status, row.input, row.output, row.usage_basis) == ("done", 200, 5, 7, "vendor")
    assert (row.api_key, row.team, row.provider, row.model, row.token) == ("app", "research", "acme", "m1", "fp-t1")
    assert row.request_id == got.headers["x-request-id"]
    assert len(row.attempts) == 1 and row.attempts[0].status == 200
    assert 0 < row.first_byte_us <= row.latency_us


@pytest.mark.parametrize("wanted", [True, False])
async def test_a_stream_reaches_the_app_as_it_came_and_usage_only_if_asked_for(tmp_path: Path, wanted: bool) -> None:
    async with gateway(tmp_path, stream_hello) as one:
        options = {"stream_options": {"include_usage": True}} if wanted else {}
        got = await one.chat(stream=True, **options)
        usage = usage_frame() if wanted else b""
        assert got.body == chunk("Hel") + chunk("lo") + chunk(finish="stop") + usage + DONE
        assert got.headers["content-type"].startswith("text/event-stream")
        assert json.loads(one.network.requests[0].content)["stream_options"] == {"include_usage": True}
        (row,) = one.rows()
    assert (row.ended_by, row.input, row.output, row.finish, row.stream) == ("done", 5, 7, "stop", True)


async def test_the_log_has_the_exchange_before_the_terminating_frame_leaves(tmp_path: Path) -> None:
    async with gateway(tmp_path, stream_hello) as one:
        closed_at_end: list[bool] = []

        def look(pieces: list[bytes]) -> bool:
            if pieces[-1].endswith(DONE):
                closed_at_end.append(one.runtime.ledger.journal.idle())
            return False

        await one.chat(stream=True, leave_after=look)
        assert closed_at_end == [True]


async def test_a_limited_token_rests_and_the_app_notices_nothing(tmp_path: Path) -> None:
    limited = {"error": {"message": "slow down", "type": "requests", "code": "rate_limit_exceeded"}}
    answers = {
        "t1": lambda: reply(limited, 429, {"retry-after": "30"}),
        "t2": lambda: reply(completion()),
    }
    async with gateway(tmp_path, by_token(answers), provider(tokens=("t1", "t2"))) as one:
        got = [await one.chat() for _ in range(3)]
        assert [answer.status for answer in got] == [200, 200, 200]
        assert len(one.network.requests) == 4, "the resting token is not asked again"
        rows = one.rows()
    assert [attempt.status for attempt in rows[0].attempts] == [429, 200]
    assert rows[0].attempts[0].error == "rate_limit_exceeded"


async def test_a_pool_that_is_all_limited_answers_429_with_the_shortest_wait(tmp_path: Path) -> None:
    answers = {
        "t1": lambda: reply({"error": {"message": "x"}}, 429, {"retry-after": "30"}),
        "t2": lambda: reply({"error": {"message": "x"}}, 429, {"retry-after": "9"}),
    }
    async with gateway(tmp_path, by_token(answers), provider(tokens=("t1", "t2"))) as one:
        first, second = await one.chat(), await one.chat()
        assert first.status == second.status == 429
        assert int(first.headers["retry-after"]) == int(second.headers["retry-after"]) == 9
        assert len(one.network.requests) == 2


async def test_a_rejected_credential_is_a_502_and_never_a_401(tmp_path: Path) -> None:
    async def answer(request: httpx.Request) -> httpx.Response:
        return reply(
            {"error": {"message": "Incorrect API key provided: sk-abcdefghijklmnop", "code": "invalid_api_key"}}, 401
        )

    async with gateway(tmp_path, answer) as one:
        got = await one.chat()
        assert got.status == 502
        assert got.json["error"]["code"] == "provider_credential_rejected"
        assert b"sk-abcdefghijklmnop" not in got.body
        assert all("sk-abcdefghijklmnop" not in repr(row) for row in one.rows())


@pytest.mark.parametrize(
    ("status", "body", "expected", "code"),
    [
        (500, {"error": {"message": "boom"}}, 502, "provider_error"),
        (503, b"<html>busy</html>", 503, "provider_overloaded"),
        (400, {"error": {"message": "bad temperature", "param": "temperature"}}, 400, None),
        (
            404,
            {"error": {"message": "The model `m1` does not exist", "code": "model_not_found"}},
            404,
            "model_not_found",
        ),
        (200, b"this is no JSON", 502, "provider_invalid_response"),
        (200, {"error": {"message": "quietly broken", "code": 500}}, 502, "provider_error"),
    ],
)
async def test_a_vendors_fault_reaches_the_app_in_its_own_envelope(
    tmp_path: Path, status: int, body: Any, expected: int, code: str | None
) -> None:
    async def answer(request: httpx.Request) -> httpx.Response:
        return reply(body, status)

    async with gateway(tmp_path, answer) as one:
        got = await one.chat()
        error = got.json["error"]
        assert got.status == expected
        assert code is None or error["code"] == code
        assert error["message"]
        (row,) = one.rows()
    assert (row.ended_by, row.status) == ("failed", expected)
    assert row.attempts[0].status == status


async def test_the_next_provider_with_the_model_answers_when_the_first_fails(tmp_path: Path) -> None:
    async def answer(request: httpx.Request) -> httpx.Response:
        return reply(completion()) if request.url.host == "second.test" else reply({"error": "x"}, 500)

    cast = provider("first", priority=1), provider("second", priority=2)
    async with gateway(tmp_path, answer, *cast) as one:
        got = await one.chat()
        assert (got.status, got.headers["x-switchboard-provider"]) == (200, "second")
        (row,) = one.rows()
    assert [attempt.provider for attempt in row.attempts] == ["first", "second"]


async def test_a_stream_that_fails_before_its_first_frame_is_an_error_or_another_token(tmp_path: Path) -> None:
    answers = {
        "t1": lambda: stream(frame({"error": {"message": "limit", "code": "rate_limit_exceeded", "type": "x"}})),
        "t2": lambda: stream(chunk("Hi"), chunk(finish="stop"), DONE),
    }
    async with gateway(tmp_path, by_token(answers), provider(tokens=("t1", "t2"))) as one:
        got = await one.chat(stream=True)
        assert got.status == 200 and b"limit" not in got.body and got.body.endswith(DONE)


@pytest.mark.parametrize("ending", [httpx.ReadError("reset"), None])
async def test_a_stream_broken_in_the_middle_ends_with_an_error_event_and_is_booked(
    tmp_path: Path, ending: Any
) -> None:
    pieces = [chunk("four"), chunk("five" * 10)] + ([ending] if ending else [])

    async def answer(request: httpx.Request) -> httpx.Response:
        return stream(*pieces)

    async with gateway(tmp_path, answer) as one:
        got = await one.chat(stream=True)
        assert got.body.startswith(chunk("four"))
        events = [json.loads(line[6:]) for line in got.body.split(b"\n\n") if line.startswith(b"data: {")]
        assert events[-1]["error"]["code"] == "provider_stream_broken"
        (row,) = one.rows()
    assert (row.ended_by, row.error_code, row.usage_basis) == ("failed", "provider_stream_broken", "estimated")
    assert row.output > 5


async def test_silence_in_the_middle_of_a_stream_is_a_timeout(tmp_path: Path) -> None:
    async def answer(request: httpx.Request) -> httpx.Response:
        return stream(chunk("a"), 30.0)

    quick = provider(timeouts=Timeouts(first_byte=1, silence=0.2, total=5))
    async with gateway(tmp_path, answer, quick) as one:
        got = await one.chat(stream=True)
        assert b"provider_timeout" in got.body
        (row,) = one.rows()
    assert row.error_code == "provider_timeout"


async def test_an_app_that_leaves_closes_the_upstream_at_once_and_what_was_produced_is_booked(tmp_path: Path) -> None:
    closed = asyncio.Event()

    async def answer(request: httpx.Request) -> httpx.Response:
        return stream(chunk("x" * 400), 30.0, on_close=closed.set)

    async with gateway(tmp_path, answer) as one:
        calling = asyncio.ensure_future(one.chat(stream=True, leave_after=lambda pieces: True))
        await asyncio.wait_for(closed.wait(), 1)
        await calling
        assert one.runtime.pool.condition(1).in_flight == 0
        (row,) = one.rows()
    assert (row.ended_by, row.status, row.usage_basis) == ("cancelled", 499, "estimated")
    assert row.output >= 100


@pytest.mark.parametrize("streamed", [True, False])
async def test_an_app_that_leaves_before_the_first_byte_cancels_the_call(tmp_path: Path, streamed: bool) -> None:
    cancelled = asyncio.Event()

    async def answer(request: httpx.Request) -> httpx.Response:
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            cancelled.set()
            raise
        raise AssertionError

    async with gateway(tmp_path, answer) as one:
        started = asyncio.get_running_loop().time()
        got = await one.chat(stream=streamed, leave_after=0.05)
        assert asyncio.get_running_loop().time() - started < 0.15
        assert got.status == 0 and cancelled.is_set()
        assert one.runtime.pool.condition(1).in_flight == 0
        (row,) = one.rows()
    assert row.ended_by == "cancelled"


async def test_an_app_that_leaves_as_the_stream_begins_is_booked_too(tmp_path: Path) -> None:
    """The answer is there, but nobody ever iterates over it."""
    async with gateway(tmp_path, stream_hello) as one:

        async def refuse(message: Any) -> None:
            raise asyncio.CancelledError

        inbox = [
            {"type": "http.request", "body": json.dumps({"model": "m1", "stream": True, "messages": [{}]}).encode()}
        ]

        async def receive() -> Any:
            if inbox:
                return inbox.pop()
            await asyncio.sleep(30)

        scope = {
            "type": "http",
            "method": "POST",
            "path": "/v1/chat/completions",
            "query_string": b"",
            "headers": [(b"authorization", f"Bearer {SECRET}".encode())],
        }
        with pytest.raises(asyncio.CancelledError):
            await one.door(scope, receive, refuse)
        assert one.runtime.pool.condition(1).in_flight == 0
        (row,) = one.rows()
    assert row.ended_by == "cancelled"


async def test_an_unknown_model_is_a_404_and_in_the_log(tmp_path: Path) -> None:
    async with gateway(tmp_path, hello) as one:
        got = await one.chat(model="m11")
        assert (got.status, got.json["error"]["code"]) == (404, "model_not_found")
        assert "m1" in got.json["error"]["message"]
        (row,) = one.rows()
    assert (row.ended_by, row.requested_model, row.attempts) == ("failed", "m11", [])


async def test_a_key_only_calls_the_models_it_may(tmp_path: Path) -> None:
    keys = {SECRET: key_facts(allowed_models=("acme:m*",)), "sk-other": key_facts(allowed_models=("gpt-*",))}
    async with gateway(tmp_path, hello, keys=keys) as one:
        assert (await one.chat()).status == 200
        refused = await one.chat(key="sk-other")
        assert (refused.status, refused.json["error"]["code"]) == (403, "model_not_allowed")
        assert len(one.network.requests) == 1


async def test_stored_content_is_encrypted_and_redacted(tmp_path: Path) -> None:
    secret = "sk-proj-abcdefghijklmnopqrstuvwx"

    async def answer(request: httpx.Request) -> httpx.Response:
        return reply(completion(f"your key is {secret}"))

    async with gateway(tmp_path, answer, store_content=True) as one:
        await one.call(body={"model": "m1", "messages": [{"role": "user", "content": f"I am {secret}"}]})
        (row,) = one.rows()
    assert b"I am" not in row.content
    plain = json.loads(decrypt(row.content))
    assert "I am [secret]" in plain["request"] and "your key is [secret]" in plain["answer"]
    assert secret not in str(plain)


async def test_a_call_that_went_round_in_a_circle_is_refused(tmp_path: Path) -> None:
    async with gateway(tmp_path, hello) as one:
        assert (await one.chat(headers=[(b"x-switchboard-hop", b"1")])).status == 200
        assert one.network.requests[0].headers["x-switchboard-hop"] == "2"
        assert (await one.chat(headers=[(b"x-switchboard-hop", b"4")])).status == 508

"""Anthropic's own API in front: passed through to its own dialect, translated for every other vendor."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.gateway.harness import (
    DONE,
    SECRET,
    USAGE,
    Gateway,
    Response,
    chunk,
    completion,
    frame,
    gateway,
    provider,
    reply,
    stream,
)

PATH = "/v1/messages"
HELLO: dict[str, Any] = {"model": "m1", "max_tokens": 64, "messages": [{"role": "user", "content": "Hi"}]}
WEATHER = {"name": "get_weather", "description": "x", "input_schema": {"type": "object", "properties": {}}}
MESSAGE = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "claude-x",
    "content": [{"type": "text", "text": "Hello!"}],
    "stop_reason": "end_turn",
    "stop_sequence": None,
    "usage": {"input_tokens": 3, "output_tokens": 4},
}


def claude(**more: Any) -> Any:
    return provider("claude", vendor_slug="anthropic", base_url="http://claude.test", **more)


async def ask(one: Gateway, body: Any = HELLO, **more: Any) -> Response:
    return await one.call(PATH, body, **more)


def events(got: Response) -> list[dict[str, Any]]:
    chunks = got.body.decode().removesuffix("\n\n").split("\n\n")
    found = [json.loads(one.partition("data: ")[2]) for one in chunks]
    assert [one.partition("\n")[0] for one in chunks] == [f"event: {event['type']}" for event in found]
    return found


def sent(one: Gateway, index: int = -1) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(one.network.requests[index].content)
    return body


async def hello(request: httpx.Request) -> httpx.Response:
    return reply(completion())


async def message(request: httpx.Request) -> httpx.Response:
    return reply(MESSAGE)


async def test_a_vendor_of_another_dialect_answers_and_it_is_booked(tmp_path: Path) -> None:
    async with gateway(tmp_path, hello) as one:
        got = await ask(one)
        assert got.status == 200
        assert got.json["content"] == [{"type": "text", "text": "Hello!"}]
        assert (got.json["usage"]["input_tokens"], got.json["usage"]["output_tokens"]) == (5, 7)
        assert got.headers["request-id"] == got.headers["x-request-id"]
        assert sent(one)["max_tokens"] == 64
        (row,) = one.rows()
    assert (row.endpoint, row.ended_by, row.input, row.output) == ("messages", "done", 5, 7)


async def test_its_own_dialect_passes_through_byte_for_byte(tmp_path: Path) -> None:
    odd = json.dumps({**MESSAGE, "unknown": 1}).encode() + b"\n"

    async def answer(request: httpx.Request) -> httpx.Response:
        return reply(odd)

    async with gateway(tmp_path, answer, claude()) as one:
        got = await ask(one, {**HELLO, "context_management": {"edits": []}, "brand_new": True})
        assert got.body == odd
        assert sent(one) == {**HELLO, "context_management": {"edits": []}, "brand_new": True}
        (row,) = one.rows()
    assert (row.input, row.output, row.dropped) == (3, 4, "")


async def test_beta_and_version_go_on_to_its_own_dialect_and_no_other_header(tmp_path: Path) -> None:
    given = [(b"anthropic-beta", b"a-1,b-2"), (b"x-app", b"cli"), (b"x-stainless-lang", b"js"), (b"cookie", b"c=1")]
    async with gateway(tmp_path, message, claude()) as one:
        await ask(one, headers=[*given, (b"anthropic-version", b"2026-10-21")])
        headers = one.network.requests[0].headers
    assert "a-1,b-2" in headers["anthropic-beta"]
    assert "2026-10-21" in headers["anthropic-version"]
    assert not {"x-app", "x-stainless-lang", "cookie"} & set(headers)
    assert headers["x-api-key"] == "t1"


async def test_betas_mean_nothing_elsewhere_and_the_row_says_so(tmp_path: Path) -> None:
    async with gateway(tmp_path, hello) as one:
        body = {**HELLO, "context_management": {}, "safeguards": [], "metadata": {"user_id": '{"device": "x"}'}}
        got = await ask(one, body, headers=[(b"anthropic-beta", b"a-1")])
        assert got.status == 200
        assert "anthropic-beta" not in one.network.requests[0].headers
        assert not {"context_management", "safeguards", "metadata", "user"} & set(sent(one))
        (row,) = one.rows()
    assert set(row.dropped.split(",")) == {"anthropic-beta", "context_management", "safeguards", "metadata"}


async def test_a_header_nobody_can_carry_is_the_apps_fault(tmp_path: Path) -> None:
    async with gateway(tmp_path, message, claude()) as one:
        got = await ask(one, headers=[(b"anthropic-beta", "a-é".encode("latin1"))])
        assert (got.status, got.json["error"]["type"]) == (400, "invalid_request_error")


@pytest.mark.parametrize("name", ["model", "messages", "max_tokens"])
async def test_what_is_missing_is_told_in_anthropics_words(tmp_path: Path, name: str) -> None:
    async with gateway(tmp_path, hello) as one:
        got = await ask(one, {key: value for key, value in HELLO.items() if key != name})
        assert got.status == 400
        assert got.json["error"] == {"type": "invalid_request_error", "message": f"{name}: Field required"}


@pytest.mark.parametrize("header", [(b"x-api-key", SECRET.encode()), (b"authorization", b"Bearer " + SECRET.encode())])
async def test_either_header_carries_the_key(tmp_path: Path, header: tuple[bytes, bytes]) -> None:
    async with gateway(tmp_path, hello) as one:
        assert (await ask(one, key=None, headers=[header])).status == 200
        assert (await one.call(body=HELLO, key=None, headers=[header])).status == 200, "on OpenAI's endpoint too"


async def test_the_known_one_of_two_keys_counts(tmp_path: Path) -> None:
    async with gateway(tmp_path, hello) as one:
        assert (await ask(one, key="sk-ant-of-somebody", headers=[(b"x-api-key", SECRET.encode())])).status == 200


@pytest.mark.parametrize(
    ("body", "more", "status", "kind"),
    [
        (HELLO, {"key": "wrong"}, 401, "authentication_error"),
        ({**HELLO, "model": "nope"}, {}, 404, "not_found_error"),
        (None, {"method": "GET"}, 405, "invalid_request_error"),
        (b"{", {}, 400, "invalid_request_error"),
        (HELLO, {"headers": [(b"content-type", b"text/plain")]}, 415, "invalid_request_error"),
        ({**HELLO, "stream": "yes"}, {}, 400, "invalid_request_error"),
        ({**HELLO, "messages": [{"role": "user", "content": 5}]}, {}, 400, "invalid_request_error"),
    ],
)
async def test_every_refusal_comes_in_anthropics_envelope(
    tmp_path: Path, body: Any, more: dict[str, Any], status: int, kind: str
) -> None:
    async with gateway(tmp_path, hello) as one:
        got = await ask(one, body, **more)
    assert (got.status, got.json["type"], got.json["error"]["type"]) == (status, "error", kind)
    assert got.json["request_id"] == got.headers["request-id"] == got.headers["x-request-id"]


async def test_a_vendors_limit_is_a_rate_limit_error_with_its_wait(tmp_path: Path) -> None:
    async def limited(request: httpx.Request) -> httpx.Response:
        return reply({"error": {"message": "slow down"}}, 429, {"retry-after": "9"})

    async with gateway(tmp_path, limited) as one:
        got = await ask(one)
    assert (got.status, got.json["error"]["type"], got.headers["retry-after"]) == (429, "rate_limit_error", "9")


async def test_a_stream_is_told_in_named_events_with_exact_usage_at_its_end(tmp_path: Path) -> None:
    async def answer(request: httpx.Request) -> httpx.Response:
        usage = frame({"id": "c", "object": "chat.completion.chunk", "choices": [], "usage": USAGE})
        return stream(chunk("Hel"), b": keep-alive\n\n", chunk("lo"), chunk(finish="stop"), usage, DONE)

    async with gateway(tmp_path, answer) as one:
        got = await ask(one, {**HELLO, "stream": True})
        told = events(got)
        (row,) = one.rows()
    assert [event["type"] for event in told] == [
        *("message_start", "ping", "content_block_start", "content_block_delta", "ping", "content_block_delta"),
        *("content_block_stop", "message_delta", "message_stop"),
    ]
    assert told[-2]["usage"]["input_tokens"] == 5 and told[-2]["usage"]["output_tokens"] == 7
    assert (row.ended_by, row.input, row.output, row.stream) == ("done", 5, 7, True)


async def test_a_stream_that_breaks_ends_with_an_error_event(tmp_path: Path) -> None:
    async def answer(request: httpx.Request) -> httpx.Response:
        return stream(chunk("Hel"), frame({"error": {"message": "boom", "type": "server_error"}}))

    async with gateway(tmp_path, answer) as one:
        got = await ask(one, {**HELLO, "stream": True})
        told = events(got)
    assert told[-1]["type"] == "error" and told[-1]["error"]["message"] == "boom"
    assert told[-1]["request_id"] == got.headers["request-id"]


async def test_a_vendor_that_does_not_stream_is_told_as_a_stream(tmp_path: Path) -> None:
    async with gateway(tmp_path, message, claude()) as one:
        told = events(await ask(one, {**HELLO, "stream": True}))
        (row,) = one.rows()
    assert (
        "".join(event["delta"].get("text", "") for event in told if event["type"] == "content_block_delta") == "Hello!"
    )
    assert told[-1] == {"type": "message_stop"}
    assert (row.ended_by, row.input, row.output) == ("done", 3, 4)


async def test_a_tool_that_only_anthropic_runs_is_refused_by_name_elsewhere(tmp_path: Path) -> None:
    body = {**HELLO, "tools": [{"type": "web_search_20250305", "name": "web_search"}]}
    async with gateway(tmp_path, hello) as one:
        got = await ask(one, body)
    assert got.status == 400 and "web_search_20250305" in got.json["error"]["message"]
    async with gateway(tmp_path / "own", message, claude()) as one:
        assert (await ask(one, body)).status == 200


async def test_a_thought_goes_back_to_the_vendor_that_had_it_and_never_to_anthropic(tmp_path: Path) -> None:
    call = {"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": "{}"}}
    thinking = {"role": "assistant", "content": None, "reasoning_content": "Hm.", "tool_calls": [call]}

    async def answer(request: httpx.Request) -> httpx.Response:
        if request.url.host == "claude.test":
            return reply(MESSAGE)
        return reply(completion(choices=[{"index": 0, "message": thinking, "finish_reason": "tool_calls"}]))

    async with gateway(tmp_path, answer, provider(), claude(models=["c1"])) as one:
        first = await ask(one, {**HELLO, "tools": [WEATHER]})
        blocks = first.json["content"]
        assert [block["type"] for block in blocks] == ["thinking", "tool_use"]
        result = {"type": "tool_result", "tool_use_id": blocks[1]["id"], "content": "sunny"}
        turns = [*HELLO["messages"], {"role": "assistant", "content": blocks}, {"role": "user", "content": [result]}]
        body = {**HELLO, "tools": [WEATHER], "messages": turns}
        await ask(one, body)
        assert sent(one)["messages"][1]["reasoning_content"] == "Hm."
        assert "thinking_blocks" not in sent(one)["messages"][1]
        await ask(one, {**body, "model": "c1"})
        assert [block["type"] for block in sent(one)["messages"][1]["content"]] == ["tool_use"]
        rows = one.rows()
    assert rows[-1].dropped == "messages.thinking"


@pytest.mark.parametrize(
    "messages",
    [
        [{"role": "assistant", "content": [{"type": "thinking", "thinking": "x"}]}, "x"],
        [{"role": "assistant", "content": [{"type": "thinking", "thinking": "x"}]}, {"role": "user"}],
        [{"role": "assistant", "content": [{"type": "thinking", "thinking": "x", "signature": []}]}],
    ],
)
async def test_malformed_messages_go_to_anthropic_which_says_what_is_wrong(messages: Any, tmp_path: Path) -> None:
    async with gateway(tmp_path, message, claude()) as one:
        assert (await ask(one, {**HELLO, "messages": messages})).status == 200
        counted = await one.call("/v1/messages/count_tokens", {"model": "m1", "messages": messages})
        assert counted.status < 500

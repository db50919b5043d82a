"""Cohere's wire towards apps: requests read and written again, replies written, streams passed through."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.canonical import Call, File, Finish, Message, Reasoning, Text, ToolResult
from providers.errors import RequestRejected, StreamBroken, VendorFailed
from providers.wires.base import fold
from providers.wires.cohere import WIRE
from tests.providers.wires.test_cohere import ANSWER, CALLS, STREAMS, TARGET, end, read
from tests.providers.wires.test_ollama_app import junk, with_junk

SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}}
REQUEST: dict[str, Any] = {
    "model": "command-a-03-2025",
    "stream": True,
    "documents": [{"id": "d", "data": {"text": "t"}}],
    "citation_options": {"mode": "FAST"},
    "max_tokens": 9,
    "stop_sequences": ["x"],
    "temperature": 0.5,
    "seed": 1,
    "p": 0.5,
    "k": 3,
    "presence_penalty": 0.1,
    "frequency_penalty": 0.2,
    "response_format": {"type": "json_object", "json_schema": SCHEMA},
    "thinking": {"type": "enabled", "token_budget": 100},
    "tool_choice": "REQUIRED",
    "strict_tools": True,
    "tools": [{"type": "function", "function": {"name": "now", "description": "d", "parameters": SCHEMA}}],
    "messages": [
        {"role": "system", "content": "Be brief."},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "What?"},
                {"type": "image_url", "image_url": {"url": "https://x.test/a.png", "detail": "low"}},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA"}},
            ],
        },
        {
            "role": "assistant",
            "tool_plan": "Plan.",
            "tool_calls": [{"id": "c", "type": "function", "function": {"name": "now", "arguments": "{}"}}],
        },
        {
            "role": "tool",
            "tool_call_id": "c",
            "content": [{"type": "document", "document": {"id": "1", "data": {"noon": True}}}],
        },
        {
            "role": "assistant",
            "content": [{"type": "thinking", "thinking": "Hm."}, {"type": "text", "text": "Noon."}],
            "citations": [{"start": 0, "end": 4, "text": "Noon"}],
        },
    ],
}


def test_a_request_read_and_written_again_is_the_same() -> None:
    assert json.loads(WIRE.write_request(WIRE.read_request(REQUEST), TARGET).content) == REQUEST


def test_a_request_means_the_same_to_other_wires() -> None:
    call = WIRE.read_request(REQUEST)
    assert call.top_p == 0.5 and call.top_k == 3 and call.output_format and call.output_format.schema == SCHEMA
    plan = call.messages[2].parts[0]
    result = call.messages[3].parts[0]
    assert isinstance(plan, Reasoning) and plan.text == "Plan."
    assert (
        isinstance(result, ToolResult) and isinstance(result.parts[0], File) and result.parts[0].text == '{"noon":true}'
    )


PATHS = [
    *(("model",), ("stream",), ("thinking",), ("response_format",), ("tool_choice",), ("tools",), ("messages",)),
    *(("stop_sequences",), ("p",), ("response_format", "type"), ("response_format", "json_schema")),
    *(("thinking", "type"), ("tools", 0), ("tools", 0, "function"), ("messages", 1), ("messages", 1, "content")),
    *(("messages", 1, "content", 0), ("messages", 1, "content", 1, "image_url"), ("messages", 2, "tool_calls")),
    *(("messages", 2, "tool_calls", 0), ("messages", 2, "tool_plan"), ("messages", 3, "tool_call_id")),
    *(("messages", 3, "content", 0, "document"), ("messages", 3, "content", 0, "document", "data")),
]


@given(st.sampled_from(PATHS), junk)
def test_a_wrong_type_anywhere_is_refused_or_read_and_never_a_crash(path: tuple[Any, ...], value: Any) -> None:
    with contextlib.suppress(RequestRejected):
        WIRE.write_request(WIRE.read_request(with_junk(REQUEST, path, value)), TARGET)


def test_a_refusal_names_the_place() -> None:
    with pytest.raises(RequestRejected) as caught:
        WIRE.read_request(with_junk(REQUEST, ("messages", 3, "tool_call_id"), 7))
    assert caught.value.param == "messages[3].tool_call_id"


@pytest.mark.parametrize("name", sorted(STREAMS))
def test_a_reply_written_is_read_the_same(name: str) -> None:
    reply = fold(read(STREAMS[name]))
    again = WIRE.read_reply(WIRE.write_reply(reply), TARGET)
    assert again.choices == reply.choices and again.usage and reply.usage and again.usage.input == reply.usage.input


@pytest.mark.parametrize("name", sorted(STREAMS))
def test_a_stream_written_is_read_the_same(name: str) -> None:
    events = read(STREAMS[name])
    writer = WIRE.stream_writer(Call(model="m", messages=(Message(role="user", parts=(Text(text="x"),)),)))
    out = b"".join(writer.write([event]) for event in events) + writer.end()
    again = fold(read(out))
    assert again.choices == fold(events).choices and again.id == fold(events).id


def test_a_failure_is_told_as_cohere_tells_it() -> None:
    writer = WIRE.stream_writer(Call(model="m", messages=()))
    out = writer.fail(VendorFailed("oh"))
    assert b'"finish_reason":"ERROR"' in out and writer.end() == b""
    assert json.loads(WIRE.write_error(VendorFailed("oh"), request_id="r")) == {"id": "r", "message": "oh"}


@given(st.sampled_from([ANSWER, CALLS]), st.integers(1, 300))
def test_pass_through_forwards_the_bytes_and_hears_the_usage(data: bytes, size: int) -> None:
    tap = WIRE.stream_tap(TARGET, include_usage=True)
    out = b"".join(tap.feed(data[at : at + size]) for at in range(0, len(data), size)) + tap.close()
    assert out + tap.end() == data and tap.end().startswith(b"event: message-end")
    assert tap.usage and tap.usage.input == 506 and tap.done and tap.error is None and tap.output_chars


def test_pass_through_stops_at_an_error_and_notices_a_cut() -> None:
    tap = WIRE.stream_tap(TARGET, include_usage=True)
    assert b"message-end" not in tap.feed(CALLS[:200] + b"\n\n") + tap.feed(end("ERROR", error="oh"))
    cut = WIRE.stream_tap(TARGET, include_usage=True)
    cut.feed(CALLS[: len(CALLS) // 2])
    cut.close()
    assert isinstance(cut.error, StreamBroken)


def test_a_whole_reply_is_tapped_and_garbage_is_an_error() -> None:
    facts = WIRE.tap_reply(WIRE.write_reply(fold(read(CALLS))), TARGET)
    assert facts.usage and facts.finish is Finish.TOOL_CALLS and facts.output_chars
    assert WIRE.tap_reply(b"nope", TARGET).error is not None

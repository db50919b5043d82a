"""Ollama's wire towards apps: requests read and written again, replies written, streams passed through."""

from __future__ import annotations

import contextlib
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from providers.canonical import Call, Failed, Finish, Finished, Message, Started, Text, TextDelta, ToolCall, ToolResult
from providers.errors import RequestRejected, StreamBroken, VendorFailed
from providers.wires.base import fold
from providers.wires.ollama import WIRE
from tests.providers.wires.test_ollama import STREAM, TARGET, last, line, read

SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}}
REQUEST: dict[str, Any] = {
    "model": "gpt-oss:20b",
    "stream": True,
    "think": "low",
    "format": SCHEMA,
    "keep_alive": "5m",
    "options": {"num_ctx": 4096, "num_predict": -1, "temperature": 0.5, "stop": ["x"]},
    "tools": [{"type": "function", "function": {"name": "now", "description": "d", "parameters": SCHEMA}}],
    "messages": [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "What?", "images": ["iVBORw0KGgo="]},
        {
            "role": "assistant",
            "content": "",
            "thinking": "Hm.",
            "tool_calls": [
                {"function": {"index": 0, "name": "now", "arguments": {}}},
                {"function": {"index": 1, "name": "then", "arguments": {"a": "b"}}},
            ],
        },
        {"role": "tool", "content": "later", "tool_name": "then"},
        {"role": "tool", "content": "noon", "tool_name": "now"},
    ],
}


def test_a_request_read_and_written_again_is_the_same() -> None:
    assert json.loads(WIRE.write_request(WIRE.read_request(REQUEST), TARGET).content) == REQUEST


def test_results_without_ids_answer_the_calls_of_their_name() -> None:
    messages = WIRE.read_request(REQUEST).messages
    calls = {part.name: part.id for part in messages[2].parts if isinstance(part, ToolCall)}
    results = [part for message in messages for part in message.parts if isinstance(part, ToolResult)]
    assert [result.call_id for result in results] == [calls["then"], calls["now"]]


def test_it_streams_unless_told_not_to() -> None:
    assert WIRE.read_request({"model": "m"}).stream
    assert not WIRE.read_request({"model": "m", "stream": False}).stream


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=4,
)
PATHS = [
    *(("model",), ("stream",), ("think",), ("format",), ("options",), ("tools",), ("messages",)),
    *(("options", "num_predict"), ("options", "stop"), ("tools", 0), ("tools", 0, "function")),
    *(("messages", 1), ("messages", 1, "images"), ("messages", 2, "tool_calls"), ("messages", 2, "content")),
    *(("messages", 2, "tool_calls", 0), ("messages", 2, "tool_calls", 0, "function", "arguments")),
    *(("messages", 3, "tool_name"), ("messages", 3, "tool_call_id"), ("messages", 0, "role")),
]


def with_junk(body: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    copy = list(body) if isinstance(body, list) else dict(body)
    inner = body[path[0]] if isinstance(body, list) else body.get(path[0])
    copy[path[0]] = with_junk(inner, path[1:], value)
    return copy


@given(st.sampled_from(PATHS), junk)
def test_a_wrong_type_anywhere_is_refused_or_read_and_never_a_crash(path: tuple[Any, ...], value: Any) -> None:
    with contextlib.suppress(RequestRejected):
        WIRE.write_request(WIRE.read_request(with_junk(REQUEST, path, value)), TARGET)


def test_a_reply_written_is_read_the_same() -> None:
    reply = fold(read(STREAM))
    again = WIRE.read_reply(WIRE.write_reply(reply), TARGET)
    assert again.choices[0].parts == reply.choices[0].parts and again.usage == reply.usage


def test_a_stream_written_is_read_the_same() -> None:
    events = read(STREAM)
    writer = WIRE.stream_writer(Call(model="m", messages=()))
    out = b"".join(writer.write([event]) for event in events) + writer.end()
    assert fold(read(out)).choices[0].parts == fold(events).choices[0].parts
    assert fold(read(out)).usage == fold(events).usage


def test_a_writer_that_fails_sends_the_error_and_no_end() -> None:
    writer = WIRE.stream_writer(Call(model="m", messages=()))
    out = writer.write(
        [Started(id="", model="m"), TextDelta(text="a"), Failed(error=VendorFailed("oh")), TextDelta(text="b")]
    )
    assert out.endswith(b'{"error":"oh"}\n') and writer.end() == b""


def test_a_message_cut_by_length_says_so() -> None:
    writer = WIRE.stream_writer(Call(model="m", messages=(Message(role="user", parts=(Text(text="x"),)),)))
    writer.write([Finished(finish=Finish.LENGTH, raw="max_tokens")])
    assert json.loads(writer.end())["done_reason"] == "length"


@given(st.integers(1, 200))
def test_pass_through_forwards_the_bytes_and_hears_the_usage(size: int) -> None:
    tap = WIRE.stream_tap(TARGET, include_usage=True)
    out = b"".join(tap.feed(STREAM[at : at + size]) for at in range(0, len(STREAM), size)) + tap.close()
    assert out + tap.end() == STREAM and tap.end() == last()
    assert tap.usage and tap.usage.output == 7 and tap.done and tap.started and tap.error is None
    assert tap.finish is Finish.TOOL_CALLS and tap.output_chars > 20 and tap.model == "gpt-oss:20b"


def test_pass_through_stops_at_an_error_and_notices_a_cut() -> None:
    tap = WIRE.stream_tap(TARGET, include_usage=True)
    assert tap.feed(line("a") + b'{"error":"oh"}\n' + line("b")) == line("a")
    assert isinstance(tap.error, VendorFailed)
    cut = WIRE.stream_tap(TARGET, include_usage=True)
    assert cut.feed(line("a")) == line("a") and cut.close() == b""
    assert isinstance(cut.error, StreamBroken)


def test_pass_through_changes_the_model_only() -> None:
    body = {"model": "app", "messages": [], "mystery": 1}
    parts = WIRE.patch_request(body, TARGET)
    assert json.loads(parts.content) == {**body, "model": "gpt-oss:20b"} and body["model"] == "app"


def test_a_whole_reply_is_tapped_and_garbage_is_an_error() -> None:
    facts = WIRE.tap_reply(WIRE.write_reply(fold(read(STREAM))), TARGET)
    assert facts.usage and facts.finish is Finish.TOOL_CALLS and facts.error is None
    assert WIRE.tap_reply(b"nope", TARGET).error is not None

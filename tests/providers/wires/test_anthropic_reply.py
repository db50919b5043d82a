"""What Anthropic answers, whole or streamed and cut anywhere, becomes the same events; and is written back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest
from anthropic.types import Message as SdkMessage
from anthropic.types import RawMessageStreamEvent
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from providers.canonical import (
    Call,
    Choice,
    Ended,
    Event,
    Failed,
    Finish,
    Finished,
    Image,
    Opaque,
    OpaqueDelta,
    Part,
    PartStopped,
    Reasoning,
    ReasoningDelta,
    Refusal,
    Reply,
    Started,
    Target,
    Text,
    TextDelta,
    ToolCall,
    ToolCallDelta,
    ToolCallStarted,
    Usage,
    UsageReported,
)
from providers.errors import StreamBroken, VendorGarbled, VendorOverloaded
from providers.vendors.anthropic import VENDOR
from providers.wires import wire
from providers.wires.anthropic.reply_out import write_reply
from providers.wires.anthropic.stream_out import MessageWriter
from providers.wires.base import fold

WIRE = wire("anthropic")
TARGET = Target(provider="anthropic", model="claude-opus-5", vendor=VENDOR)
CALL = Call(model="claude-opus-5", messages=())
SDK_EVENT: TypeAdapter[Any] = TypeAdapter(RawMessageStreamEvent)

SEARCH = {"type": "server_tool_use", "id": "srv_1", "name": "web_search", "input": {"query": "sun"}}
FOUND = {"type": "web_search_tool_result", "tool_use_id": "srv_1", "content": {"error_code": "unavailable"}}
CITED = {"type": "char_location", "cited_text": "sun", "document_index": 0}
USAGE = {
    "input_tokens": 5,
    "cache_read_input_tokens": 30,
    "cache_creation_input_tokens": 7,
    "output_tokens": 20,
    "output_tokens_details": {"thinking_tokens": 12},
    "service_tier": "standard",
}
CONTENT = [
    {"type": "thinking", "thinking": "", "signature": "sig"},
    {"type": "redacted_thinking", "data": "xyz"},
    SEARCH,
    FOUND,
    {"type": "text", "text": "The ☃ sun", "citations": [CITED]},
    {"type": "tool_use", "id": "toolu_1", "name": "look", "input": {"at": "sky"}},
    {"type": "tool_use", "id": "toolu_2", "name": "wait", "input": {}},
]
MESSAGE = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "claude-opus-5-20260101",
    "content": CONTENT,
    "stop_reason": "tool_use",
    "stop_sequence": None,
    "stop_details": None,
    "usage": USAGE,
}
PARTS: tuple[Part, ...] = (
    Reasoning(signature="sig"),
    Reasoning(encrypted="xyz"),
    Opaque(wire="anthropic", value=SEARCH),
    Opaque(wire="anthropic", value=FOUND),
    Text(text="The ☃ sun", extra={"citations": [CITED]}),
    ToolCall(id="toolu_1", name="look", arguments='{"at":"sky"}'),
    ToolCall(id="toolu_2", name="wait", arguments="{}"),
)
COUNTED = Usage(
    input=42, output=20, cached_input=30, cache_write_input=7, reasoning=12, extra={"service_tier": "standard"}
)


def sse(*events: dict[str, Any], end: str = "\n") -> bytes:
    """Frames as Anthropic sends them: named, and padded before the closing brace."""
    frames = []
    for event in events:
        text = json.dumps(event, ensure_ascii=False)
        frames.append(f"event: {event['type']}{end}data: {text[:-1]}      {text[-1]}{end}{end}")
    return "".join(frames).encode()


def block(index: int, start: dict[str, Any], *deltas: dict[str, Any]) -> list[dict[str, Any]]:
    pieces = [{"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas]
    opening = {"type": "content_block_start", "index": index, "content_block": start}
    return [opening, *pieces, {"type": "content_block_stop", "index": index}]


def arguments(text: str) -> dict[str, Any]:
    return {"type": "input_json_delta", "partial_json": text}


EARLY = {**USAGE, "output_tokens": 1, "output_tokens_details": None}
OPENING = {"type": "message_start", "message": {**MESSAGE, "content": [], "stop_reason": None, "usage": EARLY}}
LATE = {"input_tokens": 5, "output_tokens": 20, "output_tokens_details": {"thinking_tokens": 12}}
CLOSING = {"type": "message_delta", "delta": {"stop_reason": "tool_use", "stop_sequence": None}, "usage": LATE}
STOP = {"type": "message_stop"}
STREAM = sse(
    OPENING,
    {"type": "ping"},
    *block(0, {"type": "thinking", "thinking": "", "signature": ""}, {"type": "signature_delta", "signature": "sig"}),
    *block(1, {"type": "redacted_thinking", "data": "xyz"}),
    {"type": "a_new_event", "data": 1},
    *block(2, {**SEARCH, "input": {}}, arguments(""), arguments('{"query":'), arguments(' "sun"}')),
    *block(3, FOUND),
    *block(
        4,
        {"type": "text", "text": "", "citations": []},
        {"type": "citations_delta", "citation": CITED},
        {"type": "text_delta", "text": "The ☃ "},
        {"type": "text_delta", "text": "sun"},
        {"type": "a_new_delta", "x": 1},
    ),
    *block(
        5, {"type": "tool_use", "id": "toolu_1", "name": "look", "input": {}}, arguments('{"at":'), arguments('"sky"}')
    ),
    *block(6, {"type": "tool_use", "id": "toolu_2", "name": "wait", "input": {}}, arguments("")),
    CLOSING,
    STOP,
)


def read(data: bytes, cuts: Sequence[int] = ()) -> list[Event]:
    reader = WIRE.stream_reader(TARGET)
    events: list[Event] = []
    bounds = [0, *sorted(cuts), len(data)]
    for start, end in pairwise(bounds):
        events += reader.feed(data[start:end])
    return events + reader.close()


def test_a_whole_reply_and_a_stream_fold_into_the_same() -> None:
    whole = WIRE.read_reply(json.dumps(MESSAGE).encode(), TARGET)
    choice = Choice(index=0, parts=PARTS, finish=Finish.TOOL_CALLS, raw_finish="tool_use")
    assert whole == Reply(id="msg_1", model="claude-opus-5-20260101", choices=(choice,), usage=COUNTED)
    assert fold(read(STREAM)) == whole


@given(cuts=st.lists(st.integers(0, len(STREAM)), max_size=8))
def test_any_cut_gives_the_same_events(cuts: list[int]) -> None:
    assert read(STREAM, cuts) == read(STREAM)


def test_a_cut_after_every_byte_gives_the_same_events() -> None:
    assert read(STREAM, range(1, len(STREAM))) == read(STREAM)


@pytest.mark.parametrize(
    ("reason", "finish"),
    [
        ("end_turn", Finish.STOP),
        ("stop_sequence", Finish.STOP),
        ("max_tokens", Finish.LENGTH),
        ("model_context_window_exceeded", Finish.LENGTH),
        ("tool_use", Finish.TOOL_CALLS),
        ("pause_turn", Finish.PAUSE),
        ("compaction", Finish.PAUSE),
        ("refusal", Finish.REFUSAL),
        ("something_new", Finish.UNKNOWN),
    ],
)
def test_stop_reasons_are_understood_and_given_back(reason: str, finish: Finish) -> None:
    reply = WIRE.read_reply(json.dumps({**MESSAGE, "content": [], "stop_reason": reason}).encode(), TARGET)
    assert (reply.choices[0].finish, reply.choices[0].raw_finish) == (finish, reason)
    written = json.loads(WIRE.write_reply(reply))
    assert written["stop_reason"] == ("end_turn" if finish is Finish.UNKNOWN else reason)


def test_a_stop_sequence_and_its_company_survive() -> None:
    ends = {"stop_reason": "stop_sequence", "stop_sequence": "END", "container": {"id": "c_1"}}
    reply = WIRE.read_reply(json.dumps({**MESSAGE, **ends}).encode(), TARGET)
    assert reply.choices[0].extra == {"stop_sequence": "END", "container": {"id": "c_1"}}
    written = json.loads(WIRE.write_reply(reply))
    assert {name: written[name] for name in ends} == ends


def test_arguments_sent_whole_at_the_start_are_not_lost() -> None:
    call = {"type": "tool_use", "id": "t", "name": "look", "input": {"at": "sky"}}
    parts = fold(read(sse(OPENING, *block(0, call), CLOSING, STOP))).choices[0].parts
    assert parts == (ToolCall(id="t", name="look", arguments='{"at":"sky"}'),)


def test_usage_is_cumulative_and_a_late_zero_forgets_nothing() -> None:
    late = {**CLOSING, "usage": {"input_tokens": 0, "cache_read_input_tokens": None, "output_tokens": 9}}
    usage = fold(read(sse(OPENING, late, STOP))).usage
    assert usage is not None and (usage.input, usage.output, usage.cached_input) == (42, 9, 30)


def test_passes_of_compaction_are_counted_too() -> None:
    passes = [{"type": "compaction", "input_tokens": 1000, "output_tokens": 100}, {"type": "message", **LATE}]
    body = {**MESSAGE, "usage": {**USAGE, "iterations": passes}}
    usage = WIRE.read_reply(json.dumps(body).encode(), TARGET).usage
    assert usage is not None and (usage.input, usage.output) == (1042, 120)


def test_a_compaction_block_comes_out_whole() -> None:
    delta = {"type": "compaction_delta", "content": "Short."}
    parts = fold(read(sse(OPENING, *block(0, {"type": "compaction", "content": None}, delta), CLOSING, STOP)))
    assert parts.choices[0].parts == (Opaque(wire="anthropic", value={"type": "compaction", "content": "Short."}),)


def test_an_error_in_the_stream_ends_it() -> None:
    error = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    *_, last = read(sse(OPENING, error, CLOSING, STOP))
    assert isinstance(last, Failed) and isinstance(last.error, VendorOverloaded)


def test_a_stream_that_is_cut_is_broken_and_one_that_had_finished_is_not() -> None:
    *_, last = read(sse(OPENING))
    assert isinstance(last, Failed) and isinstance(last.error, StreamBroken)
    assert isinstance(read(sse(OPENING, CLOSING))[-1], Finished)
    assert isinstance(read(sse(OPENING, CLOSING, STOP).rstrip())[-1], Ended)


@pytest.mark.parametrize("frame", ["{", "[]", '{"type":"content_block_start"}', '{"type":"message_start","message":3}'])
def test_a_frame_that_cannot_be_read_is_garbled(frame: str) -> None:
    last = read(f"data: {frame}\n\n".encode())[-1]
    assert isinstance(last, Failed) and isinstance(last.error, VendorGarbled)


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b"{}", b'{"content":[1]}', b'{"content":[{"type":"text","text":1}]}']
)
def test_a_reply_that_cannot_be_read_is_garbled(body: bytes) -> None:
    with pytest.raises(VendorGarbled):
        WIRE.read_reply(body, TARGET)


def test_an_error_inside_a_200_is_raised() -> None:
    body = b'{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}'
    with pytest.raises(VendorOverloaded):
        WIRE.read_reply(body, TARGET)


# --- written for an Anthropic app ---------------------------------------------------------------


def test_a_reply_is_written_as_it_was_read() -> None:
    reply = WIRE.read_reply(json.dumps(MESSAGE).encode(), TARGET)
    written = json.loads(write_reply(reply, native=True))
    assert written == {name: value for name, value in MESSAGE.items() if name != "stop_details"}


def test_another_vendors_reply_is_a_valid_message() -> None:
    parts = (
        Reasoning(text="Hm"),
        Text(text=""),
        Refusal(text="No."),
        ToolCall(id="c", name="look", arguments="broken"),
    )
    choice = Choice(index=0, parts=parts, finish=Finish.STOP, raw_finish="stop")
    written = json.loads(WIRE.write_reply(Reply(id="", model="gpt", choices=(choice,))))
    SdkMessage.model_validate(written)
    assert [b["type"] for b in written["content"]] == ["thinking", "text", "tool_use"]
    assert written["stop_reason"] == "tool_use"  # or the app would not run its tool
    assert written["usage"]["input_tokens"] == 0
    assert written["id"].startswith("msg_")


@pytest.mark.parametrize("part", [Image(url="https://a.example"), Opaque(wire="openai", value={"audio": {"id": "a"}})])
def test_a_picture_or_sound_is_said_to_be_there(part: Part) -> None:
    choice = Choice(index=0, parts=(Text(text="Here."), part), finish=Finish.STOP)
    written = json.loads(WIRE.write_reply(Reply(id="1", model="m", choices=(choice,))))
    assert [block["type"] for block in written["content"]] == ["text", "text"]
    assert "cannot carry" in written["content"][1]["text"]


def test_what_ran_at_the_vendor_is_not_told_as_a_call_for_the_app() -> None:
    parts = (
        ToolCall(id="s", name="web_search", arguments="{}", kind="server"),
        Opaque(wire="responses", value={"type": "web_search_call"}),
        Text(text="Found."),
    )
    choice = Choice(index=0, parts=parts, finish=Finish.STOP)
    written = json.loads(WIRE.write_reply(Reply(id="1", model="m", choices=(choice,))))
    assert [block["type"] for block in written["content"]] == ["text"]
    assert written["stop_reason"] == "end_turn"


def write(events: Sequence[Event], *, one_by_one: bool = True, native: bool = False) -> bytes:
    writer = MessageWriter(CALL, native=native)
    steps = [[event] for event in events] if one_by_one else [events]
    return b"".join(writer.write(step) for step in steps) + writer.end()


def frames(data: bytes) -> list[dict[str, Any]]:
    """The events of ``data``, each checked against Anthropic's own types and order of blocks."""
    found = []
    for chunk in data.decode().removesuffix("\n\n").split("\n\n"):
        name, payload = chunk.split("\n")
        event = json.loads(payload.removeprefix("data: "))
        assert name == f"event: {event['type']}"
        if event == {"type": "ping"}:
            continue  # the types leave it out
        SDK_EVENT.validate_python(event)
        found.append(event)
    open_block, following = None, 0
    for event in found:
        match event["type"]:
            case "content_block_start":
                assert open_block is None and event["index"] == following
                open_block, following = event["index"], following + 1
            case "content_block_delta":
                assert event["index"] == open_block
            case "content_block_stop":
                assert event["index"] == open_block
                open_block = None
    assert [found[0]["type"], found[-2]["type"], found[-1]["type"]] == [
        "message_start",
        "message_delta",
        "message_stop",
    ]
    assert open_block is None
    return found


def test_a_stream_is_written_as_it_was_read() -> None:
    assert fold(read(write(read(STREAM), native=True))) == fold(read(STREAM))


def test_the_start_is_written_at_once_with_the_usage_that_came_with_it() -> None:
    writer = WIRE.stream_writer(CALL)
    first = writer.write([Started(id="m", model="x"), UsageReported(usage=Usage(input=3))])
    assert b'"input_tokens":3' in first and first.startswith(b"event: message_start\n")


def test_interleaved_tool_calls_come_out_one_after_the_other() -> None:
    events = [
        Started(id="m", model="x"),
        TextDelta(text="a"),
        ToolCallStarted(id="1", name="f", part=1),
        ToolCallStarted(id="2", name="g", part=2),
        ToolCallDelta(arguments='{"a":', part=1),
        ToolCallDelta(arguments='{"b":', part=2),
        TextDelta(text="z"),
        ToolCallDelta(arguments="1}", part=1),
        ToolCallDelta(arguments="2}", part=2),
        Finished(finish=Finish.STOP, raw="stop"),
        UsageReported(usage=Usage(input=3, output=4)),
        Ended(),
    ]
    written = write(events)
    found = frames(written)
    parts = fold(read(written)).choices[0].parts
    assert [part for part in parts if isinstance(part, ToolCall)] == [
        ToolCall(id="1", name="f", arguments='{"a":1}'),
        ToolCall(id="2", name="g", arguments='{"b":2}'),
    ]
    assert "".join(part.text for part in parts if isinstance(part, Text)) == "az"
    assert found[-2]["delta"]["stop_reason"] == "tool_use"
    assert found[-2]["usage"]["output_tokens"] == 4


def test_a_failure_is_an_error_event() -> None:
    frame = WIRE.stream_writer(CALL).fail(VendorOverloaded("busy"))
    assert frame.startswith(b"event: error\ndata: {") and b'"overloaded_error"' in frame
    assert b'"req_1"' in WIRE.write_stream_error(VendorOverloaded("busy"), request_id="req_1")


WORD = st.text(max_size=3)
PIECES = st.one_of(
    st.builds(TextDelta, text=WORD, part=st.just(0)),
    st.builds(TextDelta, text=WORD, part=st.just(4)),
    st.builds(ReasoningDelta, text=WORD, signature=st.none() | st.just("s"), part=st.just(1)),
    st.builds(ToolCallDelta, arguments=WORD, part=st.sampled_from([2, 3])),
    st.builds(PartStopped, part=st.sampled_from([0, 1, 2, 3])),
    st.builds(TextDelta, text=WORD, choice=st.just(1)),
)


@given(
    pieces=st.lists(PIECES, max_size=20), one_by_one=st.booleans(), first=st.integers(0, 20), second=st.integers(0, 20)
)
def test_whatever_order_parts_come_in_the_stream_is_well_formed(
    pieces: list[Event], one_by_one: bool, first: int, second: int
) -> None:
    events = [*pieces]
    events.insert(first, ToolCallStarted(id="1", name="f", part=2))
    events.insert(second, ToolCallStarted(id="2", name="g", part=3))
    found = frames(write([Started(id="m", model="x"), *events], one_by_one=one_by_one))
    wanted = "".join(e.text for e in events if isinstance(e, TextDelta) and e.choice == 0)
    deltas = [event["delta"] for event in found if event["type"] == "content_block_delta"]
    told = "".join(delta["text"] for delta in deltas if delta["type"] == "text_delta")
    assert sorted(told) == sorted(wanted)
    assert [e["content_block"]["type"] for e in found if e["type"] == "content_block_start"].count("tool_use") == 2


def test_in_a_stream_sound_is_said_once_and_a_foreign_tool_left_out() -> None:
    sound = [OpaqueDelta(wire="openai", value={"audio": {"data": "AAAA"}}, part=1) for _ in range(3)]
    search = ToolCallStarted(id="s", name="web_search", kind="server", part=2)
    told = frames(write([*sound, search, OpaqueDelta(wire="gemini", value={"executableCode": {}}, part=3)]))
    starts = [event["content_block"] for event in told if event["type"] == "content_block_start"]
    assert len(starts) == 1 and "cannot carry" in starts[0]["text"]

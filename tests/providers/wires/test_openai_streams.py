"""Streams read into events, and events written as the chunks OpenAI's clients read."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai.types.chat import ChatCompletionChunk

from providers.canonical import (
    Call,
    Ended,
    Failed,
    Finish,
    Finished,
    Reasoning,
    ReasoningDelta,
    Refusal,
    Started,
    Text,
    TextDelta,
    ToolCall,
    ToolCallDelta,
    ToolCallStarted,
    Usage,
    UsageReported,
)
from providers.errors import RateLimited, RequestRejected, StreamBroken, VendorFailed, VendorGarbled
from providers.wires.base import fold
from tests.providers.wires.openai_cast import (
    DONE,
    HELLO,
    STREAMS,
    TOOLS,
    USAGE,
    WIRE,
    call_piece,
    chunk,
    cut,
    frame,
    read,
    stream,
    target,
    target_with,
)


def failure(data: bytes) -> Exception:
    event = read([data])[-1]
    assert isinstance(event, Failed)
    return event.error


def test_a_stream_of_text_is_read() -> None:
    reply = fold(read([HELLO]))
    assert reply.choices[0].parts == (Text(text='Hello, wörld \n\nsay "usage":{} and error!'),)
    assert (reply.id, reply.model, reply.created) == ("chatcmpl-1", "gpt-4o-2024", 1_760_000_000)
    assert (reply.choices[0].finish, reply.choices[0].raw_finish) == (Finish.STOP, "stop")
    assert reply.usage == Usage(input=12, output=7)


def test_reasoning_and_parallel_calls_are_read() -> None:
    choice = fold(read([TOOLS])).choices[0]
    assert choice.parts == (
        Reasoning(text="Let me look."),
        ToolCall(id="call_a", name="weather", arguments='{"city":"Rome"}'),
        ToolCall(id="call_b", name="now", arguments="{}"),
    )
    assert choice.finish is Finish.TOOL_CALLS


@pytest.mark.parametrize("name", STREAMS)
@given(places=st.lists(st.integers(0, 5000), max_size=8))
def test_cutting_a_stream_anywhere_gives_the_same_events(name: str, places: list[int]) -> None:
    data = STREAMS[name]
    assert read(cut(data, places)) == read([data])


@pytest.mark.parametrize("name", STREAMS)
def test_a_stream_byte_by_byte_gives_the_same_events(name: str) -> None:
    data = STREAMS[name]
    assert read([data[at : at + 1] for at in range(len(data))]) == read([data])


def test_calls_without_index_or_id_get_stable_ids() -> None:
    data = stream(chunk(call_piece(None, {"a": 1}, name="f")), chunk(call_piece(None, '{"b":2}', name="g", id="")))
    first, second = fold(read([data])).choices[0].parts
    assert isinstance(first, ToolCall) and isinstance(second, ToolCall)
    assert (first.name, first.arguments, second.name, second.arguments) == ("f", '{"a":1}', "g", '{"b":2}')
    assert first.id and second.id and first.id != second.id
    assert fold(read(cut(data, range(0, 900, 7)))).choices[0].parts == (first, second)


def test_calls_that_all_say_index_0_are_told_apart_by_id() -> None:
    data = stream(chunk(call_piece(0, "{}", name="f", id="a")), chunk(call_piece(0, "{}", name="g", id="b")))
    assert [part.id for part in fold(read([data])).choices[0].parts if isinstance(part, ToolCall)] == ["a", "b"]


def test_null_names_and_ids_of_later_pieces_change_nothing() -> None:
    later = {
        "tool_calls": [{"index": 0, "id": None, "type": "function", "function": {"name": None, "arguments": "{}"}}]
    }
    data = stream(chunk(call_piece(0, name="f", id="a")), chunk(later), chunk({"content": None, "role": None}))
    assert fold(read([data])).choices[0].parts == (ToolCall(id="a", name="f", arguments="{}"),)


def test_a_forced_call_that_ends_with_stop_is_a_tool_call() -> None:
    finished = fold(read([stream(chunk(call_piece(0, "{}", name="f", id="a")), chunk({}, finish="stop"))])).choices[0]
    assert (finished.finish, finished.raw_finish) == (Finish.TOOL_CALLS, "stop")


def test_an_empty_finish_reason_is_none() -> None:
    events = read([stream(chunk({"content": "a"}, finish=""), chunk({"content": "b"}, finish=""))])
    assert [event for event in events if isinstance(event, Finished)] == [Finished(finish=Finish.UNKNOWN)]


def test_content_in_chunks_with_nested_thinking_is_read() -> None:
    def thinking(text: str) -> dict[str, Any]:
        return {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": text}]}]}

    data = stream(chunk(thinking("a")), chunk(thinking("b")), chunk({"content": [{"type": "text", "text": "c"}]}))
    assert fold(read([data])).choices[0].parts == (Reasoning(text="ab"), Text(text="c"))


def test_reasoning_details_keep_signature_and_encrypted_data_and_count_text_once() -> None:
    def detail(plain: str | None, **fields: Any) -> dict[str, Any]:
        return {"content": "", "reasoning": plain, "reasoning_details": [fields]}

    data = stream(
        chunk(detail("a", type="reasoning.text", text="a", index=0)),
        chunk(detail("b", type="reasoning.text", text="b", index=0)),
        chunk(detail(None, type="reasoning.text", signature="SIG", index=0)),
        chunk(detail(None, type="reasoning.encrypted", data="ENC", index=1)),
    )
    assert fold(read([data])).choices[0].parts == (
        Reasoning(text="ab", signature="SIG", extra={"type": "reasoning.text", "index": 0}),
        Reasoning(encrypted="ENC", extra={"type": "reasoning.encrypted", "index": 1}),
    )


def test_a_stream_with_cumulative_usage_and_no_terminator_ends_cleanly() -> None:
    usages = [{"prompt_tokens": 3, "completion_tokens": n, "total_tokens": 3 + n} for n in (1, 2)]
    whole = {"message": {"role": "assistant", "content": "ab"}}
    chunks = [chunk({"content": "a"}, usage=usages[0]), chunk({"content": "b"}, finish="stop", usage=usages[1])]
    for one in chunks:
        one["choices"][0] |= whole
    reply = fold(read([stream(*chunks, done=False)]))
    assert reply.choices[0].parts == (Text(text="ab"),)
    assert reply.usage == Usage(input=3, output=2)


def test_usage_that_only_the_vendors_own_field_has_is_read() -> None:
    events = read([stream(chunk({}, finish="stop", x_groq={"id": "r", "usage": USAGE}))])
    assert UsageReported(usage=Usage(input=12, output=7)) in events


def test_a_cut_stream_is_broken() -> None:
    assert isinstance(failure(HELLO[:700]), StreamBroken)
    assert isinstance(failure(frame(chunk({"content": "a"}))), StreamBroken)
    assert isinstance(failure(b""), StreamBroken)


def test_a_stream_cut_after_its_finish_reason_is_whole() -> None:
    events = read([stream(chunk({"content": "a"}), chunk({}, finish="stop"), done=False) + b'data: {"id":"ch'])
    assert not any(isinstance(event, Failed) for event in events)


def test_an_error_in_mid_stream_ends_it() -> None:
    error = {"error": {"message": "Upstream error", "code": 502}}
    events = read([frame(chunk({"content": "a"})) + frame(error) + frame(chunk({"content": "b"})) + DONE])
    assert [type(event) for event in events] == [Started, TextDelta, Failed]
    assert isinstance(events[-1], Failed) and isinstance(events[-1].error, VendorFailed)


def test_an_error_event_is_judged_by_what_it_says() -> None:
    body = {"error": {"message": "no such tool", "code": "tool_use_failed", "status_code": 400}}
    error = failure(b"event: error\n" + frame(body))
    assert isinstance(error, RequestRejected) and error.code == "tool_use_failed"


def test_a_stream_that_is_one_error_body_is_an_error() -> None:
    body = json.dumps({"error": {"message": "Rate limit exceeded", "code": 429}}, indent=1).encode()
    assert isinstance(failure(b"\n\n   " + body), RateLimited)


def test_a_whole_reply_where_a_stream_was_asked_for_is_read() -> None:
    body = {
        "id": "x",
        "model": "m",
        "choices": [{"message": {"content": "hi"}, "finish_reason": "stop"}],
        "usage": USAGE,
    }
    events = read(cut(b"\n" + json.dumps(body).encode(), [5, 9, 30]))
    assert events[-1] == Ended() and fold(events).choices[0].parts == (Text(text="hi"),)


def test_a_frame_that_is_no_json_is_garbled() -> None:
    assert isinstance(failure(frame(chunk({"content": "a"})) + b"data: {oops\n\n"), VendorGarbled)
    assert isinstance(failure(b"data: 3\n\n"), VendorGarbled)


# --- written ---------------------------------------------------------------------------------------


def written(events: Any, *, include_usage: bool = True) -> bytes:
    writer = WIRE.stream_writer(Call(model="m", messages=(), stream=True, include_usage=include_usage))
    return b"".join(writer.write([event]) for event in events) + writer.end()


def chunks_of(data: bytes) -> list[dict[str, Any]]:
    frames = data.removesuffix(DONE).split(b"\n\n")[:-1]
    return [json.loads(one.removeprefix(b"data: ")) for one in frames]


@pytest.mark.parametrize("name", STREAMS)
def test_what_is_written_reads_back_as_the_same_reply(name: str) -> None:
    reply = fold(read([STREAMS[name]]))
    data = written(read([STREAMS[name]]))
    assert fold(read([data])).choices == reply.choices
    assert fold(read([data])).usage == reply.usage
    for one in chunks_of(data):
        ChatCompletionChunk.model_validate(one, strict=True)


def test_the_role_comes_first_and_usage_last_without_choices() -> None:
    first, *_, last = chunks_of(written(read([HELLO])))
    assert first["choices"][0]["delta"] == {"role": "assistant", "content": ""}
    assert last["choices"] == [] and last["usage"]["total_tokens"] == 19


def test_usage_is_written_only_if_asked_for() -> None:
    assert not any("usage" in one for one in chunks_of(written(read([HELLO]), include_usage=False)))


def test_a_call_without_arguments_is_written_with_an_empty_object() -> None:
    events = [ToolCallStarted(id="a", name="f"), Finished(finish=Finish.TOOL_CALLS, raw="tool_use")]
    deltas = [one["choices"][0]["delta"] for one in chunks_of(written(events, include_usage=False))]
    assert "".join(call["function"]["arguments"] for delta in deltas for call in delta.get("tool_calls", ())) == "{}"


def test_signed_reasoning_makes_the_round_trip() -> None:
    events = [
        Started(id="r", model="m"),
        ReasoningDelta(text="th", part=0),
        ReasoningDelta(text="ink", part=0),
        ReasoningDelta(signature="SIG", part=0),
        ReasoningDelta(encrypted="ENC", part=1),
        TextDelta(text="hi", part=2),
        Finished(finish=Finish.STOP, raw="end_turn"),
    ]
    assert fold(read([written(events)])).choices[0].parts == fold(events).choices[0].parts


def test_finish_words_of_other_wires_become_openais() -> None:
    for finish, raw, word in (
        (Finish.STOP, "end_turn", "stop"),
        (Finish.LENGTH, "MAX_TOKENS", "length"),
        (Finish.REFUSAL, "refusal", "content_filter"),
        (Finish.TOOL_CALLS, "stop", "stop"),
        (Finish.UNKNOWN, "odd", "stop"),
    ):
        last = chunks_of(written([Finished(finish=finish, raw=raw)], include_usage=False))[-1]
        assert last["choices"][0]["finish_reason"] == word


def test_an_error_is_a_data_frame_and_ends_the_stream() -> None:
    writer = WIRE.stream_writer(Call(model="m", messages=(), include_usage=True))
    data = writer.write(
        [TextDelta(text="a"), Failed(error=RateLimited("slow down", vendor_status=429)), TextDelta(text="b")]
    )
    assert data.endswith(DONE) and b'"b"' not in data and writer.end() == b""
    assert json.loads(data.split(b"\n\n")[-3].removeprefix(b"data: "))["error"]["code"] == "rate_limit_exceeded"


def test_several_choices_each_get_their_role() -> None:
    events = [TextDelta(text="a", choice=0), TextDelta(text="b", choice=1)]
    roles = [
        one["choices"][0]["index"]
        for one in chunks_of(written(events))
        if one["choices"] and "role" in one["choices"][0]["delta"]
    ]
    assert roles == [0, 1]


def test_a_refusal_is_read_and_written() -> None:
    data = stream(chunk({"refusal": "I can"}), chunk({"refusal": "not"}), chunk({}, finish="stop"))
    choice = fold(read([data])).choices[0]
    assert choice.parts == (Refusal(text="I cannot"),) and choice.finish is Finish.REFUSAL
    assert fold(read([written(read([data]))])).choices == (choice,)


def test_a_vendor_whose_output_leaves_reasoning_out_is_corrected() -> None:
    usage = {
        "prompt_tokens": 10,
        "completion_tokens": 5,
        "total_tokens": 35,
        "completion_tokens_details": {"reasoning_tokens": 20},
    }
    where = target("xai", "grok-4.7")
    assert fold(read([stream(chunk({}, finish="stop", usage=usage))], where)).usage == Usage(
        input=10, output=25, reasoning=20
    )
    counted = {**usage, "completion_tokens": 25}
    assert fold(read([stream(chunk({}, finish="stop", usage=counted))], where)).usage == Usage(
        input=10, output=25, reasoning=20
    )


def test_reasoning_is_read_from_the_field_the_vendor_uses() -> None:
    where = target_with(reasoning_fields=("thoughts",))
    assert fold(read([stream(chunk({"thoughts": "x"}))], where)).choices[0].parts == (Reasoning(text="x"),)


def test_a_custom_call_streams_its_input() -> None:
    events = [
        ToolCallStarted(id="a", name="patch", kind="custom"),
        ToolCallDelta(arguments="*** Begin"),
        Finished(finish=Finish.TOOL_CALLS),
    ]
    data = written(events)
    assert fold(read([data])).choices[0].parts == (
        ToolCall(id="a", name="patch", arguments="*** Begin", kind="custom"),
    )

"""Cohere's wire towards Cohere: what it sends, what it reads of v2 and v1, at every cut."""

from __future__ import annotations

import contextlib
import itertools
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.canonical import (
    Audio,
    Call,
    Event,
    Failed,
    File,
    Finish,
    Image,
    Message,
    Opaque,
    OutputFormat,
    Reasoning,
    Reply,
    Target,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
)
from providers.errors import (
    ContentRefused,
    ContextTooLong,
    CredentialInvalid,
    ModelNotServed,
    QuotaExceeded,
    RateLimited,
    RequestRejected,
    Retry,
    StreamBroken,
    SwitchboardError,
    UnsupportedFeature,
    UpstreamError,
    VendorFailed,
    VendorGarbled,
    VendorTimeout,
)
from providers.vendors.cohere import VENDOR, read_models
from providers.wires.base import fold
from providers.wires.cohere import WIRE

TARGET = Target(provider="cohere", model="command-a-03-2025", vendor=VENDOR)
THINKER = Target(provider="cohere", model="command-a-plus-05-2026", vendor=VENDOR)
USAGE = {
    "billed_units": {"input_tokens": 11, "output_tokens": 3},
    "tokens": {"input_tokens": 506, "output_tokens": 40, "reasoning_tokens": 30},
    "cached_tokens": 448,
}
CITATION = {"start": 0, "end": 4, "text": "Rome", "sources": [{"type": "tool", "id": "a:0", "tool_output": {"x": 1}}]}


def event(kind: str, message: dict[str, Any] | None = None, **fields: Any) -> bytes:
    delta = {} if message is None else {"delta": {"message": message}}
    data = json.dumps({"type": kind, **fields, **delta}, ensure_ascii=False)
    return f"event: {kind}\ndata: {data}\n\n".encode()


def content(index: int, **block: str) -> bytes:
    return event("content-delta", {"content": block}, index=index)


def end(reason: str = "COMPLETE", **delta: Any) -> bytes:
    return event("message-end", delta={"finish_reason": reason, "usage": USAGE, **delta})


START = event("message-start", {"role": "assistant", "content": [], "tool_plan": "", "tool_calls": []}, id="m-1")
ANSWER = b"".join(
    (
        START,
        event("content-start", {"content": {"type": "thinking", "thinking": ""}}, index=0),
        content(0, thinking="Wärm? "),
        content(0, thinking="Yes."),
        event("content-end", index=0),
        event("content-start", {"content": {"type": "text", "text": ""}}, index=1),
        content(1, text="Rome"),
        event("citation-start", {"citations": CITATION}, index=0),
        event("citation-end", index=0),
        content(1, text=" is wärm."),
        event("content-end", index=1),
        end(),
        b"data: [DONE]\n\n",
    )
)
CALLS = b"".join(
    (
        START,
        event("tool-plan-delta", {"tool_plan": "I will "}),
        event("tool-plan-delta", {"tool_plan": "look."}),
        event(
            "tool-call-start",
            {"tool_calls": {"id": "w1", "type": "function", "function": {"name": "weather", "arguments": ""}}},
            index=0,
        ),
        event("tool-call-delta", {"tool_calls": {"function": {"arguments": '{"city":'}}}, index=0),
        event("tool-call-delta", {"tool_calls": {"function": {"arguments": '"Rome"}'}}}, index=0),
        event("tool-call-end", index=0),
        event("tool-call-start", {"tool_calls": {"id": "n1", "function": {"name": "now", "arguments": ""}}}, index=1),
        event("tool-call-end", index=1),
        end("TOOL_CALL"),
    )
)
V1 = b"".join(
    json.dumps(one).encode() + b"\n"
    for one in (
        {"event_type": "stream-start", "generation_id": "g-1", "is_finished": False},
        {"event_type": "text-generation", "text": "Ho"},
        {"event_type": "text-generation", "text": "la."},
        {
            "event_type": "stream-end",
            "finish_reason": "COMPLETE",
            "response": {"text": "Hola.", "meta": {"billed_units": {"input_tokens": 5.0}, "tokens": USAGE["tokens"]}},
        },
    )
)
STREAMS = {"answer": ANSWER, "calls": CALLS, "v1": V1, "crlf": ANSWER.replace(b"\n", b"\r\n")}


def read(*pieces: bytes, target: Target = TARGET) -> list[Event]:
    reader = WIRE.stream_reader(target)
    return [event for piece in pieces for event in reader.feed(piece)] + reader.close()


def outcome(*pieces: bytes) -> Reply | str:
    try:
        return fold(read(*pieces))
    except SwitchboardError as error:
        return repr(error)


def asked(*messages: Message, **fields: Any) -> Call:
    hi = Message(role="user", parts=(Text(text="Hi"),))
    return Call(model="m", messages=messages or (hi,), **fields)


def sent(call: Call, target: Target = TARGET) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(WIRE.write_request(call, target).content)
    return body


def test_an_answer_gives_thought_text_citations_and_real_usage() -> None:
    found = fold(read(ANSWER))
    thought, text = found.choices[0].parts
    assert isinstance(thought, Reasoning) and thought.text == "Wärm? Yes."
    assert isinstance(text, Text) and text.text == "Rome is wärm."
    assert found.choices[0].extra["message"] == {"citations": [CITATION]}
    usage = found.usage
    assert usage and (usage.input, usage.output, usage.cached_input, usage.reasoning) == (506, 40, 448, 30)
    assert usage.extra["billed_units"] == {"input_tokens": 11, "output_tokens": 3}
    assert (found.id, found.model) == ("m-1", "command-a-03-2025")


def test_a_tool_plan_is_reasoning_before_the_calls() -> None:
    choice = fold(read(CALLS)).choices[0]
    plan, first, second = choice.parts
    assert isinstance(plan, Reasoning) and plan.text == "I will look."
    assert isinstance(first, ToolCall) and (first.id, first.arguments) == ("w1", '{"city":"Rome"}')
    assert isinstance(second, ToolCall) and second.arguments == "{}"
    assert choice.finish is Finish.TOOL_CALLS


def test_the_older_api_is_read_when_it_answers() -> None:
    found = fold(read(V1))
    assert found.choices[0].parts == (Text(text="Hola."),) and found.usage and found.usage.input == 506
    calls = {"generation_id": "g", "text": "Plan.", "tool_calls": [{"name": "now", "parameters": {"a": 1}}], "meta": {}}
    whole = WIRE.read_reply(json.dumps(calls | {"finish_reason": "COMPLETE"}).encode(), TARGET)
    plan, call = whole.choices[0].parts
    assert isinstance(plan, Reasoning) and isinstance(call, ToolCall) and call.id and call.arguments == '{"a":1}'
    assert whole.choices[0].finish is Finish.TOOL_CALLS and whole.usage is None


def test_the_older_api_streams_tool_calls_whole() -> None:
    lines = [
        {"event_type": "stream-start", "generation_id": "g"},
        {"event_type": "tool-calls-chunk", "text": "Plan."},
        {"event_type": "tool-calls-generation", "text": "Plan.", "tool_calls": [{"name": "now", "parameters": {}}]},
        {"event_type": "stream-end", "finish_reason": "COMPLETE", "response": {"text": "Plan."}},
    ]
    found = fold(read(*(json.dumps(one).encode() + b"\n" for one in lines)))
    assert [type(part) for part in found.choices[0].parts] == [Reasoning, ToolCall]
    assert found.choices[0].parts[0].text == "Plan."  # type: ignore[union-attr]


@given(st.sampled_from(sorted(STREAMS)), st.lists(st.integers(0, 3000), max_size=12))
def test_a_stream_reads_the_same_however_it_is_cut(name: str, at: list[int]) -> None:
    data = STREAMS[name]
    places = [0, *sorted(place % (len(data) + 1) for place in at), len(data)]
    assert fold(read(*(data[a:b] for a, b in itertools.pairwise(places)))) == fold(read(data))


@given(st.sampled_from(["calls", "v1"]), st.integers(0, 3000))
def test_a_stream_that_ends_early_is_broken(name: str, at: int) -> None:
    data = STREAMS[name].rstrip()
    final = read(data[: at % len(data)])[-1]
    assert isinstance(final, Failed) and isinstance(final.error, StreamBroken)


def test_an_error_at_the_end_of_a_200_fails_the_stream() -> None:
    said = {"error": "your request resulted in an invalid tool generation.", "error_type": "INVALID_TOOL_GENERATION"}
    final = read(START, end("ERROR", **said))[-1]
    assert isinstance(final, Failed) and isinstance(final.error, VendorFailed)
    assert final.error.vendor_type == "INVALID_TOOL_GENERATION" and final.error.billed.output == 40
    late = read(START, content(0, text="a"), end("TIMEOUT"))[-1]
    assert isinstance(late, Failed) and isinstance(late.error, VendorTimeout)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (
            b'{"id":"x","message":"too many tokens: total number of tokens in the prompt cannot exceed 9"}',
            ContextTooLong,
        ),
        (b'{"id":"x","message":"\n', StreamBroken),
        (b"<html><title>Oops</title></html>", VendorFailed),
        (b"data: nope\n\n", VendorGarbled),
        (b'data: {"message":"internal server error"}\n\n', VendorFailed),
        (b"", StreamBroken),
    ],
)
def test_what_is_no_stream_fails(body: bytes, kind: type[UpstreamError]) -> None:
    final = read(body)[-1]
    assert isinstance(final, Failed) and type(final.error) is kind


def test_a_server_that_does_not_stream_is_read() -> None:
    whole = {"id": "m", "message": {"role": "assistant", "content": "Hi."}, "finish_reason": "COMPLETE", "usage": {}}
    for body in (json.dumps(whole).encode(), json.dumps(whole, indent=2).encode()):
        found = fold(read(body))
        assert found.choices[0].parts == (Text(text="Hi."),) and found.usage is None


@pytest.mark.parametrize("junk", [b"", b"nope", b"[]", b"{}", b'{"id":"x"}', b"3"])
def test_a_whole_reply_that_is_none_raises(junk: bytes) -> None:
    with pytest.raises((VendorGarbled, StreamBroken)):
        WIRE.read_reply(junk, TARGET)


@pytest.mark.parametrize(
    ("word", "finish"),
    [
        ("COMPLETE", Finish.STOP),
        ("STOP_SEQUENCE", Finish.STOP),
        ("MAX_TOKENS", Finish.LENGTH),
        ("NEWER", Finish.UNKNOWN),
    ],
)
def test_finish_reasons(word: str, finish: Finish) -> None:
    assert fold(read(START, content(0, text="a"), end(word))).choices[0].finish is finish


def test_logarithms_are_in_the_form_openais_apps_know() -> None:
    piece = {"text": "Hello", "token_ids": [1, 2], "logprobs": [-0.5, -0.25]}
    delta = event("content-delta", {"content": {"text": "Hello"}}, index=0, logprobs=piece)
    extra = fold(read(START, delta, end())).choices[0].extra
    assert extra["logprobs"]["content"][0]["logprob"] == -0.75 and extra["cohere_logprobs"] == [piece]


def test_a_request_has_coheres_names() -> None:
    call = asked(
        max_output=9,
        top_p=0.5,
        top_k=3,
        stop=("x",),
        seed=1,
        stream=True,
        output_format=OutputFormat(kind="json_schema", schema={"type": "object"}, name="n"),
        extra={"documents": ["d"], "safety_mode": "STRICT", "logprobs": True},
    )
    parts = WIRE.write_request(call, TARGET)
    assert parts.path == "/v2/chat" and parts.dropped == ()
    assert json.loads(parts.content) == {
        "model": "command-a-03-2025",
        "messages": [{"role": "user", "content": "Hi"}],
        "max_tokens": 9,
        "p": 0.5,
        "k": 3,
        "stop_sequences": ["x"],
        "seed": 1,
        "stream": True,
        "documents": ["d"],
        "safety_mode": "STRICT",
        "logprobs": True,
        "response_format": {"type": "json_object", "schema": {"type": "object"}},
    }


PLANNED = Message(role="assistant", parts=(Reasoning(text="Plan."), ToolCall(id="c", name="now", arguments="{}")))


def test_reasoning_before_calls_goes_back_as_the_plan_or_as_thinking() -> None:
    calls = [{"id": "c", "type": "function", "function": {"name": "now", "arguments": "{}"}}]
    assert sent(asked(PLANNED))["messages"] == [{"role": "assistant", "tool_plan": "Plan.", "tool_calls": calls}]
    block = {"type": "thinking", "thinking": "Plan."}
    assert sent(asked(PLANNED), THINKER)["messages"] == [{"role": "assistant", "content": [block], "tool_calls": calls}]


def test_thinking_a_model_cannot_take_back_is_dropped_by_name() -> None:
    thought = Message(role="assistant", parts=(Reasoning(text="Hm."), Text(text="Hi.")))
    parts = WIRE.write_request(asked(thought), TARGET)
    assert parts.dropped == ("messages.reasoning",)
    assert json.loads(parts.content)["messages"] == [{"role": "assistant", "content": "Hi."}]


def test_results_and_files_of_text_go_as_text() -> None:
    result = ToolResult(call_id="c", parts=(Text(text="a"), File(text="b", name="n")), is_error=True)
    assert sent(asked(Message(role="tool", parts=(result,))))["messages"] == [
        {
            "role": "tool",
            "tool_call_id": "c",
            "content": [{"type": "text", "text": text} for text in ("Error:", "a", "n:\nb")],
        }
    ]


TOOLS = (Tool(name="now", strict=True), Tool(name="then"))


def test_a_named_tool_is_the_only_one_shown_and_demanded() -> None:
    body = sent(asked(tools=TOOLS, tool_choice=ToolChoice(mode="named", name="then")))
    assert [tool["function"]["name"] for tool in body["tools"]] == ["then"] and body["tool_choice"] == "REQUIRED"
    with pytest.raises(RequestRejected):
        WIRE.write_request(asked(tools=TOOLS, tool_choice=ToolChoice(mode="named", name="never")), TARGET)


def test_tool_choices() -> None:
    assert sent(asked(tools=TOOLS, tool_choice=ToolChoice(mode="required")))["tool_choice"] == "REQUIRED"
    assert sent(asked(tools=TOOLS, tool_choice=ToolChoice(mode="none")))["tool_choice"] == "NONE"
    body = sent(asked(tools=TOOLS, tool_choice=ToolChoice(mode="auto")))
    assert "tool_choice" not in body and body["strict_tools"] is True


def test_thinking_is_on_or_off_and_its_level_is_lost() -> None:
    parts = WIRE.write_request(asked(thinking=Thinking(effort="high", budget=100)), THINKER)
    assert json.loads(parts.content)["thinking"] == {"type": "enabled", "token_budget": 100}
    assert parts.dropped == ("reasoning_effort",)
    assert sent(asked(thinking=Thinking(effort="none")), THINKER)["thinking"] == {"type": "disabled"}


@pytest.mark.parametrize(
    "call",
    [
        asked(n=2),
        asked(tools=(Opaque(wire="openai", value={"type": "custom"}),)),
        asked(Message(role="user", parts=(Audio(data="AA", format="wav"),))),
        asked(Message(role="user", parts=(File(data="AA", media_type="application/pdf"),))),
        asked(Message(role="user", parts=(Opaque(wire="gemini", value={}),))),
        asked(Message(role="tool", parts=(ToolResult(call_id="c", parts=(Image(url="https://x.test/a"),)),))),
        asked(extra={"top_logprobs": 3}),
        asked(extra={"modalities": ["audio"]}),
    ],
)
def test_what_cohere_cannot_do_is_refused_by_name(call: Call) -> None:
    with pytest.raises(UnsupportedFeature, match="Cohere"):
        WIRE.write_request(call, TARGET)


def test_knobs_it_does_not_know_are_dropped_by_name() -> None:
    call = asked(user="u", parallel_tool_calls=False, extra={"logit_bias": {"1": 2}, "store": True})
    dropped = ("logit_bias", "parallel_tool_calls", "store", "user")
    assert WIRE.write_request(call, TARGET).dropped == dropped


MONTH = "You are using a Trial key, which is limited to 1000 API calls / month."
MINUTE = "You are using a Trial key, which is limited to 20 API calls / minute."


@pytest.mark.parametrize(
    ("status", "message", "kind"),
    [
        (401, "invalid api token", CredentialInvalid),
        (498, "invalid token", CredentialInvalid),
        (404, "model 'x' not found, make sure the correct model ID was used", ModelNotServed),
        (429, MONTH, QuotaExceeded),
        (429, MINUTE, RateLimited),
        (402, "Please add or update your payment method to continue", QuotaExceeded),
        (400, "too many tokens: total number of tokens cannot exceed 2048 - received 6354", ContextTooLong),
        (400, "blocked input: please remove harmful content", ContentRefused),
        (422, "message must be at least 1 token long", RequestRejected),
        (500, "internal server error", VendorFailed),
    ],
)
def test_errors(status: int, message: str, kind: type[UpstreamError]) -> None:
    body = json.dumps({"id": "x", "message": message}).encode()
    error = WIRE.read_error(status, {"retry-after": "3"}, body, TARGET)
    assert type(error) is kind and error.retry_after == 3


def test_a_model_without_images_leaves_the_call_to_the_next_target() -> None:
    body = b'{"id":"x","message":"invalid request: image content is not supported for this model"}'
    error = WIRE.read_error(400, {}, body, TARGET)
    assert isinstance(error, RequestRejected)
    assert (error.code, error.retry) == ("unsupported_feature", Retry.NEXT_TARGET)


def test_the_vendors_list_is_read() -> None:
    assert read_models(b'{"models":[{"name":"a","endpoints":["chat"]},{"name":null}]}') == ["a"]
    with pytest.raises(ValueError, match="no list"):
        read_models(b"{}")


KEYS = ["type", "index", "id", "delta", "message", "content", "text", "thinking", "tool_plan", "tool_calls", "function"]
words = st.sampled_from(
    [*KEYS, "name", "arguments", "citations", "usage", "tokens", "finish_reason", "error", "logprobs"]
)
KINDS = ["message-start", "content-start", "content-delta", "tool-call-start", "citation-start", "message-end", "other"]
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=4),
    max_leaves=8,
)


@given(st.sampled_from(KINDS), st.dictionaries(words, anything, max_size=5))
def test_no_answer_makes_the_reader_crash(kind: str, value: dict[str, Any]) -> None:
    data = json.dumps(value).encode()
    read(START, b"event: %s\ndata: %s\n\n" % (kind.encode(), json.dumps({**value, "type": kind}).encode()), end())
    older = json.dumps({**value, "event_type": "stream-end"}).encode()
    read(older + b"\n" + data + b"\n")
    for body in (data, json.dumps({**value, "generation_id": "g"}).encode()):
        with contextlib.suppress(UpstreamError):
            WIRE.write_reply(WIRE.read_reply(body, TARGET))

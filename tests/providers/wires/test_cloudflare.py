"""Cloudflare's wire, both ways: the envelope, both forms of answer, requests, errors, pass-through."""

from __future__ import annotations

import contextlib
import itertools
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.canonical import (
    Audio,
    Call,
    Event,
    Failed,
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
    AccessDenied,
    ContextTooLong,
    CredentialInvalid,
    ModelNotServed,
    QuotaExceeded,
    RateLimited,
    RequestRejected,
    Retry,
    StreamBroken,
    UnsupportedFeature,
    UpstreamError,
    VendorFailed,
    VendorGarbled,
    VendorOverloaded,
    VendorTimeout,
)
from providers.vendors.cloudflare import VENDOR, read_models
from providers.wires.base import fold
from providers.wires.cloudflare import WIRE
from tests.providers.wires.test_ollama_app import junk, with_junk

MODEL = "@cf/meta/llama-3.3-70b-instruct-fp8-fast"
TARGET = Target(provider="cloudflare", model=MODEL, vendor=VENDOR)
USAGE = {"prompt_tokens": 20, "completion_tokens": 4, "total_tokens": 24}
DONE = b"data: [DONE]\n\n"


def frame(**fields: Any) -> bytes:
    return f"data: {json.dumps(fields, ensure_ascii=False)}\n\n".encode()


def chunk(delta: dict[str, Any], finish: str | None = None, **fields: Any) -> bytes:
    return frame(id="id-1", model="@cf/x/y", choices=[{"index": 0, "delta": delta, "finish_reason": finish}], **fields)


OWN = b"".join(
    (
        frame(response="", tool_calls=[], p="abc"),
        frame(response="Wärm", tool_calls=[], p="abcdefgh"),
        frame(response=12, p="a"),
        frame(response=True, p="a"),
        frame(),
        frame(response="", tool_calls=[{"name": "weather", "arguments": {"city": "Rome"}}]),
        frame(response="", usage=USAGE),
        DONE,
    )
)
LIKE_OPENAI = b"".join(
    (
        chunk({"role": "assistant", "reasoning_content": "Hm."}),
        chunk({"content": "Hi"}),
        chunk({"content": " there."}),
        chunk({}, "length", usage=USAGE),
        DONE,
    )
)
STREAMS = {"own": OWN, "openai": LIKE_OPENAI}


def read(*pieces: bytes) -> list[Event]:
    reader = WIRE.stream_reader(TARGET)
    return [event for piece in pieces for event in reader.feed(piece)] + reader.close()


def whole(result: Any, **fields: Any) -> Reply:
    body = {"result": result, "success": True, "errors": [], "messages": [], **fields}
    return WIRE.read_reply(json.dumps(body).encode(), TARGET)


def asked(*messages: Message, **fields: Any) -> Call:
    return Call(model="m", messages=messages or (Message(role="user", parts=(Text(text="Hi"),)),), **fields)


def sent(call: Call) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(WIRE.write_request(call, TARGET).content)
    return body


def test_its_own_form_is_read() -> None:
    found = fold(read(OWN))
    text, call = found.choices[0].parts
    assert isinstance(text, Text) and text.text == "Wärm12true"
    assert isinstance(call, ToolCall) and json.loads(call.arguments) == {"city": "Rome"} and call.id
    assert found.choices[0].finish is Finish.TOOL_CALLS and found.model == MODEL
    assert found.usage and (found.usage.input, found.usage.output) == (20, 4)


def test_openais_form_is_read() -> None:
    found = fold(read(LIKE_OPENAI))
    assert found.choices[0].parts == (Reasoning(text="Hm."), Text(text="Hi there."))
    assert found.choices[0].finish is Finish.LENGTH and (found.id, found.model) == ("id-1", "@cf/x/y")
    message = {"role": "assistant", "content": "Hi."}
    inside = whole({"id": "x", "choices": [{"index": 0, "message": message, "finish_reason": "stop"}], "usage": USAGE})
    assert inside.choices[0].parts == (Text(text="Hi."),) and inside.choices[0].finish is Finish.STOP


def test_an_object_where_json_was_asked_for_becomes_its_text() -> None:
    assert whole({"response": {"is_fruit": True}, "usage": USAGE}).choices[0].parts == (Text(text='{"is_fruit":true}'),)


def test_calls_without_ids_get_ones_of_their_own() -> None:
    calls = [{"name": "a", "arguments": {"x": 1}}, {"name": "a", "arguments": {"x": 1}}, {"name": "b", "arguments": {}}]
    ids = [part.id for part in whole({"response": None, "tool_calls": calls}).choices[0].parts]  # type: ignore[union-attr]
    again = [part.id for part in whole({"tool_calls": calls}).choices[0].parts]  # type: ignore[union-attr]
    assert ids == again and len(set(ids)) == 3


def test_what_the_vendor_does_not_say_is_unknown() -> None:
    found = whole({"response": "x"})
    assert found.usage is None and found.choices[0].finish is Finish.UNKNOWN


@given(st.sampled_from(sorted(STREAMS)), st.lists(st.integers(0, 2000), max_size=12))
def test_a_stream_reads_the_same_however_it_is_cut(name: str, at: list[int]) -> None:
    data = STREAMS[name]
    places = [0, *sorted(place % (len(data) + 1) for place in at), len(data)]
    assert fold(read(*(data[a:b] for a, b in itertools.pairwise(places)))) == fold(read(data))


@given(st.integers(0, len(OWN) - 5))
def test_a_stream_that_ends_early_is_broken(end: int) -> None:
    final = read(OWN.rstrip()[:end])[-1]
    assert isinstance(final, Failed) and isinstance(final.error, StreamBroken)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b'{"success":false,"errors":[{"code":3040,"message":"No more data centers"}]}', VendorOverloaded),
        (b'data: {"errors":[{"code":3036,"message":"used up"}]}\n\n', QuotaExceeded),
        (b'data: {"error":"boom"}\n\n', VendorFailed),
        (b"data: nope\n\n", VendorGarbled),
        (b"data: [1]\n\n", VendorGarbled),
        (b"<html></html>", VendorGarbled),
    ],
)
def test_an_error_inside_a_200_fails_the_stream(data: bytes, kind: type[UpstreamError]) -> None:
    final = read(data)[-1]
    assert isinstance(final, Failed) and type(final.error) is kind


@pytest.mark.parametrize("junk", [b"", b"nope", b"[]", b"{}", b'{"result":{},"success":true}', b'{"result":null}'])
def test_a_whole_reply_that_is_none_raises(junk: bytes) -> None:
    with pytest.raises(VendorGarbled):
        WIRE.read_reply(junk, TARGET)


def test_the_model_stands_in_the_path_and_nowhere_else() -> None:
    parts = WIRE.write_request(asked(max_output=9, stream=True, stop=("x",)), TARGET)
    assert parts.path == f"/run/{MODEL}"
    messages = [{"role": "user", "content": "Hi"}]
    assert json.loads(parts.content) == {"messages": messages, "max_tokens": 9, "stream": True, "stop": ["x"]}
    with pytest.raises(RequestRejected):
        WIRE.write_request(asked(), replace(TARGET, model="@cf/../../tokens"))


def test_text_is_a_string_and_pictures_make_a_list() -> None:
    two = Message(role="user", parts=(Text(text="a"), Text(text="b")))
    call = Message(role="assistant", parts=(ToolCall(id="c", name="n", arguments="{}"),))
    picture = Message(role="user", parts=(Text(text="a"), Image(url="https://x.test/a.png")))
    body = sent(asked(two, call, picture))
    assert [message["content"] for message in body["messages"][:2]] == ["a\n\nb", ""]
    assert [block["type"] for block in body["messages"][2]["content"]] == ["text", "image_url"]


TOOL = Tool(name="now", parameters={"type": "object"})


def test_tools_choices_and_formats() -> None:
    tools = [{"type": "function", "function": {"name": "now", "description": "", "parameters": {"type": "object"}}}]
    body = sent(asked(tools=(TOOL,), tool_choice=ToolChoice(mode="required")))
    assert body["tools"] == tools and body["tool_choice"] == "required"
    assert "tools" not in sent(asked(tools=(TOOL,), tool_choice=ToolChoice(mode="none")))
    schema = OutputFormat(kind="json_schema", schema={"type": "object"}, name="n", strict=True)
    assert sent(asked(output_format=schema))["response_format"] == {
        "type": "json_schema",
        "json_schema": {"type": "object"},
    }


@pytest.mark.parametrize(
    "call",
    [
        asked(n=2),
        asked(tools=(Opaque(wire="anthropic", value={"type": "web_search"}),)),
        asked(extra={"modalities": ["audio"]}),
        asked(extra={"web_search_options": {"a": 1}}),
        asked(extra={"documents": ["d"]}, wire="cohere"),
        asked(Message(role="user", parts=(Opaque(wire="gemini", value={"type": "x"}),))),
    ],
)
def test_what_workers_ai_cannot_do_is_refused(call: Call) -> None:
    with pytest.raises(UnsupportedFeature):
        WIRE.write_request(call, TARGET)


def test_knobs_it_does_not_know_are_dropped_by_name() -> None:
    call = asked(user="u", thinking=Thinking(enabled=True), extra={"logit_bias": {"1": 2}, "lora": "x"})
    parts = WIRE.write_request(call, TARGET)
    assert parts.dropped == ("logit_bias", "reasoning_effort", "user") and json.loads(parts.content)["lora"] == "x"


REQUEST: dict[str, Any] = {
    "stream": True,
    "max_tokens": 9,
    "repetition_penalty": 1.1,
    "response_format": {"type": "json_schema", "json_schema": {"type": "object", "properties": {}}},
    "tools": [{"name": "now", "description": "d", "parameters": {"type": "object"}}],
    "messages": [
        {"role": "user", "content": "What?"},
        {"role": "assistant", "content": "", "tool_calls": [{"name": "now", "arguments": {"a": 1}}]},
        {"role": "tool", "content": "noon"},
    ],
}


def test_a_request_read_and_written_again_means_the_same() -> None:
    call = WIRE.read_request(REQUEST)
    asks, answers = call.messages[1].parts[0], call.messages[2].parts[0]
    assert isinstance(asks, ToolCall) and isinstance(answers, ToolResult) and asks.id == answers.call_id
    body = sent(call)
    kept = ("stream", "max_tokens", "repetition_penalty", "response_format")
    assert {name: body[name] for name in kept} == {name: REQUEST[name] for name in kept}
    assert WIRE.read_request(body) == call


def test_a_prompt_is_a_message_of_the_user() -> None:
    assert WIRE.read_request({"prompt": "Hi"}).messages == (Message(role="user", parts=(Text(text="Hi"),)),)


PATHS = [
    *(("stream",), ("response_format",), ("response_format", "json_schema"), ("tools",), ("tools", 0), ("prompt",)),
    *(("messages",), ("messages", 0), ("messages", 0, "content"), ("messages", 1, "tool_calls"), ("model",)),
    *(("messages", 1, "tool_calls", 0), ("messages", 1, "tool_calls", 0, "id"), ("messages", 2, "tool_call_id")),
    *(("messages", 1, "tool_calls", 0, "arguments"), ("tools", 0, "parameters"), ("messages", 2, "role")),
]


@given(st.sampled_from(PATHS), junk)
def test_a_wrong_type_anywhere_is_refused_or_read_and_never_a_crash(path: tuple[Any, ...], value: Any) -> None:
    with contextlib.suppress(RequestRejected, UnsupportedFeature):
        WIRE.write_request(WIRE.read_request(with_junk(REQUEST, path, value)), TARGET)


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, 5007, ModelNotServed),
        (400, 7000, ModelNotServed),
        (403, 5018, AccessDenied),
        (429, 3036, QuotaExceeded),
        (429, 3040, VendorOverloaded),
        (408, 3007, VendorTimeout),
        (413, 5021, ContextTooLong),
        (400, 5006, RequestRejected),
        (401, 10_000, CredentialInvalid),
        (403, 7009, CredentialInvalid),
        (400, 6003, CredentialInvalid),
        (429, 99, RateLimited),
        (500, 3043, VendorFailed),
    ],
)
def test_errors_are_told_by_their_code(status: int, code: int, kind: type[UpstreamError]) -> None:
    body = {"success": False, "errors": [{"code": code, "message": "Something."}], "messages": [], "result": None}
    error = WIRE.read_error(status, {"retry-after": "2"}, json.dumps(body).encode(), TARGET)
    assert type(error) is kind and error.vendor_code == str(code) and error.retry_after == 2


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b'"x"', b'{"errors":"x"}', b'{"errors":[3]}', b'{"error":"x"}']
)
def test_any_body_makes_an_error(body: bytes) -> None:
    assert type(WIRE.read_error(502, {}, body, TARGET)) is VendorFailed


def test_what_the_model_cannot_do_is_left_to_the_next_target() -> None:
    body = b'{"errors":[{"message":"AiError: JSON Schema mode is not supported with stream mode.","code":5023}]}'
    error = WIRE.read_error(403, {}, body, TARGET)
    assert isinstance(error, RequestRejected)
    assert (error.status, error.code, error.retry) == (400, "unsupported_feature", Retry.NEXT_TARGET)


@pytest.mark.parametrize("name", sorted(STREAMS))
def test_what_is_written_is_read_the_same(name: str) -> None:
    events = read(STREAMS[name])
    found = fold(events)
    writer = WIRE.stream_writer(asked())
    out = b"".join(writer.write([event]) for event in events) + writer.end()
    for again in (fold(read(out)), WIRE.read_reply(WIRE.write_reply(found), TARGET)):
        assert again.choices[0].parts == found.choices[0].parts and again.choices[0].finish is found.choices[0].finish
        assert again.usage == found.usage


def test_a_failure_is_told_in_the_envelope() -> None:
    writer = WIRE.stream_writer(asked())
    assert writer.fail(VendorFailed("oh")).startswith(b'data: {"success":false') and writer.end() == DONE


@given(st.sampled_from(sorted(STREAMS)), st.integers(1, 200))
def test_pass_through_forwards_the_bytes_and_hears_the_usage(name: str, size: int) -> None:
    data = STREAMS[name]
    tap = WIRE.stream_tap(TARGET, include_usage=True)
    out = b"".join(tap.feed(data[at : at + size]) for at in range(0, len(data), size)) + tap.close()
    assert out + tap.end() == data and tap.end() == DONE
    assert tap.usage and tap.usage.input == 20 and tap.done and tap.error is None


def test_the_vendor_needs_an_account_and_lists_its_models() -> None:
    assert [setting.name for setting in VENDOR.settings] == ["account_id", "wire"] and VENDOR.settings[0].required
    assert read_models(b'{"result":[{"id":"u","name":"@cf/a/b"},{"name":1}],"success":true}') == ["@cf/a/b"]


def test_pass_through_leaves_the_model_out() -> None:
    parts = WIRE.patch_request({"model": "app", "prompt": "Hi"}, TARGET)
    assert parts.path.endswith(MODEL) and json.loads(parts.content) == {"prompt": "Hi"}


def test_audio_goes_as_openai_spells_it() -> None:
    body = sent(asked(Message(role="user", parts=(Audio(data="AA", format="wav"),))))
    assert body["messages"][0]["content"][0]["type"] == "input_audio"


words = st.sampled_from(
    ["response", "tool_calls", "name", "arguments", "function", "usage", "choices", "delta", "index"]
)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words | st.text(max_size=3), inner, max_size=4),
    max_leaves=8,
)


@given(st.dictionaries(words | st.sampled_from(["result", "errors", "success", "p"]), anything, max_size=5))
def test_no_answer_makes_the_reader_crash(value: dict[str, Any]) -> None:
    read(OWN[:60], b"data: " + json.dumps(value).encode() + b"\n\n", DONE)
    for body in (value, {"result": value}):
        with contextlib.suppress(UpstreamError):
            WIRE.write_reply(WIRE.read_reply(json.dumps(body).encode(), TARGET))

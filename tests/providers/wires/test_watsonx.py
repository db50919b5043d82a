"""watsonx.ai's chat: requests, streams with names of their own, and errors."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.canonical import Call, Failed, Finish, Message, Target, Text, Tool, ToolCall, ToolChoice
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
    VendorOverloaded,
)
from providers.vendors import vendor
from providers.wires.base import fold, wire
from providers.wires.watsonx import WIRE

OWNER = {"project_id": "p1", "api_version": "2025-09-10"}
HELLO = [{"role": "user", "content": "Hi"}]
TOOLS = [{"type": "function", "function": {"name": "now", "parameters": {"type": "object"}}}]


def target(model: str = "ibm/granite-4-h-small", **settings: str) -> Target:
    return Target(provider="watsonx", model=model, vendor=vendor("watsonx"), settings={**OWNER, **settings})


def sent(body: dict[str, Any], where: Target | None = None) -> tuple[str, dict[str, Any]]:
    parts = WIRE.patch_request({"model": "m", "messages": HELLO, **body}, where or target())
    return parts.path, json.loads(parts.content)


def test_the_body_names_model_and_owner_and_the_path_the_version() -> None:
    path, body = sent({"temperature": 0.5})
    assert path == "/ml/v1/text/chat?version=2025-09-10"
    assert body == {"model_id": "ibm/granite-4-h-small", "project_id": "p1", "messages": HELLO, "temperature": 0.5}


def test_a_stream_is_another_path_and_not_a_field() -> None:
    path, body = sent({"stream": True, "stream_options": {"include_usage": True}})
    assert path == "/ml/v1/text/chat_stream?version=2025-09-10"
    assert "stream" not in body and "stream_options" not in body


def test_a_deployment_has_its_model_and_owner_already() -> None:
    path, body = sent({"stream": True}, target("deployment/d-1"))
    assert path == "/ml/v1/deployments/d-1/text/chat_stream?version=2025-09-10"
    assert body == {"messages": HELLO}


@pytest.mark.parametrize("model", ["deployment/", "deployment/..", "deployment/a/b"])
def test_a_deployment_that_would_lead_elsewhere_is_none(model: str) -> None:
    with pytest.raises(RequestRejected) as caught:
        sent({}, target(model))
    assert caught.value.param == "model"


@pytest.mark.parametrize("word", ["auto", "none", "required"])
def test_a_choice_in_a_word_is_an_option(word: str) -> None:
    _, body = sent({"tools": TOOLS, "tool_choice": word})
    assert body["tool_choice_option"] == word and "tool_choice" not in body


def test_a_named_function_is_a_choice() -> None:
    named = {"type": "function", "function": {"name": "now"}}
    _, body = sent({"tools": TOOLS, "tool_choice": named})
    assert body["tool_choice"] == named and "tool_choice_option" not in body


@pytest.mark.parametrize("choice", ["sometimes", 7, [], {"type": "function"}, {"type": "function", "function": 1}])
def test_a_malformed_choice_is_named(choice: Any) -> None:
    with pytest.raises(RequestRejected) as caught:
        sent({"tool_choice": choice})
    assert caught.value.param == "tool_choice"


@pytest.mark.parametrize(
    "body",
    [
        {"tool_choice": {"type": "allowed_tools", "allowed_tools": {}}},
        {"tools": [{"type": "custom", "custom": {"name": "x"}}]},
        {"modalities": ["text", "audio"]},
    ],
)
def test_what_it_cannot_do_is_refused(body: dict[str, Any]) -> None:
    with pytest.raises(UnsupportedFeature):
        sent(body)


def test_a_stop_word_is_a_list_and_knobs_it_has_not_are_named() -> None:
    parts = WIRE.patch_request({"model": "m", "messages": HELLO, "stop": "x", "user": "u", "store": True}, target())
    assert json.loads(parts.content)["stop"] == ["x"] and parts.dropped == ("store", "user")


def test_another_dialects_call_is_written_the_same_way() -> None:
    call = Call(
        model="m",
        messages=(Message(role="developer", parts=(Text(text="Be brief."),)),),
        wire="anthropic",
        tools=(Tool(name="now"),),
        tool_choice=ToolChoice(mode="required"),
        stream=True,
    )
    parts = WIRE.write_request(call, target(space_id="s1"))
    body = json.loads(parts.content)
    assert parts.path.startswith("/ml/v1/text/chat_stream?") and body["space_id"] == "s1"
    assert body["tool_choice_option"] == "required" and body["messages"][0]["role"] == "system"


def test_it_carries_openais_bodies() -> None:
    assert wire("watsonx").dialect == "openai"


# --- streams ------------------------------------------------------------------------------------


def frame(choices: list[Any], number: int = 1, **more: Any) -> bytes:
    chunk = {"id": "c1", "model_id": "ibm/g", "model": "ibm/g", "created": 1, "choices": choices, **more}
    return f"id: {number}\nevent: message\ndata: {json.dumps(chunk)}\n\n".encode()


def said(text: str | None = None, finish: str | None = None, **delta: Any) -> list[Any]:
    told = {**({} if text is None else {"content": text}), **delta}
    return [{"index": 0, "finish_reason": finish, "delta": told}]


USAGE = {"prompt_tokens": 5, "completion_tokens": 7, "total_tokens": 12}
CALLED = [{"index": 0, "id": "t1", "type": "function", "function": {"name": "now", "arguments": "{}"}}]
STREAM = frame(said("Hel")) + frame(said("lo\nthere"), 2) + frame(said("", "stop"), 3) + frame([], 4, usage=USAGE)
ERROR = b'id: 3\nevent: error\ndata: {"errors":[{"code":"model_not_supported","message":"no"}],"status_code":404}\n\n'


def cut(data: bytes, places: list[int]) -> list[bytes]:
    edges = sorted({min(place, len(data)) for place in places} | {0, len(data)})
    return [data[a:b] for a, b in itertools.pairwise(edges)]


def read(data: bytes, *places: int) -> list[Any]:
    reader = WIRE.stream_reader(target())
    events = [event for piece in cut(data, list(places)) for event in reader.feed(piece)]
    return [*events, *reader.close()]


@given(st.lists(st.integers(0, len(STREAM)), max_size=8))
def test_a_stream_cut_anywhere_says_the_same(places: list[int]) -> None:
    reply = fold(read(STREAM, *places))
    (choice,) = reply.choices
    assert [part.text for part in choice.parts if isinstance(part, Text)] == ["Hello\nthere"]
    assert choice.finish is Finish.STOP and reply.usage is not None and reply.usage.output == 7


@given(st.lists(st.integers(0, len(STREAM)), max_size=8))
def test_apps_get_frames_without_names_and_a_terminator(places: list[int]) -> None:
    tap = WIRE.stream_tap(target(), include_usage=True)
    out = b"".join(tap.feed(piece) for piece in cut(STREAM, places)) + tap.close() + tap.end()
    assert tap.error is None and b"event:" not in out and b"\nid:" not in b"\n" + out
    assert out.count(b"data: ") == 5 and out.endswith(b"data: [DONE]\n\n")
    assert tap.usage is not None and tap.usage.input == 5 and tap.finish is Finish.STOP


@given(st.integers(0, len(frame(said("Hel")) + frame(said("lo"))) + 40))
def test_a_stream_without_its_finish_is_broken(place: int) -> None:
    events = read(STREAM[:place])
    assert isinstance(events[-1], Failed) and isinstance(events[-1].error, StreamBroken)


@given(st.lists(st.integers(0, 500), max_size=8))
def test_an_error_in_mid_stream_ends_it(places: list[int]) -> None:
    data = frame(said("Hel")) + ERROR + frame(said("never"))
    events = read(data, *places)
    assert isinstance(events[-1], Failed) and isinstance(events[-1].error, ModelNotServed)
    assert sum(isinstance(event, Failed) for event in events) == 1
    tap = WIRE.stream_tap(target(), include_usage=False)
    out = b"".join(tap.feed(piece) for piece in cut(data, places)) + tap.close()
    assert isinstance(tap.error, ModelNotServed) and b"never" not in out and b"Hel" in out


@pytest.mark.parametrize("shape", [b'{"errors":[{"code":"internal_error","message":"boom"}]}', b"<html>502</html>"])
def test_one_body_instead_of_a_stream_is_its_error(shape: bytes) -> None:
    (event,) = read(shape, 3, 9)
    assert isinstance(event, Failed) and isinstance(event.error, UpstreamError)
    tap = WIRE.stream_tap(target(), include_usage=False)
    assert tap.feed(shape) + tap.close() == b"" and tap.error is not None


def test_a_text_about_errors_is_no_error() -> None:
    data = frame(said('{"errors": [1]} is an error')) + frame(said("", "stop"))
    reply = fold(read(data))
    assert [part.text for part in reply.choices[0].parts if isinstance(part, Text)] == ['{"errors": [1]} is an error']


def test_tool_calls_come_as_openais() -> None:
    reply = fold(read(frame(said(tool_calls=CALLED)) + frame(said(finish="tool_calls"))))
    assert [part.name for part in reply.choices[0].parts if isinstance(part, ToolCall)] == ["now"]


# --- errors -------------------------------------------------------------------------------------


def refusal(code: str, message: str = "m", status: int = 400) -> bytes:
    return json.dumps({"errors": [{"code": code, "message": message}], "trace": "t", "status_code": status}).encode()


LONG = "the number of input tokens 9000 cannot exceed the total tokens limit 8192 for this model"
CODES = [
    (401, refusal("authentication_token_expired"), CredentialInvalid),
    (403, refusal("authentication_token_not_valid"), CredentialInvalid),
    (403, refusal("token_quota_reached", "This request exceeds the quota of this month."), QuotaExceeded),
    (429, refusal("rate_limit_reached_requests", "8 requests per second"), RateLimited),
    (429, refusal("token_quota_reached", "rate limit of tokens per minute"), RateLimited),
    (404, refusal("model_not_supported", "Model 'x' is not supported"), ModelNotServed),
    (400, refusal("invalid_input_argument", LONG), ContextTooLong),
    (400, refusal("invalid_request_entity", "Token sequence length is longer than the limit"), ContextTooLong),
    (400, refusal("invalid_input_argument", "temperature must be below 2"), RequestRejected),
    (403, refusal("no_associated_service_instance_error"), AccessDenied),
    (500, refusal("downstream_request_failed"), VendorFailed),
    (503, refusal("downstream_request_failed"), VendorOverloaded),
    (401, b"", CredentialInvalid),
    (502, b"<html><title>Bad Gateway</title></html>", VendorFailed),
    (500, b"[]", VendorFailed),
]


@pytest.mark.parametrize(("status", "body", "kind"), CODES)
def test_a_refusal_is_told_by_its_code(status: int, body: bytes, kind: type[UpstreamError]) -> None:
    error = WIRE.read_error(status, {"retry-after": "4"}, body, target())
    assert type(error) is kind and error.vendor_status == status and error.retry_after == 4


def test_a_model_without_tools_sends_the_call_on() -> None:
    error = WIRE.read_error(400, {}, refusal("model_no_support_for_function", "no tools"), target())
    assert (error.code, error.retry) == ("unsupported_feature", Retry.NEXT_TARGET)


def test_a_200_that_holds_an_error_is_one() -> None:
    body = refusal("token_quota_reached")
    with pytest.raises(QuotaExceeded):
        WIRE.read_reply(body, target())
    assert isinstance(WIRE.tap_reply(body, target()).error, QuotaExceeded)
    fine = {"choices": [{"message": {"content": '"errors"'}, "finish_reason": "stop"}], "usage": USAGE}
    assert WIRE.tap_reply(json.dumps(fine).encode(), target()).error is None


def test_the_list_of_models_is_read() -> None:
    read_models = vendor("watsonx").read_models
    assert read_models is not None and read_models(b'{"resources":[{"model_id":"ibm/g"},{}]}') == ["ibm/g"]

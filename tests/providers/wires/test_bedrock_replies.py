"""Converse's answers, whole and streamed: what apps get of them, wherever the stream is cut or broken."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from providers.canonical import (
    Ended,
    Failed,
    Finish,
    Image,
    Opaque,
    Reasoning,
    Reply,
    Text,
    ToolCall,
    Usage,
    UsageReported,
)
from providers.errors import (
    AccessDenied,
    ContentRefused,
    ContextTooLong,
    CredentialInvalid,
    ModelNotServed,
    QuotaExceeded,
    RateLimited,
    RequestRejected,
    StreamBroken,
    UpstreamError,
    VendorFailed,
    VendorGarbled,
    VendorOverloaded,
    VendorTimeout,
)
from providers.wires.base import fold
from tests.golden.aws_frames import delta, event, exception
from tests.providers.wires.bedrock_cast import (
    BEGIN,
    CLAUDE,
    HELLO,
    TOOLS,
    USAGE,
    WIRE,
    call,
    ending,
    events,
    piece,
    stopped,
    target,
)

COUNTED = Usage(input=11, output=3, cached_input=3, cache_write_input=2)


def whole(*blocks: dict[str, Any], stop: str = "end_turn", **more: Any) -> Reply:
    body = {"output": {"message": {"role": "assistant", "content": list(blocks)}}, "stopReason": stop, "usage": USAGE}
    return WIRE.read_reply(json.dumps({**body, **more}).encode(), target())


def failure(body: bytes) -> Exception:
    last = events(body)[-1]
    assert isinstance(last, Failed), last
    return last.error


def test_a_whole_reply() -> None:
    reply = whole({"text": "Hello there."}, metrics={"latencyMs": 5})
    assert (reply.model, reply.usage) == (CLAUDE, COUNTED)
    assert reply.choices[0].parts == (Text(text="Hello there."),)
    assert reply.choices[0].finish is Finish.STOP


def test_a_stream_tells_the_same_as_the_whole_reply() -> None:
    reply = fold(events(HELLO))
    assert reply.choices == whole({"text": "Hello there."}).choices
    assert reply.usage == COUNTED
    assert isinstance(events(HELLO)[-1], Ended)


def test_tools_called_side_by_side_keep_their_arguments_apart() -> None:
    choice = fold(events(TOOLS)).choices[0]
    assert choice.parts == (
        Reasoning(text="Two cities.", signature="c2ln"),
        Text(text="Let me look."),
        ToolCall(id="tooluse_a", name="get_weather", arguments='{"city": "Paris"}'),
        ToolCall(id="tooluse_b", name="get_time", arguments="{}"),
    )
    assert choice.finish is Finish.TOOL_CALLS


@pytest.mark.parametrize("body", [HELLO, TOOLS])
@given(cuts=st.lists(st.integers(0, len(TOOLS)), max_size=10))
@settings(max_examples=60, deadline=None)
def test_it_does_not_matter_where_a_stream_is_cut(body: bytes, cuts: list[int]) -> None:
    assert events(body, [min(one, len(body)) for one in cuts]) == events(body)


def test_byte_by_byte_is_no_different() -> None:
    assert events(TOOLS, list(range(1, len(TOOLS)))) == events(TOOLS)


@given(st.integers(0, len(HELLO) - len(ending("end_turn"))))
@settings(max_examples=60, deadline=None)
def test_a_stream_that_ends_early_is_broken(end: int) -> None:
    assert isinstance(failure(HELLO[:end]), StreamBroken)


def test_a_stream_without_metadata_is_finished_all_the_same() -> None:
    told = events(BEGIN + delta("Hi.") + stopped(0) + event("messageStop", {"stopReason": "end_turn"}))
    assert fold(told).usage is None
    assert fold(told).choices[0].finish is Finish.STOP


@pytest.mark.parametrize(
    ("reason", "finish"),
    [
        ("end_turn", Finish.STOP),
        ("stop_sequence", Finish.STOP),
        ("max_tokens", Finish.LENGTH),
        ("model_context_window_exceeded", Finish.LENGTH),
        ("tool_use", Finish.TOOL_CALLS),
        ("guardrail_intervened", Finish.CONTENT_FILTER),
        ("content_filtered", Finish.CONTENT_FILTER),
        ("malformed_tool_use", Finish.ERROR),
        ("something_new", Finish.UNKNOWN),
    ],
)
def test_why_it_stopped(reason: str, finish: Finish) -> None:
    streamed = fold(events(BEGIN + delta("x") + stopped(0) + ending(reason))).choices[0]
    assert (whole({"text": "x"}, stop=reason).choices[0].finish, streamed.finish) == (finish, finish)
    assert streamed.raw_finish == reason


def test_a_tool_call_that_ends_the_turn_is_a_tool_call() -> None:
    block = {"toolUse": {"toolUseId": "t", "name": "f", "input": {}}}
    assert whole(block).choices[0].finish is Finish.TOOL_CALLS


def test_what_the_vendors_own_tools_did_is_no_call_of_the_apps() -> None:
    use = {"toolUse": {"toolUseId": "s", "name": "nova_grounding", "input": {"q": 1}, "type": "server_tool_use"}}
    result = {"toolResult": {"toolUseId": "s", "type": "nova_grounding_result", "content": [{"text": "r"}]}}
    choice = whole(use, result, {"text": "So."}).choices[0]
    assert choice.parts[0] == ToolCall(id="s", name="nova_grounding", arguments='{"q":1}', kind="server")
    assert choice.parts[1] == Opaque(wire="bedrock_converse", value={"type": "toolResult", **result})
    assert choice.finish is Finish.STOP


def test_a_streamed_result_of_the_vendors_own_tool_is_put_together() -> None:
    begun = event(
        "contentBlockStart", {"contentBlockIndex": 0, "start": {"toolResult": {"toolUseId": "s", "status": "success"}}}
    )
    body = BEGIN + begun + piece(0, toolResult=[{"text": "a"}]) + piece(0, toolResult=[{"text": "b"}]) + stopped(0)
    part = fold(events(body + ending("end_turn"))).choices[0].parts[0]
    assert isinstance(part, Opaque)
    assert part.value["toolResult"]["content"] == [{"text": "a"}, {"text": "b"}]


def test_citations_ride_along_with_their_text() -> None:
    block = {"citationsContent": {"content": [{"text": "20 days"}], "citations": [{"title": "policy"}]}}
    streamed = BEGIN + delta("20 days") + piece(0, citation={"title": "policy"}) + stopped(0) + ending("end_turn")
    wanted = Text(text="20 days", extra={"citationsContent": {"citations": [{"title": "policy"}]}})
    assert whole(block).choices[0].parts == fold(events(streamed)).choices[0].parts == (wanted,)


def test_a_picture_that_was_made_is_a_picture() -> None:
    block = {"image": {"format": "png", "source": {"bytes": "AAAA"}}}
    assert whole(block).choices[0].parts == (Image(data="AAAA", media_type="image/png"),)


def test_no_usage_is_none_and_not_zero() -> None:
    assert fold(events(BEGIN + delta("x") + stopped(0) + ending("end_turn", None))).usage is None


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b"null", b"<html>", b'{"output":{"message":{"content":[7]}}}', b"{"]
)
def test_a_reply_that_cannot_be_read_is_garbled(body: bytes) -> None:
    with pytest.raises(VendorGarbled):
        WIRE.read_reply(body, target())
    assert WIRE.tap_reply(body, target()).error is not None


@given(st.lists(st.binary(max_size=50), max_size=6))
def test_random_bytes_give_a_failure_and_no_exception(pieces: list[bytes]) -> None:
    reader = WIRE.stream_reader(target())
    told = [one for piece in pieces for one in reader.feed(piece)] + reader.close()
    assert [type(one) for one in told] == [Failed]


@pytest.mark.parametrize("damage", [(10, VendorGarbled), (len(BEGIN) + 30, VendorGarbled)])
def test_a_wrong_checksum_is_garbage(damage: tuple[int, type[Exception]]) -> None:
    place, kind = damage
    body = bytearray(HELLO)
    body[place] ^= 1
    assert isinstance(failure(bytes(body)), kind)


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("contentBlockDelta", {"contentBlockIndex": "x", "delta": {"text": "t"}}),
        ("contentBlockDelta", {"contentBlockIndex": 0}),
        ("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": 5}}),
        ("contentBlockStart", {"contentBlockIndex": 0, "start": {"toolUse": {"name": 7}}}),
        ("contentBlockStop", {}),
    ],
)
def test_a_frame_of_another_form_is_garbage(name: str, fields: dict[str, Any]) -> None:
    assert isinstance(failure(BEGIN + event(name, fields)), VendorGarbled)


@pytest.mark.parametrize(
    ("name", "message", "kind"),
    [
        ("throttlingException", "Too many tokens, please wait before trying again.", RateLimited),
        ("serviceUnavailableException", "Try again later.", VendorOverloaded),
        ("modelStreamErrorException", "The model broke.", VendorFailed),
        ("internalServerException", "Oops.", VendorFailed),
        ("validationException", "Input is too long for requested model.", ContextTooLong),
    ],
)
def test_an_exception_in_the_stream_is_the_same_error(name: str, message: str, kind: type[Exception]) -> None:
    body = BEGIN + delta("Hel") + exception(name, message)
    error = failure(body)
    assert type(error) is kind
    assert str(error) == message
    assert len(events(body + delta("lo"))) == len(events(body))  # nothing counts behind it


@pytest.mark.parametrize(
    ("status", "name", "message", "kind"),
    [
        (429, "ThrottlingException", "Too many requests, please wait before trying again.", RateLimited),
        (429, "ThrottlingException", "Too many tokens per day, please wait before trying again.", QuotaExceeded),
        (400, "ServiceQuotaExceededException", "Your request exceeds the service quota.", QuotaExceeded),
        (503, "ServiceUnavailableException", "Too many connections, please wait.", VendorOverloaded),
        (429, "ModelNotReadyException", "The model is not ready for inference.", VendorOverloaded),
        (408, "ModelTimeoutException", "The model took too long.", VendorTimeout),
        (424, "ModelErrorException", "The model broke.", VendorFailed),
        (500, "InternalServerException", "Oops.", VendorFailed),
        (404, "ResourceNotFoundException", "Could not resolve the foundation model.", ModelNotServed),
        (400, "ValidationException", "The provided model identifier is invalid.", ModelNotServed),
        (
            400,
            "ValidationException",
            "Invocation of model ID x with on-demand throughput isn’t supported. Retry your request with the ID or ARN",
            ModelNotServed,
        ),
        (400, "ValidationException", "Input is too long for requested model.", ContextTooLong),
        (400, "ValidationException", "The model returned: prompt is too long: 208310 tokens > 200000", ContextTooLong),
        (400, "ValidationException", "Output blocked by content filtering policy", ContentRefused),
        (400, "ValidationException", "Operation not allowed", AccessDenied),
        (400, "ValidationException", "messages.0: extraneous key [x] is not permitted", RequestRejected),
        (403, "AccessDeniedException", "You don't have access to the model with the specified model ID.", AccessDenied),
        (403, "AccessDeniedException", "User x is not authorized to perform: bedrock:InvokeModel", AccessDenied),
        (
            403,
            "AccessDeniedException",
            "Authentication failed: Please make sure your API Key is valid.",
            CredentialInvalid,
        ),
        (403, "UnrecognizedClientException", "The security token included is invalid.", CredentialInvalid),
        (403, "ExpiredTokenException", "The security token included in the request is expired", CredentialInvalid),
        (403, "InvalidSignatureException", "The request signature we calculated does not match", CredentialInvalid),
        (403, "InvalidSignatureException", "Signature expired: 20250130 is now earlier than", AccessDenied),
    ],
)
@pytest.mark.parametrize("where", ["header", "type", "coral"])
def test_every_refusal_has_its_own_verdict(
    status: int, name: str, message: str, kind: type[Exception], where: str
) -> None:
    headers = {"x-amzn-errortype": f"{name}:http://internal.amazon.com/coral/"} if where == "header" else {}
    body = {"header": {"message": message}, "type": {"__type": name, "Message": message}}.get(
        where, {"__type": f"com.amazon.coral.service#{name}", "message": message}
    )
    error = WIRE.read_error(status, headers, json.dumps(body).encode(), target())
    assert type(error) is kind
    assert (error.message, error.vendor_status, error.vendor_code) == (message, status, name)


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (403, b"", AccessDenied),
        (429, b"", RateLimited),
        (503, b"<html><title>Busy</title></html>", VendorOverloaded),
        (500, b'"oops"', VendorFailed),
        (502, b"[1]", VendorFailed),
        (400, b'{"message":"Input is too long for requested model."}', ContextTooLong),
        (404, b'{"Output":{"__type":"com.amazon.coral.service#UnknownOperationException"}}', VendorFailed),
    ],
)
def test_a_refusal_without_a_name_goes_by_status_and_words(status: int, body: bytes, kind: type[Exception]) -> None:
    assert type(WIRE.read_error(status, {}, body, target())) is kind


@given(st.integers(400, 599), st.binary(max_size=80), st.text(max_size=20))
def test_no_refusal_is_too_strange(status: int, body: bytes, name: str) -> None:
    error = WIRE.read_error(status, {"x-amzn-errortype": name}, body, target())
    assert isinstance(error, UpstreamError)
    assert error.message


def test_no_credential_stands_in_a_message() -> None:
    message = (
        "The request signature we calculated does not match. Credential=AKIAABCDEFGHIJKLMNOP/x, ABSKQmVkcm9ja0FQSQ== "
        "The Canonical String for this request should have been 'POST\nx-amz-security-token:IQoJb3JpZ2luX2VjE'"
    )
    error = WIRE.read_error(403, {"x-amzn-errortype": "InvalidSignatureException"}, _json(message=message), target())
    assert not any(secret in error.message for secret in ("AKIA", "ABSK", "IQoJ"))


def _json(**fields: Any) -> bytes:
    return json.dumps(fields).encode()


def test_a_200_with_an_error_inside_is_the_error() -> None:
    body = _json(message="Input is too long for requested model.", __type="ValidationException")
    with pytest.raises(ContextTooLong):
        WIRE.read_reply(body, target())
    assert isinstance(failure(body), ContextTooLong)


def test_a_vendor_that_does_not_stream_is_read_all_the_same() -> None:
    body = _json(output={"message": {"content": [{"text": "Hi."}]}}, stopReason="end_turn", usage=USAGE)
    assert fold(events(body, [3, 9])).choices[0].parts == (Text(text="Hi."),)


def test_a_tap_lets_frames_through_as_they_came() -> None:
    tap = WIRE.stream_tap(target(), include_usage=True)
    out = b"".join(tap.feed(TOOLS[at : at + 5]) for at in range(0, len(TOOLS), 5)) + tap.close()
    assert out + tap.end() == TOOLS
    assert out != TOOLS
    assert (tap.usage, tap.finish, tap.done, tap.error) == (COUNTED, Finish.TOOL_CALLS, True, None)
    assert tap.output_chars == len('Two cities.Let me look.{"city": "Paris"}{}')


def test_a_tap_stops_at_an_error_and_at_a_cut() -> None:
    tap = WIRE.stream_tap(target(), include_usage=True)
    assert tap.feed(BEGIN + exception("throttlingException", "Slow down.") + HELLO) == BEGIN
    assert isinstance(tap.error, RateLimited)
    cut = WIRE.stream_tap(target(), include_usage=True)
    cut.feed(HELLO[:200])
    cut.close()
    assert isinstance(cut.error, StreamBroken)


@pytest.mark.parametrize("body", [HELLO, TOOLS])
def test_what_is_written_is_read_again_the_same(body: bytes) -> None:
    told = events(body)
    writer = WIRE.stream_writer(call())
    again = fold(events(writer.write(told) + writer.end()))
    reply = fold(told)
    assert again.choices == reply.choices
    assert again.usage == reply.usage
    whole_again = WIRE.read_reply(WIRE.write_reply(reply), target())
    assert [part for part in whole_again.choices[0].parts if not isinstance(part, ToolCall)] == [
        part for part in reply.choices[0].parts if not isinstance(part, ToolCall)
    ]
    assert whole_again.choices[0].finish is reply.choices[0].finish


def test_an_error_is_written_as_bedrock_would_send_it() -> None:
    error = RateLimited("Slow down.")
    assert json.loads(WIRE.write_error(error, request_id="r")) == {
        "__type": "ThrottlingException",
        "message": "Slow down.",
    }
    assert type(failure(BEGIN + WIRE.write_stream_error(error, request_id="r"))) is RateLimited


def test_usage_comes_once_and_before_the_end() -> None:
    kinds = [type(one) for one, _ in itertools.groupby(events(HELLO), key=type)]
    assert kinds
    assert sum(isinstance(one, UsageReported) for one in events(HELLO)) == 1

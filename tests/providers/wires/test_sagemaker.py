"""SageMaker's endpoints: the container's own words, in AWS's frames."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from providers.canonical import (
    Call,
    Event,
    Failed,
    Finish,
    Image,
    Message,
    OutputFormat,
    Target,
    Text,
    Tool,
    ToolCall,
    Usage,
)
from providers.errors import (
    ContextTooLong,
    CredentialInvalid,
    ModelNotServed,
    RateLimited,
    RequestRejected,
    StreamBroken,
    UnsupportedFeature,
    VendorFailed,
    VendorGarbled,
    VendorOverloaded,
)
from providers.vendors import vendor
from providers.wires import wire
from providers.wires.base import fold
from tests.golden.aws_frames import exception, payload_part

WIRE = wire("sagemaker")
SSE = (
    "".join(
        f"data: {json.dumps(one)}\n\n"
        for one in (
            {"id": "c", "model": "m", "choices": [{"index": 0, "delta": {"role": "assistant", "content": "Hel"}}]},
            {"id": "c", "model": "m", "choices": [{"index": 0, "delta": {"content": "lo."}}]},
            {"id": "c", "model": "m", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
            {"id": "c", "model": "m", "choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 3}},
        )
    ).encode()
    + b"data: [DONE]\n\n"
)
TGI = b"".join(
    b"data:" + json.dumps(one).encode() + b"\n\n"
    for one in (
        {"token": {"id": 1, "text": "Hel", "special": False}, "generated_text": None, "details": None},
        {"token": {"id": 2, "text": "lo.", "special": False}, "generated_text": None, "details": None},
        {
            "token": {"id": 3, "text": "</s>", "special": True},
            "generated_text": "Hello.",
            "details": {"finish_reason": "eos_token", "generated_tokens": 3, "input_length": 9},
        },
    )
)


def target(**settings: str) -> Target:
    return Target(provider="sagemaker", model="llama", vendor=vendor("sagemaker"), settings=settings)


CHAT, TEXTS = target(), target(body="text-generation")


def framed(data: bytes, size: int) -> bytes:
    return b"".join(payload_part(data[at : at + size]) for at in range(0, len(data), size))


def events(body: bytes, cuts: list[int] | None = None, *, to: Target = CHAT) -> list[Event]:
    reader = WIRE.stream_reader(to)
    places = itertools.pairwise([0, *sorted(cuts or []), len(body)])
    return [one for a, b in places for one in reader.feed(body[a:b])] + reader.close()


def said(role: Any, *texts: str) -> Message:
    return Message(role=role, parts=tuple(Text(text=text) for text in texts))


def call(*messages: Message, **more: Any) -> Call:
    return Call(model="m", messages=messages or (said("user", "Hi."),), **more)


def body_of(asked: Call, to: Target = TEXTS) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(WIRE.write_request(asked, to).content)
    return found


def test_the_endpoint_stands_in_the_address_and_not_in_the_body() -> None:
    parts = WIRE.write_request(call(max_output=5), CHAT)
    assert parts.path == "/endpoints/llama/invocations"
    assert json.loads(parts.content) == {"messages": [{"role": "user", "content": "Hi."}], "max_tokens": 5}
    assert WIRE.write_request(call(stream=True), CHAT).path == "/endpoints/llama/invocations-response-stream"


def test_a_container_that_wants_a_name_gets_the_settings() -> None:
    assert body_of(call(), target(served_model="tgi"))["model"] == "tgi"


@pytest.mark.parametrize(("data", "to"), [(SSE, CHAT), (TGI, TEXTS)])
@given(size=st.integers(1, 60), cuts=st.lists(st.integers(0, 4000), max_size=8))
@settings(max_examples=40, deadline=None)
def test_neither_frames_nor_cuts_matter(data: bytes, to: Target, size: int, cuts: list[int]) -> None:
    body = framed(data, size)
    reply = fold(events(body, [min(one, len(body)) for one in cuts], to=to))
    assert reply.choices[0].parts == (Text(text="Hello."),)
    assert reply.choices[0].finish is Finish.STOP
    assert (reply.usage and reply.usage.input, reply.usage and reply.usage.output) == (9, 3)


@pytest.mark.parametrize(("data", "to"), [(SSE, CHAT), (TGI, TEXTS)])
def test_a_container_that_streams_bare_is_read_too(data: bytes, to: Target) -> None:
    assert fold(events(data, [5], to=to)).choices[0].parts == (Text(text="Hello."),)


@pytest.mark.parametrize("to", [CHAT, TEXTS])
@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", StreamBroken),
        (framed(SSE[:60], 20), StreamBroken),
        (payload_part(SSE[:20])[:40], StreamBroken),
        (b"\x00\x00\x00\x10" + b"\x00" * 20, VendorGarbled),
        (exception("ModelStreamError", "The container broke."), VendorFailed),
        (exception("InternalStreamFailure", "Oops."), VendorFailed),
    ],
)
def test_what_breaks_a_stream(body: bytes, kind: type[Exception], to: Target) -> None:
    last = events(body, to=to)[-1]
    assert isinstance(last, Failed)
    assert type(last.error) is kind


def test_a_text_generation_stream_that_is_cut_is_broken() -> None:
    last = events(framed(TGI[:150], 20), to=TEXTS)[-1]
    assert isinstance(last, Failed)
    assert isinstance(last.error, StreamBroken)


def test_an_error_amid_text_generation() -> None:
    body = payload_part(b'data:{"error":"Model is overloaded","error_type":"overloaded"}\n\n')
    last = events(body, to=TEXTS)[-1]
    assert isinstance(last, Failed)
    assert type(last.error) is VendorOverloaded


@given(st.lists(st.binary(max_size=50), max_size=6), st.sampled_from([CHAT, TEXTS]))
def test_random_bytes_give_a_failure_and_no_exception(pieces: list[bytes], to: Target) -> None:
    reader = WIRE.stream_reader(to)
    told = [one for piece in pieces for one in reader.feed(piece)] + reader.close()
    assert any(isinstance(one, Failed) for one in told)


def test_one_message_is_the_prompt_itself() -> None:
    body = body_of(call(said("user", "<s>[INST] Hi. [/INST]"), max_output=5, temperature=0.0, top_p=1.0, seed=3))
    assert body == {
        "inputs": "<s>[INST] Hi. [/INST]",
        "parameters": {"return_full_text": False, "max_new_tokens": 5, "do_sample": False, "seed": 3},
    }


def test_a_conversation_becomes_a_transcript() -> None:
    body = body_of(
        call(said("system", "Be brief."), said("user", "Hi."), said("assistant", "Yes?"), said("user", "Go."))
    )
    assert body["inputs"] == "Be brief.\n\nUser: Hi.\n\nAssistant: Yes?\n\nUser: Go.\n\nAssistant:"
    assert body["parameters"]["stop"] == ["\n\nUser:"]


@pytest.mark.parametrize(
    "asked",
    [
        call(tools=(Tool(name="f"),)),
        call(output_format=OutputFormat(kind="json_object")),
        call(n=2),
        call(extra={"logprobs": True}),
        call(Message(role="user", parts=(Image(url="data:image/png;base64,AAAA"),))),
        call(Message(role="assistant", parts=(ToolCall(id="a", name="f", arguments="{}"),))),
    ],
)
def test_text_generation_has_text_only(asked: Call) -> None:
    with pytest.raises(UnsupportedFeature):
        body_of(asked)


def test_knobs_that_text_generation_does_not_know_are_named() -> None:
    asked = call(user="u", presence_penalty=0.5, extra={"logit_bias": {}})
    assert set(WIRE.write_request(asked, TEXTS).dropped) == {"user", "presence_penalty", "logit_bias"}


@pytest.mark.parametrize(
    "body",
    [
        [{"generated_text": "Hello."}],
        {"generated_text": "Hello."},
        [[{"generated_text": "Hello."}]],
        [{"generation": {"role": "assistant", "content": "Hello."}}],
    ],
)
def test_the_shapes_of_generated_text(body: Any) -> None:
    reply = WIRE.read_reply(json.dumps(body).encode(), TEXTS)
    assert reply.choices[0].parts == (Text(text="Hello."),)
    assert reply.usage is None


def test_generated_text_tells_why_it_stopped_and_counts() -> None:
    details = {"finish_reason": "length", "generated_tokens": 3, "prefill": [{}, {}]}
    reply = WIRE.read_reply(json.dumps([{"generated_text": "x", "details": details}]).encode(), TEXTS)
    assert (reply.choices[0].finish, reply.usage) == (Finish.LENGTH, Usage(input=2, output=3))


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"null", b"<html>", b'[{"generated_text":7}]'])
def test_a_reply_that_cannot_be_read_is_garbled(body: bytes) -> None:
    with pytest.raises(VendorGarbled):
        WIRE.read_reply(body, TEXTS)
    assert WIRE.tap_reply(body, TEXTS).error is not None


@pytest.mark.parametrize(
    "body",
    [
        {"inputs": "Hi.", "parameters": {"temperature": 0.1, "top_p": 0.9, "max_new_tokens": 128, "do_sample": True}},
        {"inputs": "Hi.", "parameters": {"stop": ["x"], "top_k": 4, "seed": 1}, "stream": True},
        {"inputs": "Hi."},
    ],
)
def test_a_text_generation_request_read_and_written_again_is_the_same(body: dict[str, Any]) -> None:
    assert body_of(WIRE.read_request(body)) == body
    assert json.loads(WIRE.patch_request(body, TEXTS).content) == body


def test_a_chat_request_read_and_written_again_is_the_same() -> None:
    body = {"messages": [{"role": "user", "content": "Hi."}], "max_tokens": 5, "best_of": 2, "temperature": 0.5}
    assert body_of(WIRE.read_request(body), CHAT) == body


@pytest.mark.parametrize(
    "body",
    [{"inputs": 5}, {"inputs": "x", "parameters": []}, {"inputs": "x", "parameters": {"stop": 5}}, {"messages": 5}, {}],
)
def test_a_malformed_request_is_refused_by_name(body: dict[str, Any]) -> None:
    with pytest.raises(RequestRejected) as caught:
        WIRE.read_request(body)
    assert caught.value.param


@pytest.mark.parametrize(
    ("status", "name", "fields", "kind"),
    [
        (400, "ValidationError", {"Message": "Endpoint llama of account 123 not found."}, ModelNotServed),
        (400, "ThrottlingException", {"message": "Rate exceeded"}, RateLimited),
        (503, "ServiceUnavailable", {"Message": "Busy"}, VendorOverloaded),
        (500, "InternalFailure", {"Message": "Oops"}, VendorFailed),
        (403, "UnrecognizedClientException", {"message": "The security token is invalid"}, CredentialInvalid),
        (424, "ModelError", {"Message": "Received server error (500)", "OriginalStatusCode": 500}, VendorFailed),
        (
            424,
            "ModelError",
            {
                "OriginalStatusCode": 400,
                "OriginalMessage": '{"error":{"message":"This model\'s maximum context length is 4096 tokens."}}',
            },
            ContextTooLong,
        ),
        (424, "ModelError", {"OriginalStatusCode": 422, "OriginalMessage": '{"error":"bad field"}'}, RequestRejected),
        (424, "ModelError", {"OriginalStatusCode": 401, "OriginalMessage": '{"error":"no key"}'}, VendorFailed),
        (424, "ModelError", {"OriginalStatusCode": 429, "OriginalMessage": '{"error":"busy"}'}, VendorOverloaded),
    ],
)
def test_every_refusal_has_its_own_verdict(
    status: int, name: str, fields: dict[str, Any], kind: type[Exception]
) -> None:
    error = WIRE.read_error(status, {"x-amzn-errortype": name}, json.dumps(fields).encode(), CHAT)
    assert type(error) is kind


@pytest.mark.parametrize(("data", "to"), [(SSE, CHAT), (TGI, TEXTS)])
def test_a_tap_lets_the_bytes_through(data: bytes, to: Target) -> None:
    tap = WIRE.stream_tap(to, include_usage=True)
    body = framed(data, 25)
    assert tap.feed(body[:70]) + tap.feed(body[70:]) + tap.close() + tap.end() == body
    assert (tap.done, tap.error, tap.finish, tap.output_chars) == (True, None, Finish.STOP, 6)
    cut = WIRE.stream_tap(to, include_usage=True)
    cut.feed(body[:200])
    cut.close()
    assert isinstance(cut.error, StreamBroken)

"""Claude over InvokeModel: Anthropic's bodies, with the model in the address and the stream in AWS's frames."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from providers.canonical import Call, Event, Failed, File, Finish, Image, Text, ToolCall, ToolResult, Usage
from providers.errors import (
    CredentialInvalid,
    RateLimited,
    StreamBroken,
    UnsupportedFeature,
    VendorGarbled,
    VendorOverloaded,
)
from providers.vendors.bedrock import wire_for
from providers.wires import wire
from providers.wires.base import fold
from tests.golden.aws_frames import chunk, event, exception
from tests.providers.wires import bedrock_cast
from tests.providers.wires.bedrock_cast import CLAUDE, call, target, user

WIRE = wire("bedrock_invoke")
METRICS = {"inputTokenCount": 9, "outputTokenCount": 3, "invocationLatency": 5, "firstByteLatency": 2}


def stream(*, usage: bool = True) -> bytes:
    told = {"usage": {"input_tokens": 9, "output_tokens": 1}} if usage else {}
    ended = {"usage": {"output_tokens": 3}} if usage else {}
    begun = {"id": "msg_bdrk_1", "type": "message", "role": "assistant", "model": "claude", "content": [], **told}
    pieces: list[dict[str, Any]] = [
        {"type": "message_start", "message": begun},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hello"}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": " there."}},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, **ended},
        {"type": "message_stop", "amazon-bedrock-invocationMetrics": METRICS},
    ]
    return b"".join(chunk(one) for one in pieces)


def events(body: bytes, cuts: list[int] | None = None) -> list[Event]:
    return bedrock_cast.events(body, cuts, of=WIRE)


def body_of(asked: Call, **settings: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(WIRE.write_request(asked, target(**settings)).content)
    return found


def test_model_and_stream_go_into_the_address() -> None:
    parts = WIRE.write_request(call(stream=True, max_output=5), target())
    assert parts.path == f"/model/{CLAUDE}/invoke-with-response-stream"
    assert json.loads(parts.content) == {
        "anthropic_version": "bedrock-2023-05-31",
        "max_tokens": 5,
        "messages": [{"role": "user", "content": [{"type": "text", "text": "Say hello."}]}],
    }


def test_an_anthropic_apps_body_changes_no_more_than_it_must() -> None:
    given = {"model": "x", "stream": False, "max_tokens": 5, "messages": [], "top_k": 4, "service_tier": "auto"}
    parts = WIRE.patch_request({**given, "betas": ["a-1", "b-2"]}, target())
    assert parts.path == f"/model/{CLAUDE}/invoke"
    assert parts.dropped == ("service_tier",)
    assert json.loads(parts.content) == {
        "anthropic_version": "bedrock-2023-05-31",
        "max_tokens": 5,
        "messages": [],
        "top_k": 4,
        "anthropic_beta": ["a-1", "b-2"],
    }


def test_the_guardrail_travels_in_headers() -> None:
    parts = WIRE.write_request(call(max_output=5), target(guardrail_id="abc1", guardrail_version="2"))
    assert dict(parts.headers) == {
        "x-amzn-bedrock-guardrailidentifier": "abc1",
        "x-amzn-bedrock-guardrailversion": "2",
    }


@pytest.mark.parametrize(
    "part",
    [
        Image(url="https://example.com/a.png"),
        File(url="https://example.com/a.pdf"),
        File(file_id="f"),
        ToolResult(call_id="t", parts=(Image(url="https://example.com/a.png"),)),
    ],
)
def test_bedrock_fetches_nothing(part: Any) -> None:
    with pytest.raises(UnsupportedFeature):
        body_of(call(user(part), max_output=5))


def test_a_stream_is_unwrapped() -> None:
    reply = fold(events(stream()))
    assert reply.id == "msg_bdrk_1"
    assert reply.choices[0].parts == (Text(text="Hello there."),)
    assert (reply.usage and reply.usage.input, reply.usage and reply.usage.output) == (9, 3)


def test_bedrocks_own_count_is_used_where_the_message_told_none() -> None:
    assert fold(events(stream(usage=False))).usage == Usage(input=9, output=3)


@given(st.lists(st.integers(0, len(stream())), max_size=10))
@settings(max_examples=60, deadline=None)
def test_it_does_not_matter_where_a_stream_is_cut(cuts: list[int]) -> None:
    assert events(stream(), cuts) == events(stream())


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (stream()[:900], StreamBroken),
        (b"", StreamBroken),
        (stream()[:900] + b"\x00" * 2000, VendorGarbled),
        (event("chunk", {"bytes": "???"}), VendorGarbled),
        (event("chunk", {}), VendorGarbled),
        (event("chunk", {"bytes": "WzFd"}), VendorGarbled),  # [1]
        (exception("throttlingException", "Slow down."), RateLimited),
        (chunk({"type": "error", "error": {"type": "overloaded_error", "message": "Busy"}}), VendorOverloaded),
        (b'{"message":"Too many requests","__type":"ThrottlingException"}', RateLimited),
    ],
)
def test_what_breaks_a_stream(body: bytes, kind: type[Exception]) -> None:
    last = events(body)[-1]
    assert isinstance(last, Failed)
    assert type(last.error) is kind
    tap = WIRE.stream_tap(target(), include_usage=True)
    if not body.startswith(b"{"):
        tap.feed(body)
        tap.close()
        assert type(tap.error) is kind


@given(st.lists(st.binary(max_size=50), max_size=6))
def test_random_bytes_give_a_failure_and_no_exception(pieces: list[bytes]) -> None:
    reader = WIRE.stream_reader(target())
    told = [one for piece in pieces for one in reader.feed(piece)] + reader.close()
    assert any(isinstance(one, Failed) for one in told)


def test_an_anthropic_app_gets_server_sent_events() -> None:
    tap = WIRE.stream_tap(target(), include_usage=True)
    body = stream()
    out = b"".join(tap.feed(body[at : at + 11]) for at in range(0, len(body), 11)) + tap.close() + tap.end()
    assert out.startswith(b"event: message_start\ndata: {")
    assert out.endswith(b'event: message_stop\ndata: {"type":"message_stop"}\n\n')
    assert (tap.done, tap.error, tap.finish) == (True, None, Finish.STOP)
    reader = wire("anthropic").stream_reader(target())
    assert fold(reader.feed(out) + reader.close()) == fold(events(body))


def test_a_tap_counts_as_bedrock_does_where_the_message_told_none() -> None:
    tap = WIRE.stream_tap(target(), include_usage=True)
    tap.feed(stream(usage=False))
    tap.close()
    assert tap.usage == Usage(input=9, output=3)


def test_a_whole_reply_and_a_refusal() -> None:
    use = {"type": "tool_use", "id": "toolu_bdrk_1", "name": "f", "input": {}}
    body = {
        "id": "m",
        "type": "message",
        "role": "assistant",
        "model": "c",
        "content": [use],
        "stop_reason": "tool_use",
    }
    reply = WIRE.read_reply(json.dumps(body).encode(), target())
    assert reply.choices[0].parts == (ToolCall(id="toolu_bdrk_1", name="f", arguments="{}"),)
    error = WIRE.read_error(403, {"x-amzn-errortype": "ExpiredTokenException:x"}, b'{"message":"expired"}', target())
    assert type(error) is CredentialInvalid
    with pytest.raises(RateLimited):
        WIRE.read_reply(b'{"message":"Too many","__type":"ThrottlingException"}', target())


@pytest.mark.parametrize(
    ("model", "wanted"),
    [(CLAUDE, None), ("arn:aws:bedrock:eu:1:inference-profile/x", None), ("amazon.nova-pro-v1:0", "bedrock_converse")],
)
def test_models_that_are_not_claude_are_asked_over_converse(model: str, wanted: str | None) -> None:
    assert wire_for(model, {"wire": "bedrock_invoke"}) == wanted
    assert wire_for(model, {}) is None

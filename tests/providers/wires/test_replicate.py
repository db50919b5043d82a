"""Replicate's predictions: what is created, what came of it, and where the rest of it is."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.canonical import (
    Call,
    Ended,
    Failed,
    Finish,
    Image,
    Message,
    Opaque,
    OutputFormat,
    Target,
    Text,
    TextDelta,
    Thinking,
    Tool,
    ToolCall,
    Usage,
)
from providers.errors import (
    ContentRefused,
    CredentialInvalid,
    ModelNotServed,
    QuotaExceeded,
    RateLimited,
    RequestRejected,
    StreamBroken,
    UnsupportedFeature,
    UpstreamError,
    VendorFailed,
    VendorGarbled,
    VendorOverloaded,
    VendorTimeout,
)
from providers.vendors import Answered, vendor
from providers.wires.base import fold
from providers.wires.replicate import WIRE

OWN = "https://api.replicate.com/v1"
VERSION = "5" * 64


def target(model: str = "meta/llama-3") -> Target:
    return Target(provider="replicate", model=model, vendor=vendor("replicate"))


def message(role: Any, *parts: Any) -> Message:
    return Message(role=role, parts=tuple(Text(text=part) if isinstance(part, str) else part for part in parts))


def sent(*messages: Message, model: str = "meta/llama-3", **more: Any) -> dict[str, Any]:
    call = Call(model=model, messages=messages or (message("user", "Hi"),), **more)
    body: dict[str, Any] = json.loads(WIRE.write_request(call, target(model)).content)
    return body


# --- requests -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "path", "version"),
    [
        ("meta/llama-3", "/models/meta/llama-3/predictions", None),
        (f"me/mine:{VERSION}", "/predictions", VERSION),
        (VERSION, "/predictions", VERSION),
        ("deployments/me/mine", "/deployments/me/mine/predictions", None),
    ],
)
def test_each_kind_of_model_has_its_place(model: str, path: str, version: str | None) -> None:
    parts = WIRE.write_request(Call(model=model, messages=(message("user", "Hi"),)), target(model))
    assert parts.path == path and json.loads(parts.content).get("version") == version
    assert parts.headers == (("prefer", "wait=60"),)


@pytest.mark.parametrize("model", ["llama", "a/b/c", "../x", "deployments/a/b/c", "a/..", "deployments/../b", ""])
def test_what_is_no_model_goes_nowhere(model: str) -> None:
    with pytest.raises(RequestRejected) as caught:
        WIRE.write_request(Call(model=model, messages=(message("user", "Hi"),)), target(model))
    assert caught.value.param == "model"


def test_a_message_alone_goes_out_as_it_is() -> None:
    assert sent() == {"input": {"prompt": "Hi"}}


def test_a_conversation_becomes_a_transcript_with_the_system_beside_it() -> None:
    turns = message("user", "One?"), message("assistant", "1."), message("user", "Two?")
    body = sent(message("system", "Be brief."), *turns, max_output=9, temperature=0.0, stop=("END",))
    assert body["input"] == {
        "prompt": "User: One?\n\nAssistant: 1.\n\nUser: Two?\n\nAssistant:",
        "system_prompt": "Be brief.",
        "max_tokens": 9,
        "temperature": 0.0,
        "stop_sequences": "END,\n\nUser:",
    }


@pytest.mark.parametrize(
    ("model", "wanted"),
    [
        ("google/gemini-3-pro", {"system_instruction": "S", "prompt": "Hi", "max_output_tokens": 5}),
        ("deepseek-ai/deepseek-v3.1", {"prompt": "S\n\nHi", "max_tokens": 5}),
        ("openai/gpt-5-mini", {"system_prompt": "S", "prompt": "Hi", "max_completion_tokens": 5}),
    ],
)
def test_owners_name_their_inputs_differently(model: str, wanted: dict[str, Any]) -> None:
    assert sent(message("system", "S"), message("user", "Hi"), model=model, max_output=5)["input"] == wanted


def test_pictures_go_as_addresses_or_data() -> None:
    one = Image(data="aGk=", media_type="image/png")
    two = Image(url="https://x.test/a.png")
    asked = message("user", "What?", one)
    assert sent(asked)["input"]["image"] == "data:image/png;base64,aGk="
    both = message("user", "What?", one, two)
    assert sent(both, model="openai/gpt-5")["input"]["image_input"][1] == "https://x.test/a.png"
    with pytest.raises(UnsupportedFeature, match="image"):
        sent(both)


@pytest.mark.parametrize(
    "more",
    [
        {"tools": (Tool(name="now"),)},
        {"output_format": OutputFormat(kind="json_schema", schema={})},
        {"n": 2},
        {"extra": {"logprobs": True}},
        {"messages": (message("assistant", ToolCall(id="1", name="now", arguments="{}")),)},
        {"messages": (message("user", Opaque(wire="anthropic", value={})),)},
    ],
)
def test_what_plain_text_cannot_carry_is_refused(more: dict[str, Any]) -> None:
    given = {"model": "m/m", "messages": (message("user", "Hi"),), **more}
    with pytest.raises(UnsupportedFeature):
        WIRE.write_request(Call(**given), target())


def test_knobs_it_has_not_are_named() -> None:
    call = Call(
        model="m/m",
        messages=(message("user", "Hi"),),
        user="u",
        stop=("a,b",),
        thinking=Thinking(effort="low"),
        extra={"logit_bias": {}},
    )
    assert WIRE.write_request(call, target()).dropped == ("stop", "user", "reasoning_effort", "logit_bias")
    thinking = WIRE.write_request(call, target("openai/gpt-5"))
    assert "reasoning_effort" not in thinking.dropped and b'"reasoning_effort":"low"' in thinking.content


OWN_REQUEST: dict[str, Any] = {
    "version": VERSION,
    "stream": True,
    "webhook": "https://me.test/done",
    "input": {
        "prompt": "Hi",
        "system_prompt": "S",
        "max_tokens": 7,
        "temperature": 0.5,
        "stop_sequences": "a,b",
        "image": "https://x.test/a.png",
        "min_tokens": 1,
    },
}


def test_a_request_of_its_own_read_and_written_again_is_the_same() -> None:
    call = WIRE.read_request(OWN_REQUEST)
    assert json.loads(WIRE.write_request(call, target()).content) == OWN_REQUEST
    assert json.loads(WIRE.patch_request(dict(OWN_REQUEST), target()).content) == OWN_REQUEST


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({}, "input.prompt"),
        ({"input": []}, "input"),
        ({"input": {"prompt": 7}}, "input.prompt"),
        ({"input": {"prompt": "x", "max_tokens": "7"}}, "input.max_tokens"),
        ({"input": {"prompt": "x", "images": [1]}}, "input.images"),
        ({"input": {"prompt": "x", "stop_sequences": []}}, "input.stop_sequences"),
    ],
)
def test_a_malformed_field_is_named(body: dict[str, Any], param: str) -> None:
    with pytest.raises(RequestRejected) as caught:
        WIRE.read_request(body)
    assert caught.value.param == param


# --- replies ------------------------------------------------------------------------------------


def told(**more: Any) -> bytes:
    return json.dumps({"id": "p1", "model": "meta/llama-3", "status": "succeeded", "output": "Hello", **more}).encode()


@pytest.mark.parametrize("output", ["Hello", ["Hel", "lo"]])
def test_an_output_is_a_text_or_its_pieces(output: Any) -> None:
    metrics = {"input_token_count": 5, "output_token_count": 7, "predict_time": 1.5}
    reply = WIRE.read_reply(told(output=output, metrics=metrics), target())
    (choice,) = reply.choices
    assert choice.parts == (Text(text="Hello"),) and choice.finish is Finish.STOP
    assert (reply.id, reply.usage) == ("p1", Usage(input=5, output=7))


@pytest.mark.parametrize("metrics", [None, {}, {"input_token_count": 5}, {"output_token_count": True}, 7])
def test_usage_that_is_not_whole_is_unknown(metrics: Any) -> None:
    assert WIRE.read_reply(told(metrics=metrics), target()).usage is None


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (told(status="failed", error="The input was flagged as sensitive. (E005)"), ContentRefused),
        (told(status="failed", error="CUDA out of memory"), VendorOverloaded),
        (told(status="failed", error="Prediction timed out"), VendorTimeout),
        (told(status="failed", error=None), VendorFailed),
        (told(status="failed", error="Invalid API key for the model's own vendor"), VendorFailed),
        (told(status="canceled"), VendorFailed),
        (told(status="processing"), VendorGarbled),
        (told(status="odd"), VendorGarbled),
        (told(status=7), VendorGarbled),
        (told(output={"image": "x"}), VendorGarbled),
        (told(output=[1]), VendorGarbled),
        (b"<html>", VendorGarbled),
        (b"[]", VendorGarbled),
        (b'{"detail": "Insufficient credit", "status": 402}', QuotaExceeded),
    ],
)
def test_what_is_no_answer_is_an_error(body: bytes, kind: type[UpstreamError]) -> None:
    with pytest.raises(kind) as caught:
        WIRE.read_reply(body, target())
    assert type(caught.value) is kind
    assert type(WIRE.tap_reply(body, target()).error) is kind


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (
            401,
            {"title": "Unauthenticated", "detail": "You did not pass a valid authentication token"},
            CredentialInvalid,
        ),
        (402, {"title": "Insufficient credit", "detail": "You have insufficient credit"}, QuotaExceeded),
        (404, {"detail": "The requested resource could not be found."}, ModelNotServed),
        (422, {"title": "Invalid version or not permitted", "detail": "It does not exist (or ..)"}, ModelNotServed),
        (422, {"title": "Input validation failed", "detail": "- input: prompt is required"}, RequestRejected),
        (429, {"detail": "Request was throttled. Expected available in 2.5 seconds."}, RateLimited),
        (500, {"detail": "Internal server error"}, VendorFailed),
    ],
)
def test_a_refusal_is_told_apart(status: int, body: Any, kind: type[UpstreamError]) -> None:
    error = WIRE.read_error(status, {}, json.dumps(body).encode(), target())
    assert type(error) is kind and body["detail"] in error.message
    assert kind is not RateLimited or error.retry_after == 2.5


# --- streams ------------------------------------------------------------------------------------

STREAM = (
    b": hi\n\nevent: output\nid: 1:0\ndata: Hello\n\nevent: output\nid: 2:0\ndata:  \xc3\xa4\ndata: \ndata: there\n\n"
    b"event: logs\ndata: token 3 of 9\n\nevent: output\ndata: \n\nevent: done\ndata: {}\n\n"
)


def read(data: bytes, places: list[int]) -> list[Any]:
    reader = WIRE.stream_reader(target())
    edges = sorted({min(place, len(data)) for place in places} | {0, len(data)})
    pieces = [data[a:b] for a, b in itertools.pairwise(edges)]
    return [*(event for piece in pieces for event in reader.feed(piece)), *reader.close()]


@given(st.lists(st.integers(0, len(STREAM)), max_size=8))
def test_lines_of_an_event_are_lines_of_the_text(places: list[int]) -> None:
    events = read(STREAM, places)
    assert "".join(event.text for event in events if isinstance(event, TextDelta)) == "Hello ä\n\nthere"
    assert isinstance(events[-1], Ended) and fold(events).usage is None


@given(st.integers(0, STREAM.index(b"event: done")))
def test_a_stream_without_done_is_broken(place: int) -> None:
    events = read(STREAM[:place], [])
    assert isinstance(events[-1], Failed) and isinstance(events[-1].error, StreamBroken)


@pytest.mark.parametrize(
    ("frames", "kind"),
    [
        (b'event: error\ndata: {"detail": "The input was flagged as sensitive"}\n\n', ContentRefused),
        (b"event: error\ndata: boom\n\n", VendorFailed),
        (b'event: done\ndata: {"reason": "error"}\n\n', VendorFailed),
        (b'event: done\ndata: {"reason": "canceled"}\n\n', VendorFailed),
        (b'{"detail": "Insufficient credit", "status": 402}', QuotaExceeded),
    ],
)
def test_an_error_ends_a_stream(frames: bytes, kind: type[UpstreamError]) -> None:
    events = read(frames + b"event: output\ndata: never\n\n" if frames.startswith(b"event") else frames, [])
    assert isinstance(events[-1], Failed) and type(events[-1].error) is kind
    assert not any(isinstance(event, TextDelta) for event in events)


@given(st.lists(st.integers(0, len(STREAM)), max_size=6))
def test_pass_through_forwards_the_bytes_and_hears_them(places: list[int]) -> None:
    tap = WIRE.stream_tap(target(), include_usage=False)
    edges = sorted({*places, 0, len(STREAM)})
    out = b"".join(tap.feed(STREAM[a:b]) for a, b in itertools.pairwise(edges)) + tap.close() + tap.end()
    assert out == STREAM and tap.error is None and tap.done and tap.finish is Finish.STOP


def test_replies_and_streams_are_written_as_they_are_read() -> None:
    reply = WIRE.read_reply(told(metrics={"input_token_count": 5, "output_token_count": 7}), target())
    assert WIRE.read_reply(WIRE.write_reply(reply), target()) == reply
    writer = WIRE.stream_writer(Call(model="m", messages=()))
    data = writer.write([TextDelta(text="a\r\nb"), TextDelta(text=" c")]) + writer.end()
    assert fold(read(data, [])).choices[0].parts == (Text(text="a\nb c"),)
    failed = read(writer.fail(VendorFailed("boom")), [])
    assert isinstance(failed[-1], Failed) and "boom" in str(failed[-1].error)


# --- following ----------------------------------------------------------------------------------


def answer(status: str = "processing", **urls: Any) -> Answered:
    return Answered(201, {}, json.dumps({"id": "p1", "status": status, "urls": urls}).encode())


def step(told: Answered, *, base_url: str = OWN, stream: bool = False, turn: int = 0) -> Any:
    return WIRE.follow(told, target(), base_url=base_url, stream=stream, turn=turn)


def test_the_pauses_grow_to_two_seconds() -> None:
    pauses = [step(answer(get=f"{OWN}/predictions/p1"), turn=turn).pause for turn in range(40)]
    assert pauses[0] == 0.25 and pauses == sorted(pauses) and pauses[-1] == 2.0


@pytest.mark.parametrize("status", ["succeeded", "failed", "canceled"])
def test_what_has_ended_is_followed_no_further(status: str) -> None:
    told = answer(status, stream="https://stream.replicate.com/x")
    assert step(told, stream=True) is None and WIRE.abandon(told, target(), base_url=OWN) is None


GOOD = ["https://stream.replicate.com/v1/x?a=b", "https://replicate.com/x", f"{OWN}/predictions/p1/stream"]
BAD = [
    "http://stream.replicate.com/x",
    "https://replicate.com.evil.test/x",
    "https://evilreplicate.com/x",
    "https://evil.test/?.replicate.com/",
    "https://user@stream.replicate.com/x",
    "https://evil.test\\@stream.replicate.com/x",
    "https://stream.replicate.com:444/x",
    "https://stream.replicate.com@evil.test/x",
    "https://stream.replicate.com/a b",
    "//evil.test/x",
    "/x",
    "ftp://replicate.com/x",
    "https://api.replicate.com.\n/x",
]


@pytest.mark.parametrize("address", GOOD)
def test_replicates_own_addresses_are_asked(address: str) -> None:
    found = step(answer(stream=address), stream=True)
    assert (found.parts.path, found.parts.method, found.streams) == (address, "GET", True)


@pytest.mark.parametrize("address", BAD)
def test_no_other_address_is(address: str) -> None:
    for told, stream in ((answer(stream=address), True), (answer(get=address), False)):
        with pytest.raises(VendorGarbled):
            step(told, stream=stream)
    stopped = WIRE.abandon(answer(cancel=address), target(), base_url=OWN)
    assert stopped is not None and stopped.path == "/predictions/p1/cancel"


def test_a_provider_elsewhere_asks_its_own_host_alone() -> None:
    mine = "http://127.0.0.1:9/r"
    told = answer(get=f"{OWN}/predictions/p1", stream="https://stream.replicate.com/x")
    found = step(told, base_url=mine, stream=True)
    assert (found.parts.path, found.streams) == ("/predictions/p1", False)
    assert step(answer(stream=f"{mine}/s"), base_url=mine, stream=True).parts.path == f"{mine}/s"
    with pytest.raises(VendorGarbled):
        step(answer(stream="http://127.0.0.1:9@evil.test/"), base_url=mine, stream=True)


@pytest.mark.parametrize(
    "body", [b"", b"[]", b'{"status": [], "id": "p1"}', b'{"status": "processing", "urls": 7, "id": 7}']
)
def test_garbage_stops_nothing(body: bytes) -> None:
    if b"processing" not in body:
        assert step(Answered(200, {}, body)) is None
    assert WIRE.abandon(Answered(200, {}, body), target(), base_url=OWN) is None

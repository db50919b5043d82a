"""Triton's generate extension and KServe's infer: text in, text out."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.canonical import (
    Call,
    Ended,
    Failed,
    Finish,
    Finished,
    Image,
    Message,
    OutputFormat,
    Started,
    Target,
    Text,
    TextDelta,
    Tool,
    Usage,
)
from providers.errors import (
    ContextTooLong,
    CredentialInvalid,
    ModelNotServed,
    RequestRejected,
    StreamBroken,
    UnsupportedFeature,
    UpstreamError,
    VendorFailed,
    VendorGarbled,
    VendorOverloaded,
)
from providers.vendors import vendor
from providers.wires.base import fold
from providers.wires.triton import WIRE

FACTS = vendor("triton")
DEFAULTS = {setting.name: setting.default for setting in FACTS.settings if setting.default}


def target(model: str = "ensemble", **settings: str) -> Target:
    return Target(provider="triton", model=model, vendor=FACTS, settings={**DEFAULTS, **settings})


def call(*said: tuple[str, str], **more: Any) -> Call:
    messages = tuple(Message(role=role, parts=(Text(text=text),)) for role, text in said or (("user", "Hi"),))  # type: ignore[arg-type]
    return Call(**{"model": "m", "messages": messages, **more})


def sent(given: Call, where: Target | None = None) -> tuple[str, Any]:
    parts = WIRE.write_request(given, where or target())
    return parts.path, json.loads(parts.content)


# --- requests -----------------------------------------------------------------------------------


def test_tensorrt_has_a_tensor_for_each_knob() -> None:
    path, body = sent(call(max_output=9, temperature=0.5, seed=3, stop=("END",), stream=True))
    assert path == "/v2/models/ensemble/generate_stream"
    assert body == {
        "text_input": "Hi",
        "stream": True,
        "exclude_input_in_output": True,
        "max_tokens": 9,
        "temperature": 0.5,
        "seed": 3,
        "stop_words": ["END"],
    }


def test_vllm_has_one_for_all_and_is_asked_to_count() -> None:
    path, body = sent(call(temperature=0.5, stop=("END",)), target("vllm_model", backend="vllm"))
    assert path == "/v2/models/vllm_model/generate"
    assert json.loads(body.pop("sampling_parameters")) == {"max_tokens": 1024, "temperature": 0.5, "stop": ["END"]}
    assert body == {
        "text_input": "Hi",
        "stream": False,
        "exclude_input_in_output": True,
        "return_finish_reason": True,
        "return_num_input_tokens": True,
        "return_num_output_tokens": True,
    }


def test_infer_takes_tensors_and_does_not_stream() -> None:
    path, body = sent(call(temperature=0.5, stop=("END",), stream=True), target(api="infer", model_version="2"))
    assert path == "/v2/models/ensemble/versions/2/infer"
    assert body["inputs"] == [
        {"name": "text_input", "shape": [1, 1], "datatype": "BYTES", "data": ["Hi"]},
        {"name": "max_tokens", "shape": [1, 1], "datatype": "INT32", "data": [1024]},
        {"name": "temperature", "shape": [1, 1], "datatype": "FP32", "data": [0.5]},
        {"name": "stop_words", "shape": [1, 1], "datatype": "BYTES", "data": ["END"]},
    ]


def test_a_conversation_is_a_transcript_that_ends_at_the_next_turn() -> None:
    _, body = sent(call(("system", "S"), ("user", "One?"), ("assistant", "1."), ("user", "Two?")))
    assert body["text_input"] == "S\n\nUser: One?\n\nAssistant: 1.\n\nUser: Two?\n\nAssistant:"
    assert body["stop_words"] == ["\n\nUser:"]


def test_a_model_cannot_lead_to_another_address() -> None:
    path, _ = sent(call(), target("a/../b"))
    assert path == "/v2/models/a%2F..%2Fb/generate"


@pytest.mark.parametrize(
    "more",
    [
        {"tools": (Tool(name="now"),)},
        {"output_format": OutputFormat(kind="json_object")},
        {"n": 2},
        {"messages": (Message(role="user", parts=(Image(url="https://x.test/a.png"),)),)},
    ],
)
def test_what_is_no_text_is_refused(more: dict[str, Any]) -> None:
    with pytest.raises(UnsupportedFeature):
        WIRE.write_request(call(**more), target())


def test_knobs_it_has_not_are_named() -> None:
    assert WIRE.write_request(call(user="u", extra={"logit_bias": {}}), target()).dropped == ("user", "logit_bias")


OWN: dict[str, Any] = {
    "text_input": "Hi",
    "stream": True,
    "bad_words": ["no"],
    "parameters": {"max_tokens": 5, "temperature": 0.5, "beam_width": 1},
}


def test_a_request_of_its_own_read_and_written_again_is_the_same() -> None:
    parts = WIRE.patch_request(dict(OWN), target())
    assert json.loads(parts.content) == OWN and parts.path.endswith("/generate_stream")


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({}, "text_input"),
        ({"text_input": 7}, "text_input"),
        ({"text_input": "x", "parameters": []}, "parameters"),
        ({"text_input": "x", "parameters": {"max_tokens": "5"}}, "parameters.max_tokens"),
        ({"text_input": "x", "stream": "yes"}, "stream"),
    ],
)
def test_a_malformed_field_is_named(body: dict[str, Any], param: str) -> None:
    with pytest.raises(RequestRejected) as caught:
        WIRE.read_request(body)
    assert caught.value.param == param


# --- replies ------------------------------------------------------------------------------------


def test_a_reply_is_its_text() -> None:
    reply = WIRE.read_reply(b'{"model_name":"ensemble","model_version":"1","text_output":"Hello"}', target())
    assert reply.choices[0].parts == (Text(text="Hello"),) and reply.usage is None
    assert (reply.model, reply.choices[0].finish) == ("ensemble", Finish.STOP)


def test_vllms_figures_are_read() -> None:
    body = {"text_output": "Hello", "finish_reason": "length", "num_input_tokens": 5, "num_output_tokens": [7]}
    reply = WIRE.read_reply(json.dumps(body).encode(), target())
    assert reply.usage == Usage(input=5, output=7) and reply.choices[0].finish is Finish.LENGTH


def test_the_outputs_of_infer_are_read() -> None:
    outputs = [{"name": "text_output", "datatype": "BYTES", "shape": [1, 1], "data": [["Hello"]]}]
    body = {"model_name": "ensemble", "model_version": "1", "outputs": outputs}
    assert WIRE.read_reply(json.dumps(body).encode(), target()).choices[0].parts == (Text(text="Hello"),)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b'{"error": "Request for unknown model: \'x\' is not found"}', ModelNotServed),
        (b'{"text_output": 7}', VendorGarbled),
        (b'{"outputs": [7]}', VendorGarbled),
        (b"{}", VendorGarbled),
        (b"[]", VendorGarbled),
        (b"", VendorGarbled),
    ],
)
def test_what_is_no_answer_is_an_error(body: bytes, kind: type[UpstreamError]) -> None:
    with pytest.raises(kind) as caught:
        WIRE.read_reply(body, target())
    assert type(caught.value) is kind and type(WIRE.tap_reply(body, target()).error) is kind


@pytest.mark.parametrize(
    ("status", "words", "kind"),
    [
        (400, "Request for unknown model: 'x' is not found", ModelNotServed),
        (400, "Prompt length (9000) exceeds maximum input length (8192).", ContextTooLong),
        (400, "unexpected inference input 'foo' for model 'ensemble'", RequestRejected),
        (500, "Error generating stream: oops", VendorFailed),
        (400, "Exceeds maximum queue size", VendorOverloaded),
        (503, "Model is unavailable due to unhealthy vLLM engine", VendorOverloaded),
        (401, "restricted", CredentialInvalid),
    ],
)
def test_a_refusal_is_told_apart_by_its_words(status: int, words: str, kind: type[UpstreamError]) -> None:
    error = WIRE.read_error(status, {}, json.dumps({"error": words}).encode(), target())
    assert type(error) is kind and words in error.message


# --- streams ------------------------------------------------------------------------------------


def frame(text: str, **more: Any) -> bytes:
    return b"data: " + json.dumps({"model_name": "ensemble", "text_output": text, **more}).encode() + b"\n\n"


PIECES = (
    frame("Hel", finish_reason="None", num_input_tokens=5, num_output_tokens=1)
    + frame("lo ä", finish_reason="None", num_input_tokens=5, num_output_tokens=2)
    + frame("", finish_reason="stop", num_input_tokens=5, num_output_tokens=1)
)


def read(data: bytes, places: list[int] = [], **settings: str) -> list[Any]:  # noqa: B006 - never changed
    reader = WIRE.stream_reader(target(**settings))
    edges = sorted({min(place, len(data)) for place in places} | {0, len(data)})
    return [*(event for a, b in pairwise(edges) for event in reader.feed(data[a:b])), *reader.close()]


@given(st.lists(st.integers(0, len(PIECES)), max_size=8))
def test_a_stream_cut_anywhere_says_the_same(places: list[int]) -> None:
    events = read(PIECES, places)
    reply = fold(events)
    assert reply.choices[0].parts == (Text(text="Hello ä"),) and isinstance(events[-1], Ended)
    assert reply.usage == Usage(input=5, output=4) and reply.choices[0].finish is Finish.STOP


def test_text_that_repeats_itself_is_told_once_where_the_provider_says_so() -> None:
    data = frame("Hel") + frame("Hello") + frame("Hello there.")
    assert fold(read(data, stream_text="cumulative")).choices[0].parts == (Text(text="Hello there."),)
    assert fold(read(data)).choices[0].parts == (Text(text="HelHelloHello there."),)


@pytest.mark.parametrize("data", [b"", b": hi\n\n", frame("Hel")[:20], frame("a") + frame("b")[:20]])
def test_a_stream_that_never_began_or_was_cut_in_a_frame_is_broken(data: bytes) -> None:
    events = read(data)
    assert isinstance(events[-1], Failed) and isinstance(events[-1].error, StreamBroken)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (frame("Hel") + b'data: {"error": "Error generating stream: oops"}\n\n' + frame("never"), VendorFailed),
        (frame("Hel") + b"data: nonsense\n\n" + frame("never"), VendorGarbled),
        (b'{"error": "Request for unknown model: \'x\' is not found"}', ModelNotServed),
        (b'data: {"text_output": 7}\n\n', VendorGarbled),
    ],
)
def test_an_error_ends_a_stream(data: bytes, kind: type[UpstreamError]) -> None:
    events = read(data, [7, 30])
    assert isinstance(events[-1], Failed) and type(events[-1].error) is kind
    assert not any(isinstance(event, TextDelta) and event.text == "never" for event in events)


@given(st.lists(st.integers(0, len(PIECES)), max_size=6))
def test_pass_through_forwards_the_bytes_and_hears_them(places: list[int]) -> None:
    tap = WIRE.stream_tap(target(), include_usage=False)
    out = b"".join(tap.feed(PIECES[a:b]) for a, b in pairwise(sorted({*places, 0, len(PIECES)})))
    assert out + tap.close() + tap.end() == PIECES
    assert tap.error is None and tap.done and tap.usage == Usage(input=5, output=4)


def test_replies_and_streams_are_written_as_they_are_read() -> None:
    reply = WIRE.read_reply(frame("Hello")[6:], target())
    assert WIRE.read_reply(WIRE.write_reply(reply), target()) == reply
    writer = WIRE.stream_writer(call())
    events = [Started(id="", model="m1"), TextDelta(text="Hel"), TextDelta(text="lo")]
    data = writer.write(events) + writer.write([Finished(finish=Finish.LENGTH, raw="length")]) + writer.end()
    told = fold(read(data))
    assert (told.model, told.choices[0].parts, told.choices[0].finish) == ("m1", (Text(text="Hello"),), Finish.LENGTH)
    failed = read(data + writer.fail(VendorFailed("internal error")))
    assert isinstance(failed[-1], Failed) and "internal error" in str(failed[-1].error)

"""Answers to apps of the Responses dialect: whole, streamed, and errors."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter

from providers.canonical import (
    Event,
    Finish,
    Finished,
    PartStopped,
    Reasoning,
    ReasoningDelta,
    RefusalDelta,
    Started,
    TextDelta,
    ToolCallDelta,
    ToolCallStarted,
    Usage,
    UsageReported,
)
from providers.errors import ContextTooLong
from providers.wires.base import fold
from tests.providers.wires.responses_cast import ITEMS, WIRE, asked, frames_of, read, response, stream, streamed, whole

OFFICIAL: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent)
USAGE = UsageReported(usage=Usage(input=3, output=5, cached_input=1, reasoning=2))
STARTED = Started(id="x-1", model="m-1", created=1_760_000_000)
DONE = Finished(finish=Finish.STOP)

every = pytest.mark.parametrize("items", ITEMS.values(), ids=ITEMS.keys())


def told(*events: Event) -> list[dict[str, Any]]:
    writer = WIRE.stream_writer(asked())
    return frames_of(b"".join(writer.write([event]) for event in events) + writer.end())


@every
def test_a_reply_is_written_as_it_was_read(items: tuple[dict[str, Any], ...]) -> None:
    written = json.loads(WIRE.write_reply(whole(response(*items))))
    Response.model_validate(written)
    assert whole(written) == whole(response(*items))


@every
def test_a_stream_is_written_as_it_was_read(items: tuple[dict[str, Any], ...]) -> None:
    events = read([stream(*items)])
    writer = WIRE.stream_writer(asked())
    data = b"".join(writer.write([event]) for event in events) + writer.end()
    for event in frames_of(data):
        OFFICIAL.validate_python(event)
    again, before = streamed(data), fold(events)
    assert [type(part) for part in again.choices[0].parts] == [type(part) for part in before.choices[0].parts]
    assert again.usage == before.usage and again.choices[0].finish == before.choices[0].finish


def test_a_text_is_told_in_the_official_order() -> None:
    frames = told(STARTED, TextDelta(text="Hel"), TextDelta(text="lo"), PartStopped(), DONE, USAGE)
    assert [frame["type"].removeprefix("response.") for frame in frames] == [
        "created",
        "in_progress",
        "output_item.added",
        "content_part.added",
        "output_text.delta",
        "output_text.delta",
        "output_text.done",
        "content_part.done",
        "output_item.done",
        "completed",
    ]
    assert [frame["sequence_number"] for frame in frames] == list(range(10))
    last = frames[-1]["response"]
    assert last["status"] == "completed" and last["output"][0]["content"][0]["text"] == "Hello"
    assert last["usage"]["input_tokens_details"]["cached_tokens"] == 1 and last["usage"]["total_tokens"] == 8


def test_a_call_without_arguments_gets_an_empty_object() -> None:
    frames = told(STARTED, ToolCallStarted(id="c", name="now"), PartStopped(), Finished(finish=Finish.TOOL_CALLS))
    assert frames[-1]["response"]["output"][0]["arguments"] == "{}"


def test_calls_may_come_interleaved() -> None:
    frames = told(
        STARTED,
        ToolCallStarted(id="a", name="f", part=0),
        ToolCallStarted(id="b", name="g", part=1),
        ToolCallDelta(arguments='{"x"', part=0),
        ToolCallDelta(arguments='{"y":2}', part=1),
        ToolCallDelta(arguments=":1}", part=0),
        Finished(finish=Finish.TOOL_CALLS),
    )
    output = frames[-1]["response"]["output"]
    assert [(item["call_id"], item["arguments"]) for item in output] == [("a", '{"x":1}'), ("b", '{"y":2}')]


def test_an_answer_cut_short_is_incomplete() -> None:
    last = told(STARTED, TextDelta(text="Hel"), Finished(finish=Finish.LENGTH))[-1]
    assert last["type"] == "response.incomplete"
    assert last["response"]["incomplete_details"] == {"reason": "max_output_tokens"}


def test_citations_come_before_the_text_is_done() -> None:
    cited = {
        "type": "url_citation",
        "url_citation": {"url": "https://a", "title": "A", "start_index": 0, "end_index": 1},
    }
    frames = told(
        STARTED,
        TextDelta(text="A"),
        PartStopped(),
        Finished(finish=Finish.STOP, extra={"message": {"annotations": [cited]}}),
    )
    added = next(frame for frame in frames if frame["type"] == "response.output_text.annotation.added")
    assert added["annotation"] == {"type": "url_citation", **cited["url_citation"]}  # type: ignore[dict-item]
    assert frames[-1]["response"]["output"][0]["content"][0]["annotations"] == [added["annotation"]]


def test_a_failure_in_mid_stream_ends_it() -> None:
    writer = WIRE.stream_writer(asked())
    data = writer.write([STARTED, TextDelta(text="Hel")]) + writer.fail(ContextTooLong("Too long."))
    *_, error, failed = frames_of(data + writer.end())
    assert error["type"] == "error" and error["code"] == "context_length_exceeded"
    assert failed["type"] == "response.failed" and failed["response"]["error"]["code"] == "context_length_exceeded"
    OFFICIAL.validate_python(error)
    with pytest.raises(ContextTooLong):
        streamed(data)


def test_errors_have_openais_envelope() -> None:
    error = ContextTooLong("Too long.", param="input")
    told_error = json.loads(WIRE.write_error(error, request_id="r"))["error"]
    assert told_error["code"] == "context_length_exceeded" and told_error["param"] == "input"
    first, second = frames_of(WIRE.write_stream_error(error, request_id="r"))
    assert (first["type"], second["type"]) == ("error", "response.failed")


def test_another_vendors_signature_comes_back_by_way_of_the_app() -> None:
    events = [STARTED, ReasoningDelta(text="Hm"), ReasoningDelta(signature="sig"), PartStopped(), DONE]
    items = [told(*events)[-1]["response"]["output"][0], json.loads(WIRE.write_reply(fold(events)))["output"][0]]
    for item in items:
        (part,) = WIRE.read_request({"model": "m", "input": [item]}).messages[0].parts
        assert isinstance(part, Reasoning) and (part.text, part.signature, part.encrypted) == ("Hm", "sig", None)


PIECES = st.lists(
    st.one_of(
        st.builds(TextDelta, text=st.text(max_size=3), part=st.integers(0, 3)),
        st.builds(RefusalDelta, text=st.text(min_size=1, max_size=3), part=st.integers(0, 3)),
        st.builds(ReasoningDelta, text=st.text(max_size=3), part=st.integers(0, 3)),
        st.builds(ToolCallStarted, id=st.just("c"), name=st.just("f"), part=st.integers(0, 3)),
        st.builds(ToolCallDelta, arguments=st.text(max_size=3), part=st.integers(0, 3)),
        st.builds(PartStopped, part=st.integers(0, 3)),
    ),
    max_size=25,
)


@given(pieces=PIECES)
def test_whatever_comes_every_item_opens_once_and_closes_once(pieces: list[Event]) -> None:
    frames = told(STARTED, *pieces, DONE, USAGE)
    for frame in frames:
        OFFICIAL.validate_python(frame)
    opened = [frame["output_index"] for frame in frames if frame["type"] == "response.output_item.added"]
    closed = [frame["output_index"] for frame in frames if frame["type"] == "response.output_item.done"]
    output = frames[-1]["response"]["output"]
    assert opened == list(range(len(output))) and sorted(closed) == opened
    assert [frame["sequence_number"] for frame in frames] == list(range(len(frames)))
    said = "".join(piece.text for piece in pieces if isinstance(piece, TextDelta))
    texts = [part for item in output for part in item.get("content") or () if part["type"] == "output_text"]
    assert "".join(part["text"] for part in texts) == said
    assert all(first <= second for first, second in itertools.pairwise(opened))

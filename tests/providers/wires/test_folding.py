from __future__ import annotations

import pytest

from providers.canonical import (
    Choice,
    Ended,
    Failed,
    Finish,
    Finished,
    Opaque,
    OpaqueDelta,
    PartStopped,
    Reasoning,
    ReasoningDelta,
    Refusal,
    RefusalDelta,
    Reply,
    Started,
    Text,
    TextDelta,
    ToolCall,
    ToolCallDelta,
    ToolCallStarted,
    Usage,
    UsageReported,
)
from providers.errors import VendorOverloaded
from providers.wires.base import fold
from providers.wires.folding import merged


def test_deltas_become_parts_in_the_order_of_their_index() -> None:
    reply = fold(
        [
            Started(id="r1", model="m", created=5, extra={"tier": "x"}),
            ReasoningDelta(text="Hm", part=0),
            ReasoningDelta(text=".", signature="sig", part=0),
            PartStopped(part=0),
            ToolCallStarted(id="c", name="f", part=2),
            TextDelta(text="Hel", part=1, extra={"citations": [1]}),
            TextDelta(text="lo", part=1, extra={"citations": [2]}),
            ToolCallDelta(arguments='{"a":', part=2),
            ToolCallDelta(arguments="1}", part=2),
            Finished(finish=Finish.TOOL_CALLS, raw="tool_use", extra={"seed": 1}),
            UsageReported(usage=Usage(input=1, output=1)),
            UsageReported(usage=Usage(input=1, output=9)),
            Ended(),
        ]
    )
    assert reply == Reply(
        id="r1",
        model="m",
        created=5,
        extra={"tier": "x"},
        usage=Usage(input=1, output=9),
        choices=(
            Choice(
                index=0,
                parts=(
                    Reasoning(text="Hm.", signature="sig"),
                    Text(text="Hello", extra={"citations": [1, 2]}),
                    ToolCall(id="c", name="f", arguments='{"a":1}'),
                ),
                finish=Finish.TOOL_CALLS,
                raw_finish="tool_use",
                extra={"seed": 1},
            ),
        ),
    )


def test_a_call_without_arguments_has_an_empty_object_and_a_custom_one_empty_text() -> None:
    reply = fold([ToolCallStarted(id="a", name="f", part=0), ToolCallStarted(id="b", name="g", part=1, kind="custom")])
    assert [part.arguments for part in reply.choices[0].parts if isinstance(part, ToolCall)] == ["{}", ""]


def test_choices_stay_apart_and_come_by_index() -> None:
    reply = fold([TextDelta(text="b", choice=1), RefusalDelta(text="a", choice=0), TextDelta(text="B", choice=1)])
    assert [choice.parts for choice in reply.choices] == [(Refusal(text="a"),), (Text(text="bB"),)]


def test_pieces_only_a_wire_knows_are_merged_by_part() -> None:
    reply = fold([OpaqueDelta(wire="w", value={"a": 1, "l": [1]}), OpaqueDelta(wire="w", value={"b": 2, "l": [2]})])
    assert reply.choices[0].parts == (Opaque(wire="w", value={"a": 1, "b": 2, "l": [1, 2]}),)


def test_two_kinds_under_one_index_are_two_parts() -> None:
    reply = fold([ReasoningDelta(text="t"), TextDelta(text="x")])
    assert reply.choices[0].parts == (Reasoning(text="t"), Text(text="x"))


def test_a_failed_stream_raises_its_error() -> None:
    error = VendorOverloaded("busy")
    with pytest.raises(VendorOverloaded) as caught:
        fold([TextDelta(text="x"), Failed(error=error)])
    assert caught.value is error


def test_a_second_start_fills_in_what_the_first_left_out() -> None:
    reply = fold([Started(id="", model="", extra={"a": 1}), Started(id="r", model="m", extra={"b": 2})])
    assert (reply.id, reply.model, reply.extra) == ("r", "m", {"a": 1, "b": 2})


def test_merging_keeps_what_a_null_would_erase() -> None:
    assert merged({"a": {"x": 1}, "b": 1}, {"a": {"y": None}, "b": None, "c": None}) == {
        "a": {"x": 1, "y": None},
        "b": 1,
        "c": None,
    }

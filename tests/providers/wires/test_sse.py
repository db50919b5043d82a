from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.wires.sse import SseDecoder, SseEvent


def decode(*pieces: bytes) -> list[SseEvent]:
    decoder = SseDecoder()
    return [event for piece in pieces for event in decoder.feed(piece)] + decoder.close()


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_line_end_is_taken(end: str) -> None:
    text = "event: a\ndata: one\ndata: two\n\ndata: three\n\n".replace("\n", end)
    assert decode(text.encode()) == [SseEvent("a", "one\ntwo"), SseEvent("", "three")]


def test_comments_ids_and_events_without_data_are_dropped() -> None:
    assert decode(b": hi\n\nid: 1\nretry: 3\ndata: x\n\nevent: lonely\n\ndata: y\n\n") == [
        SseEvent("", "x"),
        SseEvent("", "y"),
    ]


def test_one_space_after_the_colon_is_taken_off_and_none_is_needed() -> None:
    assert decode(b"data:x\n\ndata:  y\n\ndata\n\n") == [SseEvent("", "x"), SseEvent("", " y"), SseEvent("", "")]


def test_a_missing_last_blank_line_loses_nothing() -> None:
    assert decode(b"data: x\n\ndata: y\n") == [SseEvent("", "x"), SseEvent("", "y")]
    assert decode(b"data: x\n\ndata: y") == [SseEvent("", "x"), SseEvent("", "y")]


def test_a_byte_order_mark_is_no_part_of_the_first_field() -> None:
    assert decode(b"\xef\xbb\xbfdata: x\n\n") == [SseEvent("", "x")]


def test_a_line_end_cut_in_two_is_one_line_end() -> None:
    assert decode(b"data: a\r", b"\ndata: b\r", b"\n", b"\r", b"\n") == [SseEvent("", "a\nb")]


def test_a_carriage_return_ends_an_event_without_waiting_for_more() -> None:
    assert SseDecoder().feed(b"data: a\r\r") == [SseEvent("", "a")]


def test_broken_utf8_does_not_stop_a_stream() -> None:
    assert decode(b"data: \xff\n\ndata: b\n\n") == [SseEvent("", "�"), SseEvent("", "b")]


@given(
    st.lists(st.sampled_from(["data: é", "data:\U0001f600", "event: x", ": c", "", "data", "x"]), max_size=12),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.lists(st.integers(0, 200), max_size=6),
)
def test_cutting_a_stream_anywhere_changes_nothing(lines: list[str], end: str, places: list[int]) -> None:
    data = end.join([*lines, ""]).encode()
    at = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    assert decode(*(data[a:b] for a, b in itertools.pairwise(at))) == decode(data)

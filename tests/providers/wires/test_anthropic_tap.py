"""Pass-through: bytes go out as they came, the terminator waits, and what counts is heard on the way."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.canonical import Finish, Target, Usage
from providers.errors import RateLimited, StreamBroken, UpstreamError, VendorGarbled, VendorOverloaded
from providers.vendors.anthropic import VENDOR
from providers.wires import wire
from providers.wires.folding import fold_events

WIRE = wire("anthropic")
TARGET = Target(provider="anthropic", model="claude-opus-5", vendor=VENDOR)


def frame(event: dict[str, Any], *, end: str = "\n", named: bool = True) -> bytes:
    name = f"event: {event['type']}{end}" if named else ""
    return f"{name}data: {json.dumps(event)}{end}{end}".encode()


def text(words: str) -> dict[str, Any]:
    return {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": words}}


START = {"type": "message_start", "message": {"model": "claude-x", "usage": {"input_tokens": 9, "output_tokens": 1}}}
DELTA = {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 30}}
STOP = {"type": "message_stop"}
OVERLOADED = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
TRICKY = 'say "message_stop", "error" and event: error\n\nevent: message_stop'
EVENTS = (START, {"type": "ping"}, text("abc"), text(TRICKY), text("error message_delta"), DELTA)
BODY = b"".join(map(frame, EVENTS))
TERMINATOR = frame(STOP)


class Heard(NamedTuple):
    out: bytes
    usage: Usage | None
    model: str | None
    finish: Finish | None
    done: bool
    started: bool
    error: type[UpstreamError] | None
    output_chars: int


def hear(data: bytes, cuts: Sequence[int] = ()) -> Heard:
    tap = WIRE.stream_tap(TARGET, include_usage=False)
    bounds = [0, *sorted(cuts), len(data)]
    out = b"".join(tap.feed(data[a:b]) for a, b in pairwise(bounds)) + tap.close()
    error = type(tap.error) if tap.error is not None else None
    return Heard(out, tap.usage, tap.model, tap.finish, tap.done, tap.started, error, tap.output_chars)


def test_everything_but_the_terminator_goes_out_as_it_came() -> None:
    heard = hear(BODY + TERMINATOR)
    assert heard[:7] == (BODY, Usage(input=9, output=30), "claude-x", Finish.STOP, True, True, None)
    assert heard.output_chars >= len("abc" + TRICKY + "error message_delta")


def test_the_terminator_is_given_at_the_end_as_the_vendor_sent_it() -> None:
    tap = WIRE.stream_tap(TARGET, include_usage=False)
    padded = TERMINATOR.replace(b"}", b"       }")
    assert tap.feed(BODY + padded + b": late\n\n") == BODY
    assert tap.end() == padded
    assert (
        WIRE.stream_tap(TARGET, include_usage=False).end() == b'event: message_stop\ndata: {"type":"message_stop"}\n\n'
    )


@given(cuts=st.lists(st.integers(0, len(BODY + TERMINATOR)), max_size=8))
def test_any_cut_gives_the_same_bytes_and_figures(cuts: list[int]) -> None:
    assert hear(BODY + TERMINATOR, cuts) == hear(BODY + TERMINATOR)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("named", [True, False])
def test_other_line_ends_and_unnamed_frames_are_understood(end: str, named: bool) -> None:
    frames = [frame(event, end=end, named=named) for event in (*EVENTS, STOP)]
    data = b"".join(frames)
    whole = hear(data)
    assert whole[:7] == (b"".join(frames[:-1]), Usage(input=9, output=30), "claude-x", Finish.STOP, True, True, None)
    assert hear(data, range(1, len(data))) == whole


def test_nothing_is_forwarded_from_an_error_on() -> None:
    before, after = frame(START) + frame(text("a")), frame(text("b")) + TERMINATOR
    data = before + frame(OVERLOADED) + after
    for cuts in ((), range(1, len(data))):
        heard = hear(data, cuts)
        assert (heard.out, heard.error, heard.started, heard.done) == (before, VendorOverloaded, True, False)


def test_a_stream_that_begins_with_an_error_has_not_started() -> None:
    limited = {"type": "error", "error": {"type": "rate_limit_error", "message": "slow down"}}
    heard = hear(frame(limited))
    assert (heard.out, heard.error, heard.started) == (b"", RateLimited, False)


def test_a_torn_stream_is_broken_and_its_torn_frame_kept_back() -> None:
    heard = hear(frame(START) + frame(text("abc"))[:-9])
    assert (heard.out, heard.error, heard.usage) == (frame(START), StreamBroken, Usage(input=9, output=1))


def test_a_last_frame_without_its_blank_line_counts() -> None:
    heard = hear(BODY + TERMINATOR.rstrip())
    assert (heard.out, heard.done, heard.error) == (BODY, True, None)
    unfinished = hear(BODY.rstrip())
    assert (unfinished.out, unfinished.done, unfinished.error) == (BODY, False, None)


def test_a_whole_reply_tells_its_facts() -> None:
    content = [{"type": "text", "text": "abc"}, {"type": "tool_use", "id": "t", "name": "f", "input": {"a": 1}}]
    usage = {"input_tokens": 2, "cache_read_input_tokens": 3, "output_tokens": 4}
    body = {"type": "message", "model": "m", "content": content, "stop_reason": "max_tokens", "usage": usage}
    facts = WIRE.tap_reply(json.dumps(body).encode(), TARGET)
    assert (facts.model, facts.usage, facts.finish, facts.error) == (
        "m",
        Usage(input=5, cached_input=3, output=4),
        Finish.LENGTH,
        None,
    )
    assert facts.output_chars > 3


@pytest.mark.parametrize(
    ("body", "kind"),
    [(b"<html>", VendorGarbled), (b"[]", VendorGarbled), (json.dumps(OVERLOADED).encode(), VendorOverloaded)],
)
def test_a_whole_reply_that_is_none_tells_its_error(body: bytes, kind: type[UpstreamError]) -> None:
    assert type(WIRE.tap_reply(body, TARGET).error) is kind


WHOLE = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "claude-x",
    "content": [{"type": "text", "text": "abc"}, {"type": "tool_use", "id": "t", "name": "f", "input": {"a": 1}}],
    "stop_reason": "tool_use",
    "stop_sequence": None,
    "usage": {"input_tokens": 9, "output_tokens": 30},
}


@given(cuts=st.lists(st.integers(0, 200), max_size=8))
def test_a_whole_message_in_place_of_a_stream_is_told_as_one(cuts: list[int]) -> None:
    body = json.dumps(WHOLE).encode()
    heard = hear(b" " + body, [min(cut, len(body)) for cut in cuts])
    assert heard[1:7] == (Usage(input=9, output=30), "claude-x", Finish.TOOL_CALLS, True, True, None)
    reader = WIRE.stream_reader(TARGET)
    told = fold_events([*reader.feed(heard.out + TERMINATOR), *reader.close()])
    assert told.choices == WIRE.read_reply(body, TARGET).choices
    assert TERMINATOR not in heard.out


def test_an_error_in_place_of_a_stream_is_its_error() -> None:
    heard = hear(json.dumps(OVERLOADED).encode(), [5])
    assert (heard.out, heard.error, heard.started, heard.done) == (b"", VendorOverloaded, False, False)
    assert hear(b'{"type": "mess').error is VendorGarbled


def test_what_an_advisor_and_a_compaction_cost_is_counted_beside_the_message() -> None:
    beside = [{"type": kind, "input_tokens": 5, "output_tokens": 2} for kind in ("compaction", "advisor_message")]
    own = {"type": "message", "input_tokens": 9, "output_tokens": 30}
    usage = {"input_tokens": 9, "output_tokens": 30, "iterations": [own, *beside]}
    facts = WIRE.tap_reply(json.dumps({**WHOLE, "usage": usage}).encode(), TARGET)
    assert facts.usage is not None and (facts.usage.input, facts.usage.output) == (19, 34)


def test_a_paused_turn_is_neither_stopped_nor_cut() -> None:
    delta = {"type": "message_delta", "delta": {"stop_reason": "pause_turn"}, "usage": {"output_tokens": 3}}
    assert hear(frame(START) + frame(delta) + TERMINATOR).finish is Finish.PAUSE


@pytest.mark.parametrize(
    "frames",
    [
        b'data: {"id":"1","choices":[{"delta":{"content":"hi"}}]}\n\n',
        b"data: not json\n\n",
        b'event: content_block_delta\ndata: {"type":"content_block_delta"}\n\n',
    ],
)
def test_a_stream_that_does_not_begin_as_a_message_is_none(frames: bytes) -> None:
    tap = WIRE.stream_tap(TARGET, include_usage=True)
    assert tap.feed(frames) == b"" and isinstance(tap.error, VendorGarbled) and not tap.started


def test_an_error_in_another_shape_is_heard_and_not_passed_on() -> None:
    tap = WIRE.stream_tap(TARGET, include_usage=True)
    tap.feed(frame(START))
    assert tap.feed(b'data: {"error": {"message": "no key sk-hidden", "code": 500}}\n\n') == b""
    assert isinstance(tap.error, UpstreamError)


@pytest.mark.parametrize("body", [b"{}", b'{"object":"chat.completion","choices":[]}', b"[]"])
def test_a_whole_reply_that_is_no_message_is_garbled(body: bytes) -> None:
    assert isinstance(WIRE.tap_reply(body, TARGET).error, VendorGarbled)

"""Pass-through: frames go out as they came, usage is heard, the terminator waits, errors stop the stream."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.canonical import Finish, Usage
from providers.errors import RateLimited, RequestRejected, StreamBroken, VendorFailed, VendorGarbled
from tests.providers.wires.openai_cast import (
    COMMENTED,
    CRLF,
    DONE,
    HELLO,
    STREAMS,
    TOOLS,
    USAGE,
    WIRE,
    chunk,
    cut,
    frame,
    stream,
    tapped,
    target,
)

USAGE_FRAME = frame(chunk(usage=USAGE))
LONG = stream(
    chunk({"role": "assistant", "content": ""}),
    *(chunk({"content": f"word {n} "}, usage=None) for n in range(150)),
    chunk({"content": 'an "error" with "usage": {"total_tokens": 1} and [DONE] in it'}),
    *(chunk({"content": f"word {n} "}, usage=None) for n in range(80)),
    chunk({}, finish="length"),
    chunk(usage=USAGE),
)


@pytest.mark.parametrize("name", STREAMS)
@pytest.mark.parametrize("asked", [True, False])
@given(places=st.lists(st.integers(0, 5000), max_size=8))
def test_cutting_a_stream_anywhere_changes_neither_bytes_nor_usage(name: str, asked: bool, places: list[int]) -> None:
    whole, out = tapped([STREAMS[name]], asked=asked)
    tap, pieces = tapped(cut(STREAMS[name], places), asked=asked)
    assert pieces + tap.end() == out + whole.end()
    assert (tap.usage, tap.finish, tap.model, tap.done) == (whole.usage, whole.finish, whole.model, True)


@pytest.mark.parametrize("data", [HELLO, TOOLS, COMMENTED, CRLF, LONG])
@pytest.mark.parametrize("size", [1, 3, 100, 1000, 100_000])
def test_all_frames_go_out_as_they_came(data: bytes, size: int) -> None:
    tap, out = tapped([data[at : at + size] for at in range(0, len(data), size)])
    assert out + tap.end() == data
    assert tap.usage == Usage(input=12, output=7)
    assert (tap.model, tap.started, tap.done, tap.error) == ("gpt-4o-2024", True, True, None)


@pytest.mark.parametrize("data", [HELLO, LONG])
@pytest.mark.parametrize("size", [1, 333, 100_000])
def test_a_usage_chunk_the_app_did_not_ask_for_is_taken_out(data: bytes, size: int) -> None:
    tap, out = tapped([data[at : at + size] for at in range(0, len(data), size)], asked=False)
    assert out + tap.end() == data.replace(USAGE_FRAME, b"")
    assert tap.usage == Usage(input=12, output=7)


def test_the_terminator_waits_until_the_end() -> None:
    tap, out = tapped([HELLO])
    assert DONE not in out and tap.end() == DONE


def test_frames_that_tell_nothing_are_let_through_as_the_same_object() -> None:
    tap = WIRE.stream_tap(target(), include_usage=False)
    for word in "abcd":
        tap.feed(frame(chunk({"content": word}, usage=None)))
    read = frame(chunk({"content": "e"}, usage=None)) * 3
    assert tap.feed(read) is read


def test_usage_on_the_last_content_chunk_is_counted_and_goes_out() -> None:
    data = stream(*(chunk({"content": "a"}) for _ in range(5)), chunk({"content": ""}, finish="stop", usage=USAGE))
    tap, out = tapped([data], asked=False)
    assert out + tap.end() == data and tap.usage == Usage(input=12, output=7)


def test_the_last_of_cumulative_usages_counts() -> None:
    data = stream(*(chunk({"content": "a"}, usage={**USAGE, "completion_tokens": n}) for n in range(9)), done=False)
    assert tapped([data])[0].usage == Usage(input=12, output=8)


def test_usage_in_the_vendors_own_field_is_heard() -> None:
    data = stream(*(chunk({"content": "a"}) for _ in range(4)), chunk({}, finish="stop", x_groq={"usage": USAGE}))
    tap, out = tapped([data], asked=False)
    assert tap.usage == Usage(input=12, output=7) and out + tap.end() == data


def test_a_text_about_usage_and_errors_is_only_text() -> None:
    text = '"usage":{"prompt_tokens":9,"completion_tokens":9} "error": {"message":"x"} data: [DONE]\n\n'
    data = stream(*(chunk({"content": text}) for _ in range(6)), chunk({}, finish="stop"))
    tap, out = tapped([data[:-14]])
    assert out == data[:-14] and tap.usage is None and tap.error is None and not tap.done


def test_a_finished_stream_without_terminator_ends_cleanly() -> None:
    data = stream(*(chunk({"content": "a"}) for _ in range(4)), chunk({}, finish="stop"), done=False)
    tap, out = tapped([data])
    assert out == data and tap.error is None and tap.end() == DONE and tap.finish is Finish.STOP


def test_the_blank_line_a_last_frame_lacks_is_added() -> None:
    data = stream(chunk({"content": "a"}), chunk({}, finish="stop"), done=False)
    tap, out = tapped([data.removesuffix(b"\n\n")])
    assert out + tap.end() == data + DONE


def test_a_terminator_without_its_blank_line_is_one() -> None:
    tap, out = tapped([HELLO.removesuffix(b"\n\n")])
    assert tap.done and DONE.strip() not in out


@pytest.mark.parametrize("data", [b"", HELLO[:500], b": hi\n\n", frame(chunk({"content": "a"}))])
def test_a_stream_that_was_cut_is_broken(data: bytes) -> None:
    tap, _ = tapped([data])
    assert isinstance(tap.error, StreamBroken)


def test_half_a_frame_is_not_forwarded() -> None:
    whole = frame(chunk({"content": "a"}))
    assert tapped([whole + whole[:-20]])[1] == whole


@pytest.mark.parametrize("size", [1, 50, 10_000])
def test_nothing_is_forwarded_from_an_error_frame_on(size: int) -> None:
    before = b"".join(frame(chunk({"content": "a"})) for _ in range(6))
    data = before + frame({"error": {"message": "boom", "code": 502}}) + before + DONE
    tap, out = tapped([data[at : at + size] for at in range(0, len(data), size)])
    assert out == before and isinstance(tap.error, VendorFailed) and tap.feed(before) == b""


def test_an_error_event_with_a_bare_message_is_an_error() -> None:
    data = frame(chunk({"content": "a"})) * 4 + b'event: error\ndata: {"message":"bad tool call","status_code":400}\n\n'
    assert isinstance(tapped([data])[0].error, RequestRejected)


def test_a_first_frame_that_is_an_error_does_not_start_the_stream() -> None:
    tap, out = tapped([b": wait\n\n" + frame({"error": {"message": "slow down", "code": 429}})])
    assert not tap.started and out == b": wait\n\n" and isinstance(tap.error, RateLimited)


def test_a_comment_does_not_start_the_stream() -> None:
    tap = WIRE.stream_tap(target(), include_usage=True)
    assert tap.feed(b": wait\n\n") == b": wait\n\n" and not tap.started
    tap.feed(frame(chunk({"role": "assistant"})))
    assert tap.started


def test_one_error_body_in_place_of_a_stream_is_an_error() -> None:
    body = b"\n\n " + json.dumps({"error": {"message": "Rate limit exceeded", "code": 429}}, indent=1).encode()
    for pieces in ([body], cut(body, range(0, 80, 3))):
        tap, out = tapped(pieces)
        assert isinstance(tap.error, RateLimited) and not tap.started and out == b""


def test_an_html_page_in_place_of_a_stream_is_an_error() -> None:
    assert isinstance(tapped([b"<html><title>Bad gateway</title></html>"])[0].error, (VendorFailed, VendorGarbled))


def test_a_whole_reply_in_place_of_a_stream_is_told_as_one() -> None:
    body = {
        "id": "x",
        "model": "m",
        "choices": [{"message": {"content": "hi"}, "finish_reason": "stop"}],
        "usage": USAGE,
    }
    tap, out = tapped([json.dumps(body).encode()])
    deltas = [json.loads(one[6:])["choices"] for one in out.split(b"\n\n")[:-1]]
    assert "".join(choice["delta"].get("content", "") for choices in deltas for choice in choices) == "hi"
    assert tap.usage == Usage(input=12, output=7) and tap.end().endswith(DONE) and tap.error is None


def test_a_frame_that_is_no_json_is_garbled() -> None:
    tap, _ = tapped([frame(chunk({"content": "a"})) + b"data: {oops\n\n"])
    assert isinstance(tap.error, VendorGarbled)


@pytest.mark.parametrize("delta", [{"content": "x" * 40}, {"reasoning_content": "y" * 40}])
@pytest.mark.parametrize("size", [60, 700, 100_000])
def test_without_usage_the_characters_are_estimated(delta: dict[str, Any], size: int) -> None:
    data = stream(*(chunk(delta) for _ in range(200)), chunk({}, finish="stop"))
    tap, _ = tapped([data[at : at + size] for at in range(0, len(data), size)])
    assert tap.usage is None and 7600 <= tap.output_chars <= 8400


@given(
    st.lists(st.sampled_from([HELLO, b"\r", b"\n", b"\n\n", b"data: ", b"{", b"}", DONE, b"\xff", b": c"]), max_size=8)
)
def test_any_bytes_are_taken_without_a_crash(pieces: list[bytes]) -> None:
    tap, out = tapped(pieces)
    assert out in b"".join(pieces) or out.endswith(b"\n\n")
    assert tap.done or tap.error or tap.finish


# --- whole replies -----------------------------------------------------------------------------------


def reply(**more: Any) -> bytes:
    choice = {"index": 0, "message": {"role": "assistant", "content": "hello"}, "finish_reason": "stop"}
    return json.dumps({"id": "x", "model": "m-1", "choices": [choice], **more}).encode()


def test_a_whole_reply_is_tapped() -> None:
    facts = WIRE.tap_reply(b"\n\n  " + reply(usage=USAGE), target())
    assert facts == ("m-1", Usage(input=12, output=7), Finish.STOP, None, 0, None)


def test_a_whole_reply_without_usage_has_its_characters_counted() -> None:
    assert WIRE.tap_reply(reply(), target()) == ("m-1", None, Finish.STOP, None, 5, None)


def test_a_whole_reply_of_odd_types_is_still_read() -> None:
    facts = WIRE.tap_reply(
        reply(usage={**USAGE, "prompt_tokens": 12.0, "prompt_tokens_details": None}, model=7), target()
    )
    assert facts.usage == Usage(input=12, output=7) and facts.model is None


@pytest.mark.parametrize(
    "body, error",
    [
        (b'{"error": {"message": "Rate limit exceeded", "code": 429}}', RateLimited),
        (b'{"error": "boom", "choices": null}', VendorFailed),
        (b'{"id": "x"}', VendorGarbled),
        (b"<html>", VendorGarbled),
        (b"", VendorGarbled),
        (b"[" * 100_000, VendorGarbled),
    ],
)
def test_a_200_that_is_no_reply_is_an_error(body: bytes, error: type[Exception]) -> None:
    assert isinstance(WIRE.tap_reply(body, target()).error, error)
    with pytest.raises(error):
        WIRE.read_reply(body, target())

"""Pass-through of Gemini: the app gets the bytes the vendor sent, and the gateway hears what they say."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from providers.canonical import Finish
from providers.errors import StreamBroken, VendorGarbled, VendorOverloaded
from providers.wires import StreamTap, wire
from tests.providers.wires.test_gemini_reply import CHUNKS, FORMS, TARGET, cut, events, fold, sse

WIRE = wire("gemini")


def tapped(pieces: list[bytes]) -> tuple[StreamTap, bytes]:
    tap = WIRE.stream_tap(TARGET, include_usage=True)
    out = b"".join([tap.feed(piece) for piece in pieces])
    return tap, out + tap.close() + (tap.end() if tap.error is None else b"")


@given(at=st.lists(st.integers(0, 5000), max_size=12), form=st.sampled_from(["crlf", "lf"]))
def test_server_sent_events_go_on_as_the_bytes_they_came_in(at: list[int], form: str) -> None:
    tap, out = tapped(cut(FORMS[form], at))
    assert out == FORMS[form] and tap.error is None and tap.done and tap.started
    assert tap.finish is Finish.TOOL_CALLS and tap.model == "gemini-3.8-flash"
    assert tap.usage is not None and tap.usage.output == 9 and tap.output_chars > 20


@given(at=st.lists(st.integers(0, 5000), max_size=12))
def test_an_array_is_told_again_as_events(at: list[int]) -> None:
    tap, out = tapped(cut(FORMS["array"], at))
    assert tap.error is None and out.startswith(b"data: ")
    assert fold(events([out])).choices == fold(events([FORMS["array"]])).choices


def test_from_an_error_on_nothing_is_forwarded() -> None:
    error: dict[str, Any] = {"error": {"code": 503, "message": "Overloaded.", "status": "UNAVAILABLE"}}
    data = sse([CHUNKS[2], error, CHUNKS[7]])
    for pieces in ([data], [data[i : i + 1] for i in range(len(data))]):
        tap, out = tapped(pieces)
        assert isinstance(tap.error, VendorOverloaded) and out == sse([CHUNKS[2]])


def test_a_plain_error_instead_of_a_stream_is_heard() -> None:
    tap, out = tapped([b'{"error": {"code": 503, "message": "No.", ', b'"status": "UNAVAILABLE"}}'])
    assert isinstance(tap.error, VendorOverloaded) and out == b"" and not tap.started


def test_a_cut_stream_is_broken() -> None:
    tap, out = tapped([FORMS["crlf"][:300]])
    assert isinstance(tap.error, StreamBroken) and FORMS["crlf"].startswith(out)


def test_a_last_frame_without_its_blank_line_still_counts() -> None:
    tap, out = tapped([FORMS["crlf"].rstrip()])
    assert tap.error is None and out == FORMS["crlf"]


def test_facts_of_a_whole_reply() -> None:
    body = {**CHUNKS[3], "candidates": [{**CHUNKS[3]["candidates"][0], "finishReason": "MAX_TOKENS"}]}
    facts = WIRE.tap_reply(json.dumps(body).encode(), TARGET)
    assert (facts.model, facts.usage, facts.finish, facts.error) == ("gemini-3.8-flash", None, Finish.LENGTH, None)
    assert facts.output_chars == 6
    assert isinstance(WIRE.tap_reply(b"{}", TARGET).error, VendorGarbled)

"""AWS's frames: whole, cut anywhere, damaged, and bytes that never were any."""

from __future__ import annotations

import itertools
import json
import struct
import zlib

import pytest
from botocore.eventstream import EventStreamBuffer
from hypothesis import given, settings
from hypothesis import strategies as st

from providers.wires.event_stream import Frame, FrameDecoder, encode_frame, is_plain
from tests.golden.aws_frames import event, exception, frame

PAYLOADS = [b"", b"{}", b'{"text":"\xc3\xa4"}', b"x" * 70_000]
STREAM = b"".join(frame({":message-type": "event", ":event-type": "e"}, payload) for payload in PAYLOADS)


def decoded(*pieces: bytes) -> tuple[list[Frame], FrameDecoder]:
    decoder = FrameDecoder()
    return [one for piece in pieces for one in decoder.feed(piece)], decoder


def test_frames_come_out_as_they_went_in() -> None:
    frames, decoder = decoded(STREAM)
    assert [one.payload for one in frames] == PAYLOADS
    assert b"".join(one.raw for one in frames) == STREAM
    assert not decoder.garbled
    assert not decoder.is_open


@given(st.lists(st.integers(0, len(STREAM)), max_size=12))
@settings(max_examples=60, deadline=None)
def test_it_does_not_matter_where_a_stream_is_cut(cuts: list[int]) -> None:
    places = [0, *sorted(cuts), len(STREAM)]
    frames, _ = decoded(*(STREAM[a:b] for a, b in itertools.pairwise(places)))
    assert [one.payload for one in frames] == PAYLOADS


def test_byte_by_byte_is_no_different() -> None:
    stream = event("messageStart", {"role": "assistant"}) + exception("throttlingException", "Too many")
    frames, _ = decoded(*(bytes([one]) for one in stream))
    assert [(one.kind, one.name) for one in frames] == [
        ("event", "messageStart"),
        ("exception", "throttlingException"),
    ]


def test_an_error_tells_its_message_in_its_headers() -> None:
    headers = {":message-type": "error", ":error-code": "InternalError", ":error-message": "It broke."}
    frames, _ = decoded(frame(headers, b""))
    assert frames[0][:4] == ("error", "InternalError", b"", "It broke.")


@given(st.integers(0, 200), st.integers(1, 255))
@settings(max_examples=150, deadline=None)
def test_one_wrong_byte_is_noticed(place: int, flip: int) -> None:
    good = event("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": "hello " * 20}})
    bad = bytearray(good)
    bad[place] ^= flip
    frames, decoder = decoded(good, bytes(bad))
    assert len(frames) == 1
    assert decoder.garbled


@given(st.lists(st.binary(max_size=60), max_size=8))
@settings(max_examples=300, deadline=None)
def test_random_bytes_raise_nothing(pieces: list[bytes]) -> None:
    frames, decoder = decoded(*pieces)
    assert frames == []
    assert decoder.garbled == (sum(map(len, pieces)) >= 12)


@given(st.binary(min_size=0, max_size=40), st.binary(max_size=40))
@settings(max_examples=150, deadline=None)
def test_well_summed_nonsense_raises_nothing(headers: bytes, payload: bytes) -> None:

    prelude = struct.pack("!II", 16 + len(headers) + len(payload), len(headers))
    begun = prelude + struct.pack("!I", zlib.crc32(prelude)) + headers + payload
    frames, decoder = decoded(begun + struct.pack("!I", zlib.crc32(begun)))
    assert len(frames) == (0 if decoder.garbled else 1)


def test_nothing_is_read_behind_garbage() -> None:
    frames, decoder = decoded(b"this is no frame at all", event("messageStart", {}))
    assert frames == []
    assert decoder.garbled


def test_a_frame_longer_than_aws_allows_is_garbage_at_once() -> None:
    _, decoder = decoded(b"\x7f\x00\x00\x00" + b"\x00" * 8)
    assert decoder.garbled


def test_half_a_frame_is_open() -> None:
    _, decoder = decoded(STREAM[:20])
    assert decoder.is_open
    assert not decoder.garbled


def test_what_is_encoded_is_what_botocore_reads() -> None:
    buffer = EventStreamBuffer()
    buffer.add_data(encode_frame(b'{"role":"assistant"}', kind="event", name="messageStart"))
    message = buffer.next()
    assert json.loads(message.payload) == {"role": "assistant"}
    assert message.headers[":event-type"] == "messageStart"
    assert message.headers[":message-type"] == "event"


@pytest.mark.parametrize(
    ("head", "plain"), [(b'{"message":', True), (b" \n<html>", True), (b"[", True), (b" ", None), (STREAM[:4], False)]
)
def test_a_body_in_place_of_a_stream_is_told_by_its_first_byte(head: bytes, plain: bool | None) -> None:
    assert is_plain(head) is plain

"""AWS's ``application/vnd.amazon.eventstream``, decoded as it comes: bytes cut anywhere in, frames out. No service.

A frame is a prelude (lengths, CRC), headers, payload and a CRC over all. Source: docs.aws.amazon.com Transcribe,
"Event stream encoding"; smithy.io, "Amazon Event Stream".
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping
from typing import Any, NamedTuple

from botocore.eventstream import EventStreamBuffer, ParserError

PRELUDE = 12
LEAST = 16  # bytes of a frame with neither headers nor payload
MOST = 24 * 1024 * 1024 + 128 * 1024 + LEAST  # AWS's own limits on payload and headers
MALFORMED = (ParserError, struct.error, KeyError, IndexError, ValueError, StopIteration)
STRING = 7  # the type of header that AWS sends


class Frame(NamedTuple):
    """``kind`` is event, exception or error; ``name`` the event's, the exception's or the error's. ``message`` is told
    in the headers of an error only. ``raw`` is the frame as it came."""

    kind: str
    name: str
    payload: bytes
    message: str = ""
    raw: bytes = b""


class FrameDecoder:
    """``garbled`` is set, for good, where something came that is no frame; ``is_open`` tells of a frame half come."""

    def __init__(self) -> None:
        self.garbled = False
        self._data = bytearray()

    @property
    def is_open(self) -> bool:
        return bool(self._data)

    def feed(self, data: bytes) -> list[Frame]:
        """The frames that ``data`` completed, up to the first that cannot be read. Never raises."""
        if self.garbled:
            return []
        self._data += data
        frames: list[Frame] = []
        at = 0
        while (end := self._frame_end(at)) and len(self._data) >= end:
            frame = _decoded(bytes(self._data[at:end]))
            if frame is None:
                self.garbled = True
                break
            frames.append(frame)
            at = end
        del self._data[:at]
        return frames

    def _frame_end(self, start: int) -> int:
        """Where the frame ends that begins at ``start``; 0 while that is not known."""
        prelude = self._data[start : start + PRELUDE]
        if len(prelude) < PRELUDE:
            return 0
        length, _, checksum = struct.unpack("!III", prelude)
        if not LEAST <= length <= MOST or zlib.crc32(prelude[:8]) != checksum:
            self.garbled = True
            return 0
        return start + int(length)


def _decoded(raw: bytes) -> Frame | None:
    buffer = EventStreamBuffer()
    buffer.add_data(raw)
    try:
        message = buffer.next()
    except MALFORMED:
        return None
    told: Mapping[str, Any] = message.headers
    kind = _text(told, ":message-type") or "event"
    name = _text(told, ":event-type") or _text(told, ":exception-type") or _text(told, ":error-code")
    return Frame(kind, name, bytes(message.payload), _text(told, ":error-message"), raw)


def _text(headers: Mapping[str, Any], name: str) -> str:
    value = headers.get(name)
    return value if isinstance(value, str) else ""


def encode_frame(payload: bytes, *, kind: str, name: str, content_type: str = "application/json") -> bytes:
    """One frame as AWS would send it."""
    headers = b"".join(
        _header(field, value)
        for field, value in (
            (":exception-type" if kind == "exception" else ":event-type", name),
            (":content-type", content_type),
            (":message-type", kind),
        )
    )
    prelude = struct.pack("!II", LEAST + len(headers) + len(payload), len(headers))
    body = prelude + struct.pack("!I", zlib.crc32(prelude)) + headers + payload
    return body + struct.pack("!I", zlib.crc32(body))


def _header(name: str, value: str) -> bytes:
    label, text = name.encode(), value.encode()
    return struct.pack("!B", len(label)) + label + struct.pack("!BH", STRING, len(text)) + text


def is_plain(head: bytes) -> bool | None:
    """Whether a "stream" is one JSON or HTML body after all. ``None``: not told yet. A frame begins with its length,
    so a byte that opens such a body would announce hundreds of megabytes."""
    rest = head.lstrip(b" \t\r\n")
    return rest[:1] in (b"{", b"[", b"<") if rest else None

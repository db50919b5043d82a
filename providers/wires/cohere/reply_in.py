"""Cohere's replies, whole or streamed → events. Which API answered, in what framing, is seen from the bytes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from providers.canonical import Ended, Event, Failed, Reply, Target
from providers.errors import StreamBroken, UpstreamError, VendorGarbled
from providers.wires.cohere.errors import read_error
from providers.wires.cohere.events_in import EventReader
from providers.wires.cohere.v1 import V1Reader, is_reply
from providers.wires.folding import fold_events
from providers.wires.openai.codec import decode, encode
from providers.wires.openai.error_shapes import from_value
from providers.wires.sse import SseDecoder, SseEvent

DONE = "[DONE]"
_BLANK = b"\xef\xbb\xbf \t\r\n"


def read_reply(body: bytes, target: Target) -> Reply:
    """Raises ``VendorGarbled``, or the error that a 200 holds. A stream nobody asked for is read too."""
    try:
        value = decode(body)
    except ValueError:
        reader = ReplyReader(target)
        return fold_events([*reader.feed(body), *reader.close()])
    return fold_events(_whole(value, target))


def _whole(value: Any, target: Target) -> list[Event]:
    vendor = target.vendor.name
    if not isinstance(value, dict):
        return [Failed(error=garbled(vendor))]
    if isinstance(value.get("message"), dict):
        return EventReader(model=target.model, vendor=vendor).whole(value)
    if is_reply(value):
        return V1Reader(model=target.model, vendor=vendor).whole(value)
    return [Failed(error=_told(value, vendor))]


def _told(value: Mapping[str, Any], vendor: str) -> UpstreamError:
    """The error that an object without an answer is."""
    return read_error(200, {}, encode(value), vendor=vendor) if from_value(value).message else garbled(vendor)


def garbled(vendor: str) -> VendorGarbled:
    return VendorGarbled(f"{vendor} sent a reply that cannot be read", vendor_status=200)


class ReplyReader:
    """``StreamReader`` of the Cohere wire. v2 streams SSE; v1 streams a JSON object a line, or SSE of the same; an
    error, or a server that does not stream, is one JSON body."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._vendor: str = target.vendor.name
        self._sse = SseDecoder()
        self._head = b""
        self._lines: bool | None = None  # one object a line; None: not told yet
        self._rest: list[bytes] = []
        self._v2 = EventReader(model=target.model, vendor=self._vendor)
        self._v1 = V1Reader(model=target.model, vendor=self._vendor)
        self._over = False

    def feed(self, data: bytes) -> list[Event]:
        if self._lines is None:
            data, self._head = self._head + data, b""
            rest = data.lstrip(_BLANK)
            if not rest:
                self._head = data
                return []
            self._lines = rest[:1] in (b"{", b"[", b"<")
        if not self._lines:
            return self._frames(self._sse.feed(data))
        return self._feed_lines(data)

    def _feed_lines(self, data: bytes) -> list[Event]:
        if b"\n" not in data:
            self._rest.append(data)
            return []
        *lines, rest = b"".join((*self._rest, data)).split(b"\n")
        events: list[Event] = []
        open_lines: list[bytes] = []  # of an object that is spread over several
        for line in lines:
            open_lines.append(line)
            if line.rstrip().endswith(b"}") and (value := _decoded(b"\n".join(open_lines))) is not None:
                open_lines = []
                events += self._object(value)
        self._rest = [b"\n".join((*open_lines, rest))]
        return events

    def close(self) -> list[Event]:
        if self._over:
            return []
        events = self._tail()
        if self._over:
            return events
        self._over = True
        return [*events, Failed(error=self._broken())]

    def _tail(self) -> list[Event]:
        if not self._lines:
            frames = self._sse.close()
            torn = [frame for frame in frames if frame.data.strip() != DONE and _decoded(frame.data) is None]
            return [] if torn else self._frames(frames)
        body = b"".join(self._rest)
        if not body.strip(_BLANK):
            return []
        value = _decoded(body)
        if value is None and body.lstrip(_BLANK)[:1] != b"{":
            return self._end([Failed(error=read_error(200, {}, body, vendor=self._vendor))])
        return self._object(value) if value is not None else []

    def _broken(self) -> StreamBroken:
        return StreamBroken(f"{self._vendor} closed the stream before it was finished", vendor_status=200)

    def _frames(self, frames: list[SseEvent]) -> list[Event]:
        events: list[Event] = []
        for frame in frames:
            if self._over or not frame.data.strip() or frame.data.strip() == DONE:
                continue
            value = _decoded(frame.data)
            if not isinstance(value, dict):
                return [*events, *self._end([Failed(error=garbled(self._vendor))])]
            events += self._object(value, frame.event)
        return events

    def _object(self, value: Any, name: str = "") -> list[Event]:
        if self._over:
            return []
        if not isinstance(value, dict):
            return self._end([Failed(error=garbled(self._vendor))])
        if "event_type" in value:
            return self._end(self._v1.read(value))
        if self._lines:
            return self._end(_whole(value, self._target))
        if not (value.get("type") or name) or name == "error":
            return self._end([Failed(error=_told(value, self._vendor))])
        return self._end(self._v2.read(value, name))

    def _end(self, events: list[Event]) -> list[Event]:
        self._over = any(isinstance(event, Failed | Ended) for event in events)
        return events


def _decoded(data: bytes | str) -> Any:
    try:
        return decode(data)
    except ValueError:
        return None

"""A vendor's SSE stream → events, for the lane that translates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from providers.canonical import Ended, Event, Failed, Target
from providers.errors import StreamBroken, UpstreamError, VendorGarbled
from providers.vendors.base import Vendor
from providers.wires.openai.chunks import ChunkReader
from providers.wires.openai.codec import decode
from providers.wires.openai.error_shapes import base_resp, from_value
from providers.wires.openai.errors import read_vendor_error
from providers.wires.sse import SseDecoder, SseEvent

DONE = "[DONE]"
_BLANK = b"\xef\xbb\xbf \t\r\n"


def plain_body(head: bytes) -> bool | None:
    """Whether a "stream" is one body after all (an error, or a vendor that does not stream). ``None``: not told yet."""
    rest = head.lstrip(_BLANK)
    return rest[:1] in (b"{", b"[", b"<") if rest else None


def error_in(chunk: object, event: str, raw: bytes, vendor: Vendor) -> UpstreamError | None:
    """The error a frame of a 200 reply carries, if it is one."""
    return (
        read_vendor_error(200, {}, raw, vendor) if isinstance(chunk, dict) and _failed(chunk, event, vendor) else None
    )


def _failed(chunk: Mapping[str, Any], event: str, vendor: Vendor) -> bool:
    if chunk.get("error") or base_resp(chunk):
        return True
    if "choices" not in chunk:  # Spark: a code and a message at the top
        return event == "error" or bool(chunk.get("code") and isinstance(chunk.get("message"), str))
    return str(chunk.get("code")) in vendor.quirks.error_codes


def silent_break(vendor: Vendor) -> StreamBroken:
    return StreamBroken(f"{vendor.name} closed the stream before it was finished", vendor_status=200)


def garbled(vendor: Vendor, what: str) -> VendorGarbled:
    return VendorGarbled(f"{vendor.name} sent {what}", vendor_status=200)


def whole_error(body: bytes, vendor: Vendor) -> UpstreamError:
    """The error of a 200 body without choices."""
    try:
        told = bool(from_value(decode(body)).message)
    except ValueError:
        told = False
    return read_vendor_error(200, {}, body, vendor) if told else garbled(vendor, "a reply without choices")


class OpenAIStreamReader:
    """``StreamReader`` of the OpenAI wire."""

    def __init__(self, target: Target) -> None:
        self._vendor: Vendor = target.vendor
        self._chunks = ChunkReader(self._vendor.quirks)
        self._sse = SseDecoder()
        self._head: list[bytes] = []  # until it is known whether this is a stream at all
        self._plain: bool | None = None
        self._over = False  # ended or failed

    def feed(self, data: bytes) -> list[Event]:
        if self._over:
            return []
        if self._plain is not False:
            self._head.append(data)
            if self._plain is None:
                self._plain = plain_body(b"".join(self._head))
            if self._plain is not False:
                return []
            data, self._head = b"".join(self._head), []
        return self._frames(self._sse.feed(data))

    def close(self) -> list[Event]:
        if self._over:
            return []
        if self._plain:
            return self._whole(b"".join(self._head))
        tail = self._sse.close()
        try:
            events = self._frames(tail)
        finally:
            self._over = True
        if any(isinstance(event, Ended) for event in events):
            return events
        garbled_tail = any(isinstance(event, Failed) and isinstance(event.error, VendorGarbled) for event in events)
        if garbled_tail or not events:  # half a frame: the connection was cut in it
            return [] if self._chunks.finished else [Failed(error=silent_break(self._vendor))]
        failed = any(isinstance(event, Failed) for event in events)
        return events if failed or self._chunks.finished else [*events, Failed(error=silent_break(self._vendor))]

    def _whole(self, body: bytes) -> list[Event]:
        self._over = True
        try:
            chunk = decode(body)
        except ValueError:
            return [Failed(error=whole_error(body, self._vendor))]
        error = error_in(chunk, "", body, self._vendor)
        if error or not isinstance(chunk, dict) or not isinstance(chunk.get("choices"), list):
            return [Failed(error=error or whole_error(body, self._vendor))]
        return [*self._chunks.read(chunk), *self._chunks.end(), Ended()]

    def _frames(self, frames: list[SseEvent]) -> list[Event]:
        events: list[Event] = []
        for frame in frames:
            if self._over:
                break
            events += self._frame(frame)
        return events

    def _frame(self, frame: SseEvent) -> list[Event]:
        text = frame.data.strip()
        if text == DONE:
            self._over = True
            return [*self._chunks.end(), Ended()]
        if not text:
            return []
        try:
            chunk = decode(text)
        except ValueError:
            chunk = None
        error = error_in(chunk, frame.event, text.encode(errors="replace"), self._vendor)
        if not error and not isinstance(chunk, dict):
            error = garbled(self._vendor, "a stream frame that is no JSON object")
        if error:
            self._over = True
            return [Failed(error=error)]
        return self._chunks.read(chunk)

"""A vendor's SSE stream → events, and whole replies by the same reader."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from providers.canonical import Ended, Event, Failed, Reply, Target
from providers.errors import UpstreamError
from providers.vendors.base import Vendor
from providers.wires.folding import fold_events
from providers.wires.openai.codec import decode, string
from providers.wires.openai.stream_in import garbled, plain_body, silent_break
from providers.wires.responses.errors import response_error, told_error
from providers.wires.responses.names import DONE
from providers.wires.responses.reader import ResponseReader
from providers.wires.sse import SseDecoder, SseEvent

_FAILURES = ("response.failed", "response.cancelled")


def event_kind(chunk: Mapping[str, Any], event: str) -> str:
    return string(chunk.get("type")) or event


def error_in(chunk: Mapping[str, Any], kind: str, vendor: Vendor) -> UpstreamError | None:
    """The error a frame of a 200 reply carries, if it is one."""
    if kind in _FAILURES:
        return response_error(chunk.get("response"), vendor)
    if kind == "error" or (chunk.get("error") and not kind.startswith("response.")):
        return told_error(chunk, vendor)
    return None


def checked(body: bytes, vendor: Vendor) -> Mapping[str, Any] | UpstreamError:
    """A whole response, or the error of a 200 that holds one or cannot be read."""
    try:
        response = decode(body)
    except ValueError:
        return garbled(vendor, "a reply that is no JSON")
    if not isinstance(response, dict):
        return garbled(vendor, "a reply that is no JSON object")
    if response.get("error") or response.get("status") in ("failed", "cancelled"):
        return response_error(response, vendor)
    if not isinstance(response.get("output"), list):
        return garbled(vendor, "a reply without output")
    if response.get("status") in ("queued", "in_progress"):
        return garbled(vendor, "a reply that is not finished")
    return response


def read_reply(body: bytes, target: Target) -> Reply:
    """Raises ``VendorGarbled`` for what cannot be read, and the error of a 200 that holds one."""
    response = checked(body, target.vendor)
    if isinstance(response, UpstreamError):
        raise response
    return fold_events(ResponseReader(target.vendor).whole(response))


class ResponsesStreamReader:
    """``StreamReader`` of the Responses wire. The response's own end ends it; ``[DONE]`` may follow or not."""

    def __init__(self, target: Target) -> None:
        self._vendor: Vendor = target.vendor
        self._reader = ResponseReader(self._vendor)
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
            self._over = True
            response = checked(b"".join(self._head), self._vendor)
            if isinstance(response, UpstreamError):
                return [Failed(error=response)]
            return [*self._reader.whole(response), Ended()]
        events = self._frames(self._sse.close(), tail=True)
        if self._over:
            return events
        self._over = True
        return [*events, Failed(error=silent_break(self._vendor))]

    def _frames(self, frames: list[SseEvent], *, tail: bool = False) -> list[Event]:
        events: list[Event] = []
        for frame in frames:
            if self._over:
                break
            events += self._frame(frame, tail=tail)
        return events

    def _frame(self, frame: SseEvent, *, tail: bool) -> list[Event]:
        text = frame.data.strip()
        if not text or text == DONE:
            return []
        try:
            chunk = decode(text)
        except ValueError:
            chunk = None
        if not isinstance(chunk, dict):
            return [] if tail else self._fail(garbled(self._vendor, "a stream frame that is no JSON object"))
        kind = event_kind(chunk, frame.event)
        if error := error_in(chunk, kind, self._vendor):
            return self._fail(error)
        events = self._reader.read(chunk, kind)
        if self._reader.finished:
            self._over = True
            events.append(Ended())
        return events

    def _fail(self, error: UpstreamError) -> list[Event]:
        self._over = True
        return [Failed(error=error)]

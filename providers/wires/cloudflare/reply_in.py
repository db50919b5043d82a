"""Workers AI's replies → events, by way of OpenAI's chunks: some models answer in that form, the others' own form
(``{"response": …, "tool_calls": […], "usage": …}``) is brought into it."""

from __future__ import annotations

from typing import Any

from providers.canonical import Ended, Event, Failed, Reply, Target
from providers.errors import StreamBroken, UpstreamError, VendorGarbled
from providers.wires.cloudflare.errors import read_error
from providers.wires.cloudflare.request_in import NAME, as_call
from providers.wires.folding import fold_events
from providers.wires.openai.chunks import ChunkReader
from providers.wires.openai.codec import decode, encode_text, string
from providers.wires.sse import SseDecoder, SseEvent

DONE = "[DONE]"
_BLANK = b"\xef\xbb\xbf \t\r\n"
_ANSWERS = ("response", "tool_calls", "choices", "usage")


def as_chunk(result: Any, *, model: str) -> dict[str, Any]:
    """``result`` of a reply, or the object of a frame, in OpenAI's form. The model is the one asked for: Workers AI's
    own form names none."""
    if isinstance(result, dict) and isinstance(result.get("choices"), list):
        return {"id": "", **result, "model": string(result.get("model")) or model}
    given = result if isinstance(result, dict) else {"response": result}
    calls = given.get("tool_calls")
    delta = {
        "content": _text(given.get("response")),
        "reasoning_content": given.get("reasoning_content"),
        "tool_calls": [as_call(call, NAME, i) for i, call in enumerate(calls if isinstance(calls, list) else ())],
    }
    choice = {"index": 0, "delta": delta, "finish_reason": given.get("finish_reason")}
    return {"id": "", "model": model, "choices": [choice], "usage": given.get("usage")}


def _text(response: Any) -> str:
    """Where JSON was asked for, whole objects and, in a stream, bare numbers and booleans come."""
    if response is None or isinstance(response, str):
        return response or ""
    return encode_text(response)


def error_in(value: Any, raw: bytes, vendor: str) -> UpstreamError | None:
    """The error that the object of a 200 carries, if it is one."""
    if not isinstance(value, dict):
        return garbled(vendor)
    if value.get("errors") or value.get("error") or value.get("success") is False:
        return read_error(200, {}, raw, vendor=vendor)
    return None


def garbled(vendor: str) -> VendorGarbled:
    return VendorGarbled(f"{vendor} sent a reply that cannot be read", vendor_status=200)


def read_reply(body: bytes, target: Target) -> Reply:
    """Raises ``VendorGarbled``, or the error that a 200 holds. A stream nobody asked for is read too."""
    if body.lstrip(_BLANK)[:5] == b"data:":
        reader = FrameReader(target)
        return fold_events([*reader.feed(body), *reader.close()])
    return fold_events(_whole(body, target))


def _whole(body: bytes, target: Target) -> list[Event]:
    vendor = target.vendor.name
    try:
        value = decode(body)
    except ValueError:
        return [Failed(error=garbled(vendor))]
    if (error := error_in(value, body, vendor)) is not None:
        return [Failed(error=error)]
    result = value.get("result", value)
    known = isinstance(result, str) or (isinstance(result, dict) and any(name in result for name in _ANSWERS))
    if not known:
        return [Failed(error=garbled(vendor))]
    chunks = ChunkReader(target.vendor.quirks)
    return [*chunks.read(as_chunk(result, model=target.model)), *chunks.end(), Ended()]


class FrameReader:
    """``StreamReader`` of the Cloudflare wire: SSE that ends in ``[DONE]``; an error is one JSON body."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._vendor: str = target.vendor.name
        self._chunks = ChunkReader(target.vendor.quirks)
        self._sse = SseDecoder()
        self._head: list[bytes] = []  # until it is known whether this is a stream at all
        self._plain: bool | None = None
        self._over = False

    def feed(self, data: bytes) -> list[Event]:
        if self._plain is not False:
            self._head.append(data)
            if self._plain is None and (rest := b"".join(self._head).lstrip(_BLANK)):
                self._plain = rest[:1] in (b"{", b"[", b"<")
            if self._plain is not False:
                return []
            data, self._head = b"".join(self._head), []
        return self._frames(self._sse.feed(data))

    def close(self) -> list[Event]:
        if self._over:
            return []
        if self._plain:
            return self._end(_whole(b"".join(self._head), self._target))
        frames = self._sse.close()
        torn = any(frame.data.strip() != DONE and _decoded(frame.data) is None for frame in frames)
        events = [] if torn else self._frames(frames)
        told = any(isinstance(event, Failed | Ended) for event in events) or self._chunks.finished
        return self._end(events if told else [*events, Failed(error=self._broken())])

    def _broken(self) -> StreamBroken:
        return StreamBroken(f"{self._vendor} closed the stream before it was finished", vendor_status=200)

    def _frames(self, frames: list[SseEvent]) -> list[Event]:
        return [event for frame in frames for event in self._frame(frame.data.strip())]

    def _frame(self, text: str) -> list[Event]:
        if self._over or not text:
            return []
        if text == DONE:
            return self._end([*self._chunks.end(), Ended()])
        value = _decoded(text)
        error = error_in(value, text.encode(errors="replace"), self._vendor)
        if error is not None:
            return self._end([Failed(error=error)])
        return self._chunks.read(as_chunk(value, model=self._target.model))

    def _end(self, events: list[Event]) -> list[Event]:
        self._over = True
        return events


def _decoded(text: str) -> Any:
    try:
        return decode(text)
    except ValueError:
        return None

"""A Messages reply, whole or streamed → canonical events. A whole one is read block by block as a stream would be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from providers.canonical import (
    NOTHING,
    Ended,
    Event,
    Extra,
    Failed,
    Finished,
    OpaqueDelta,
    PartStopped,
    ReasoningDelta,
    Reply,
    Started,
    TextDelta,
    ToolCallDelta,
    ToolCallStarted,
    UsageReported,
)
from providers.errors import StreamBroken, UpstreamError, VendorGarbled
from providers.wires.anthropic.codec import NAME, decode, encode, without
from providers.wires.anthropic.errors import error_from
from providers.wires.anthropic.usage import merge_usage, read_finish, read_usage
from providers.wires.folding import fold_events
from providers.wires.sse import SseDecoder, SseEvent

START_FIELDS = ("id", "type", "role", "model", "content", "stop_reason", "stop_sequence", "usage")
END_FIELDS = ("stop_details", "container", "context_management")  # a stream sends them with its stop reason
PIECEWISE = ("text", "thinking", "redacted_thinking", "tool_use")
MALFORMED = (AttributeError, KeyError, TypeError, ValueError)


def read_reply(body: bytes) -> Reply:
    """Raises ``VendorGarbled``, or the error that a 200 holds."""
    try:
        message = decode(body)
        if isinstance(message, Mapping) and (message.get("type") == "error" or "error" in message):
            raise error_from(message)
        return fold_events(_whole(message))
    except UpstreamError:
        raise
    except MALFORMED:
        raise VendorGarbled("the vendor's reply is not an Anthropic message") from None


def _whole(message: Mapping[str, Any]) -> list[Event]:
    events: list[Event] = [_started(without(message, *END_FIELDS))]
    for index, block in enumerate(message["content"]):
        events += Block(block, index).whole()
    usage = read_usage(message.get("usage"))
    if usage is not None:
        events.append(UsageReported(usage=usage))
    return [*events, _finished(message, {name: message.get(name) for name in END_FIELDS})]


def _started(message: Mapping[str, Any]) -> Started:
    return Started(id=_text(message, "id"), model=_text(message, "model"), extra=_said(without(message, *START_FIELDS)))


def _finished(delta: Mapping[str, Any], beside: Mapping[str, Any]) -> Finished:
    reason = delta.get("stop_reason")
    raw = reason if isinstance(reason, str) else None
    extra = _said({"stop_sequence": delta.get("stop_sequence"), **beside})
    return Finished(finish=read_finish(reason), raw=raw, extra=extra)


def _said(extra: Mapping[str, Any]) -> Extra:
    return {key: value for key, value in extra.items() if value is not None} or NOTHING


def _text(of: Mapping[str, Any], name: str) -> str:
    value = of.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise TypeError(name)
    return value


class Block:
    """One content block while it comes. Only text, thinking and tool_use come out piece by piece; what only this
    wire knows is collected and comes out whole, so that other wires can refuse it in one piece."""

    def __init__(self, block: Mapping[str, Any], index: int) -> None:
        self.block = block
        self.kind = _text(block, "type")
        self.part = index
        self.argued = False
        self.json: list[str] = []

    def whole(self) -> list[Event]:
        return [*self.start(), *self.stop()]

    def start(self) -> list[Event]:
        part, block = self.part, self.block
        match self.kind:
            case "text":
                extra = without(block, "type", "text")
                extra = {key: value for key, value in extra.items() if value}  # citations: [] or null
                return [TextDelta(text=_text(block, "text"), part=part, extra=extra or NOTHING)]
            case "thinking":
                signature = _text(block, "signature") or None
                return [ReasoningDelta(text=_text(block, "thinking"), signature=signature, part=part)]
            case "redacted_thinking":
                return [ReasoningDelta(encrypted=_text(block, "data"), part=part)]
            case "tool_use":
                extra = without(block, "type", "id", "name", "input")
                id, name = _text(block, "id"), _text(block, "name")
                return [ToolCallStarted(id=id, name=name, part=part, extra=extra or NOTHING)]
        return []

    def delta(self, delta: Mapping[str, Any]) -> list[Event]:
        match self.kind, delta.get("type"):
            case "text", "text_delta":
                return [TextDelta(text=_text(delta, "text"), part=self.part)]
            case "text", "citations_delta":
                return [TextDelta(text="", part=self.part, extra={"citations": [delta["citation"]]})]
            case "thinking", "thinking_delta":
                return [ReasoningDelta(text=_text(delta, "thinking"), part=self.part)]
            case "thinking", "signature_delta":
                return [ReasoningDelta(signature=_text(delta, "signature"), part=self.part)]
            case "tool_use", "input_json_delta":
                return self._arguments(_text(delta, "partial_json"))
            case _, "input_json_delta":
                self.json.append(_text(delta, "partial_json"))
            case kind, _ if kind in PIECEWISE:
                return []  # a kind of delta newer than this file
            case _:
                self._collect(without(delta, "type"))
        return []

    def _arguments(self, text: str) -> list[Event]:
        if not text:
            return []
        self.argued = True
        return [ToolCallDelta(arguments=text, part=self.part)]

    def _collect(self, delta: Mapping[str, Any]) -> None:
        merged = dict(self.block)
        for key, value in delta.items():
            before = merged.get(key)
            merged[key] = before + value if isinstance(before, str) and isinstance(value, str) else value
        self.block = merged

    def stop(self) -> list[Event]:
        stopped = PartStopped(part=self.part)
        match self.kind:
            case "tool_use":
                given = self.block.get("input") or {}  # some vendors send it whole at the start
                late = [] if self.argued else [ToolCallDelta(arguments=encode(given).decode(), part=self.part)]
                return [*late, stopped]
            case "text" | "thinking" | "redacted_thinking":
                return [stopped]
        if text := "".join(self.json):
            self._collect({"input": decode(text)})
        return [OpaqueDelta(wire=NAME, value=self.block, part=self.part), stopped]


class MessageReader:
    """Frames of a stream → events. Unknown events are passed over, as Anthropic asks for (api/versioning)."""

    def __init__(self) -> None:
        self._sse = SseDecoder()
        self._blocks: dict[Any, Block] = {}
        self._usage: dict[str, Any] = {}
        self._over = False  # ended or failed: nothing after it counts
        self._finished = False
        self._plain: bool | None = None  # one JSON body after all: an error, or a vendor that does not stream
        self._body: list[bytes] = []

    def feed(self, data: bytes) -> list[Event]:
        if self._plain is None and data.strip():
            self._plain = data.lstrip().startswith(b"{")
        if self._plain:
            self._body.append(data)
            return []
        return [event for frame in self._sse.feed(data) for event in self._read(frame)]

    def close(self) -> list[Event]:
        if self._plain:
            return self._read_whole(b"".join(self._body))
        events = [event for frame in self._sse.close() for event in self._read(frame)]
        if self._over or self._finished:
            return events
        self._over = True
        return [*events, Failed(error=StreamBroken("the vendor's stream ended before its message did"))]

    def _read_whole(self, body: bytes) -> list[Event]:
        try:
            message = decode(body)
            if message.get("type") == "error" or "error" in message:
                return [Failed(error=error_from(message))]
            return [*_whole(message), Ended()]
        except MALFORMED:
            return [Failed(error=VendorGarbled("the vendor's reply is not an Anthropic message"))]

    def _read(self, frame: SseEvent) -> list[Event]:
        if self._over or frame.data.strip() == "[DONE]":
            return []
        try:
            events = self._events(decode(frame.data), frame.event)
        except MALFORMED:
            events = [Failed(error=VendorGarbled("the vendor's stream holds a frame that cannot be read"))]
        self._over = any(isinstance(event, Failed | Ended) for event in events)
        return events

    def _events(self, data: Mapping[str, Any], name: str) -> list[Event]:
        match data.get("type") or name:
            case "message_start":
                return [_started(data["message"]), *self._report(data["message"].get("usage"))]
            case "content_block_start":
                begun = self._blocks[data["index"]] = Block(data["content_block"], int(data["index"]))
                return begun.start()
            case "content_block_delta":
                block = self._blocks.get(data["index"])
                return block.delta(data["delta"]) if block else []
            case "content_block_stop":
                stopped = self._blocks.pop(data["index"], None)
                return stopped.stop() if stopped else []
            case "message_delta":
                return self._message_delta(data)
            case "message_stop":
                return [*self._stop_open_blocks(), Ended()]
            case "error":
                return [Failed(error=error_from(data))]
        return [Failed(error=error_from(data))] if "error" in data else []

    def _message_delta(self, data: Mapping[str, Any]) -> list[Event]:
        events = [*self._stop_open_blocks(), *self._report(data.get("usage"))]
        delta = data.get("delta") or {}
        if delta.get("stop_reason") is None:
            return events
        self._finished = True
        beside = without(delta, "stop_reason", "stop_sequence") | without(data, "type", "delta", "usage")
        return [*events, _finished(delta, beside)]

    def _report(self, raw: Any) -> list[Event]:
        self._usage = merge_usage(self._usage, raw)
        usage = read_usage(self._usage)
        return [UsageReported(usage=usage)] if usage is not None else []

    def _stop_open_blocks(self) -> list[Event]:
        left, self._blocks = list(self._blocks.values()), {}
        return [event for block in left for event in block.stop()]

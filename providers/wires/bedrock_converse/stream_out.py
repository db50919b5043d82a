"""Canonical events → ConverseStream's frames."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from providers.canonical import (
    Event,
    Failed,
    Finished,
    Image,
    MediaDelta,
    OpaqueDelta,
    PartStopped,
    ReasoningDelta,
    RefusalDelta,
    Started,
    TextDelta,
    ToolCallDelta,
    ToolCallStarted,
    Usage,
    UsageReported,
)
from providers.errors import SwitchboardError, UnsupportedFeature
from providers.wires.anthropic.codec import encode, without
from providers.wires.bedrock_converse.blocks_in import NAME, write_redacted
from providers.wires.bedrock_converse.errors import write_stream_error
from providers.wires.bedrock_converse.reply_out import write_part
from providers.wires.bedrock_converse.usage import write_finish, write_usage
from providers.wires.event_stream import encode_frame

FAMILIES = {TextDelta: "text", RefusalDelta: "text", ReasoningDelta: "thought", ToolCallStarted: "call"}


class ConverseWriter:
    """``StreamWriter`` of ConverseStream. Each part of a choice becomes a block of its own index, in the order they
    come: this dialect lets blocks be open side by side."""

    def __init__(self) -> None:
        self._blocks: dict[tuple[int, str], int] = {}  # part and family → index
        self._open: list[int] = []
        self._next = 0
        self._begun = False
        self._finished: Finished | None = None
        self._usage: Usage | None = None

    def write(self, events: Iterable[Event]) -> bytes:
        return b"".join(piece for event in events for piece in self._event(event))

    def end(self) -> bytes:
        done = self._finished
        fields = done.extra.get("additionalModelResponseFields") if done else None
        stop = {"stopReason": write_finish(done.finish if done else None, done.raw if done else None)}
        told = {"usage": write_usage(self._usage), "metrics": {"latencyMs": 0}}
        more = {"additionalModelResponseFields": fields} if fields else {}
        return b"".join(
            (
                *self._begin(),
                *self._close(list(self._open)),
                _frame("messageStop", stop | more),
                _frame("metadata", told),
            )
        )

    def fail(self, error: SwitchboardError) -> bytes:
        return write_stream_error(error)

    def _event(self, event: Event) -> list[bytes]:
        if getattr(event, "choice", 0):
            return []  # this dialect has one choice
        match event:
            case Started():
                return self._begin()
            case UsageReported():
                self._usage = event.usage
            case Finished():
                self._finished = event
            case Failed():
                error = event.error
                return [self.fail(error)] if isinstance(error, SwitchboardError) else []
            case PartStopped():
                return self._close([at for (part, _), at in self._blocks.items() if part == event.part])
            case TextDelta() | RefusalDelta() | ReasoningDelta() | ToolCallStarted() | ToolCallDelta():
                return [*self._begin(), *self._piece(event)]
            case MediaDelta() | OpaqueDelta():
                return [*self._begin(), *self._whole(event)]
        return []

    def _begin(self) -> list[bytes]:
        if self._begun:
            return []
        self._begun = True
        return [_frame("messageStart", {"role": "assistant"})]

    def _piece(self, event: TextDelta | RefusalDelta | ReasoningDelta | ToolCallStarted | ToolCallDelta) -> list[bytes]:
        family = FAMILIES.get(type(event), "call")
        key = (event.part, family)
        out: list[bytes] = []
        if key not in self._blocks or self._blocks[key] not in self._open:
            self._blocks[key], self._next = self._next, self._next + 1
            self._open.append(self._blocks[key])
            out += _start(self._blocks[key], event)
        return out + [_delta(self._blocks[key], delta) for delta in _deltas(event)]

    def _whole(self, event: MediaDelta | OpaqueDelta) -> list[bytes]:
        """A tool result or picture: announced without its content, which follows."""
        kind, value = next(iter(_block_of(event).items()))
        if kind not in ("toolResult", "image"):
            raise UnsupportedFeature(f"{kind} content cannot be streamed in the Converse dialect")
        index, self._next = self._next, self._next + 1
        held = "content" if kind == "toolResult" else "source"
        head = {name: one for name, one in value.items() if name != held}
        body = value.get(held, []) if kind == "toolResult" else {held: value.get(held)}
        start = _frame("contentBlockStart", {"contentBlockIndex": index, "start": {kind: head}})
        return [start, _delta(index, {kind: body}), _frame("contentBlockStop", {"contentBlockIndex": index})]

    def _close(self, indexes: list[int]) -> list[bytes]:
        out = [_frame("contentBlockStop", {"contentBlockIndex": index}) for index in indexes if index in self._open]
        self._open = [index for index in self._open if index not in indexes]
        return out


def _block_of(event: MediaDelta | OpaqueDelta) -> Mapping[str, Any]:
    if isinstance(event, OpaqueDelta):
        if event.wire != NAME:
            kind = event.value.get("type", "such")
            raise UnsupportedFeature(f"{kind} content cannot be told in the Converse dialect")
        return without(event.value, "type")
    if not isinstance(event.media, Image):
        raise UnsupportedFeature("sounds and files cannot be told in the Converse dialect")
    return write_part(event.media)[0]


def _start(index: int, event: Event) -> list[bytes]:
    """Only a tool call is announced; text and thought begin with their first delta."""
    if not isinstance(event, ToolCallStarted):
        return []
    server = {"type": "server_tool_use"} if event.kind == "server" else {}
    call = {"toolUseId": event.id, "name": event.name, **server}
    return [_frame("contentBlockStart", {"contentBlockIndex": index, "start": {"toolUse": call}})]


def _deltas(event: Event) -> list[dict[str, Any]]:
    match event:
        case TextDelta():
            cited = event.extra.get("citationsContent")
            citations = cited.get("citations") if isinstance(cited, Mapping) else None
            texts = [{"text": event.text}] if event.text else []
            return [*texts, *({"citation": one} for one in citations or ())]
        case RefusalDelta():
            return [{"text": event.text}]
        case ReasoningDelta():
            said = {"text": event.text, "signature": event.signature}
            blob = write_redacted(event.encrypted) if event.encrypted else None
            pieces = {**said, "redactedContent": blob}
            return [{"reasoningContent": {name: value}} for name, value in pieces.items() if value]
        case ToolCallDelta():
            return [{"toolUse": {"input": event.arguments}}]
    return []


def _delta(index: int, delta: Mapping[str, Any]) -> bytes:
    return _frame("contentBlockDelta", {"contentBlockIndex": index, "delta": delta})


def _frame(name: str, fields: Mapping[str, Any]) -> bytes:
    return encode_frame(encode(fields), kind="event", name=name)

"""Canonical events → Cohere's v2 events."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from providers.canonical import (
    Call,
    Event,
    Failed,
    Finish,
    Finished,
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
from providers.errors import SwitchboardError, VendorFailed
from providers.wires.cohere.errors import write_stream_error
from providers.wires.cohere.figures import write_finish, write_usage
from providers.wires.cohere.messages_in import NAME
from providers.wires.cohere.reply_out import citations_of
from providers.wires.openai.codec import encode

NO_MESSAGE = {"role": "assistant", "content": [], "tool_plan": "", "tool_calls": [], "citations": []}
Frames = list[bytes]


def frame(kind: str, message: Mapping[str, Any] | None = None, **fields: Any) -> bytes:
    delta = {} if message is None else {"delta": {"message": message}}
    return b"event: %s\ndata: %s\n\n" % (kind.encode(), encode({"type": kind, **fields, **delta}))


class EventWriter:
    """``StreamWriter`` of the Cohere wire: one message. Events of further choices are passed over."""

    def __init__(self, call: Call) -> None:
        self._id = ""
        self._begun = False
        self._failed = False
        self._usage: Usage | None = None
        self._finish: Finished | None = None
        self._blocks: dict[int, tuple[str, int]] = {}  # open ones: part → kind ("content" or "tool-call") and index
        self._counts = {"content": 0, "tool-call": 0}

    def write(self, events: Iterable[Event]) -> bytes:
        frames: Frames = []
        for event in events:
            if self._failed:
                break
            if isinstance(event, Failed):
                error = event.error
                frames.append(self.fail(error if isinstance(error, SwitchboardError) else VendorFailed(str(error))))
            elif getattr(event, "choice", 0) == 0:
                frames += self._event(event)
        return b"".join(frames)

    def end(self) -> bytes:
        if self._failed:
            return b""
        done = self._finish or Finished(finish=Finish.STOP)
        frames = [*self._begin(), *(one for part in list(self._blocks) for one in self._close(part))]
        for index, citation in enumerate(citations_of(done.extra)):
            frames += [
                frame("citation-start", {"citations": citation}, index=index),
                frame("citation-end", index=index),
            ]
        delta = {"finish_reason": write_finish(done.finish, done.raw), "usage": write_usage(self._usage)}
        return b"".join((*frames, frame("message-end", None, delta=delta), b"data: [DONE]\n\n"))

    def fail(self, error: SwitchboardError) -> bytes:
        self._failed = True
        return write_stream_error(error, request_id=self._id)

    def _event(self, event: Event) -> Frames:
        match event:
            case Started():
                self._id = self._id or event.id
                return self._begin()
            case TextDelta(text=text) | RefusalDelta(text=text) if text:
                return self._content(event.part, "text", text)
            case ReasoningDelta(text=text) if text and "tool_plan" in event.extra:
                return [*self._begin(), frame("tool-plan-delta", {"tool_plan": text})]
            case ReasoningDelta(text=text) if text:
                return self._content(event.part, "thinking", text)
            case OpaqueDelta(wire=wire, value=value) if wire == NAME:
                return [*self._open(event.part, "content", {"content": value}), *self._close(event.part)]
            case ToolCallStarted() if event.kind != "server":
                function = {"name": event.name, "arguments": ""}
                call = {"id": event.id, "type": "function", "function": function}
                return self._open(event.part, "tool-call", {"tool_calls": call})
            case ToolCallDelta(arguments=text) if text and self._blocks.get(event.part, ("", 0))[0] == "tool-call":
                index = self._blocks[event.part][1]
                return [frame("tool-call-delta", {"tool_calls": {"function": {"arguments": text}}}, index=index)]
            case PartStopped():
                return self._close(event.part)
            case Finished():
                self._finish = event
            case UsageReported():
                self._usage = event.usage
        return []

    def _begin(self) -> Frames:
        if self._begun:
            return []
        self._begun = True
        self._id = self._id or str(uuid.uuid4())
        return [frame("message-start", NO_MESSAGE, id=self._id)]

    def _content(self, part: int, kind: str, text: str) -> Frames:
        opened = [] if part in self._blocks else self._open(part, "content", {"content": {"type": kind, kind: ""}})
        return [*opened, frame("content-delta", {"content": {kind: text}}, index=self._blocks[part][1])]

    def _open(self, part: int, kind: str, message: Mapping[str, Any]) -> Frames:
        closed = self._close(part)
        index, self._counts[kind] = self._counts[kind], self._counts[kind] + 1
        self._blocks[part] = (kind, index)
        return [*self._begin(), *closed, frame(f"{kind}-start", message, index=index)]

    def _close(self, part: int) -> Frames:
        if part not in self._blocks:
            return []
        kind, index = self._blocks.pop(part)
        return [frame(f"{kind}-end", index=index)]

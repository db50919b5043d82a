"""Canonical events → Anthropic's named events.

Its stream has one block open at a time. Text gives way to whatever comes next (and opens a new block if it goes
on); a tool call keeps the floor until it is done, and what comes meanwhile waits.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from providers.canonical import (
    Call,
    Ended,
    Event,
    Failed,
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
from providers.errors import SwitchboardError
from providers.wires.anthropic.codec import encode
from providers.wires.anthropic.errors import write_stream_error
from providers.wires.anthropic.reply_out import END_EXTRAS, chosen, new_message, opaque, redacted, tool_use
from providers.wires.anthropic.usage import write_finish, write_usage

Piece = TextDelta | RefusalDelta | ReasoningDelta | ToolCallStarted | ToolCallDelta | PartStopped | OpaqueDelta
MESSAGE_STOP = b'event: message_stop\ndata: {"type":"message_stop"}\n\n'


def frame(name: str, fields: Mapping[str, Any]) -> bytes:
    return b"event: %s\ndata: %s\n\n" % (name.encode(), encode({"type": name, **fields}))


class MessageWriter:
    """One message. Events of further choices are passed over: this dialect has one."""

    def __init__(self, call: Call) -> None:
        self._model = call.model
        self._start: Started | None = None
        self._begun = False
        self._usage: Usage | None = None
        self._finish: Finished | None = None
        self._index = -1  # of the latest block
        self._open: tuple[str, int] | None = None  # kind and part of the block that is open
        self._waiting: list[Piece] = []
        self._calls_tool = False

    def write(self, events: Iterable[Event]) -> bytes:
        out: list[bytes] = []
        for event in events:
            match event:
                case Started():
                    self._start = self._start or event
                case UsageReported():
                    self._usage = event.usage
                case Finished(choice=0):
                    self._finish = event
                case Finished() | Failed() | Ended():
                    pass
                case _ if event.choice == 0:
                    out += [*self._begin(), *self._piece(event)]
        if self._start is not None:
            out += self._begin()  # after the loop, so that usage sent along with it is in
        return b"".join(out)

    def end(self) -> bytes:
        out = self._begin()
        while self._open is not None:
            out += self._close_and_go_on()
        done = self._finish
        finish, raw, extra = (done.finish, done.raw, done.extra) if done else (None, None, {})
        reason = write_finish(finish, raw, calls_tool=self._calls_tool)
        delta = {"stop_reason": reason, "stop_sequence": extra.get("stop_sequence"), **chosen(extra, END_EXTRAS)}
        out.append(frame("message_delta", {"delta": delta, "usage": write_usage(self._usage)}))
        return b"".join((*out, MESSAGE_STOP))

    def fail(self, error: SwitchboardError) -> bytes:
        return write_stream_error(error, request_id="")

    def _begin(self) -> list[bytes]:
        if self._begun:
            return []
        self._begun = True
        start = self._start or Started(id="", model="")
        message = new_message(start.id, start.model or self._model) | {"usage": write_usage(self._usage)}
        return [frame("message_start", {"message": message})]

    def _piece(self, event: Piece) -> list[bytes]:
        if self._open is not None and self._open[0] == "tool_use" and self._open[1] != event.part:
            self._waiting.append(event)
            return []
        match event:
            case PartStopped():
                return self._stop(event.part)
            case TextDelta() | RefusalDelta():
                return self._text(event)
            case ReasoningDelta():
                return self._reasoning(event)
            case ToolCallStarted():
                self._calls_tool = True
                return self._enter("tool_use", event.part, tool_use(event.id, event.name, event.extra))
            case ToolCallDelta() if self._open == ("tool_use", event.part) and event.arguments:
                return [self._delta({"type": "input_json_delta", "partial_json": event.arguments})]
            case OpaqueDelta():
                return [*self._enter("opaque", event.part, opaque(event.wire, event.value)), *self._close()]
        return []

    def _stop(self, part: int) -> list[bytes]:
        if self._open is None or self._open[1] != part:
            return []
        return self._close_and_go_on()

    def _close_and_go_on(self) -> list[bytes]:
        """Closes the open block; what waited for it is written, up to the next tool call that is not done."""
        out = self._close()
        waiting, self._waiting = self._waiting, []
        for event in waiting:
            out += self._piece(event)
        return out

    def _text(self, event: TextDelta | RefusalDelta) -> list[bytes]:
        citations = event.extra.get("citations") if isinstance(event, TextDelta) else None
        out: list[bytes] = []
        if event.text or citations:
            out += self._enter("text", event.part, {"type": "text", "text": ""})
        for citation in citations or ():
            out.append(self._delta({"type": "citations_delta", "citation": citation}))
        if event.text:
            out.append(self._delta({"type": "text_delta", "text": event.text}))
        return out

    def _reasoning(self, event: ReasoningDelta) -> list[bytes]:
        out: list[bytes] = []
        if event.text or event.signature:
            out += self._enter("thinking", event.part, {"type": "thinking", "thinking": "", "signature": ""})
        if event.text:
            out.append(self._delta({"type": "thinking_delta", "thinking": event.text}))
        if event.signature:
            out.append(self._delta({"type": "signature_delta", "signature": event.signature}))
        if event.encrypted:
            out += [*self._enter("redacted", event.part, redacted(event.encrypted)), *self._close()]
        return out

    def _enter(self, kind: str, part: int, block: Mapping[str, Any]) -> list[bytes]:
        """Makes sure that the block of ``part`` is the open one."""
        if self._open == (kind, part):
            return []
        out = self._close()
        self._open = (kind, part)
        self._index += 1
        return [*out, frame("content_block_start", {"index": self._index, "content_block": block})]

    def _delta(self, delta: Mapping[str, Any]) -> bytes:
        return frame("content_block_delta", {"index": self._index, "delta": delta})

    def _close(self) -> list[bytes]:
        if self._open is None:
            return []
        self._open = None
        return [frame("content_block_stop", {"index": self._index})]

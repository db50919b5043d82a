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
    MediaDelta,
    OpaqueDelta,
    PartStopped,
    Reasoning,
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
from providers.wires.anthropic.reply_out import (
    END_EXTRAS,
    chosen,
    new_message,
    opaque,
    redacted,
    thought,
    tool_use,
    untold,
)
from providers.wires.anthropic.seals import sealed_call
from providers.wires.anthropic.usage import write_finish, write_usage
from providers.wires.folding import merged

Piece = (
    TextDelta | RefusalDelta | ReasoningDelta | ToolCallStarted | ToolCallDelta | PartStopped | MediaDelta | OpaqueDelta
)
MESSAGE_STOP = b'event: message_stop\ndata: {"type":"message_stop"}\n\n'

PING = b'event: ping\ndata: {"type":"ping"}\n\n'


def frame(name: str, fields: Mapping[str, Any]) -> bytes:
    return b"event: %s\ndata: %s\n\n" % (name.encode(), encode({"type": name, **fields}))


class MessageWriter:
    """One message. Events of further choices are passed over: this dialect has one. ``native``: of a reply in it."""

    idle = PING

    def __init__(self, call: Call, *, native: bool = False) -> None:
        self._native = native
        self._model = call.model
        self._start: Started | None = None
        self._begun = False
        self._usage: Usage | None = None
        self._finish: Finished | None = None
        self._index = -1  # of the latest block
        self._open: tuple[str, int] | None = None  # kind and part of the block that is open
        self._thought: Reasoning | None = None  # that is being told; its text is the first piece only
        self._thought_part: int | None = None
        self._waiting: list[Piece] = []
        self._told: set[tuple[str, int]] = set()  # blocks that came at once
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
        while self._open is not None or self._thought is not None:
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
        return [frame("message_start", {"message": message}), PING]

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
            case ToolCallStarted(kind="server") if not self._native:
                return []  # it ran at the vendor: the app must not run it again
            case ToolCallStarted():
                self._calls_tool = True
                return self._tool_call(event)
            case ToolCallDelta() if self._open == ("tool_use", event.part) and event.arguments:
                return [self._delta({"type": "input_json_delta", "partial_json": event.arguments})]
            case OpaqueDelta():
                blocks = opaque(event.wire, event.value)
                return [piece for block in blocks for piece in self._whole("opaque", event.part, block)]
            case MediaDelta(media=media):
                return self._whole("media", event.part, untold(media))
        return []

    def _whole(self, kind: str, part: int, block: dict[str, Any]) -> list[bytes]:
        """A block that comes at once; sound comes in many pieces, and is said once."""
        if self._open == (kind, part) or (kind, part) in self._told:
            return []
        self._told.add((kind, part))
        return [*self._enter(kind, part, block), *self._close()]

    def _tool_call(self, event: ToolCallStarted) -> list[bytes]:
        held = sealed_call(event.id, event.extra)
        out = [] if held is None else [*self._enter("redacted", -1, redacted(held)), *self._close()]
        return [*out, *self._enter("tool_use", event.part, tool_use(event.id, event.name, event.extra))]

    def _stop(self, part: int) -> list[bytes]:
        open_part = self._thought_part if self._open is None else self._open[1]
        return self._close_and_go_on() if open_part == part else []

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
        """Text goes out as it comes; what must come back with it (a signature, data) when the thought is whole."""
        out = self._close() if self._thought_part != event.part else []
        before = self._thought or Reasoning()
        self._thought_part = event.part
        self._thought = Reasoning(
            text=before.text or event.text,
            signature=(before.signature or "") + (event.signature or "") or None,
            encrypted=(before.encrypted or "") + (event.encrypted or "") or None,
            extra=merged(before.extra, event.extra),
        )
        if event.text:
            out += self._enter_thought(event.part)
            out.append(self._delta({"type": "thinking_delta", "thinking": event.text}))
        return out

    def _enter_thought(self, part: int) -> list[bytes]:
        thought, self._thought = self._thought, None  # not to be closed before it is open
        out = self._enter("thinking", part, {"type": "thinking", "thinking": "", "signature": ""})
        self._thought, self._thought_part = thought, part
        return out

    def _close_thought(self) -> list[bytes]:
        """The end of the thought that is being told, up to its block's stop."""
        part, self._thought = self._thought, None
        self._thought_part = None
        if part is None or part == Reasoning():
            return []
        block = thought(part, native=self._native)
        if self._open is None and block["type"] != "thinking":
            return self._enter("redacted", -1, block)
        begun = self._enter("thinking", -1, {**block, "thinking": "", "signature": ""}) if self._open is None else []
        return [*begun, self._delta({"type": "signature_delta", "signature": block["signature"]})]

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
        out = self._close_thought()
        if self._open is None:
            return out
        self._open = None
        return [*out, frame("content_block_stop", {"index": self._index})]

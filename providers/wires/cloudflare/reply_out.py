"""Canonical replies and events → Workers AI's own form."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from providers.canonical import (
    Choice,
    Event,
    Failed,
    Finish,
    Finished,
    PartStopped,
    Reasoning,
    ReasoningDelta,
    Refusal,
    RefusalDelta,
    Reply,
    Text,
    TextDelta,
    ToolCall,
    ToolCallDelta,
    ToolCallStarted,
    Usage,
    UsageReported,
)
from providers.errors import SwitchboardError, VendorFailed
from providers.wires.cloudflare.errors import write_stream_error
from providers.wires.ollama.messages_out import arguments_of
from providers.wires.openai.codec import encode
from providers.wires.openai.figures import write_usage

NO_CHOICE = Choice(index=0, parts=(), finish=Finish.STOP)
DONE_FRAME = b"data: [DONE]\n\n"


def write_reply(reply: Reply) -> bytes:
    """The first choice: this dialect has no other. Parts that only another wire knows are left out."""
    choice = reply.choices[0] if reply.choices else NO_CHOICE
    result: dict[str, Any] = {
        "response": "".join(part.text for part in choice.parts if isinstance(part, Text | Refusal)),
        "tool_calls": [_call(part) for part in choice.parts if isinstance(part, ToolCall) and part.kind != "server"],
    }
    if thoughts := "".join(part.text for part in choice.parts if isinstance(part, Reasoning)):
        result["reasoning_content"] = thoughts
    if choice.finish is Finish.LENGTH:
        result["finish_reason"] = "length"
    if reply.usage:
        result["usage"] = write_usage(reply.usage)
    return encode({"result": result, "success": True, "errors": [], "messages": []})


def _call(part: ToolCall) -> dict[str, Any]:
    return {"id": part.id, "name": part.name, "arguments": arguments_of(part)}


class FrameWriter:
    """``StreamWriter`` of the Cloudflare wire. A call's arguments are an object here: it goes out when it is whole."""

    def __init__(self) -> None:
        self._usage: Usage | None = None
        self._finish: Finish | None = None
        self._open: dict[int, tuple[ToolCallStarted, list[str]]] = {}
        self._failed = False

    def write(self, events: Iterable[Event]) -> bytes:
        frames: list[bytes] = []
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
            return DONE_FRAME
        last: dict[str, Any] = {"response": ""}
        if self._finish is Finish.LENGTH:
            last["finish_reason"] = "length"
        if self._usage:
            last["usage"] = write_usage(self._usage)
        return b"".join((*self._settle_all(), _frame(last), DONE_FRAME))

    def fail(self, error: SwitchboardError) -> bytes:
        self._failed = True
        return write_stream_error(error)

    def _event(self, event: Event) -> list[bytes]:
        match event:
            case TextDelta(text=text) | RefusalDelta(text=text) if text:
                return [_frame({"response": text})]
            case ReasoningDelta(text=text) if text:
                return [_frame({"response": "", "reasoning_content": text})]
            case ToolCallStarted():
                if event.kind != "server":
                    self._open[event.part] = (event, [])
            case ToolCallDelta():
                if event.part in self._open:
                    self._open[event.part][1].append(event.arguments)
            case PartStopped():
                return self._settle(event.part)
            case Finished():
                self._finish = event.finish
                return self._settle_all()
            case UsageReported():
                self._usage = event.usage
        return []

    def _settle_all(self) -> list[bytes]:
        return [frame for part in list(self._open) for frame in self._settle(part)]

    def _settle(self, part: int) -> list[bytes]:
        if part not in self._open:
            return []
        begun, pieces = self._open.pop(part)
        call = ToolCall(id=begun.id, name=begun.name, arguments="".join(pieces) or "{}", kind=begun.kind)
        return [_frame({"response": "", "tool_calls": [_call(call)]})]


def _frame(fields: Mapping[str, Any]) -> bytes:
    return b"data: " + encode(fields) + b"\n\n"

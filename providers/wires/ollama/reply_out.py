"""Canonical replies and events → Ollama's objects, whole or one a line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from providers.canonical import (
    Call,
    Choice,
    Event,
    Extra,
    Failed,
    Finish,
    Finished,
    Image,
    MediaDelta,
    Part,
    PartStopped,
    Reasoning,
    ReasoningDelta,
    Refusal,
    RefusalDelta,
    Reply,
    Started,
    Text,
    TextDelta,
    ToolCall,
    ToolCallDelta,
    ToolCallStarted,
    Usage,
    UsageReported,
)
from providers.errors import SwitchboardError, VendorFailed
from providers.wires.ollama.errors import write_stream_error
from providers.wires.ollama.figures import write_finish, write_time, write_usage
from providers.wires.ollama.messages_out import arguments_of
from providers.wires.openai.codec import encode, mapping

NO_CHOICE = Choice(index=0, parts=(), finish=Finish.STOP)


def write_reply(reply: Reply) -> bytes:
    """The first choice: this dialect has no other. Parts that only another wire knows are left out."""
    choice = reply.choices[0] if reply.choices else NO_CHOICE
    written = {
        "model": reply.model,
        "created_at": _created_at(reply.extra, reply.created),
        "message": _message(choice.parts),
        **_done(choice.finish, choice.raw_finish, reply.usage),
    }
    return encode({**_logprobs(choice.extra), **written})


def _created_at(extra: Extra, created: int | None) -> str:
    told = extra.get("created_at")
    return told if isinstance(told, str) else write_time(created)


def _done(finish: Finish | None, raw: str | None, usage: Usage | None) -> dict[str, Any]:
    return {"done": True, "done_reason": write_finish(finish, raw), **write_usage(usage)}


def _logprobs(extra: Extra) -> dict[str, Any]:
    content = mapping(extra.get("logprobs")).get("content")
    return {"logprobs": content} if content else {}


def _message(parts: Sequence[Part]) -> dict[str, Any]:
    message: dict[str, Any] = {
        "role": "assistant",
        "content": "".join(part.text for part in parts if isinstance(part, Text | Refusal)),
    }
    if thinking := "".join(part.text for part in parts if isinstance(part, Reasoning)):
        message["thinking"] = thinking
    if calls := [part for part in parts if isinstance(part, ToolCall) and part.kind != "server"]:
        message["tool_calls"] = [_call(part, index) for index, part in enumerate(calls)]
    if images := [part.data for part in parts if isinstance(part, Image) and part.data]:
        message["images"] = images
    return message


def _call(part: ToolCall, index: int) -> dict[str, Any]:
    return {"id": part.id, "function": {"index": index, "name": part.name, "arguments": arguments_of(part)}}


class LineWriter:
    """``StreamWriter`` of the Ollama wire. A call's arguments are an object here, so it goes out when it is whole."""

    def __init__(self, call: Call) -> None:
        self._head: dict[str, Any] = {"model": call.model, "created_at": write_time(None)}
        self._usage: Usage | None = None
        self._finish: Finished | None = None
        self._open: dict[int, tuple[ToolCallStarted, list[str]]] = {}
        self._calls = 0
        self._failed = False

    def write(self, events: Iterable[Event]) -> bytes:
        lines: list[bytes] = []
        for event in events:
            if self._failed:
                break
            if isinstance(event, Failed):
                error = event.error
                lines.append(self.fail(error if isinstance(error, SwitchboardError) else VendorFailed(str(error))))
            elif getattr(event, "choice", 0) == 0:
                lines += self._event(event)
        return b"".join(lines)

    def end(self) -> bytes:
        if self._failed:
            return b""
        done = self._finish or Finished(finish=Finish.STOP)
        last = {"message": {"role": "assistant", "content": ""}, **_logprobs(done.extra)}
        lines = [*self._settle_all(), self._line({**last, **_done(done.finish, done.raw, self._usage)})]
        return b"".join(lines)

    def fail(self, error: SwitchboardError) -> bytes:
        self._failed = True
        return write_stream_error(error)

    def _event(self, event: Event) -> list[bytes]:
        match event:
            case Started():
                self._head["model"] = event.model or self._head["model"]
            case TextDelta(text=text) | RefusalDelta(text=text) if text:
                return [self._piece({"content": text})]
            case ReasoningDelta(text=text) if text:
                return [self._piece({"content": "", "thinking": text})]
            case MediaDelta(media=Image(data=str(data))):
                return [self._piece({"content": "", "images": [data]})]
            case ToolCallStarted():
                if event.kind != "server":
                    self._open[event.part] = (event, [])
            case ToolCallDelta():
                if event.part in self._open:
                    self._open[event.part][1].append(event.arguments)
            case PartStopped():
                return self._settle(event.part)
            case Finished():
                self._finish = event
                return self._settle_all()
            case UsageReported():
                self._usage = event.usage
        return []

    def _settle_all(self) -> list[bytes]:
        return [line for part in list(self._open) for line in self._settle(part)]

    def _settle(self, part: int) -> list[bytes]:
        if part not in self._open:
            return []
        begun, pieces = self._open.pop(part)
        call = ToolCall(id=begun.id, name=begun.name, arguments="".join(pieces) or "{}", kind=begun.kind)
        self._calls += 1
        return [self._piece({"content": "", "tool_calls": [_call(call, self._calls - 1)]})]

    def _piece(self, message: Mapping[str, Any]) -> bytes:
        return self._line({"message": {"role": "assistant", **message}, "done": False})

    def _line(self, fields: Mapping[str, Any]) -> bytes:
        return encode({**self._head, **fields}) + b"\n"

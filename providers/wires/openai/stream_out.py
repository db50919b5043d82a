"""Events → the ``chat.completion.chunk`` frames that OpenAI's clients read."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterable
from typing import Any

from providers.canonical import (
    Call,
    Event,
    Extra,
    Failed,
    Finished,
    Image,
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
from providers.errors import SwitchboardError, VendorFailed
from providers.wires.openai.codec import encode, mapping
from providers.wires.openai.errors import envelope
from providers.wires.openai.figures import write_finish, write_usage
from providers.wires.openai.messages_in import WIRE_NAME
from providers.wires.openai.reasoning import is_detail, write_detail
from providers.wires.openai.reply import notes_of, signed_call, write_image

DONE_FRAME = b"data: [DONE]\n\n"

_CITATIONS = ("annotations", "citations")  # what other wires say of a whole message

_Place = tuple[int, int]  # choice and part


class _OpenCall:
    def __init__(self, index: int, kind: str) -> None:
        self.index = index
        self.kind = kind
        self.empty = True  # no arguments came yet


class OpenAIStreamWriter:
    """``StreamWriter`` of the OpenAI wire. Parts that only another wire knows are left out.

    Reasoning goes out as ``reasoning_content`` and, as LiteLLM does it, also in ``thinking_blocks``, whose ``index``
    lets OpenAI's own accumulator put text and signature of a block together for the way back.
    """

    def __init__(self, *, include_usage: bool) -> None:
        self._include_usage = include_usage
        self._head: dict[str, Any] = {
            "id": f"chatcmpl-{uuid.uuid4().hex}",
            "object": "chat.completion.chunk",
            "created": int(time.time()),
            "model": "",
        }
        self._choices: set[int] = set()  # that got their role
        self._calls: dict[_Place, _OpenCall] = {}
        self._blocks: dict[_Place, int] = {}
        self._lists: dict[str, int] = {}  # how many of their items went out
        self._usage: Usage | None = None
        self._failed = False

    @classmethod
    def of(cls, call: Call) -> OpenAIStreamWriter:
        return cls(include_usage=call.include_usage)

    def write(self, events: Iterable[Event]) -> bytes:
        frames: list[bytes] = []
        for event in events:
            if self._failed:
                break
            if isinstance(event, Failed):
                error = event.error
                frames.append(self.fail(error if isinstance(error, SwitchboardError) else VendorFailed(str(error))))
            else:
                frames += self._frames(event)
        return b"".join(frames)

    def end(self) -> bytes:
        """The usage chunk if asked for, and ``[DONE]``; nothing after an error, which ended the stream itself."""
        if self._failed:
            return b""
        if self._include_usage:
            usage = write_usage(self._usage or Usage())
            return _frame({**self._head, "choices": [], "usage": usage}) + DONE_FRAME
        return DONE_FRAME

    def fail(self, error: SwitchboardError) -> bytes:
        self._failed = True
        return write_stream_error(error)

    def _frames(self, event: Event) -> list[bytes]:
        match event:
            case Started():
                self._start(event)
                return self._role(0)
            case TextDelta(text=text):
                return self._delta(event.choice, self._text(text, event.extra))
            case MediaDelta(media=Image() as image):
                return self._delta(event.choice, {"images": self._numbered("images", [write_image(image)])})
            case RefusalDelta(text=text):
                return self._delta(event.choice, {"refusal": text})
            case ReasoningDelta():
                return self._delta(event.choice, self._reasoning(event))
            case ToolCallStarted() | ToolCallDelta():
                return self._tool_call(event)
            case PartStopped():
                return self._settle((event.choice, event.part))
            case OpaqueDelta(wire=wire, value=value) if wire == WIRE_NAME and "audio" in value:
                return self._delta(event.choice, dict(value))
            case Finished():
                return self._finish(event)
            case UsageReported(usage=usage):
                self._usage = usage
        return []

    def _start(self, event: Started) -> None:
        if not self._choices:  # a second Started would change the id in mid-stream
            told = {"id": event.id, "created": event.created, "model": event.model}
            self._head |= {name: value for name, value in told.items() if value}

    def _role(self, choice: int) -> list[bytes]:
        if choice in self._choices:
            return []
        self._choices.add(choice)
        return [self._chunk(choice, {"role": "assistant", "content": ""})]

    def _chunk(self, choice: int, delta: dict[str, Any], finish: str | None = None, **beside: Any) -> bytes:
        return _frame({**self._head, "choices": [{"index": choice, "delta": delta, **beside, "finish_reason": finish}]})

    def _delta(self, choice: int, delta: dict[str, Any]) -> list[bytes]:
        return [*self._role(choice), self._chunk(choice, delta)] if delta else []

    def _text(self, text: str, extra: Extra) -> dict[str, Any]:
        notes = self._numbered("annotations", notes_of(extra)) if extra else []
        return {**({"content": text} if text else {}), **({"annotations": notes} if notes else {})}

    def _numbered(self, name: str, items: list[Any]) -> list[Any]:
        """With an ``index`` each: OpenAI's own accumulator raises on a second list without."""
        start = self._lists.get(name, 0)
        self._lists[name] = start + len(items)
        return [{"index": start + at, **mapping(item)} for at, item in enumerate(items)]

    def _reasoning(self, event: ReasoningDelta) -> dict[str, Any]:
        place = (event.choice, event.part)
        index = self._blocks.setdefault(place, sum(choice == event.choice for choice, _ in self._blocks))
        if is_detail(event.extra):
            thought = Reasoning(
                text=event.text, signature=event.signature, encrypted=event.encrypted, extra=event.extra
            )
            detail = {"reasoning_details": [write_detail(thought, index)]}
            return {"reasoning_content": event.text, **detail} if event.text else detail
        block: dict[str, Any] = {"index": index, "type": "thinking", "thinking": event.text}
        if event.signature:
            block["signature"] = event.signature
        if event.encrypted:
            block = {"index": index, "type": "redacted_thinking", "data": event.encrypted}
        delta: dict[str, Any] = {"thinking_blocks": [block]}
        return {"reasoning_content": event.text, **delta} if event.text else delta

    def _tool_call(self, event: ToolCallStarted | ToolCallDelta) -> list[bytes]:
        place = (event.choice, event.part)
        if isinstance(event, ToolCallStarted):
            if event.kind == "server":
                return []
            index = sum(choice == event.choice for choice, _ in self._calls)
            self._calls[place] = _OpenCall(index, event.kind)
            named = {"name": event.name, "input" if event.kind == "custom" else "arguments": ""}
            beside = {"id": event.id, "type": event.kind, **signed_call(event.extra)}
            return self._delta(event.choice, _call_delta(index, event.kind, named, **beside))
        call = self._calls.get(place)
        if call is None or not event.arguments:
            return []
        call.empty = False
        return self._delta(event.choice, _arguments(call, event.arguments))

    def _settle(self, place: _Place) -> list[bytes]:
        """A call that got no arguments gets ``{}``: "" would not parse."""
        call = self._calls.get(place)
        if call is None or not call.empty or call.kind != "function":
            return []
        call.empty = False
        return self._delta(place[0], _arguments(call, "{}"))

    def _finish(self, event: Finished) -> list[bytes]:
        frames = [frame for place in self._calls if place[0] == event.choice for frame in self._settle(place)]
        beside = {"logprobs": event.extra["logprobs"]} if event.extra.get("logprobs") else {}
        word = write_finish(event.finish, event.raw)
        told = mapping(event.extra.get("message"))
        message = {name: self._numbered(name, told[name]) for name in _CITATIONS if isinstance(told.get(name), list)}
        return [*self._role(event.choice), *frames, self._chunk(event.choice, message, word, **beside)]


def _arguments(call: _OpenCall, text: str) -> dict[str, Any]:
    return _call_delta(call.index, call.kind, {"input" if call.kind == "custom" else "arguments": text})


def _call_delta(index: int, kind: str, inner: dict[str, Any], **beside: Any) -> dict[str, Any]:
    return {"tool_calls": [{"index": index, **beside, kind: inner}]}


def _frame(value: dict[str, Any]) -> bytes:
    return b"data: " + encode(value) + b"\n\n"


def write_stream_error(error: SwitchboardError) -> bytes:
    """A data frame with a top-level ``error``: OpenAI's SDKs raise ``APIError`` on it. ``[DONE]`` follows, as there."""
    return _frame(envelope(error)) + DONE_FRAME

"""Canonical events → the frames of ``streamGenerateContent?alt=sse``. A function call goes out whole."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from providers.canonical import (
    Event,
    Finish,
    Finished,
    MediaDelta,
    OpaqueDelta,
    PartStopped,
    ReasoningDelta,
    RefusalDelta,
    Started,
    TextDelta,
    ToolCall,
    ToolCallDelta,
    ToolCallStarted,
    Usage,
    UsageReported,
)
from providers.errors import SwitchboardError
from providers.wires.anthropic.codec import encode
from providers.wires.folding import fold_events
from providers.wires.gemini.errors import write_stream_error
from providers.wires.gemini.reply_out import beside, head, thought, write_parts
from providers.wires.gemini.usage import write_finish, write_usage

Delta = TextDelta | RefusalDelta | ReasoningDelta | OpaqueDelta | MediaDelta


class GeminiWriter:
    """``StreamWriter`` of the Gemini wire. Usage goes out with the last frame."""

    def __init__(self) -> None:
        self._head: dict[str, Any] = {}
        self._usage: Usage | None = None
        self._calls: dict[tuple[int, int], list[ToolCallStarted | ToolCallDelta]] = {}
        self._finished: dict[int, Finished] = {}

    def write(self, events: Iterable[Event]) -> bytes:
        return b"".join(frame for event in events for frame in self._frames(event))

    def _frames(self, event: Event) -> list[bytes]:
        match event:
            case Started():
                self._head |= head(event.id, event.model)
            case UsageReported():
                self._usage = event.usage
            case Finished():
                self._finished[event.choice] = event
                return self._settled(event.choice)
            case ToolCallStarted() | ToolCallDelta():
                self._calls.setdefault((event.choice, event.part), []).append(event)
            case PartStopped():
                return self._call((event.choice, event.part))
            case TextDelta() | RefusalDelta() | ReasoningDelta() | OpaqueDelta() | MediaDelta():
                return self._delta(event)
            case _:
                pass
        return []

    def _delta(self, event: Delta) -> list[bytes]:
        if isinstance(event, ReasoningDelta):
            parts = [thought(event.text, event.signature or event.encrypted)]
        else:
            parts = write_parts(fold_events([event]).choices[0].parts)
        return [self._frame(event.choice, parts)] if any(parts[0].values()) else []

    def _call(self, place: tuple[int, int]) -> list[bytes]:
        events = self._calls.pop(place, [])
        if not events:
            return []
        calls = [part for choice in fold_events(events).choices for part in choice.parts if isinstance(part, ToolCall)]
        return [self._frame(place[0], write_parts(calls))]

    def _settled(self, choice: int) -> list[bytes]:
        return [frame for place in list(self._calls) if place[0] == choice for frame in self._call(place)]

    def _frame(self, choice: int, parts: list[dict[str, Any]]) -> bytes:
        return frame({"candidates": [{"content": {"role": "model", "parts": parts}, "index": choice}], **self._head})

    def end(self) -> bytes:
        finished = self._finished or {0: Finished(finish=Finish.STOP)}
        last: dict[str, Any] = {"candidates": [_ending(done) for _, done in sorted(finished.items())], **self._head}
        for done in finished.values():
            last |= {name: done.extra[name] for name in ("promptFeedback",) if name in done.extra}
        if self._usage is not None:
            last["usageMetadata"] = write_usage(self._usage)
        return frame(last)

    def fail(self, error: SwitchboardError) -> bytes:
        return write_stream_error(error, request_id="")


def _ending(done: Finished) -> dict[str, Any]:
    return {"finishReason": write_finish(done.finish, done.raw), "index": done.choice, **beside(done.extra)}


def frame(value: dict[str, Any]) -> bytes:
    return b"data: " + encode(value) + b"\r\n\r\n"

"""Replies and streams in Triton's own shape."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from providers.canonical import (
    Call,
    Event,
    Finished,
    MediaDelta,
    OpaqueDelta,
    Reasoning,
    Refusal,
    RefusalDelta,
    Reply,
    Started,
    Text,
    TextDelta,
    ToolCallStarted,
)
from providers.errors import SwitchboardError, UnsupportedFeature
from providers.wires.openai.codec import encode
from providers.wires.triton.errors import write_error


def write_reply(reply: Reply) -> bytes:
    """Raises ``UnsupportedFeature`` for what is no text; thoughts are left out."""
    pieces: list[str] = []
    for part in reply.choices[0].parts if reply.choices else ():
        if isinstance(part, Text | Refusal):
            pieces.append(part.text)
        elif not isinstance(part, Reasoning):
            raise _no_text(type(part).__name__)
    return encode({"model_name": reply.model, "model_version": "1", "text_output": "".join(pieces)})


class GenerateWriter:
    """``StreamWriter``. The end of the connection is the end of the stream."""

    def __init__(self, call: Call) -> None:
        self._model = call.model

    def write(self, events: Iterable[Event]) -> bytes:
        return b"".join(frame for event in events if (frame := self._frame(event)))

    def _frame(self, event: Event) -> bytes:
        match event:
            case Started(model=model):
                self._model = model or self._model
            case TextDelta(text=text) | RefusalDelta(text=text):
                return _data({**self._about(), "text_output": text})
            case Finished(raw=str() as raw):
                return _data({**self._about(), "text_output": "", "finish_reason": raw})
            case ToolCallStarted() | MediaDelta() | OpaqueDelta():
                raise _no_text(type(event).__name__)
        return b""

    def _about(self) -> dict[str, Any]:
        return {"model_name": self._model, "model_version": "1"}

    def end(self) -> bytes:
        return b""

    def fail(self, error: SwitchboardError) -> bytes:
        return write_stream_error(error)


def write_stream_error(error: SwitchboardError) -> bytes:
    return b"data: " + write_error(error) + b"\n\n"


def _data(value: Any) -> bytes:
    return b"data: " + encode(value) + b"\n\n"


def _no_text(kind: str) -> UnsupportedFeature:
    return UnsupportedFeature(f"{kind} cannot be told in a Triton answer")

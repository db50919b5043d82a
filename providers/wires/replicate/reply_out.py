"""Replies and streams in Replicate's own shape."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from providers.canonical import (
    Event,
    MediaDelta,
    OpaqueDelta,
    Reasoning,
    Refusal,
    RefusalDelta,
    Reply,
    Text,
    TextDelta,
    ToolCallStarted,
)
from providers.errors import SwitchboardError, UnsupportedFeature
from providers.wires.openai.codec import encode
from providers.wires.replicate.errors import write_error

DONE = b"event: done\ndata: {}\n\n"


def write_reply(reply: Reply) -> bytes:
    """A finished prediction. Raises ``UnsupportedFeature`` for what is no text; thoughts are left out."""
    pieces: list[str] = []
    for part in reply.choices[0].parts if reply.choices else ():
        if isinstance(part, Text | Refusal):
            pieces.append(part.text)
        elif not isinstance(part, Reasoning):
            raise _no_text(type(part).__name__)
    written: dict[str, Any] = {**reply.extra, "id": reply.id, "model": reply.model, "status": "succeeded"}
    written |= {"output": pieces, "error": None}
    if reply.usage is not None:
        written["metrics"] = {"input_token_count": reply.usage.input, "output_token_count": reply.usage.output}
    return encode(written)


class PredictionWriter:
    """``StreamWriter``."""

    def write(self, events: Iterable[Event]) -> bytes:
        pieces: list[bytes] = []
        for event in events:
            match event:
                case TextDelta(text=text) | RefusalDelta(text=text):
                    pieces.append(_frame("output", text))
                case ToolCallStarted() | MediaDelta() | OpaqueDelta():
                    raise _no_text(type(event).__name__)
        return b"".join(pieces)

    def end(self) -> bytes:
        return DONE

    def fail(self, error: SwitchboardError) -> bytes:
        return write_stream_error(error)


def write_stream_error(error: SwitchboardError) -> bytes:
    return _frame("error", write_error(error).decode()) + b'event: done\ndata: {"reason": "error"}\n\n'


def _frame(event: str, text: str) -> bytes:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    data = "".join(f"data: {line}\n" for line in lines)
    return f"event: {event}\n{data}\n".encode(errors="replace")


def _no_text(kind: str) -> UnsupportedFeature:
    return UnsupportedFeature(f"{kind} cannot be told in a Replicate prediction")

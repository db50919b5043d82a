"""Pass-through with an ear on it, for wires whose frames are few enough to be read: each whole frame goes through the
wire's own reader, and out as the bytes it came in."""

from __future__ import annotations

import re
from collections.abc import Sequence

from providers.canonical import (
    Ended,
    Event,
    Failed,
    Finish,
    Finished,
    Reasoning,
    ReasoningDelta,
    Refusal,
    Reply,
    Started,
    Text,
    TextDelta,
    ToolCall,
    ToolCallDelta,
    Usage,
    UsageReported,
)
from providers.errors import UpstreamError
from providers.wires.base import ReplyFacts, StreamReader

LINE = re.compile(rb"\n")
BLANK_LINE = re.compile(rb"\n\n|\r\n\r\n|\r\r")


class ReaderTap:
    """Implements ``StreamTap``. ``ends`` matches where a frame ends; the frame in which ``reader`` sees the end, and
    what follows it, is withheld. ``fallback`` is sent where the vendor sent no such frame."""

    def __init__(self, reader: StreamReader, *, ends: re.Pattern[bytes], fallback: bytes = b"") -> None:
        self.usage: Usage | None = None
        self.model: str | None = None
        self.started = False
        self.error: UpstreamError | None = None
        self.done = False
        self.finish: Finish | None = None
        self.output_chars = 0
        self._reader = reader
        self._ends = ends
        self._pieces: list[bytes] = []  # of the frame that is still open; joined once, so a huge one stays linear
        self._tail = b""  # its last bytes: a separator may be cut
        self._withheld: list[bytes] = []
        self._fallback = fallback

    def feed(self, data: bytes) -> bytes:
        if self.error is not None:
            return b""
        window = self._tail + data
        self._pieces.append(data)
        self._tail = window[-3:]
        return self._whole_frames() if self._ends.search(window) else b""

    def _whole_frames(self) -> bytes:
        data = b"".join(self._pieces)
        out: list[bytes] = []
        begin = 0
        for match in self._ends.finditer(data):
            out.append(self._frame(data[begin : match.end()]))
            begin = match.end()
        self._pieces = [data[begin:]]
        self._tail = self._pieces[0][-3:]
        return b"".join(out)

    def close(self) -> bytes:
        rest = b"".join(self._pieces)
        out = self._frame(rest) if rest.strip() else b""
        self._pieces, self._tail = [], b""
        self._hear(self._reader.close())
        return b"" if self.error is not None else out

    def end(self) -> bytes:
        return b"".join(self._withheld) or self._fallback

    def _frame(self, frame: bytes) -> bytes:
        if self.error is not None:
            return b""
        events = self._reader.feed(frame)
        self._hear(events)
        if self.error is not None:
            return b""
        if self.done:
            self._withheld.append(frame)
            return b""
        self.started = self.started or bool(events)
        return frame

    def _hear(self, events: Sequence[Event]) -> None:
        for event in events:
            match event:
                case Started():
                    self.model = event.model or self.model
                case TextDelta() | ReasoningDelta():
                    self.output_chars += len(event.text)
                case ToolCallDelta():
                    self.output_chars += len(event.arguments)
                case UsageReported():
                    self.usage = event.usage
                case Finished():
                    self.finish = event.finish
                case Failed(error=UpstreamError() as error):
                    self.error = self.error or error
                case Ended():
                    self.done = True


def facts_of(reply: Reply) -> ReplyFacts:
    """What pass-through needs of a whole reply that was read."""
    finish = reply.choices[0].finish if reply.choices else None
    characters = sum(_length(part) for choice in reply.choices for part in choice.parts)
    return ReplyFacts(reply.model or None, reply.usage, finish, None, characters)


def _length(part: object) -> int:
    if isinstance(part, Text | Reasoning | Refusal):
        return len(part.text)
    return len(part.name) + len(part.arguments) if isinstance(part, ToolCall) else 0

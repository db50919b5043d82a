"""Pass-through with an ear on it: every frame is read, and goes on as the bytes it came in."""

from __future__ import annotations

from collections.abc import Sequence

from providers.canonical import (
    Event,
    Failed,
    Finish,
    Finished,
    ReasoningDelta,
    Started,
    TextDelta,
    ToolCallDelta,
    Usage,
    UsageReported,
)
from providers.errors import UpstreamError, VendorFailed
from providers.wires.base import ReplyFacts
from providers.wires.gemini.frames import GeminiReader
from providers.wires.gemini.stream_out import GeminiWriter
from providers.wires.openai.tap import split_frames

BLANK = b"\xef\xbb\xbf \t\r\n"


class GeminiTap:
    """``StreamTap`` of the Gemini wire. What came as an array or as one body is told again as server-sent events,
    because that is what the app asked for."""

    def __init__(self) -> None:
        self.usage: Usage | None = None
        self.model: str | None = None
        self.started = False
        self.error: UpstreamError | None = None
        self.done = False
        self.finish: Finish | None = None
        self.output_chars = 0
        self._reader = GeminiReader()
        self._writer: GeminiWriter | None = None  # where frames must be told again
        self._rest = b""
        self._told = False  # it is known which it is

    def feed(self, data: bytes) -> bytes:
        if self.error is not None:
            return b""
        self._rest += data
        if not self._told:
            start = self._rest.lstrip(BLANK)[:1]
            self._told = start != b""
            self._writer = GeminiWriter() if start in (b"[", b"{", b"<") and start else None
        if self._writer is not None:
            data, self._rest = self._rest, b""
            return self._told_again(self._reader.feed(data))
        frames, self._rest = split_frames(self._rest)
        return b"".join(frame for frame in frames if self._lets_through(frame))

    def _lets_through(self, frame: bytes) -> bool:
        if self.error is None:
            self.note(self._reader.feed(frame))
        return self.error is None

    def _told_again(self, events: Sequence[Event]) -> bytes:
        self.note(events)
        return self._writer.write(events) if self._writer is not None and self.error is None else b""

    def note(self, events: Sequence[Event]) -> None:
        """Takes in what ``events`` tell."""
        for event in events:
            match event:
                case Failed(error=error):
                    self.error = error if isinstance(error, UpstreamError) else VendorFailed(str(error))
                case Started(model=model):
                    self.model, self.started = model or None, True
                case UsageReported(usage=usage):
                    self.usage = usage
                case Finished(finish=finish):
                    self.finish = self.finish or finish
                case TextDelta(text=text) | ReasoningDelta(text=text) | ToolCallDelta(arguments=text):
                    self.output_chars += len(text)
                case _:
                    pass

    def close(self) -> bytes:
        if self.error is not None or self.done:
            return b""
        rest, self._rest = self._rest, b""
        self.note(self._reader.feed(rest))
        events = self._reader.close()
        out = self._told_again(events)
        self.done = self.error is None
        if self._writer is None and self.done and rest.strip():
            return rest.rstrip(b"\r\n") + b"\r\n\r\n"
        return out

    def end(self) -> bytes:
        """Google has no terminator."""
        return self._writer.end() if self._writer is not None else b""


def tap_reply(body: bytes) -> ReplyFacts:
    """What pass-through needs of a whole reply; what cannot be read is an error, never an exception."""
    reader, tap = GeminiReader(), GeminiTap()
    tap.note([*reader.feed(body), *reader.close()])
    return ReplyFacts(tap.model, tap.usage, tap.finish, tap.error, tap.output_chars)

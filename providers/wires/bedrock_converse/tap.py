"""Pass-through with an ear on it: frames go on as they came, and the reader hears them on the way."""

from __future__ import annotations

from providers.canonical import (
    Choice,
    Event,
    Failed,
    Finish,
    Finished,
    Reasoning,
    ReasoningDelta,
    Target,
    Text,
    TextDelta,
    ToolCall,
    ToolCallDelta,
    Usage,
    UsageReported,
)
from providers.errors import UpstreamError, VendorGarbled
from providers.wires.base import ReplyFacts
from providers.wires.bedrock_converse.reply_in import ConverseReader, read_reply
from providers.wires.event_stream import Frame, FrameDecoder


def tap_reply(body: bytes, target: Target) -> ReplyFacts:
    """Never raises."""
    try:
        reply = read_reply(body, target)
    except UpstreamError as error:
        return ReplyFacts(None, None, None, error)
    choice = reply.choices[0] if reply.choices else Choice(index=0, parts=(), finish=None)
    chars = sum(len(part.text) for part in choice.parts if isinstance(part, Text | Reasoning))
    chars += sum(len(part.arguments) for part in choice.parts if isinstance(part, ToolCall))
    return ReplyFacts(reply.model, reply.usage, choice.finish, None, chars)


class ConverseTap:
    """``StreamTap``. The terminating frame is ``metadata``."""

    def __init__(self, target: Target) -> None:
        self.usage: Usage | None = None
        self.model: str | None = target.model
        self.started = False
        self.error: UpstreamError | None = None
        self.done = False
        self.finish: Finish | None = None
        self.output_chars = 0
        self._vendor = target.vendor.name
        self._frames = FrameDecoder()
        self._reader = ConverseReader(target)
        self._terminator = b""

    def feed(self, data: bytes) -> bytes:
        out = b"".join(self._frame(frame) for frame in self._frames.feed(data))
        if self._frames.garbled and self.error is None and not self.done:
            self.error = VendorGarbled(f"{self._vendor} sent bytes that are no event stream")
        return out

    def close(self) -> bytes:
        if not self.done and self.error is None:
            self._hear(self._reader.close())
        return b""

    def end(self) -> bytes:
        return self._terminator

    def _frame(self, frame: Frame) -> bytes:
        if self.done or self.error is not None:
            return b""
        self._hear(self._reader.read(frame))
        if self.error is not None:
            return b""
        self.started = True
        if frame.name == "metadata":
            self.done, self._terminator = True, frame.raw
            return b""
        return frame.raw

    def _hear(self, events: list[Event]) -> None:
        for event in events:
            match event:
                case UsageReported():
                    self.usage = event.usage
                case Finished():
                    self.finish = event.finish
                case TextDelta() | ReasoningDelta():
                    self.output_chars += len(event.text)
                case ToolCallDelta():
                    self.output_chars += len(event.arguments)
                case Failed() if isinstance(event.error, UpstreamError):
                    self.error = event.error

"""SageMaker's response stream: what the container said, cut anywhere, in AWS's frames."""

from __future__ import annotations

from collections.abc import Callable

from providers.canonical import (
    Event,
    Failed,
    Finish,
    Finished,
    ReasoningDelta,
    RefusalDelta,
    Started,
    Target,
    TextDelta,
    ToolCallDelta,
    ToolCallStarted,
    Usage,
    UsageReported,
)
from providers.errors import UpstreamError, VendorGarbled
from providers.wires.aws_errors import error_in_frame
from providers.wires.base import StreamReader
from providers.wires.event_stream import Frame, FrameDecoder, is_plain

ReaderFor = Callable[[Target], StreamReader]


class PayloadReader:
    """``StreamReader``: takes the frames off and hands on to the container's own. A body without frames (an error, or
    a stub that streams bare) is the container's own too."""

    def __init__(self, target: Target, reader_for: ReaderFor) -> None:
        self._vendor = target.vendor.name
        self._frames = FrameDecoder()
        self._inner = reader_for(target)
        self._bare: bool | None = None
        self._over = False

    def feed(self, data: bytes) -> list[Event]:
        if self._bare is None and data:
            self._bare = is_plain(data) is True or data.lstrip()[:1] in (b"d", b":", b"e")  # data: or event:
        if self._bare:
            return self._told(self._inner.feed(data))
        events = [event for frame in self._frames.feed(data) for event in self._frame(frame)]
        if self._frames.garbled and not self._over:
            events += self._told([Failed(error=VendorGarbled(f"{self._vendor} sent bytes that are no event stream"))])
        return events

    def close(self) -> list[Event]:
        return [] if self._over else self._told(self._inner.close())

    def _frame(self, frame: Frame) -> list[Event]:
        if self._over:
            return []
        if frame.kind != "event":
            return self._told([Failed(error=error_in_frame(frame, vendor=self._vendor))])
        return self._told(self._inner.feed(frame.payload)) if frame.name == "PayloadPart" else []

    def _told(self, events: list[Event]) -> list[Event]:
        self._over = self._over or any(isinstance(event, Failed) for event in events)
        return events


class PayloadTap:
    """``StreamTap`` of pass-through: the bytes go on as they came, and the reader hears them on the way. Nothing is
    withheld: the end of the frames is the end of the connection."""

    def __init__(self, reader: StreamReader) -> None:
        self.usage: Usage | None = None
        self.model: str | None = None
        self.started = False
        self.error: UpstreamError | None = None
        self.done = False
        self.finish: Finish | None = None
        self.output_chars = 0
        self._reader = reader

    def feed(self, data: bytes) -> bytes:
        if self.error is not None:
            return b""
        return data if self._hear(self._reader.feed(data)) else b""

    def close(self) -> bytes:
        if self.error is None:
            self._hear(self._reader.close())
        self.done = self.error is None
        return b""

    def end(self) -> bytes:
        return b""

    def _hear(self, events: list[Event]) -> bool:
        """False once an error came."""
        for event in events:
            match event:
                case Started():
                    self.started, self.model = True, event.model or self.model
                case UsageReported():
                    self.usage = event.usage
                case Finished():
                    self.finish = event.finish
                case TextDelta() | ReasoningDelta() | RefusalDelta():
                    self.started = True
                    self.output_chars += len(event.text)
                case ToolCallStarted():
                    self.started = True
                case ToolCallDelta():
                    self.output_chars += len(event.arguments)
                case Failed() if isinstance(event.error, UpstreamError):
                    self.error = event.error
        return self.error is None

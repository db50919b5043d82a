"""A stream tap that translates: the vendor's wire reads, the app's wire writes."""

from __future__ import annotations

from collections.abc import Sequence

from providers.canonical import (
    Call,
    Ended,
    Event,
    Failed,
    Finish,
    Finished,
    ReasoningDelta,
    Started,
    Target,
    TextDelta,
    ToolCallDelta,
    Usage,
    UsageReported,
)
from providers.errors import UpstreamError, VendorFailed
from providers.wires import Wire


class TranslatingTap:
    """Offers what ``providers.wires.StreamTap`` offers, so the relay need not know which lane a call is in."""

    def __init__(self, app: Wire, vendor: Wire, call: Call, target: Target) -> None:
        self._reader = vendor.stream_reader(target)
        self._writer = app.stream_writer(call)
        self._idle: bytes = getattr(self._writer, "idle", b"")  # what this dialect sends to keep a silent stream open
        self.usage: Usage | None = None
        self.model: str | None = None
        self.started = False
        self.error: UpstreamError | None = None
        self.done = False
        self.finish: Finish | None = None
        self.output_chars = 0

    def feed(self, data: bytes) -> bytes:
        events = self._reader.feed(data)
        if not events and self.started and data.startswith(b":"):  # a comment: the vendor keeps its stream open
            return self._idle
        return self._forward(events)

    def close(self) -> bytes:
        return self._forward(self._reader.close())

    def end(self) -> bytes:
        return self._writer.end()

    def _forward(self, events: Sequence[Event]) -> bytes:
        passed: list[Event] = []
        for event in events:
            if isinstance(event, Failed):
                self.error = event.error if isinstance(event.error, UpstreamError) else VendorFailed(str(event.error))
                break
            self._note(event)
            passed.append(event)
        return self._writer.write(passed) if passed else b""

    def _note(self, event: Event) -> None:
        match event:
            case TextDelta(text=text) | ReasoningDelta(text=text):
                self.output_chars += len(text)
                self.started = True
            case ToolCallDelta(arguments=arguments):
                self.output_chars += len(arguments)
                self.started = True
            case Started(model=model):
                self.model = model
                self.started = True
            case UsageReported(usage=usage):
                self.usage = usage
            case Finished(finish=finish):
                self.finish = finish
                self.started = True
            case Ended():
                self.done = True

"""What became of a prediction, whole or streamed → canonical events.

A stream has ``output`` (plain text), ``logs``, ``error`` and ``done``. It tells no usage; a whole prediction does, in
``metrics``, for the models that count.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from providers.canonical import (
    NOTHING,
    Ended,
    Event,
    Failed,
    Finish,
    Finished,
    Started,
    Target,
    TextDelta,
    Usage,
    UsageReported,
)
from providers.errors import StreamBroken, UpstreamError, VendorFailed, VendorGarbled
from providers.wires.openai.codec import decode, mapping, string
from providers.wires.openai.stream_in import plain_body
from providers.wires.replicate.errors import failed_prediction, read_error
from providers.wires.sse import SseDecoder, SseEvent

WAITING = frozenset({"starting", "processing", "queued"})
READ = frozenset({"id", "model", "output", "status", "error", "input", "logs", "urls", "metrics"})


def whole_events(body: bytes, target: Target) -> list[Event]:
    vendor = target.vendor.name
    try:
        told = decode(body)
    except ValueError:
        told = None
    if not isinstance(told, dict) or not isinstance(told.get("status"), str):
        return [Failed(error=_no_prediction(body, told, vendor))]
    error = _failure(told, vendor)
    if error is not None:
        return [Failed(error=error)]
    text = output_text(told.get("output"))
    if text is None:
        return [Failed(error=VendorGarbled(f"{vendor} sent an output that is no text", vendor_status=200))]
    events: list[Event] = [_started(told, target)]
    if text:
        events.append(TextDelta(text=text))
    if usage := read_usage(mapping(told.get("metrics"))):
        events.append(UsageReported(usage=usage))
    return [*events, Finished(finish=Finish.STOP, raw=told["status"]), Ended()]


def _no_prediction(body: bytes, told: Any, vendor: str) -> UpstreamError:
    if isinstance(told, dict) and (told.get("detail") or told.get("error")):
        return read_error(200, {}, body, vendor=vendor)
    return VendorGarbled(f"{vendor} sent a reply that is no prediction", vendor_status=200)


def _failure(told: Mapping[str, Any], vendor: str) -> UpstreamError | None:
    match told["status"]:
        case "succeeded" | "successful":
            return None
        case "failed":
            return failed_prediction(told.get("error"), vendor=vendor)
        case "canceled" | "cancelled" | "aborted":
            return VendorFailed(f"{vendor} says that the prediction was canceled", vendor_status=200)
        case status if status in WAITING:
            return VendorGarbled(f"{vendor} sent a prediction that is not finished", vendor_status=200)
    return VendorGarbled(f"{vendor} sent a prediction with a status nobody knows", vendor_status=200)


def output_text(output: Any) -> str | None:
    """A text, or its pieces; ``None`` for an output of another kind."""
    if output is None:
        return ""
    if isinstance(output, str):
        return output
    if isinstance(output, list) and all(isinstance(piece, str) for piece in output):
        return "".join(output)
    return None


def read_usage(metrics: Mapping[str, Any]) -> Usage | None:
    """Known only where both figures are."""
    given = metrics.get("input_token_count", metrics.get("token_input_count"))
    made = metrics.get("output_token_count", metrics.get("token_output_count"))
    counts = [one for one in (given, made) if isinstance(one, int | float) and not isinstance(one, bool) and one >= 0]
    return Usage(input=int(counts[0]), output=int(counts[1])) if len(counts) == 2 else None


def _started(told: Mapping[str, Any], target: Target) -> Started:
    beside = {name: value for name, value in told.items() if name not in READ and value is not None}
    return Started(id=string(told.get("id")), model=string(told.get("model")) or target.model, extra=beside or NOTHING)


class PredictionReader:
    """``StreamReader`` of Replicate's events. A whole prediction instead of them is told as a stream of one piece."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._vendor: str = target.vendor.name
        self._sse = SseDecoder()
        self._head: list[bytes] = []
        self._plain: bool | None = None
        self._started = False
        self._over = False

    def feed(self, data: bytes) -> list[Event]:
        if self._over:
            return []
        if self._plain is not False:
            self._head.append(data)
            self._plain = plain_body(b"".join(self._head)) if self._plain is None else True
            if self._plain is not False:
                return []
            data, self._head = b"".join(self._head), []
        return [event for frame in self._sse.feed(data) for event in self._read(frame)]

    def close(self) -> list[Event]:
        if self._over:
            return []
        if self._plain:
            self._over = True
            return whole_events(b"".join(self._head), self._target)
        events = [event for frame in self._sse.close() for event in self._read(frame)]
        if self._over:
            return events
        self._over = True
        broken = StreamBroken(f"{self._vendor} closed the stream before it was finished", vendor_status=200)
        return [*events, Failed(error=broken)]

    def _read(self, frame: SseEvent) -> list[Event]:
        if self._over:
            return []
        match frame.event:
            case "output":
                return [*self._start(), TextDelta(text=frame.data)] if frame.data else self._start()
            case "error":
                return self._fail(failed_prediction(_detail(frame.data), vendor=self._vendor))
            case "done":
                return self._done(frame.data)
        return []

    def _start(self) -> list[Event]:
        if self._started:
            return []
        self._started = True
        return [Started(id="", model=self._target.model)]

    def _done(self, data: str) -> list[Event]:
        reason = string(mapping(_json(data)).get("reason"))
        if reason == "error":
            return self._fail(failed_prediction("", vendor=self._vendor))
        if reason in ("canceled", "cancelled"):
            return self._fail(VendorFailed(f"{self._vendor} says that the prediction was canceled", vendor_status=200))
        self._over = True
        return [*self._start(), Finished(finish=Finish.STOP, raw="succeeded"), Ended()]

    def _fail(self, error: UpstreamError) -> list[Event]:
        self._over = True
        return [Failed(error=error)]


def _detail(data: str) -> Any:
    """JSON with a ``detail``, or the words themselves."""
    found = _json(data)
    return found if isinstance(found, dict) else data


def _json(data: str) -> Any:
    try:
        return decode(data)
    except ValueError:
        return None

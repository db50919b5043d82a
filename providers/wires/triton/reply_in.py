"""What Triton generated, whole or streamed → canonical events. A stream ends where the connection does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from providers.canonical import Ended, Event, Failed, Finish, Finished, Started, Target, TextDelta, Usage, UsageReported
from providers.errors import StreamBroken, VendorGarbled
from providers.wires.openai.codec import decode, mapping, string
from providers.wires.openai.figures import read_finish
from providers.wires.openai.stream_in import plain_body
from providers.wires.sse import SseDecoder, SseEvent
from providers.wires.triton.errors import read_error
from providers.wires.triton.infer import flattened


class _Pieces:
    """Answers of the generate extension, one or many."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._cumulative = target.settings.get("stream_text") == "cumulative"
        self._said = 0
        self._finish = ""
        self._input: int | None = None
        self._output: int | None = None
        self.started = False

    def read(self, answer: Mapping[str, Any]) -> list[Event]:
        told = flattened(answer)
        text = output_text(told.get("text_output"))
        if text is None:
            name = self._target.vendor.name
            return [Failed(error=VendorGarbled(f"{name} sent an answer without text_output", vendor_status=200))]
        events: list[Event] = [] if self.started else [self._start(told)]
        if self._cumulative:
            text, self._said = text[self._said :], max(self._said, len(text))
        if text:
            events.append(TextDelta(text=text))
        self._count(told)
        return events

    def _start(self, told: Mapping[str, Any]) -> Started:
        self.started = True
        return Started(id=string(told.get("id")), model=string(told.get("model_name")) or self._target.model)

    def _count(self, told: Mapping[str, Any]) -> None:
        """vLLM's figures, where they were asked for: the output's is of this piece alone."""
        word = output_text(told.get("finish_reason"))
        self._finish = word if word and word != "None" else self._finish
        given, made = _number(told.get("num_input_tokens")), _number(told.get("num_output_tokens"))
        self._input = self._input if given is None else given
        self._output = self._output if made is None else (self._output or 0) + made

    def end(self) -> list[Event]:
        usage: list[Event] = []
        if self._input is not None and self._output is not None:
            usage = [UsageReported(usage=Usage(input=self._input, output=self._output))]
        finish = read_finish(self._finish) if self._finish else Finish.STOP
        return [*usage, Finished(finish=finish, raw=self._finish or None), Ended()]


def output_text(given: Any) -> str | None:
    """A text, or the first of a list of them."""
    if isinstance(given, list):
        given = given[0] if given else ""
    return given if isinstance(given, str) else None


def _number(given: Any) -> int | None:
    if isinstance(given, list) and len(given) == 1:
        given = given[0]
    return given if isinstance(given, int) and not isinstance(given, bool) and given >= 0 else None


def whole_events(body: bytes, target: Target) -> list[Event]:
    try:
        found = decode(body)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        return [Failed(error=VendorGarbled(f"{target.vendor.name} sent a reply that is no JSON", vendor_status=200))]
    if found.get("error"):
        return [Failed(error=read_error(200, {}, body, vendor=target.vendor.name))]
    pieces = _Pieces(target)
    events = pieces.read(found)
    return events if isinstance(events[-1], Failed) else [*events, *pieces.end()]


class GenerateReader:
    """``StreamReader`` of ``data: {"text_output": …}``."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._sse = SseDecoder()
        self._pieces = _Pieces(target)
        self._head: list[bytes] = []
        self._plain: bool | None = None
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
        events = [event for frame in self._sse.close() for event in self._read(frame, last=True)]
        if self._over:
            return events
        self._over = True
        if not self._pieces.started:
            return [*events, self._broken()]
        return [*events, *self._pieces.end()]

    def _read(self, frame: SseEvent, *, last: bool = False) -> list[Event]:
        text = frame.data.strip()
        if self._over or not text or text == "[DONE]":
            return []
        try:
            found = mapping(decode(text))
        except ValueError:
            found = {}
        if found.get("error"):
            return self._fail(Failed(error=read_error(200, {}, text.encode(errors="replace"), vendor=self._name)))
        if not found:
            garbled = VendorGarbled(f"{self._name} sent a stream frame that is no JSON object", vendor_status=200)
            return self._fail(self._broken() if last else Failed(error=garbled))  # half a frame: it was cut in it
        events = self._pieces.read(found)
        return self._fail(*events) if events and isinstance(events[-1], Failed) else events

    @property
    def _name(self) -> str:
        name: str = self._target.vendor.name
        return name

    def _broken(self) -> Failed:
        return Failed(error=StreamBroken(f"{self._name} closed the stream before it was finished", vendor_status=200))

    def _fail(self, *events: Event) -> list[Event]:
        self._over = True
        return list(events)

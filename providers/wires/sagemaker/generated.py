"""What TGI and JumpStart answer, whole or streamed → canonical events."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from providers.canonical import Ended, Event, Failed, Finish, Finished, Started, Target, TextDelta, Usage, UsageReported
from providers.errors import StreamBroken, VendorGarbled
from providers.wires.openai.codec import decode, mapping, string
from providers.wires.openai.errors import read_error
from providers.wires.sse import SseDecoder, SseEvent

FINISHES = {"length": Finish.LENGTH, "eos_token": Finish.STOP, "stop_sequence": Finish.STOP, "stop": Finish.STOP}


def whole_events(body: bytes, target: Target) -> list[Event]:
    """``[{"generated_text": …}]``, ``{"generated_text": …}`` or JumpStart's list of lists."""
    try:
        answer = decode(body)
    except ValueError:
        return [Failed(error=VendorGarbled(f"{target.vendor.name} sent a reply that is no JSON"))]
    while isinstance(answer, list) and answer:
        answer = answer[0]
    found = mapping(answer)
    text = found.get("generated_text", mapping(found.get("generation")).get("content"))
    if not isinstance(text, str):
        if found.get("error"):
            return [Failed(error=read_error(200, {}, body, vendor=target.vendor.name))]
        return [Failed(error=VendorGarbled(f"{target.vendor.name} sent a reply without generated_text"))]
    return [Started(id="", model=target.model), TextDelta(text=text), *_ending(mapping(found.get("details")))]


def _ending(details: Mapping[str, Any]) -> list[Event]:
    usage = _usage(details)
    events: list[Event] = [UsageReported(usage=usage)] if usage is not None else []
    raw = details.get("finish_reason")
    finish = FINISHES.get(raw, Finish.UNKNOWN) if isinstance(raw, str) else Finish.STOP
    return [*events, Finished(finish=finish, raw=string(raw) or None), Ended()]


def _usage(details: Mapping[str, Any]) -> Usage | None:
    """Known only where both figures are: TGI tells the input's length in the last event of a stream."""
    given, made = details.get("input_length"), details.get("generated_tokens")
    if given is None and isinstance(details.get("prefill"), list) and details["prefill"]:
        given = len(details["prefill"])
    counted = all(isinstance(one, int) and not isinstance(one, bool) and one >= 0 for one in (given, made))
    return Usage(input=given or 0, output=made or 0) if counted else None


class GeneratedReader:
    """``StreamReader`` of ``data:{"token": {"text": …}}`` events; the last has ``generated_text``."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._sse = SseDecoder()
        self._started = False
        self._over = False
        self._body: list[bytes] = []
        self._plain: bool | None = None

    def feed(self, data: bytes) -> list[Event]:
        if self._plain is None and data.strip():
            self._plain = data.lstrip()[:1] in (b"{", b"[")
        if self._plain:
            self._body.append(data)
            return []
        return [event for frame in self._sse.feed(data) for event in self._read(frame)]

    def close(self) -> list[Event]:
        if self._plain:
            return whole_events(b"".join(self._body), self._target)
        events = [event for frame in self._sse.close() for event in self._read(frame, last=True)]
        if self._over:
            return events
        self._over = True
        return [
            *events,
            Failed(error=StreamBroken(f"{self._target.vendor.name} closed the stream before it was finished")),
        ]

    def _read(self, frame: SseEvent, *, last: bool = False) -> list[Event]:
        if self._over or not frame.data.strip():
            return []
        try:
            found = decode(frame.data)
        except ValueError:
            found = None
        if not isinstance(found, dict):
            if last:
                return []  # half a frame: the connection was cut in it
            return self._fail(frame, garbled=True)
        if found.get("error"):
            return self._fail(frame)
        return self._piece(found)

    def _fail(self, frame: SseEvent, *, garbled: bool = False) -> list[Event]:
        self._over = True
        name = self._target.vendor.name
        if garbled:
            return [Failed(error=VendorGarbled(f"{name} sent a stream frame that is no JSON object"))]
        return [Failed(error=read_error(200, {}, frame.data.encode(errors="replace"), vendor=name))]

    def _piece(self, found: Mapping[str, Any]) -> list[Event]:
        events: list[Event] = [] if self._started else [Started(id="", model=self._target.model)]
        self._started = True
        piece = mapping(found.get("token"))
        if piece.get("special") is not True and (text := string(piece.get("text"))):
            events.append(TextDelta(text=text))
        if isinstance(found.get("generated_text"), str) or isinstance(found.get("details"), dict):
            self._over = True
            events += _ending(mapping(found.get("details")))
        return events

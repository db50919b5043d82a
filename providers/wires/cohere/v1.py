"""What Cohere's older ``/v1/chat`` answers → canonical events: ``{"text": …, "meta": …}``, or an object a line with its
``event_type``. Only read: requests are always v2."""

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
    PartStopped,
    ReasoningDelta,
    Started,
    TextDelta,
    ToolCallDelta,
    ToolCallStarted,
    UsageReported,
)
from providers.wires.cohere.events_in import failure
from providers.wires.cohere.figures import read_finish, read_usage
from providers.wires.cohere.messages_in import NAME, TOOL_PLAN
from providers.wires.openai.codec import encode_text, mapping, string
from providers.wires.openai.messages_in import minted_id

PLAN, TEXT = 0, 1  # parts; tool calls follow


def is_reply(value: Mapping[str, Any]) -> bool:
    return "generation_id" in value or ("text" in value and "meta" in value)


class V1Reader:
    def __init__(self, *, model: str, vendor: str) -> None:
        self.over = False
        self._model = model
        self._vendor = vendor
        self._id = ""
        self._planned = False
        self._wrote = False
        self._calls = 0
        self._citations: list[Any] = []

    def whole(self, reply: Mapping[str, Any]) -> list[Event]:
        return [*self._start(reply), *self._end(reply, reply)]

    def read(self, event: Mapping[str, Any]) -> list[Event]:
        match event.get("event_type"):
            case "stream-start":
                return self._start(event)
            case "text-generation":
                return self._text(string(event.get("text")))
            case "tool-calls-chunk":
                return self._plan(string(event.get("text")))
            case "tool-calls-generation":
                plan = [] if self._planned else self._plan(string(event.get("text")))
                return [*plan, *self._tool_calls(event.get("tool_calls"))]
            case "citation-generation":
                self._cite(event.get("citations"))
            case "stream-end":
                return self._end(event, mapping(event.get("response")))
        return []

    def _start(self, event: Mapping[str, Any]) -> list[Event]:
        self._id = string(event.get("generation_id")) or string(event.get("response_id"))
        return [Started(id=self._id, model=self._model)]

    def _plan(self, text: str) -> list[Event]:
        self._planned = self._planned or bool(text)
        return [ReasoningDelta(text=text, part=PLAN, extra=TOOL_PLAN)] if text else []

    def _text(self, text: str) -> list[Event]:
        self._wrote = self._wrote or bool(text)
        return [TextDelta(text=text, part=TEXT)] if text else []

    def _tool_calls(self, calls: Any) -> list[Event]:
        """v1 names no ids."""
        events: list[Event] = []
        for call in map(mapping, calls if isinstance(calls, list) else ()):
            if not string(call.get("name")):
                continue
            part = TEXT + 1 + self._calls
            events += [
                ToolCallStarted(id=minted_id(NAME, self._id, self._calls), name=call["name"], part=part),
                ToolCallDelta(arguments=encode_text(call.get("parameters") or {}), part=part),
                PartStopped(part=part),
            ]
            self._calls += 1
        return events

    def _cite(self, citations: Any) -> None:
        self._citations += citations if isinstance(citations, list) else []

    def _end(self, event: Mapping[str, Any], reply: Mapping[str, Any]) -> list[Event]:
        """``reply`` repeats what was streamed; of it only what did not come before is told."""
        self.over = True
        calls = [] if self._calls else self._tool_calls(reply.get("tool_calls"))
        said = [] if self._wrote or self._planned else self._last_text(string(reply.get("text")))
        if not self._citations:
            self._cite(reply.get("citations"))
        usage = read_usage({**mapping(reply.get("meta")), **mapping(reply.get("usage"))})
        reason = event.get("finish_reason") or reply.get("finish_reason")
        finish = read_finish(reason, called=bool(self._calls))
        if finish is Finish.ERROR:
            return [Failed(error=failure({**event, "finish_reason": reason}, vendor=self._vendor, usage=usage))]
        extra = {"message": {"citations": self._citations}} if self._citations else NOTHING
        finished = Finished(finish=finish, raw=string(reason) or None, extra=extra)
        return [*said, *calls, *([UsageReported(usage=usage)] if usage else []), finished, Ended()]

    def _last_text(self, text: str) -> list[Event]:
        """Beside tool calls the text is the plan."""
        return self._plan(text) if self._calls else self._text(text)

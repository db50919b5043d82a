"""Cohere's v2 events → canonical ones. A whole reply is read piece by piece as a stream would be."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

from providers.canonical import (
    NOTHING,
    Ended,
    Event,
    Failed,
    Finish,
    Finished,
    OpaqueDelta,
    PartStopped,
    ReasoningDelta,
    Started,
    TextDelta,
    ToolCallDelta,
    ToolCallStarted,
    UsageReported,
)
from providers.errors import UpstreamError, VendorFailed, VendorTimeout
from providers.wires.cohere.errors import error_from
from providers.wires.cohere.figures import read_finish, read_logprobs, read_usage
from providers.wires.cohere.messages_in import NAME, TOOL_PLAN
from providers.wires.openai.codec import encode_text, mapping, string
from providers.wires.openai.error_shapes import ErrorWords
from providers.wires.openai.messages_in import minted_id

_BLOCK = frozenset({"type", "text", "thinking"})


class EventReader:
    """Takes decoded events; knows nothing of framing. ``model`` stands in the reply, which names none itself."""

    def __init__(self, *, model: str, vendor: str) -> None:
        self.over = False
        self._model = model
        self._vendor = vendor
        self._id = ""
        self._started = False
        self._parts: dict[Hashable, int] = {}
        self._calls = 0
        self._citations: list[Any] = []
        self._logprobs: list[Any] = []

    def whole(self, reply: Mapping[str, Any]) -> list[Event]:
        message = mapping(reply.get("message"))
        events = [*self._start(reply), *self._plan(message)]
        content = message.get("content")
        blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
        for index, block in enumerate(blocks if isinstance(blocks, list) else ()):
            events += [*self._content(index, mapping(block)), *self._stop(("content", index))]
        calls = message.get("tool_calls")
        for index, call in enumerate(calls if isinstance(calls, list) else ()):
            events += [*self._call(index, mapping(call)), *self._stop(("call", index))]
        self._cite(message.get("citations"))
        self._logprobs += reply["logprobs"] if isinstance(reply.get("logprobs"), list) else []
        return events + self._end(reply)

    def read(self, event: Mapping[str, Any], name: str) -> list[Event]:
        """The events of one frame; kinds newer than this file tell nothing."""
        message = mapping(mapping(event.get("delta")).get("message"))
        index = event.get("index")
        index = index if isinstance(index, int) else 0
        return [*self._start(event), *self._frame(event, event.get("type") or name, index, message)]

    def _frame(self, event: Mapping[str, Any], kind: Any, index: int, message: Mapping[str, Any]) -> list[Event]:
        match kind:
            case "message-start":
                return self._plan(message)
            case "content-start" | "content-delta":
                if event.get("logprobs"):
                    self._logprobs.append(event["logprobs"])
                return self._content(index, mapping(message.get("content")))
            case "content-end":
                return self._stop(("content", index))
            case "tool-plan-delta":
                return self._plan(message)
            case "tool-call-start" | "tool-call-delta":
                return self._call(index, mapping(message.get("tool_calls")))
            case "tool-call-end":
                return self._stop(("call", index))
            case "citation-start":
                self._cite(message.get("citations"))
            case "message-end":
                self._id = self._id or string(event.get("id"))
                return self._end(mapping(event.get("delta")))
        return []

    def _start(self, event: Mapping[str, Any]) -> list[Event]:
        if self._started:
            return []
        self._started = True
        self._id = string(event.get("id"))
        return [Started(id=self._id, model=string(event.get("model")) or self._model)]

    def _part(self, key: Hashable) -> int:
        return self._parts.setdefault(key, len(self._parts))

    def _plan(self, message: Mapping[str, Any]) -> list[Event]:
        text = string(message.get("tool_plan"))
        return [ReasoningDelta(text=text, part=self._part("plan"), extra=TOOL_PLAN)] if text else []

    def _content(self, index: int, block: Mapping[str, Any]) -> list[Event]:
        part = self._part(("content", index))
        kind = block.get("type")
        extra = {key: value for key, value in block.items() if key not in _BLOCK} or NOTHING
        if isinstance(block.get("thinking"), str):
            return [ReasoningDelta(text=block["thinking"], part=part, extra=extra)]
        if isinstance(block.get("text"), str):
            return [TextDelta(text=block["text"], part=part, extra=extra)]
        return [OpaqueDelta(wire=NAME, value=block, part=part)] if kind not in (None, "text", "thinking") else []

    def _call(self, index: int, call: Mapping[str, Any]) -> list[Event]:
        function = mapping(call.get("function"))
        name, given = string(function.get("name")), function.get("arguments")
        arguments = encode_text(given) if isinstance(given, dict) else string(given)
        part = self._part(("call", index))
        events: list[Event] = []
        if name:
            call_id = string(call.get("id")) or minted_id(NAME, self._id, index)
            events.append(ToolCallStarted(id=call_id, name=name, part=part))
            self._calls += 1
        return [*events, *([ToolCallDelta(arguments=arguments, part=part)] if arguments else [])]

    def _stop(self, key: Hashable) -> list[Event]:
        return [PartStopped(part=self._parts[key])] if key in self._parts else []

    def _cite(self, citations: Any) -> None:
        if isinstance(citations, dict):
            self._citations.append(citations)
        elif isinstance(citations, list):
            self._citations += citations

    def _end(self, delta: Mapping[str, Any]) -> list[Event]:
        self.over = True
        usage = read_usage(delta.get("usage"))
        finish = read_finish(delta.get("finish_reason"), called=bool(self._calls))
        if finish is Finish.ERROR or delta.get("error"):
            return [Failed(error=failure(delta, vendor=self._vendor, usage=usage))]
        raw = string(delta.get("finish_reason")) or None
        finished = Finished(finish=finish, raw=raw, extra=self._beside() or NOTHING)
        return [*([UsageReported(usage=usage)] if usage else []), finished, Ended()]

    def _beside(self) -> dict[str, Any]:
        cited = {"message": {"citations": self._citations}} if self._citations else {}
        return cited | read_logprobs(self._logprobs)


def failure(delta: Mapping[str, Any], *, vendor: str, usage: object = None) -> UpstreamError:
    """A reply that ended in ERROR or TIMEOUT, inside a 200. What was used up until then is billed all the same."""
    word, message = string(delta.get("finish_reason")).upper(), string(delta.get("error"))
    words = ErrorWords(
        message or f"{vendor} broke the answer off ({word or 'ERROR'})", type=string(delta.get("error_type"))
    )
    error = error_from(words, 200, {}, vendor=vendor)
    if word == "TIMEOUT" and isinstance(error, VendorFailed):
        error = VendorTimeout(error.message, vendor_status=200, vendor_type=error.vendor_type)
    error.billed = usage
    return error

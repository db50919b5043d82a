"""Ollama's replies → events: one JSON object, or one a line. ``/api/generate`` answers are read as well."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from providers.canonical import (
    NOTHING,
    Ended,
    Event,
    Failed,
    Finished,
    Image,
    MediaDelta,
    PartStopped,
    ReasoningDelta,
    Reply,
    Started,
    Target,
    TextDelta,
    ToolCallDelta,
    ToolCallStarted,
    UsageReported,
)
from providers.errors import StreamBroken, UpstreamError, VendorGarbled
from providers.wires.folding import fold_events
from providers.wires.ollama.errors import read_error
from providers.wires.ollama.figures import read_finish, read_time, read_usage
from providers.wires.ollama.messages_in import image_type
from providers.wires.openai.codec import decode, encode_text, mapping, string
from providers.wires.openai.messages_in import minted_id

_TOP = frozenset(
    {"model", "created_at", "message", "response", "thinking", "done", "done_reason", "logprobs", "error"}
    | {"prompt_eval_count", "eval_count"}
)


class ChunkReader:
    """Takes decoded objects; knows nothing of lines."""

    def __init__(self) -> None:
        self.done = False
        self._started = False
        self._seed: tuple[str, ...] = ()  # of minted tool call ids
        self._open = ""
        self._part = -1
        self._calls = 0
        self._logprobs: list[Any] = []

    def read(self, chunk: Mapping[str, Any]) -> list[Event]:
        events = self._start(chunk)
        message = chunk.get("message") if "message" in chunk else {**chunk, "content": chunk.get("response")}
        events += self._message(mapping(message))
        if isinstance(chunk.get("logprobs"), list):
            self._logprobs += chunk["logprobs"]
        return events + self._finish(chunk) if chunk.get("done") is True else events

    def _start(self, chunk: Mapping[str, Any]) -> list[Event]:
        if self._started:
            return []
        self._started = True
        model, created = string(chunk.get("model")), string(chunk.get("created_at"))
        self._seed = (model, created)
        extra = {"created_at": created} if created else NOTHING
        return [Started(id="", model=model, created=read_time(created), extra=extra)]

    def _message(self, message: Mapping[str, Any]) -> list[Event]:
        events: list[Event] = []
        if thinking := string(message.get("thinking")):
            events += [*self._turn("thinking"), ReasoningDelta(text=thinking, part=self._part)]
        if text := string(message.get("content")):
            events += [*self._turn("content"), TextDelta(text=text, part=self._part)]
        if isinstance(message.get("images"), list) and message["images"]:
            for data in message["images"]:
                events += self._picture(data)
        calls = message.get("tool_calls")
        for call in calls if isinstance(calls, list) else ():
            events += self._call(mapping(call))
        return events

    def _turn(self, kind: str) -> list[Event]:
        """Opens a part of ``kind`` unless it is the open one."""
        if self._open == kind:
            return []
        stopped = self._stop()
        self._open = kind
        self._part += 1
        return stopped

    def _stop(self) -> list[Event]:
        if not self._open:
            return []
        self._open = ""
        return [PartStopped(part=self._part)]

    def _picture(self, data: Any) -> list[Event]:
        if not isinstance(data, str) or not data:
            return []
        events = self._turn("picture")
        return [
            *events,
            MediaDelta(media=Image(data=data, media_type=image_type(data)), part=self._part),
            *self._stop(),
        ]

    def _call(self, call: Mapping[str, Any]) -> list[Event]:
        function = mapping(call.get("function"))
        name, given = string(function.get("name")), function.get("arguments")
        if not name:
            return []
        arguments = given if isinstance(given, str) else encode_text(given or {})
        call_id = string(call.get("id")) or minted_id(*self._seed, self._calls)
        self._calls += 1
        return [
            *self._turn("tool"),
            ToolCallStarted(id=call_id, name=name, part=self._part),
            ToolCallDelta(arguments=arguments or "{}", part=self._part),
            *self._stop(),
        ]

    def _finish(self, chunk: Mapping[str, Any]) -> list[Event]:
        self.done = True
        usage, reason = read_usage(chunk), chunk.get("done_reason")
        extra = {name: value for name, value in chunk.items() if name not in _TOP and value is not None}
        if self._logprobs:
            extra["logprobs"] = {"content": self._logprobs}
        finished = Finished(
            finish=read_finish(reason, called=bool(self._calls)),
            raw=string(reason) or None,
            extra=extra or NOTHING,
        )
        return [*self._stop(), *([UsageReported(usage=usage)] if usage else []), finished, Ended()]


class LineReader:
    """``StreamReader`` of the Ollama wire: NDJSON cut anywhere."""

    def __init__(self, target: Target) -> None:
        self._vendor: str = target.vendor.name
        self._chunks = ChunkReader()
        self._rest: list[bytes] = []
        self._over = False

    def feed(self, data: bytes) -> list[Event]:
        if b"\n" not in data:
            self._rest.append(data)  # pieces are joined once: a huge line stays linear
            return []
        *lines, rest = b"".join((*self._rest, data)).split(b"\n")
        self._rest = [rest]
        return [event for line in lines for event in self._line(line)]

    def close(self) -> list[Event]:
        rest, self._rest = b"".join(self._rest), []
        events = self._line(rest, last=True)
        if self._over:
            return events
        self._over = True
        return [*events, Failed(error=self._broken())]

    def _broken(self) -> StreamBroken:
        return StreamBroken(f"{self._vendor} closed the stream before it was finished", vendor_status=200)

    def _line(self, line: bytes, *, last: bool = False) -> list[Event]:
        if self._over or not line.strip():
            return []
        try:
            chunk = decode(line)
        except ValueError:
            return [] if last and line.lstrip()[:1] == b"{" else self._fail(garbled(self._vendor))
        problem = error_in(chunk, line, self._vendor)
        if problem is not None:
            return self._fail(problem)
        events = self._chunks.read(chunk)
        self._over = self._chunks.done
        return events

    def _fail(self, error: UpstreamError) -> list[Event]:
        self._over = True
        return [Failed(error=error)]


def garbled(vendor: str) -> UpstreamError:
    """A page or a bare text instead of an answer, inside a 200."""
    return VendorGarbled(f"{vendor} sent a reply that cannot be read", vendor_status=200)


def error_in(chunk: Any, raw: bytes, vendor: str) -> UpstreamError | None:
    """The error that an object of a 200 reply carries, or is."""
    if isinstance(chunk, dict) and chunk.get("error"):
        return read_error(200, {}, raw, vendor=vendor)
    if not isinstance(chunk, dict) or not ("message" in chunk or "response" in chunk or chunk.get("done") is True):
        return garbled(vendor)
    return None


def read_reply(body: bytes, target: Target) -> Reply:
    """Raises ``VendorGarbled``, or the error that a 200 holds. A stream nobody asked for is read too."""
    vendor = target.vendor.name
    try:
        chunk = decode(body)
    except ValueError:
        lines = LineReader(target)
        return fold_events([*lines.feed(body), *lines.close()])
    problem = error_in(chunk, body, vendor)
    if problem is not None:
        raise problem
    return fold_events(ChunkReader().read({"done": True, **chunk}))

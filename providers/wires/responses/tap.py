"""The pass-through lane's ear: frames go out as they came, what they tell is noted."""

from __future__ import annotations

from typing import Any

import msgspec

from providers.canonical import (
    Call,
    Event,
    Finish,
    Finished,
    Part,
    Reasoning,
    Refusal,
    Started,
    Target,
    Text,
    ToolCall,
    Usage,
)
from providers.errors import UpstreamError
from providers.vendors.base import Vendor
from providers.wires.base import ReplyFacts
from providers.wires.folding import fold_events
from providers.wires.openai.codec import decode, mapping, string
from providers.wires.openai.stream_in import garbled, plain_body, silent_break
from providers.wires.openai.tap import split_frames
from providers.wires.responses.figures import read_finish, read_usage
from providers.wires.responses.names import DONE
from providers.wires.responses.reader import ResponseReader
from providers.wires.responses.stream_in import checked, error_in
from providers.wires.responses.stream_out import ResponsesStreamWriter

_ENDS = ("response.completed", "response.incomplete", "response.done")
_CALLS = ("function_call", "custom_tool_call")


_NOTHING = msgspec.Raw(b"null")


class _Frame(msgspec.Struct):
    """Of a frame only what pass-through must know; all else is skipped without being decoded."""

    type: str = ""
    delta: Any = None
    response: msgspec.Raw = _NOTHING
    item: msgspec.Raw = _NOTHING
    error: Any = None


_frame = msgspec.json.Decoder(_Frame)


def tap_reply(body: bytes, target: Target) -> ReplyFacts:
    """Never raises. A response that is not finished yet (``background``) is none of an error here."""
    response = checked(body, target.vendor)
    if isinstance(response, UpstreamError):
        waiting = _unfinished(body)
        return ReplyFacts(waiting, None, None, None) if waiting else ReplyFacts(None, None, None, response)
    reply = fold_events(ResponseReader(target.vendor).whole(response))
    choice = reply.choices[0]
    characters = 0 if reply.usage else sum(_length(part) for part in choice.parts)
    return ReplyFacts(reply.model or None, reply.usage, choice.finish, None, characters)


def _unfinished(body: bytes) -> str:
    """The model of a response that runs in the background; "" for anything else."""
    try:
        response = mapping(decode(body))
    except ValueError:
        return ""
    running = response.get("status") in ("queued", "in_progress") and not response.get("error")
    return string(response.get("model")) or "unknown" if running else ""


def _length(part: Part) -> int:
    if isinstance(part, Text | Reasoning | Refusal):
        return len(part.text)
    return len(part.name) + len(part.arguments) if isinstance(part, ToolCall) else 0


class ResponsesStreamTap:
    """``StreamTap`` of the Responses wire. Usage is always told by the last event, which is withheld until ``end``."""

    def __init__(self, target: Target) -> None:
        self._vendor: Vendor = target.vendor
        self._pieces: list[bytes] = []  # a frame still open, as it came
        self._plain: bool | None = None
        self._ending = b""
        self._called = self._refused = False
        self.output_chars = 0
        self.usage: Usage | None = None
        self.model: str | None = None
        self.started = False
        self.error: UpstreamError | None = None
        self.done = False
        self.finish: Finish | None = None

    def feed(self, data: bytes) -> bytes:
        if self.error:
            return b""
        self._pieces.append(data)
        if self._plain or (b"\n" not in data and b"\r" not in data and self._plain is not None):
            return b""
        data = b"".join(self._pieces)
        if self._plain is None:
            self._plain = plain_body(data)
            if self._plain is not False:
                self._pieces = [data]
                return b""
        frames, rest = split_frames(data)
        self._pieces = [rest] if rest else []
        return b"".join(frame for frame in frames if self._lets_through(frame))

    def close(self) -> bytes:
        data = b"".join(self._pieces)
        self._pieces = []
        if self.error or self.done:
            return b""
        if self._plain:
            return self._whole(data)
        frames, tail = split_frames(data, last=True)
        forwarded = b"".join(frame for frame in frames if self._lets_through(frame))
        if tail.strip() and self._reads_on() and self._lets_through(tail, tail=True):
            forwarded += tail.rstrip(b"\r\n") + b"\n\n"
        if self._reads_on():
            self.error = silent_break(self._vendor)
        return forwarded

    def end(self) -> bytes:
        """With the blank line the last frame may lack."""
        return self._ending if self._ending.endswith((b"\n\n", b"\r\n\r\n")) else self._ending.rstrip() + b"\n\n"

    def _reads_on(self) -> bool:
        return not self.done and self.error is None

    def _lets_through(self, raw: bytes, *, tail: bool = False) -> bool:
        """Reads one frame and decides. A broken ``tail`` is a cut stream, a broken frame a garbled one."""
        if self.error:
            return False
        event, data = _fields(raw)
        if self.done or data == DONE.encode():
            self._ending += raw if self.done else b""  # what follows the end goes with it
            return False
        if not data:
            return True  # a comment
        try:
            told = _frame.decode(data)
        except (ValueError, RecursionError):
            return self._lets_odd_through(data, tail=tail)
        return self._note(told, told.type or event, data, raw)

    def _lets_odd_through(self, data: bytes, *, tail: bool) -> bool:
        """What the quick decoder refuses: types that are not ours, or no JSON at all."""
        try:
            chunk = decode(data)
        except ValueError:
            chunk = None
        if not isinstance(chunk, dict) and not tail:
            self.error = garbled(self._vendor, "a stream frame that is no JSON object")
        return isinstance(chunk, dict)

    def _note(self, told: _Frame, kind: str, data: bytes, raw: bytes) -> bool:
        failed = kind in ("error", "response.failed", "response.cancelled")
        if failed or (told.error and not kind.startswith("response.")):
            self.error = error_in(mapping(decode(data)), kind, self._vendor)
            return False
        self.started = True
        if kind.endswith(".delta"):
            self.output_chars += len(told.delta) if isinstance(told.delta, str) else 0
            self._refused |= kind == "response.refusal.delta"
        elif kind == "response.output_item.done":
            self._called |= mapping(decode(bytes(told.item))).get("type") in _CALLS
        elif self.model is None or kind in _ENDS:
            self._hear(mapping(decode(bytes(told.response))), kind)
        if kind in _ENDS:
            self.done, self._ending = True, raw
        return not self.done

    def _hear(self, response: Any, kind: str) -> None:
        self.model = string(response.get("model")) or self.model
        if kind in _ENDS:
            self.usage = read_usage(response, self._vendor.quirks)
            self.finish, _ = read_finish(response, called=self._called, refused=self._refused)

    def _whole(self, body: bytes) -> bytes:
        """One JSON body where a stream was asked for: an error, or a reply to be told as a stream."""
        response = checked(body, self._vendor)
        if isinstance(response, UpstreamError):
            self.error = response
            return b""
        events = ResponseReader(self._vendor).whole(response)
        self._learn(events, response)
        writer = ResponsesStreamWriter(Call(model=self.model or "", messages=()))
        frames = writer.write(events)
        self._ending, self.done = writer.end(), True
        return frames

    def _learn(self, events: list[Event], response: Any) -> None:
        self.started = True
        self.model = next((event.model for event in events if isinstance(event, Started)), None) or None
        self.finish = next((event.finish for event in events if isinstance(event, Finished)), None)
        self.usage = read_usage(response, self._vendor.quirks)


def _fields(raw: bytes) -> tuple[str, bytes]:
    """The event name and the data of one frame."""
    event, data = "", []
    for line in raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n").removeprefix(b"\xef\xbb\xbf").split(b"\n"):
        name, _, value = line.partition(b":")
        if name == b"data":
            data.append(value)
        elif name == b"event":
            event = value.strip().decode(errors="replace")
    return event, b"\n".join(data).strip()

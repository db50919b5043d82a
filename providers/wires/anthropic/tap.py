"""Pass-through with an ear on it. Frames are searched for bytes, not decoded: inside a JSON string a quote is
escaped, so a bare ``"message_stop"`` stands in the frame's own structure. Only the few that hold one are decoded.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from providers.canonical import Call, Finish, Usage
from providers.errors import StreamBroken, UpstreamError, VendorGarbled
from providers.wires.anthropic.codec import NAME, decode
from providers.wires.anthropic.errors import error_from
from providers.wires.anthropic.reply_in import MessageReader
from providers.wires.anthropic.stream_out import MESSAGE_STOP, MessageWriter
from providers.wires.anthropic.usage import merge_usage, read_finish, read_usage
from providers.wires.base import ReplyFacts
from providers.wires.sse import SseDecoder

FRAME_END = re.compile(rb"\n\n|\r\n\r\n|\r\r")
PRODUCED = re.compile(rb'"(?:text|thinking|partial_json)" ?: ?"((?:[^"\\]|\\.)*)"')


class MessageTap:
    """Implements ``StreamTap``. ``output_chars`` counts text as JSON spells it."""

    def __init__(self) -> None:
        self.usage: Usage | None = None
        self.model: str | None = None
        self.started = False
        self.error: UpstreamError | None = None
        self.done = False
        self.finish: Finish | None = None
        self.output_chars = 0
        self._pieces: list[bytes] = []  # of the frame that is still open; joined once, so a huge one stays linear
        self._tail = b""  # its last bytes: a separator may be cut
        self._raw: dict[str, Any] = {}
        self._terminator = MESSAGE_STOP
        self._begun = False  # the message's start came
        self._plain: bool | None = None  # one JSON body after all: a vendor that does not stream

    def feed(self, data: bytes) -> bytes:
        if self._is_over():
            return b""
        if self._plain is None and data.strip():
            self._plain = data.lstrip().startswith(b"{")
        if self._plain:
            self._pieces.append(data)
            return b""
        if self._begun and data.endswith(b"\n\n") and not self._tail and not _telling(data):
            return self._forward(data)
        window = self._tail + data
        found = [match.end() for match in FRAME_END.finditer(window)]
        self._pieces.append(data)
        self._tail = window[-3:]
        if not found:
            return b""
        whole = b"".join(self._pieces)
        ends = [end + len(whole) - len(window) for end in found]
        self._pieces = [whole[ends[-1] :]]
        self._tail = self._pieces[0][-3:]
        whole = whole[: ends[-1]]
        if self._begun and not _telling(whole):
            return self._forward(whole)
        return self._frame_by_frame(whole, ends)

    def close(self) -> bytes:
        """A last frame without its blank line counts if it can be read; a torn one is left out."""
        out = b""
        rest = b"".join(self._pieces)
        self._pieces, self._tail = [], b""
        if self._plain:
            return self._stream_of(rest)
        if rest.strip() and not self._is_over() and _is_readable(rest):
            out = self._frame_by_frame(rest + b"\n\n", [len(rest) + 2])
        if not self.done and self.error is None and self.finish is None:
            self.error = StreamBroken("the vendor's stream ended before its message did")
        return out

    def _stream_of(self, body: bytes) -> bytes:
        """The whole message as the stream that the app asked for."""
        facts = tap_reply(body)
        self.model, self.usage, self.finish, self.error = facts.model, facts.usage, facts.finish, facts.error
        if self.error is not None:
            return b""
        reader, writer = (
            MessageReader(),
            MessageWriter(Call(model=facts.model or "", messages=(), wire=NAME), native=True),
        )
        out = writer.write((*reader.feed(body), *reader.close())) + writer.end()
        self.started = self.done = True
        self.output_chars = facts.output_chars
        return out.removesuffix(MESSAGE_STOP)

    def end(self) -> bytes:
        return self._terminator

    def _is_over(self) -> bool:
        return self.done or self.error is not None

    def _forward(self, frames: bytes) -> bytes:
        if b"data:" in frames:
            self.started = True
        self.output_chars += sum(len(text.decode(errors="replace")) for text in PRODUCED.findall(frames))
        return frames

    def _frame_by_frame(self, whole: bytes, ends: list[int]) -> bytes:
        out: list[bytes] = []
        begin = 0
        for end in ends:
            frame, begin = whole[begin:end], end
            if (self._begun and not _telling(frame)) or self._hear(frame):
                out.append(self._forward(frame))
            if self._is_over():
                break
        return b"".join(out)

    def _hear(self, frame: bytes) -> bool:
        """Takes in what ``frame`` tells. False if it is not for the app, or not yet."""
        data, name = _payload(frame)
        if data is None:
            return self._begun or b"data:" not in frame or self._is_garbled()
        match data.get("type") or name:
            case "message_start":
                self._begun = True
                self._message_start(data.get("message"))
            case "message_delta":
                self._message_delta(data)
            case "message_stop":
                self.done = True
                self._terminator = frame
                return False
            case "ping":
                pass
            case kind if kind == "error" or (data.get("error") and "type" not in data):  # OpenAI's shape too
                self.error = error_from(data)
                return False
            case _:
                return self._begun or self._is_garbled()
        return True

    def _is_garbled(self) -> bool:
        """A stream that does not begin as a message does is none; nothing of it goes on."""
        self.error = VendorGarbled("the vendor's stream does not begin with a message")
        return False

    def _message_start(self, message: Any) -> None:
        if isinstance(message, Mapping):
            model = message.get("model")
            self.model = model if isinstance(model, str) else None
            self._count(message.get("usage"))

    def _message_delta(self, data: Mapping[str, Any]) -> None:
        delta = data.get("delta")
        if isinstance(delta, Mapping) and delta.get("stop_reason") is not None:
            self.finish = read_finish(delta["stop_reason"])
        self._count(data.get("usage"))

    def _count(self, raw: Any) -> None:
        self._raw = merge_usage(self._raw, raw)
        self.usage = read_usage(self._raw)


def _telling(data: bytes) -> bool:
    """Whether a frame in ``data`` may be more than a piece of the answer. Never wrongly false."""
    return b'"message_' in data or b'"error"' in data or b"event: error" in data or b"event:error" in data


def _payload(frame: bytes) -> tuple[Mapping[str, Any] | None, str]:
    decoder = SseDecoder()
    events = [*decoder.feed(frame), *decoder.close()]
    if not events:
        return None, ""
    try:
        data = decode(events[0].data)
    except ValueError:
        return None, events[0].event
    return (data if isinstance(data, Mapping) else None), events[0].event


def _is_readable(frame: bytes) -> bool:
    return _payload(frame)[0] is not None


class _Block(msgspec.Struct):
    text: str | None = None
    thinking: str | None = None
    input: msgspec.Raw = msgspec.Raw(b"")


class _Message(msgspec.Struct):
    type: str | None = None
    model: str | None = None
    stop_reason: str | None = None
    usage: dict[str, Any] | None = None
    content: list[_Block] = []
    error: Any = None


READER = msgspec.json.Decoder(_Message)


def tap_reply(body: bytes) -> ReplyFacts:
    """What pass-through needs of a whole reply; what cannot be read is an error, never an exception."""
    try:
        message = READER.decode(body)
    except (msgspec.DecodeError, RecursionError):
        return ReplyFacts(None, None, None, VendorGarbled("the vendor's reply is not an Anthropic message"))
    if message.type == "error" or message.error is not None:
        return ReplyFacts(None, None, None, error_from(decode(body)))
    if message.type != "message":
        return ReplyFacts(None, None, None, VendorGarbled("the vendor's reply is not an Anthropic message"))
    chars = sum(len(b.text or "") + len(b.thinking or "") + len(bytes(b.input)) for b in message.content)
    finish = read_finish(message.stop_reason) if message.stop_reason is not None else None
    return ReplyFacts(message.model, read_usage(message.usage), finish, None, chars)

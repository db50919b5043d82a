"""The pass-through lane's ear on a stream. The hot path: every network read of every stream goes through ``feed``.

A read is let through unsplit, without decoding JSON, when it holds whole frames only and none of the words that
matter. Those words cannot hide: inside JSON text their quotes would be escaped.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from providers.canonical import Finish, Target, Usage
from providers.errors import UpstreamError
from providers.vendors.base import Vendor
from providers.wires.openai.chunks import ChunkReader
from providers.wires.openai.codec import decode, encode, mapping, string
from providers.wires.openai.figures import read_finish, usage_in
from providers.wires.openai.mending import Mender
from providers.wires.openai.stream_in import DONE, error_in, garbled, plain_body, silent_break, whole_error
from providers.wires.openai.stream_out import DONE_FRAME, OpenAIStreamWriter

ALWAYS = 3  # text frames decoded at the start of a stream
SAMPLE = 64  # of later ones, every so many

_BOUNDARY = re.compile(rb"(?:\r\n|\n|\r(?!\n))(?:\r\n|\n|\r(?!\n))")
_LINE = re.compile(rb"\r\n|\n|\r")


_WORDS = (b'_tokens"', b"error", b"[DONE]", b'h_reason":"', b'h_reason": "', b'"tool_calls"')


def _telling(data: bytes) -> bool:
    """Whether a frame in ``data`` may say more than another word of the answer: ``_WORDS``, written out for speed.

    Never wrongly false; wrongly true (a text about errors) costs only time. ``"usage":null``, which OpenAI sends in
    every chunk, tells nothing.
    """
    return (
        b'_tokens"' in data
        or b"error" in data
        or b"[DONE]" in data
        or b'h_reason":"' in data
        or b'h_reason": "' in data
        or b'"tool_calls"' in data
    )


def _run_end(data: bytes, start: int) -> int:
    """Where the last whole frame ends that begins at ``start`` or later with nothing telling before its end."""
    end = len(data)
    for word in _WORDS:
        found = data.find(word, start, end)
        end = found if found >= 0 else end
    boundary = data.rfind(b"\n\n", start, end)
    return boundary + 2 if boundary >= 0 else start


def split_frames(data: bytes, *, last: bool = False) -> tuple[list[bytes], bytes]:
    """Whole frames, each with its blank line, and the rest. ``last``: nothing more will come."""
    if b"\r" not in data:
        *whole, rest = data.split(b"\n\n")
        return [frame + b"\n\n" for frame in whole], rest
    end = len(data) if last else len(data) - data.endswith(b"\r")  # a CR at the end may be half a CRLF
    frames, at = [], 0
    for boundary in _BOUNDARY.finditer(data, 0, end):
        frames.append(data[at : boundary.end()])
        at = boundary.end()
    return frames, data[at:]


def _fields(frame: bytes) -> tuple[str, bytes]:
    """The event name and the data of one frame."""
    if frame.startswith(b"data:") and frame.find(b"\n") == len(frame) - 2:
        return "", frame[5:].strip()
    event, data = "", []
    for line in _LINE.split(frame.removeprefix(b"\xef\xbb\xbf")):
        name, _, value = line.partition(b":")
        if name == b"data":
            data.append(value)
        elif name == b"event":
            event = value.strip().decode(errors="replace")
    return event, b"\n".join(data).strip()


def _characters(chunk: Mapping[str, Any]) -> int:
    """Of the text a chunk brings."""
    count = 0
    choices = chunk.get("choices")
    for choice in choices if isinstance(choices, list) else ():
        delta = mapping(mapping(choice).get("delta"))
        count += max((len(string(delta.get(name))) for name in ("reasoning_content", "reasoning")), default=0)
        count += len(string(delta.get("content"))) + len(string(delta.get("refusal")))
        calls = delta.get("tool_calls")
        for call in calls if isinstance(calls, list) else ():
            count += len(string(mapping(mapping(call).get("function")).get("arguments")))
    return count


class OpenAIStreamTap:
    """``StreamTap`` of the OpenAI wire. ``output_chars`` is an estimate from bytes: of what is let through undecoded,
    what is left when each frame's envelope is taken off, as measured on a frame in ``SAMPLE``."""

    def __init__(self, target: Target, *, include_usage: bool) -> None:
        self._vendor: Vendor = target.vendor
        self._include_usage = include_usage
        self._pieces: list[bytes] = []  # a frame still open, as it came
        self._ending: bytes | None = None  # the withheld terminator
        self._plain: bool | None = None
        self._texts = 0  # decoded frames that brought text; the first few often have an envelope of their own
        self._left = 0  # frames to let through until the envelope is measured again
        self._envelope = 0  # bytes of a frame that are not text
        self._bytes = 0  # let through since
        self._frames = 0
        self._counted = 0  # characters before
        self._mender = Mender()
        self.usage: Usage | None = None
        self.model: str | None = None
        self.started = False
        self.error: UpstreamError | None = None
        self.done = False
        self.finish: Finish | None = None

    @property
    def output_chars(self) -> int:
        return self._counted + max(self._bytes - self._frames * self._envelope, self._frames)

    def feed(self, data: bytes) -> bytes:
        if self._left > 0 and not self._pieces and data.endswith(b"\n\n") and not _telling(data) and b"\r" not in data:
            if not self._reads_on():
                return b""
            self._let_through(data)
            return data
        return self._feed(data)

    def _feed(self, data: bytes) -> bytes:
        if self.done or self.error:
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
        if b"\r" in data:
            frames, rest = split_frames(data)
            forwarded = [self._lets_through(frame) for frame in frames if self._reads_on()]
        else:
            forwarded, rest = self._runs(data)
        self._pieces = [rest] if rest else []
        return b"".join(forwarded)

    def _reads_on(self) -> bool:
        return not self.done and self.error is None

    def _runs(self, data: bytes) -> tuple[list[bytes], bytes]:
        """What to forward of ``data``, in runs of frames that tell nothing and single ones that were read; the rest."""
        forwarded: list[bytes] = []
        at = 0
        while self._reads_on() and (end := data.find(b"\n\n", at) + 2) > 1:
            frame = data[at:end]
            if self._left > 0 and not _telling(frame):
                end = _run_end(data, end)
                frame = data[at:end]
                self._let_through(frame)
                forwarded.append(frame)
            else:
                forwarded.append(self._lets_through(frame))
            at = end
        return forwarded, data[at:]

    def _let_through(self, data: bytes) -> None:
        frames = data.count(b"\n") >> 1
        self._bytes += len(data)
        self._frames += frames
        self._left -= frames

    def _lets_through(self, frame: bytes, *, tail: bool = False) -> bytes:
        """Reads one frame and says what goes on of it. A broken ``tail`` is a cut stream, a broken frame a garbled
        one."""
        event, data = _fields(frame)
        if data == DONE.encode():
            self.done, self._ending = True, frame
            return b""
        if not data:
            return frame  # a comment
        try:
            chunk = decode(data)
        except ValueError:
            chunk = None
        self.error = error_in(chunk, event, data, self._vendor)
        if not self.error and not isinstance(chunk, dict):
            if not tail:
                self.error = garbled(self._vendor, "a stream frame that is no JSON object")
            return b""
        if self.error or not self._note(chunk, len(frame)):
            return b""
        if self._texts and _repeats(chunk):
            return _retold(chunk)
        mended = self._mender.mended(chunk)
        return frame if mended is None else b"data: " + encode(mended) + b"\n\n"

    def _note(self, chunk: Mapping[str, Any], length: int) -> bool:
        """Whether the frame goes on to the app: all but a usage-only one it did not ask for."""
        self.started = True
        self.model = self.model or string(chunk.get("model")) or None
        if characters := _characters(chunk):
            self._measure(characters, length)
        choices = chunk.get("choices")
        for choice in choices if isinstance(choices, list) else ():
            if word := string(mapping(choice).get("finish_reason")):
                self.finish = read_finish(word)
        usage = usage_in(chunk, self._vendor.quirks)
        self.usage = usage or self.usage
        return usage is None or self._include_usage or _says_something(choices)

    def _measure(self, characters: int, length: int) -> None:
        self._counted = self.output_chars + characters
        self._envelope, self._bytes, self._frames = length - characters, 0, 0
        self._texts += 1
        self._left = SAMPLE if self._texts >= ALWAYS and not self._vendor.quirks.errors_in_frames else 0

    def close(self) -> bytes:
        if self.done or self.error:
            return b""
        data = b"".join(self._pieces)
        self._pieces = []
        if self._plain:
            return self._whole(data)
        frames, tail = split_frames(data, last=True)
        forwarded = b"".join(self._lets_through(frame) for frame in frames if self._reads_on())
        if tail.strip() and self._reads_on() and (through := self._lets_through(tail, tail=True)):
            forwarded += (
                through.rstrip(b"\r\n") + b"\n\n"
            )  # the blank line it lacks, or the terminator would run into it
        if self._reads_on() and not self.finish:
            self.error = silent_break(self._vendor)
        return forwarded

    def _whole(self, body: bytes) -> bytes:
        """One JSON body where a stream was asked for: an error, or a reply to be told as a stream."""
        try:
            chunk = decode(body)
        except ValueError:
            chunk = None
        if not isinstance(chunk, dict) or not isinstance(chunk.get("choices"), list) or chunk.get("error"):
            self.error = whole_error(body, self._vendor)
            return b""
        reader = ChunkReader(self._vendor.quirks, whole=True)
        events = [*reader.read(chunk), *reader.end()]
        self._note(
            {**chunk, "choices": [{**mapping(c), "delta": mapping(c).get("message")} for c in chunk["choices"]]}, 0
        )
        writer = OpenAIStreamWriter(include_usage=self._include_usage)
        frames = writer.write(events)
        self._ending, self.done = writer.end(), True
        return frames

    def end(self) -> bytes:
        return self._ending or DONE_FRAME


def _repeats(chunk: Mapping[str, Any]) -> bool:
    """Whether the choices are whole messages: in a stream that has told them already."""
    choices = chunk.get("choices")
    given = [mapping(choice) for choice in choices] if isinstance(choices, list) else []
    return bool(given) and all("delta" not in choice and "message" in choice for choice in given)


def _retold(chunk: Mapping[str, Any]) -> bytes:
    """The whole message with which MiniMax ends a stream, without what was told before: apps would show it twice."""
    choices = chunk.get("choices")
    bare = [
        {"index": mapping(choice).get("index", 0), "delta": {}, "finish_reason": mapping(choice).get("finish_reason")}
        for choice in (choices if isinstance(choices, list) else ())
    ]
    return b"data: " + encode({**chunk, "object": "chat.completion.chunk", "choices": bare}) + b"\n\n"


def _says_something(choices: Any) -> bool:
    """Whether a chunk tells more than usage. LiteLLM sends usage in a chunk with one choice and an empty delta."""
    return any(
        mapping(choice).get("finish_reason") or any(mapping(mapping(choice).get("delta")).values())
        for choice in (choices if isinstance(choices, list) else ())
    )

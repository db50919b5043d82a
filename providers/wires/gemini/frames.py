"""Bytes of a reply, cut anywhere → events: server-sent events, a JSON array, or one JSON body."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from providers.canonical import Ended, Event, Failed, Reply
from providers.errors import StreamBroken, UpstreamError, VendorGarbled
from providers.wires.anthropic.codec import decode
from providers.wires.folding import fold_events
from providers.wires.gemini.chunks import ChunkReader
from providers.wires.gemini.errors import error_in
from providers.wires.sse import BOM, SseDecoder

_BLANK = b" \t\r\n"
_TOLD = re.compile(rb'[\\"{}\[\]]')
_NOT_A_REPLY = "the vendor's reply is not a Gemini reply"


class ArrayDecoder:
    """The elements of one JSON array of objects, each as soon as it is whole."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._depth = 0
        self._in_string = False
        self._escaped = False  # the last byte of a piece was a backslash

    def feed(self, data: bytes) -> list[bytes]:
        whole: list[bytes] = []
        begin, skipped = 0, 0 if self._escaped else -1
        self._escaped = False
        for found in _TOLD.finditer(data):
            at, sign = found.start(), found[0]
            if at == skipped:
                continue
            if self._in_string:
                if sign == b"\\":
                    skipped = at + 1
                    self._escaped = skipped == len(data)
                self._in_string = sign != b'"'
            elif sign == b'"':
                self._in_string = True
            elif sign in b"{[":
                self._depth += 1
                begin = at if self._depth == 2 else begin
            else:
                self._depth -= 1
                if self._depth == 1:
                    whole.append(b"".join((*self._pieces, data[begin : at + 1])))
                    self._pieces, begin = [], at + 1
        if self._depth > 1:
            self._pieces.append(data[begin:])
        return whole


class GeminiReader:
    """``StreamReader`` of the Gemini wire. Google has no terminator: the end of the stream is one if every candidate
    had its finish reason."""

    def __init__(self) -> None:
        self._chunks = ChunkReader()
        self._sse = SseDecoder()
        self._array = ArrayDecoder()
        self._form = b""  # "[" an array, "{" one body, "d" server-sent events; "" not told yet
        self._head: list[bytes] = []
        self._over = False

    def feed(self, data: bytes) -> list[Event]:
        if self._over:
            return []
        if self._form in (b"", b"{"):
            self._head.append(data)
            self._form = self._form or _form(b"".join(self._head))
            if self._form in (b"", b"{"):
                return []
            data, self._head = b"".join(self._head), []
        return self._read(self._frames(data))

    def _frames(self, data: bytes) -> list[bytes | str]:
        if self._form == b"[":
            return [*self._array.feed(data)]
        return [event.data for event in self._sse.feed(data)]

    def close(self) -> list[Event]:
        if self._over:
            return []
        if self._form == b"{":
            return self._whole(b"".join(self._head))
        torn = [event.data for event in self._sse.close()]
        events = self._read([text for text in torn if _is_json(text)])
        if self._over:
            return events
        self._over = True
        if not self._chunks.finished:
            return [*events, Failed(error=StreamBroken("the vendor's stream ended before its reply did"))]
        return [*events, *self._chunks.end(), Ended()]

    def _read(self, frames: list[bytes | str]) -> list[Event]:
        events: list[Event] = []
        for frame in frames:
            if self._over or not frame.strip() or frame.strip() == "[DONE]":
                continue
            error, chunk = _decoded(frame)
            if error is not None:
                self._over = True
                return [*events, Failed(error=error)]
            events += self._chunks.read(chunk)
        return events

    def _whole(self, body: bytes) -> list[Event]:
        self._over = True
        error, chunk = _decoded(body)
        if error is not None:
            return [Failed(error=error)]
        events = self._chunks.read(chunk)
        if self._chunks.empty:
            return [Failed(error=VendorGarbled(_NOT_A_REPLY))]
        return [*events, *self._chunks.end(), Ended()]


def _form(head: bytes) -> bytes:
    start = head.removeprefix(BOM).lstrip(_BLANK)[:1]
    if not start or BOM.startswith(head):
        return b""
    return {b"[": b"[", b"{": b"{", b"<": b"{"}.get(start, b"d")


def _is_json(text: str) -> bool:
    try:
        decode(text)
    except ValueError:
        return False
    return True


def _decoded(frame: bytes | str) -> tuple[UpstreamError | None, Mapping[str, Any]]:
    try:
        chunk = decode(frame.removeprefix(BOM) if isinstance(frame, bytes) else frame)
    except ValueError:
        chunk = None
    if error := error_in(chunk):
        return error, {}
    if not isinstance(chunk, Mapping):
        return VendorGarbled(_NOT_A_REPLY), {}
    return None, chunk


def read_reply(body: bytes) -> Reply:
    """A whole reply, or a stream's array. Raises ``VendorGarbled``, or the error that a 200 holds."""
    reader = GeminiReader()
    return fold_events([*reader.feed(body), *reader.close()])

"""watsonx's streams: OpenAI's chunks, each with an ``id`` and ``event: message`` that OpenAI's own clients stumble
over, and errors in its own shape. The stream just ends; the reader of OpenAI's wire takes that where all is finished.
"""

from __future__ import annotations

import re

from providers.canonical import Event, Failed, Target
from providers.errors import UpstreamError
from providers.wires.openai.codec import decode
from providers.wires.openai.stream_in import OpenAIStreamReader, plain_body
from providers.wires.openai.tap import OpenAIStreamTap
from providers.wires.watsonx.errors import error_inside, is_error, read_error

_BESIDE = re.compile(rb"^(?:id|retry|event):[^\n]*\n", re.MULTILINE)
_DATA = re.compile(rb"^data:[ \t]*(.*?)\r?$", re.MULTILINE)


class Frames:
    """Whole lines with nothing but data in them. ``error`` is what the vendor said; nothing after it is let through."""

    def __init__(self, vendor: str) -> None:
        self.error: UpstreamError | None = None
        self._vendor = vendor
        self._rest: list[bytes] = []  # a line still open; joined once, so a huge one stays linear
        self._plain: bool | None = None  # one body instead of a stream

    def feed(self, data: bytes) -> bytes:
        if self.error is not None:
            return b""
        if self._plain is None:
            self._plain = plain_body(b"".join((*self._rest, data)))
        self._rest.append(data)
        end = data.rfind(b"\n") + 1
        if self._plain is not False or not end:
            return b""
        whole = b"".join((*self._rest[:-1], data[:end]))
        self._rest = [data[end:]]
        return self._cleaned(whole)

    def close(self) -> bytes:
        rest = b"".join(self._rest)
        self._rest = []
        if self.error is not None:
            return b""
        if self._plain:
            self.error = error_inside(rest, self._vendor)
            return b"" if self.error else rest
        return self._cleaned(rest)

    def _cleaned(self, lines: bytes) -> bytes:
        lines = _BESIDE.sub(b"", lines)
        if b"error" in lines:
            for data in _DATA.finditer(lines):
                self.error = self._error(data[1])
                if self.error is not None:
                    return lines[: data.start()]
        return lines

    def _error(self, data: bytes) -> UpstreamError | None:
        try:
            found = decode(data) if b"error" in data else None
        except ValueError:
            return None
        return read_error(200, {}, data, vendor=self._vendor) if is_error(found) else None


class WatsonxReader(OpenAIStreamReader):
    def __init__(self, target: Target) -> None:
        super().__init__(target)
        self._lines = Frames(target.vendor.name)
        self._failed = False

    def feed(self, data: bytes) -> list[Event]:
        cleaned = self._lines.feed(data)
        events = super().feed(cleaned) if cleaned else []
        return [*events, *self._failure()]

    def close(self) -> list[Event]:
        cleaned = self._lines.close()
        events = super().feed(cleaned) if cleaned else []
        if failure := self._failure():
            return [*events, *failure]
        return events if self._failed else [*events, *super().close()]

    def _failure(self) -> list[Event]:
        if self._lines.error is None or self._failed or self._over:
            return []
        self._failed = True
        return [Failed(error=self._lines.error)]


class WatsonxTap(OpenAIStreamTap):
    def __init__(self, target: Target, *, include_usage: bool) -> None:
        super().__init__(target, include_usage=include_usage)
        self._lines = Frames(target.vendor.name)

    def feed(self, data: bytes) -> bytes:
        return self._forwarded(self._lines.feed(data))

    def close(self) -> bytes:
        forwarded = self._forwarded(self._lines.close())
        return forwarded + super().close()

    def _forwarded(self, cleaned: bytes) -> bytes:
        forwarded = super().feed(cleaned) if cleaned else b""
        self.error = self.error or (None if self.done else self._lines.error)
        return forwarded

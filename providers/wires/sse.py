"""Server-sent events, decoded as they come: bytes cut anywhere in, events out. Knows no vendor.

Source: WHATWG HTML §9.2. Two things are laxer, because vendors are: an event that the closing stream left
without its blank line still counts, and broken UTF-8 becomes U+FFFD instead of an error.
"""

from __future__ import annotations

from typing import NamedTuple

BOM = b"\xef\xbb\xbf"


class SseEvent(NamedTuple):
    """``event`` is "" where the stream named none. Several ``data`` lines are joined with LF."""

    event: str
    data: str


class SseDecoder:
    """Takes LF, CRLF and CR as line ends; drops comments, ``id`` and ``retry``."""

    def __init__(self) -> None:
        self._rest: list[bytes] = []  # pieces of the line that is still open
        self._after_cr = False
        self._first_line = True
        self._event = ""
        self._data: list[str] = []

    def feed(self, data: bytes) -> list[SseEvent]:
        """The events that ``data`` completed."""
        if self._after_cr and data:
            self._after_cr = False
            data = data.removeprefix(b"\n")
        if b"\n" not in data and b"\r" not in data:  # pieces are joined once: a huge line stays linear
            if data:
                self._rest.append(data)
            return []
        lines = b"".join((*self._rest, data)).splitlines(keepends=True)
        self._after_cr = lines[-1].endswith(b"\r")
        self._rest = [] if lines[-1].endswith((b"\n", b"\r")) else [lines.pop()]
        return self._read(lines)

    def close(self) -> list[SseEvent]:
        """The stream ended: the event that was still open, if it had data."""
        lines = [b"".join(self._rest), b""]
        self._rest = []
        return self._read(lines)

    def _read(self, lines: list[bytes]) -> list[SseEvent]:
        events: list[SseEvent] = []
        for line in lines:
            line = line.rstrip(b"\r\n")
            if self._first_line:
                self._first_line = False
                line = line.removeprefix(BOM)
            if line:
                self._field(line)
            elif self._data:
                events.append(SseEvent(self._event, "\n".join(self._data)))
                self._event, self._data = "", []
            else:
                self._event = ""
        return events

    def _field(self, line: bytes) -> None:
        name, _, value = line.partition(b":")
        if name == b"data":
            self._data.append(value.removeprefix(b" ").decode(errors="replace"))
        elif name == b"event":
            self._event = value.removeprefix(b" ").decode(errors="replace")

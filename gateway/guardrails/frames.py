"""Server-sent events as bytes: frames cut anywhere come in, whole frames go out, and only what changed is rewritten."""

from __future__ import annotations

import re
from typing import Any

from providers.wires.openai.codec import decode, encode

_END = re.compile(rb"\r\n\r\n|\n\n|\r\r")
_LINES = re.compile(rb"\r\n|\n|\r")
_LONGEST_END = 4


class Frames:
    """Joins the pieces of a frame once, so that a huge one stays linear."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._tail = b""  # the last bytes of the open frame: its end may be cut

    def feed(self, data: bytes) -> list[bytes]:
        """The frames that ``data`` completed, each with its blank line."""
        window = self._tail + data
        ends = [match.end() - len(window) for match in _END.finditer(window)]
        self._pieces.append(data)
        self._tail = window[-_LONGEST_END + 1 :]
        if not ends:
            return []
        whole = b"".join(self._pieces)
        frames, at = [], 0
        for end in ends:
            frames.append(whole[at : len(whole) + end])
            at = len(whole) + end
        self._pieces, self._tail = [whole[at:]], whole[at:][-_LONGEST_END + 1 :]
        return frames

    def rest(self) -> bytes:
        """What no blank line ended."""
        rest = b"".join(self._pieces)
        self._pieces, self._tail = [], b""
        return rest


def told_by(frame: bytes) -> Any:
    """The JSON of a frame's data; ``None`` where it has none, b"[DONE]" for the terminator."""
    data = b"\n".join(line[5:].removeprefix(b" ") for line in _LINES.split(frame) if line.startswith(b"data:"))
    if data.strip() == b"[DONE]":
        return b"[DONE]"
    if not data:
        return None
    try:
        return decode(data)
    except ValueError:
        return None


def retold(frame: bytes, event: Any) -> bytes:
    """The frame with other data; its other lines stay."""
    beside = [line for line in _LINES.split(frame) if line and not line.startswith(b"data:")]
    return b"".join(line + b"\n" for line in beside) + b"data: " + encode(event) + b"\n\n"

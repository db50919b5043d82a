"""Segment files: how records are framed, read back, and found again behind damage.

A frame is ``marker(3) crc32(4) length(4) kind(1) payload``, little-endian; the checksum covers all behind it. The
marker's first two bytes occur neither in UTF-8 nor as msgpack types, so that no text can pose as a frame.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple
from zlib import crc32

DAMAGED: Final = 0  # the kind under which unreadable bytes are reported
CHUNK = 1 << 20

_MARKER = b"\xc1\xffS"
_CHECK = struct.Struct("<I")
_TAIL = struct.Struct("<IB")
_BODY = len(_MARKER) + _CHECK.size
_HEADER = _BODY + _TAIL.size
_SUFFIX = ".segment"


class Position(NamedTuple):
    """A place in a journal: a segment's number and a byte offset in it."""

    segment: int
    offset: int


class Frame(NamedTuple):
    """A record, or with ``kind`` DAMAGED bytes that are none. ``end`` is the offset behind it."""

    kind: int
    payload: bytes
    end: int


def frame(kind: int, payload: bytes) -> bytes:
    """The bytes to append for one record."""
    body = _TAIL.pack(len(payload), kind) + payload
    return _MARKER + _CHECK.pack(crc32(body)) + body


def frames(data: bytes, *, room: int) -> Iterator[Frame]:
    """The frames in ``data``, the beginning of the ``room`` bytes that are there to read. Stops before a frame that
    goes on behind ``data``; one that would go on behind ``room`` is torn, and reported as damaged."""
    sound = here = 0  # between the two lies damage
    while here < len(data):
        end = _frame_end(data, here, room)
        if end > len(data):
            break
        if end and crc32(data[here + _BODY : end]) == _CHECK.unpack_from(data, here + len(_MARKER))[0]:
            if sound < here:
                yield Frame(DAMAGED, data[sound:here], here)
            yield Frame(data[here + _HEADER - 1], data[here + _HEADER : end], end)
            sound = here = end
            continue
        end = _resync(data, here, room)
        if end == here:
            break
        here = end
    if sound < here:
        yield Frame(DAMAGED, data[sound:here], here)


def _frame_end(data: bytes, here: int, room: int) -> int:
    """Where the frame at ``here`` says it ends (behind ``data``, if that cannot be said yet); 0: there is none."""
    if not data.startswith(_MARKER, here):
        more = len(data) - here < len(_MARKER) and len(data) < room and _MARKER.startswith(data[here:])
        return len(data) + 1 if more else 0
    if here + _HEADER > len(data):
        return len(data) + 1 if here + _HEADER <= room else 0
    end: int = here + _HEADER + _TAIL.unpack_from(data, here + _BODY)[0]
    return end if end <= room else 0


def _resync(data: bytes, here: int, room: int) -> int:
    """The end of the damage that begins at ``here``: the next marker, or all there is."""
    found = data.find(_MARKER, here + 1)
    if found >= 0:
        return found
    return len(data) if len(data) >= room else max(here, len(data) - len(_MARKER) + 1)


def read(path: Path, *, offset: int, limit: int) -> Iterator[Frame]:
    """The frames of a file from ``offset`` up to ``limit`` bytes; ends are offsets in the file. Raises ``OSError``."""
    with path.open("rb", buffering=0) as file:
        chunk = CHUNK
        while offset < limit:
            wanted = min(chunk, limit - offset)
            data = os.pread(file.fileno(), wanted, offset)
            if len(data) < wanted:
                limit = offset + len(data)  # the file is shorter than was said: what is there counts
            begin = offset
            for item in frames(data, room=limit - begin):
                offset = begin + item.end
                yield Frame(item.kind, item.payload, offset)
            chunk = chunk * 2 if offset == begin else CHUNK


def segment_path(directory: Path, number: int) -> Path:
    return directory / f"{number:010d}{_SUFFIX}"


def segment_numbers(directory: Path) -> list[int]:
    """Numbers of the segments in ``directory``, ascending."""
    return sorted(
        int(name.removesuffix(_SUFFIX))
        for name in os.listdir(directory)
        if name.endswith(_SUFFIX) and name.removesuffix(_SUFFIX).isdigit()
    )


def end_of(directory: Path) -> Position:
    """Behind the last byte of a directory that nobody writes to."""
    numbers = segment_numbers(directory)
    if not numbers:
        return Position(0, 0)
    return Position(numbers[-1], segment_path(directory, numbers[-1]).stat().st_size)


def read_all(directory: Path, *, start: Position, end: Position) -> Iterator[tuple[Position, Frame]]:
    """All frames between two positions, each with the position behind it. Raises ``OSError``."""
    for number in segment_numbers(directory):
        if not start.segment <= number <= end.segment:
            continue
        path = segment_path(directory, number)
        offset = start.offset if number == start.segment else 0
        limit = end.offset if number == end.segment else path.stat().st_size
        for item in read(path, offset=offset, limit=limit):
            yield Position(number, item.end), item

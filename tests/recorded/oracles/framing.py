"""Whole streams cut into their events, from memory."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from typing import Any


def sse(body: bytes) -> Iterator[tuple[str, str]]:
    """Event name and data of each server-sent event."""
    text = body.decode(errors="replace").removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    for block in text.split("\n\n"):
        name, data = "", []
        for line in block.split("\n"):
            key, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if key == "event":
                name = value
            elif key == "data":
                data.append(value)
        if data:
            yield name, "\n".join(data)


def sse_objects(body: bytes) -> Iterator[tuple[str, Any]]:
    """The same with the data as JSON; what is none (``[DONE]``) is left out."""
    for name, data in sse(body):
        try:
            yield name, json.loads(data)
        except ValueError:
            continue


def lines(body: bytes) -> Iterator[Any]:
    for line in body.decode(errors="replace").splitlines():
        if line.strip():
            yield json.loads(line)


def aws_events(body: bytes) -> Iterator[tuple[dict[str, str], bytes]]:
    """Headers and payload of each frame of ``application/vnd.amazon.eventstream``; checksums are not looked at."""
    at = 0
    while at + 16 <= len(body):
        total, header_length = struct.unpack_from(">II", body, at)
        if total < 16 or at + total > len(body):
            return
        headers, end, here = {}, at + 12 + header_length, at + 12
        while here < end:
            size = body[here]
            name = body[here + 1 : here + 1 + size].decode()
            here += 1 + size
            length = struct.unpack_from(">H", body, here + 1)[0]  # only strings (type 7) occur
            headers[name] = body[here + 3 : here + 3 + length].decode()
            here += 3 + length
        yield headers, body[end : at + total - 4]
        at += total

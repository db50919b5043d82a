"""AWS's event stream frames, encoded for golden cases and tests: prelude, headers, payload and both checksums."""

from __future__ import annotations

import base64
import json
import struct
import zlib
from typing import Any


def frame(headers: dict[str, str], payload: bytes) -> bytes:
    packed = b"".join(_header(name, value) for name, value in headers.items())
    prelude = struct.pack("!II", 16 + len(packed) + len(payload), len(packed))
    begun = prelude + struct.pack("!I", zlib.crc32(prelude)) + packed + payload
    return begun + struct.pack("!I", zlib.crc32(begun))


def _header(name: str, value: str) -> bytes:
    return bytes([len(name)]) + name.encode() + b"\x07" + struct.pack("!H", len(value)) + value.encode()


def event(name: str, fields: Any) -> bytes:
    """An event, padded as Bedrock pads its own."""
    headers = {":event-type": name, ":content-type": "application/json", ":message-type": "event"}
    return frame(headers, json.dumps({**fields, "p": "abcdefghij"}).encode())


def exception(name: str, message: str) -> bytes:
    headers = {":exception-type": name, ":content-type": "application/json", ":message-type": "exception"}
    return frame(headers, json.dumps({"message": message}).encode())


def chunk(fields: Any) -> bytes:
    """An event of InvokeModelWithResponseStream: the model's own JSON, in base64."""
    return event("chunk", {"bytes": base64.b64encode(json.dumps(fields).encode()).decode()})


def payload_part(data: bytes) -> bytes:
    """A piece of what a SageMaker container said."""
    headers = {":message-type": "event", ":event-type": "PayloadPart", ":content-type": "application/octet-stream"}
    return frame(headers, data)


def delta(text: str, *, index: int = 0) -> bytes:
    return event("contentBlockDelta", {"contentBlockIndex": index, "delta": {"text": text}})

"""JSON as vendors and apps really send it: msgspec first, the standard library for what msgspec refuses."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import msgspec


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} is not JSON")


_encoder = msgspec.json.Encoder(enc_hook=_plain)
_decoder = msgspec.json.Decoder()


def encode(value: Any) -> bytes:
    """JSON bytes. Lone surrogates and integers past 64 bits, which msgspec refuses, are written escaped and in full."""
    try:
        return _encoder.encode(value)
    except (UnicodeEncodeError, OverflowError):
        return json.dumps(value, default=_plain, separators=(",", ":")).encode()


def encode_text(value: Any) -> str:
    return encode(value).decode()


def decode(data: bytes | str) -> Any:
    """The value. Takes NaN, lone surrogates and a BOM too. Raises ``ValueError`` for anything else that is no JSON."""
    try:
        return _decoder.decode(data)
    except (ValueError, RecursionError):
        pass
    try:
        return json.loads(data.decode("utf-8-sig") if isinstance(data, bytes) else data)
    except RecursionError:
        raise ValueError("JSON nested too deeply") from None


def mapping(value: Any) -> Mapping[str, Any]:
    """``value`` if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def string(value: Any) -> str:
    """``value`` if it is a string, else ""."""
    return value if isinstance(value, str) else ""

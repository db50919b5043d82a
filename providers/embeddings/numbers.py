"""An embedding's two forms, numbers and base64 of little-endian float32: whichever came, the one the app asked for."""

from __future__ import annotations

import binascii
import struct

import msgspec
from msgspec import Raw

_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode


def is_base64(embedding: Raw) -> bool:
    return bytes(memoryview(embedding)[:1]) == b'"'


def as_asked(embedding: Raw, *, base64: bool) -> Raw:
    """``embedding`` itself where it has that form. Raises ``ValueError`` for what is no list of numbers."""
    if is_base64(embedding) is base64:
        return embedding
    return to_base64(embedding) if base64 else to_numbers(embedding)


def to_base64(embedding: Raw) -> Raw:
    values = _decode(embedding)
    if not isinstance(values, list):
        raise ValueError("no list of numbers")
    try:
        packed = struct.pack(f"<{len(values)}f", *values)
    except (struct.error, OverflowError):
        raise ValueError("no list of numbers that float32 holds") from None
    return Raw(b'"' + binascii.b2a_base64(packed, newline=False) + b'"')


def to_numbers(embedding: Raw) -> Raw:
    """Numbers as float32 holds them, to the last digit."""
    text = bytes(embedding)[1:-1]
    try:
        packed = binascii.a2b_base64(text.replace(b"\\/", b"/"), strict_mode=True)
        numbers = struct.unpack(f"<{len(packed) // 4}f", packed)
    except (binascii.Error, struct.error):
        raise ValueError("no base64 of float32") from None
    written = _encode(numbers)
    if b"n" in written:  # null, which stands for NaN
        raise ValueError("no list of numbers")
    return Raw(written)

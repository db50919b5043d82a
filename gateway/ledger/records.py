"""What the journal's records say: an exchange opened, its progress noted, and closed. Bytes on disk: segments.py."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from gateway.exchange import Attempt, Exchange

OPENED: Final = 1
NOTED: Final = 2
CLOSED: Final = 3

INTERRUPTED = "interrupted"
_LARGEST = 2**63 - 1

_encode = msgspec.msgpack.Encoder().encode
decode_exchange = msgspec.msgpack.Decoder(Exchange).decode


class Progress(msgspec.Struct, array_like=True, kw_only=True):
    """How far a stream had come ``at`` (microseconds since the epoch, UTC)."""

    id: str
    at: int
    input: int = 0
    output: int = 0
    first_byte_us: int = 0


class _Id(msgspec.Struct, array_like=True):
    id: str


decode_progress = msgspec.msgpack.Decoder(Progress).decode
_decode_id = msgspec.msgpack.Decoder(_Id).decode


def exchange_id(payload: bytes) -> str:
    """The id of any record's payload. Raises ``msgspec.MsgspecError``."""
    return _decode_id(payload).id


def encode(record: Exchange | Progress) -> bytes:
    """The record's payload. Never raises for what an exchange can hold: text that is not Unicode and integers
    beyond 64 bits (a vendor's reply may carry both) are mended, not refused."""
    try:
        return _encode(record)
    except Exception:
        return _encode(_mended(record))


def _mended(value: Any) -> Any:
    match value:
        case bool() | float() | bytes():
            return value
        case int():
            return max(-_LARGEST, min(value, _LARGEST))
        case str():
            return value.encode("utf-8", "replace").decode()
        case list():
            return [_mended(item) for item in value]
        case Exchange() | Attempt() | Progress():
            return type(value)(**{name: _mended(getattr(value, name)) for name in value.__struct_fields__})
    return str(value)


def interrupted(opened: Exchange, progress: Progress | None) -> Exchange:
    """The closing record of an exchange whose process died: usage and latency are those last noted."""
    latency = opened.latency_us
    if progress is not None:
        latency = max(latency, progress.at - opened.started_at, progress.first_byte_us)
    return msgspec.structs.replace(
        opened,
        ended_by=INTERRUPTED,
        error_code=INTERRUPTED,
        error_message="The gateway's process ended before this call did.",
        input=progress.input if progress else 0,
        output=progress.output if progress else 0,
        usage_basis="counted" if progress else "none",
        first_byte_us=(progress.first_byte_us if progress else 0) or opened.first_byte_us,
        latency_us=latency,
    )

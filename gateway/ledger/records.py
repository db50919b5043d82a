"""What the journal's records say: an exchange opened, its progress noted, and closed. Bytes on disk: segments.py."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from gateway.exchange import Attempt, Exchange, Verdict

OPENED: Final = 1
NOTED: Final = 2
CLOSED: Final = 3

INTERRUPTED = "interrupted"
HOLD = "hold"  # booked at what was held, since nobody knows what was billed
_LARGEST = 2**63 - 1

_encode = msgspec.msgpack.Encoder().encode
decode_exchange = msgspec.msgpack.Decoder(Exchange).decode


class Progress(msgspec.Struct, array_like=True, kw_only=True):
    """How far a stream had come ``at`` (microseconds since the epoch, UTC), where, and what that costs."""

    id: str
    at: int
    input: int = 0
    output: int = 0
    first_byte_us: int = 0
    provider: str = ""
    vendor: str = ""
    model: str = ""
    token: str = ""
    wire: str = ""
    cached_input: int = 0
    cache_write_input: int = 0
    reasoning: int = 0
    cost_nano: int | None = None
    cost_basis: str = "unknown"
    unit_prices: dict[str, int] = {}
    attempts: list[Attempt] = []
    verdicts: list[Verdict] = []
    holder: str = ""


_TOLD = tuple(name for name in Progress.__struct_fields__ if name not in ("id", "at"))


def progress_of(exchange: Exchange, *, at: int) -> Progress:
    return Progress(id=exchange.id, at=at, **{name: getattr(exchange, name) for name in _TOLD})


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
        case None | bool() | float() | bytes():
            return value
        case int():
            return max(-_LARGEST, min(value, _LARGEST))
        case str():
            return value.encode("utf-8", "replace").decode()
        case list() | tuple():
            return [_mended(item) for item in value]
        case dict():
            return {_mended(name): _mended(item) for name, item in value.items()}
        case Exchange() | Attempt() | Progress() | Verdict():
            return type(value)(**{name: _mended(getattr(value, name)) for name in value.__struct_fields__})
    return str(value)


def interrupted(opened: Exchange, progress: Progress | None) -> Exchange:
    """The closing record of an exchange whose process died: usage and latency are those last noted. An attempt that was
    under way under a hard budget is booked at its hold, the most that the vendor can have billed: what a stream had
    sent when it was last noted is less than what it was billed for, and a budget must not be passed by the difference.
    """
    latency = opened.latency_us
    if progress is not None:
        latency = max(latency, progress.at - opened.started_at, progress.first_byte_us)
    noted = {name: getattr(progress, name) for name in _TOLD} if progress else {}
    noted["first_byte_us"] = noted.get("first_byte_us") or opened.first_byte_us
    attempts = noted.get("attempts") or opened.attempts
    held = [_at_its_hold(one) for one in attempts]
    if held != attempts:
        noted |= {"attempts": held, "unit_prices": {}, **_costs(held)}
    return msgspec.structs.replace(
        opened,
        **noted,
        ended_by=INTERRUPTED,
        error_code=INTERRUPTED,
        error_message="The gateway's process ended before this call did.",
        usage_basis=HOLD if held != attempts else _basis(progress),
        latency_us=latency,
    )


def _basis(progress: Progress | None) -> str:
    return "counted" if progress and (progress.input or progress.output) else "none"


def _at_its_hold(attempt: Attempt) -> Attempt:
    """One that had ended has its true figures, and how long it took."""
    if attempt.duration_us or not (attempt.hold_nano or attempt.hold_units):
        return attempt
    held: dict[str, Any] = {"input": max(attempt.hold_units - attempt.output, attempt.input)}
    if attempt.hold_nano:
        held |= {"cost_nano": max(attempt.hold_nano, attempt.cost_nano or 0), "cost_basis": HOLD}
    return msgspec.structs.replace(attempt, **held)


def _costs(attempts: Sequence[Attempt]) -> dict[str, Any]:
    """Of the exchange; unknown as soon as that of one that is billed is."""
    billed = [one for one in attempts if one.cost_basis]
    costs = [one.cost_nano for one in billed if one.cost_nano is not None]
    known = bool(billed) and len(costs) == len(billed)
    return {"cost_nano": sum(costs) if known else None, "cost_basis": billed[-1].cost_basis if known else "unknown"}

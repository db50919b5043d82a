"""How far this machine's journal is behind, read from its files: so that any process can tell, also of one that hangs
or died. It locks nothing and changes nothing."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import msgspec

from gateway.ledger.directory import Mark, abandoned
from gateway.ledger.records import CLOSED, decode_exchange
from gateway.ledger.segments import Position, end_of, read_all, segment_numbers, segment_path

CONSUMERS = ("request_log", "budgets")  # a test holds them to those that the composition root names


class Lag(NamedTuple):
    """``seconds``: the age of the oldest closed call that some consumer has not taken; 0: all have all. ``waiting``:
    bytes behind the consumer that is furthest back."""

    seconds: float = 0.0
    waiting: int = 0


def lag(root: Path, *, consumers: Sequence[str] = CONSUMERS, now: float | None = None) -> Lag:
    """Of all directories under ``root``: those of living processes and of dead ones. One that goes away, or changes,
    while it is read counts as far as it was read."""
    now = time.time() if now is None else now
    found = [_of_directory(path, consumers, now) for path in abandoned(root)]
    return Lag(max((one.seconds for one in found), default=0.0), sum(one.waiting for one in found))


def _of_directory(path: Path, consumers: Iterable[str], now: float) -> Lag:
    seconds, waiting = 0.0, 0
    with suppress(OSError):
        end = end_of(path)
        for start in {Mark(path, name).position for name in consumers}:
            closed_at = _oldest_closed(path, start, end)
            if closed_at is not None:
                seconds = max(seconds, now - closed_at)
                waiting = max(waiting, _bytes_between(path, start, end))
    return Lag(seconds, waiting)


def _oldest_closed(path: Path, start: Position, end: Position) -> float | None:
    """When the first call that was closed behind ``start`` ended, in epoch seconds."""
    for _, frame in read_all(path, start=start, end=end):
        if frame.kind == CLOSED:
            with suppress(msgspec.MsgspecError):
                exchange = decode_exchange(frame.payload)
                return (exchange.started_at + exchange.latency_us) / 1_000_000
    return None


def _bytes_between(path: Path, start: Position, end: Position) -> int:
    total = 0
    for number in segment_numbers(path):
        if start.segment <= number <= end.segment:
            size = end.offset if number == end.segment else segment_path(path, number).stat().st_size
            total += size - (start.offset if number == start.segment else 0)
    return max(total, 0)

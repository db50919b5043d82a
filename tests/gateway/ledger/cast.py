"""The cast of the ledger's tests: exchanges, and a sink that takes each once."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from gateway.exchange import Exchange, uuid7
from gateway.ledger.journal import Journal
from gateway.ledger.segments import segment_numbers, segment_path


def an_exchange(**fields: object) -> Exchange:
    return Exchange(**{"id": uuid7(), "started_at": time.time_ns() // 1000, "api_key": "app", **fields})  # type: ignore[arg-type]


def ended(exchange: Exchange, **fields: object) -> Exchange:
    for name, value in {"ended_by": "done", "status": 200, "usage_basis": "vendor", **fields}.items():
        setattr(exchange, name, value)
    return exchange


class Sink:
    """An idempotent consumer: the first story of an exchange stays. ``fail`` may raise before a batch is taken."""

    def __init__(self, name: str = "sink", *, fail: Callable[[Sequence[Exchange]], None] = lambda batch: None) -> None:
        self.name = name
        self.kept: dict[str, Exchange] = {}
        self.takes = 0
        self._fail = fail

    def take(self, batch: Sequence[Exchange]) -> None:
        self.takes += 1
        self._fail(batch)
        for exchange in batch:
            self.kept.setdefault(exchange.id, exchange)

    def endings(self) -> dict[str, str]:
        return {exchange.id: exchange.ended_by for exchange in self.kept.values()}


class Disk:
    """A disk with room for so many bytes; the write that does not fit gets in as far as it fits."""

    def __init__(self, room: float = float("inf")) -> None:
        self.room = room
        self.refused = 0

    def write(self, file: int, data: bytes, offset: int) -> int:
        if len(data) > self.room:
            self.refused += 1
            data = data[: int(self.room)]
        self.room -= len(data)
        return os.pwrite(file, data, offset)


def a_journal(
    directory: Path, *, segment_bytes: int = 1 << 20, fsync_ms: int = 1000, disk: Disk | None = None
) -> Journal:
    directory.mkdir(parents=True, exist_ok=True)
    return Journal(directory, segment_bytes=segment_bytes, fsync_ms=fsync_ms, write=(disk or Disk()).write)


def eventually(true: Callable[[], bool], *, within: float = 5.0) -> bool:
    until = time.monotonic() + within
    while not true():
        if time.monotonic() > until:
            return False
        time.sleep(0.005)
    return True


def last_segment(directory: Path) -> Path:
    return segment_path(directory, segment_numbers(directory)[-1])

"""Handing batches to a consumer: outages are waited out, a record that only ever fails is set aside."""

from __future__ import annotations

import base64
import logging
import os
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from gateway.exchange import Exchange
from gateway.ledger.consumer import Consumer, describe, unavailable

log = logging.getLogger("switchboard.ledger")

TRIES = 5
FIRST_WAIT = 0.1  # seconds; doubled from try to try
LONGEST_WAIT = 5.0
HOPELESS = 32  # records that fail alone, with none taken, before the rest is left for later


def waits(first: float = FIRST_WAIT) -> Iterator[float]:
    """Seconds to wait from one try to the next, for ever."""
    wait = first
    while True:
        yield wait
        wait = min(wait * 2, LONGEST_WAIT)


class Rejected:
    """The files of what consumers refused: one line of JSON a record, for someone to look at."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self.count = 0

    def add(self, consumer: str, *, reason: str, exchange: Exchange) -> None:
        """Raises ``OSError``."""
        self._write(consumer, reason=reason, exchange=msgspec.structs.asdict(exchange))

    def add_unreadable(self, consumer: str, *, payload: bytes) -> None:
        """A record whose checksum is right but that is no exchange, as base64. Raises ``OSError``."""
        self._write(consumer, reason="not an exchange", payload=base64.b64encode(payload).decode())

    def _write(self, consumer: str, **fields: Any) -> None:
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        line = msgspec.json.encode({"at": int(time.time()), "consumer": consumer, **fields}) + b"\n"
        file = os.open(self._directory / f"{consumer}.jsonl", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(file, line)
        finally:
            os.close(file)
        self.count += 1


class Delivery:
    """One consumer's side of it. A record is set aside only while the consumer takes others: as long as everything
    fails, it is the consumer that is broken, and nothing may be lost."""

    def __init__(
        self, consumer: Consumer, *, rejected: Rejected, abandon: threading.Event, first_wait: float = FIRST_WAIT
    ) -> None:
        self._consumer = consumer
        self._first_wait = first_wait
        self._rejected = rejected
        self._abandon = abandon
        self._good: Exchange | None = None  # the last that was taken; taking it again changes nothing, and proves
        self._failing = False

    def offer(self, batch: Sequence[Exchange]) -> bool:
        """Whether all of the batch is done with (taken, or set aside); if not, offer it again later."""
        error = self._try(batch)
        if error is None:
            return True
        if not unavailable(error):
            error = self._sift(batch, error)
        return error is None or self._outage(error)

    def _try(self, batch: Sequence[Exchange]) -> Exception | None:
        try:
            self._consumer.take(batch)
        except Exception as error:
            return error
        self._good = batch[-1]
        if self._failing:
            self._failing = False
            log.info("%s takes records again", self._consumer.name)
        return None

    def _outage(self, error: Exception) -> bool:
        if not self._failing:
            log.warning("%s takes no records (%s); the journal keeps them", self._consumer.name, describe(error))
        self._failing = True
        return False

    def _sift(self, batch: Sequence[Exchange], error: Exception) -> Exception | None:
        """Halves the batch until the records that fail are alone, and sets them aside. Returns why that cannot be,
        if it cannot: then some are left."""
        alone: list[tuple[Exchange, Exception]] = []
        parts, taken = [(batch, error)], False
        while parts and (taken or len(alone) < HOPELESS):
            part, error = parts.pop()
            if len(part) == 1:
                alone.append((part[0], error))
                continue
            for half in (part[: len(part) // 2], part[len(part) // 2 :]):
                failure = self._try(half)
                if failure is None:
                    taken = True
                elif unavailable(failure):
                    return failure
                else:
                    parts.append((half, failure))
        left = [failure for exchange, failure in alone if not self._set_aside(exchange, failure)]
        return left[0] if left else error if parts else None

    def _set_aside(self, exchange: Exchange, error: Exception) -> bool:
        """Tries the record some more times; then, if the consumer does take another, it is put into the rejected
        file. Whether it is done with."""
        if not self._works():
            return False
        for wait, _ in zip(waits(self._first_wait), range(TRIES - 1), strict=False):
            if self._abandon.wait(wait):
                return False
            again = self._try([exchange])
            if again is None:
                return True
            if unavailable(again):
                return False
            error = again
        if not self._works():
            return False
        self._rejected.add(self._consumer.name, reason=describe(error), exchange=exchange)
        log.error("%s refuses %s (%s): set aside", self._consumer.name, exchange.id, describe(error))
        return True

    def _works(self) -> bool:
        return self._good is not None and self._try([self._good]) is None

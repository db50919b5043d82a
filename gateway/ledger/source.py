"""A journal directory to deliver from, this process's own or an adopted one: reading closed records, and the marks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from gateway.exchange import Exchange
from gateway.ledger.directory import Mark
from gateway.ledger.records import CLOSED, decode_exchange
from gateway.ledger.segments import DAMAGED, Position, read_all, segment_numbers, segment_path

BATCH_RECORDS = 1000
BATCH_BYTES = 4 << 20

End = Callable[[], tuple[Position, int]]  # where the records end, and how many closing ones there are before


@dataclass(slots=True)
class Batch:
    """Closed exchanges, oldest first, and the position behind them."""

    position: Position
    exchanges: list[Exchange] = field(default_factory=list)
    unreadable: list[bytes] = field(default_factory=list)  # whole records that are no exchange
    size: int = 0  # bytes
    full: bool = False  # there may be more

    def add(self, payload: bytes) -> None:
        try:
            self.exchanges.append(decode_exchange(payload))
        except msgspec.MsgspecError:
            self.unreadable.append(payload)
        self.size += len(payload)
        self.full = len(self.exchanges) >= BATCH_RECORDS or self.size >= BATCH_BYTES


class Source:
    """What each consumer still has to take from a directory. A consumer's own thread reads and acknowledges."""

    def __init__(self, directory: Path, consumers: Sequence[str], *, end: End) -> None:
        self.directory = directory
        self.damaged: set[Position] = set()  # ends of the unreadable stretches met
        self._end = end
        self._marks = {name: Mark(directory, name) for name in consumers}
        self._taken = dict.fromkeys(consumers, 0)

    def taken_before(self, counts: Mapping[str, int]) -> None:
        """Says how many closed records lie before the marks that were found."""
        self._taken.update(counts)

    def marks(self) -> dict[str, Position]:
        return {name: mark.position for name, mark in self._marks.items()}

    def behind(self, consumer: str) -> bool:
        """Whether the consumer has something to take here."""
        return self._marks[consumer].position < self._end()[0]

    def drained(self) -> bool:
        return not any(self.behind(name) for name in self._marks)

    def lag(self, consumer: str) -> int:
        """Closed records that the consumer has not acknowledged."""
        return max(self._end()[1] - self._taken[consumer], 0) if self.behind(consumer) else 0

    def read(self, consumer: str) -> Batch:
        """What comes next for the consumer. Raises ``OSError``."""
        start, (end, _) = self._marks[consumer].position, self._end()
        batch = Batch(position=start)
        for position, item in read_all(self.directory, start=start, end=end):
            batch.position = position
            if item.kind == CLOSED:
                batch.add(item.payload)
                if batch.full:
                    return batch
            elif item.kind == DAMAGED:
                self.damaged.add(position)
        batch.position = end
        return batch

    def acknowledge(self, consumer: str, batch: Batch) -> None:
        """The consumer has taken the batch. Raises ``OSError``; it then holds for this process only."""
        self._taken[consumer] += len(batch.exchanges) + len(batch.unreadable)
        self._marks[consumer].move(batch.position)

    def prune(self, *, keep_from: int) -> None:
        """Deletes segments that everyone has, up to ``keep_from``: from the front, and never past one that is kept,
        for an exchange's close must not go before its opening. Raises ``OSError``."""
        first = min([keep_from, *(mark.position.segment for mark in self._marks.values())])
        for number in segment_numbers(self.directory):
            if number >= first:
                break
            segment_path(self.directory, number).unlink()

    def close(self) -> None:
        for mark in self._marks.values():
            mark.close()

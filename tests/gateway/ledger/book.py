"""A ledger's process to be killed: it opens, notes and closes calls as fast as it can, and says so on its output."""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import Sequence
from pathlib import Path

from msgspec import structs

from gateway.exchange import Exchange
from gateway.ledger import Ledger
from tests.gateway.ledger.cast import an_exchange, ended


class Book:
    """A consumer on SQLite, without a unique index of its own: it books what is not there yet."""

    name = "book"

    def __init__(self, path: Path) -> None:
        self._path = path

    def take(self, batch: Sequence[Exchange]) -> None:
        connection = sqlite3.connect(self._path, timeout=20)
        try:
            with connection:
                connection.execute("CREATE TABLE IF NOT EXISTS book (id TEXT, ended_by TEXT)")
                connection.execute("CREATE INDEX IF NOT EXISTS by_id ON book (id)")
                connection.executemany(
                    "INSERT INTO book SELECT ?1, ?2 WHERE NOT EXISTS (SELECT 1 FROM book WHERE id = ?1)",
                    [(exchange.id, exchange.ended_by) for exchange in batch],
                )
        finally:
            connection.close()


def main(root: str, book: str) -> None:
    ledger = Ledger(Path(root), [Book(Path(book))], segment_bytes=8192, fsync_ms=50, gather=0.01, adopt_seconds=0.05)
    ledger.start()
    os.write(1, b"ready\n")
    open_calls: list[Exchange] = []
    while True:
        exchange = an_exchange()
        ledger.journal.open(exchange)
        os.write(1, f"opened {exchange.id}\n".encode())
        ledger.journal.note(structs.replace(exchange, input=1, output=1, first_byte_us=1))
        open_calls.append(exchange)
        if len(open_calls) > 5:
            done = ended(open_calls.pop(0))
            ledger.journal.close(done)
            os.write(1, f"closed {done.id}\n".encode())


if __name__ == "__main__":
    main(*sys.argv[1:])

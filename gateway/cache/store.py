"""Entries in a SQLite file of their own: whole or not there at all, bounded, and several processes may use it at once.

Not the package diskcache: it unpickles what it reads (CVE-2025-69872, no mended release, the last one is of 2023). What
is read here is bytes; who has not got the encryption key can neither read nor forge them. A damaged file is made anew.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

FILE = "answers.sqlite3"
ROW = 300  # bytes that a row takes beside its answer
USED_AGAIN = 60.0  # seconds: how exact the order of use is, so that most looks write nothing
ROOM = 0.9  # what is left of the limit when it was passed
BATCH = 200

SCHEMA = """
CREATE TABLE IF NOT EXISTS entries (
    name TEXT PRIMARY KEY, scope TEXT NOT NULL, expires REAL NOT NULL, used REAL NOT NULL, size INTEGER NOT NULL,
    sealed BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS by_use ON entries (used, size);
CREATE INDEX IF NOT EXISTS by_expiry ON entries (expires);
CREATE INDEX IF NOT EXISTS by_scope ON entries (scope);
CREATE TABLE IF NOT EXISTS totals (
    id INTEGER PRIMARY KEY CHECK (id = 1), entries INTEGER NOT NULL, bytes INTEGER NOT NULL, evicted INTEGER NOT NULL
);
INSERT OR IGNORE INTO totals VALUES (1, 0, 0, 0);
CREATE TRIGGER IF NOT EXISTS more AFTER INSERT ON entries BEGIN
    UPDATE totals SET entries = entries + 1, bytes = bytes + new.size;
END;
CREATE TRIGGER IF NOT EXISTS fewer AFTER DELETE ON entries BEGIN
    UPDATE totals SET entries = entries - 1, bytes = bytes - old.size;
END;
"""


class Store:
    """Of one thread. Raises ``sqlite3.Error`` and ``OSError``; after one, ``reopen`` it."""

    def __init__(self, directory: Path, *, patience: float = 1.0) -> None:
        self.path = directory / FILE
        self._patience = patience  # seconds to wait for another process's write
        self._opened: sqlite3.Connection | None = None

    def get(self, name: str, *, now: float) -> bytes | None:
        row = self._db.execute("SELECT sealed, expires, used FROM entries WHERE name = ?", (name,)).fetchone()
        if row is None or row[1] <= now:
            return None
        if now - row[2] > USED_AGAIN:
            self._db.execute("UPDATE entries SET used = ? WHERE name = ?", (now, name))
        return bytes(row[0])

    def put(self, name: str, sealed: bytes, *, scope: str, expires: float, now: float, limit: int) -> bool:
        """Whether it was kept. ``limit``: bytes of all entries together; makes room for it."""
        size = len(sealed) + ROW
        if size > limit * (1 - ROOM):
            return False
        self._db.execute("BEGIN IMMEDIATE")
        try:
            self._db.execute("DELETE FROM entries WHERE name = ?", (name,))
            row = (name, scope, expires, now, size, sealed)
            self._db.execute("INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?)", row)
            self._make_room(limit, now=now)
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")
        return True

    def drop(self, name: str) -> None:
        self._db.execute("DELETE FROM entries WHERE name = ?", (name,))

    def trim(self, limit: int, *, now: float) -> None:
        """What is over, and what is beyond a limit that became smaller."""
        self._db.execute("BEGIN IMMEDIATE")
        self._db.execute("DELETE FROM entries WHERE expires <= ?", (now,))
        self._make_room(limit, now=now)
        self._db.execute("COMMIT")
        self._give_back()

    def clear(self, scope: str = "") -> int:
        """Everything, or what is of one scope; says how many."""
        where, given = (" WHERE scope = ?", (scope,)) if scope else ("", ())
        gone = self._db.execute(f"DELETE FROM entries{where}", given).rowcount
        self._give_back()
        return gone

    def totals(self) -> tuple[int, int, int]:
        """Entries, their bytes, and how many went to make room."""
        entries, size, evicted = self._db.execute("SELECT entries, bytes, evicted FROM totals").fetchone()
        return entries, size, evicted

    def close(self) -> None:
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    def reopen(self, error: BaseException) -> None:
        """The next use opens it again. A file that is no database any more goes: it held copies only."""
        self.close()
        damaged = isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.OperationalError)
        if damaged:
            for end in ("", "-wal", "-shm"):
                self.path.with_name(FILE + end).unlink(missing_ok=True)

    def _make_room(self, limit: int, *, now: float) -> None:
        if self.totals()[1] <= limit:
            return
        self._db.execute("DELETE FROM entries WHERE expires <= ?", (now,))
        while (held := self.totals()[1]) > limit * ROOM:
            gone = self._oldest(held - int(limit * ROOM))
            if not gone:
                return
            marks = ",".join("?" * len(gone))
            self._db.execute(f"DELETE FROM entries WHERE name IN ({marks})", gone)
            self._db.execute("UPDATE totals SET evicted = evicted + ?", (len(gone),))

    def _oldest(self, size: int) -> list[str]:
        """Names of those longest unused that make up ``size`` bytes, of a batch at most."""
        found: list[str] = []
        with closing(self._db.execute("SELECT name, size FROM entries ORDER BY used LIMIT ?", (BATCH,))) as rows:
            for name, taken in rows:
                if size <= 0:
                    break
                found.append(name)
                size -= taken
        return found

    def _give_back(self) -> None:
        """Free pages to the file system."""
        self._db.executescript("PRAGMA incremental_vacuum")  # ``execute`` would end after the first page

    @property
    def _db(self) -> sqlite3.Connection:
        if self._opened is None:
            self._opened = self._open()
        return self._opened

    def _open(self) -> sqlite3.Connection:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        made = sqlite3.connect(self.path, timeout=self._patience, isolation_level=None, check_same_thread=False)
        try:
            self.path.chmod(0o600)
            for setting in ("auto_vacuum = INCREMENTAL", "journal_mode = WAL", "synchronous = NORMAL"):
                made.execute(f"PRAGMA {setting}").fetchall()
            made.executescript(SCHEMA)
        except BaseException:
            made.close()
            raise
        return made

"""A process's own directory under the journal's root: the lock that says who owns it, and the consumers' marks.

The lock is ``flock``'s: the kernel gives it up when its owner dies, however it dies.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from pathlib import Path
from struct import Struct
from zlib import crc32

from gateway.exchange import uuid7
from gateway.ledger.segments import Position

LOCK = "lock"
REJECTED = "rejected"  # holds what a consumer refuses; never adopted

_MARK = Struct("<QQ")


class Directory:
    """A directory this process owns, until ``release`` or ``remove``."""

    def __init__(self, path: Path, *, lock: int) -> None:
        self.path = path
        self._lock = lock

    @classmethod
    def make(cls, root: Path) -> Directory:
        """A new one under ``root``. It gets its name only once it is locked: what others see always has an owner.
        Raises ``OSError``."""
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        name = uuid7()
        draft = root / f".{name}"
        draft.mkdir(mode=0o700)
        lock = os.open(draft / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        draft.rename(root / name)
        return cls(root / name, lock=lock)

    @classmethod
    def adopt(cls, path: Path) -> Directory | None:
        """The directory at ``path``, if its owner is dead and nobody was quicker."""
        try:
            lock = os.open(path / LOCK, os.O_RDWR)
        except OSError:
            return None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.path.samestat(os.fstat(lock), os.stat(path / LOCK)):
                return cls(path, lock=lock)
        except OSError:
            pass  # owned, or just now removed by who adopted it
        os.close(lock)
        return None

    def release(self) -> None:
        """Gives the directory up, with all that is in it, to whoever adopts it."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def remove(self) -> None:
        """Takes the directory away; the lock goes last, so that nobody adopts half of it. Raises ``OSError``."""
        for name in sorted(os.listdir(self.path)):  # segments in order: an open never outlives its close
            if name != LOCK:
                (self.path / name).unlink()
        shutil.rmtree(self.path)
        self.release()


def abandoned(root: Path) -> list[Path]:
    """Directories under ``root`` that might be adopted, oldest first."""
    try:
        names = sorted(os.listdir(root))
    except FileNotFoundError:
        return []
    return [root / name for name in names if not name.startswith(".") and name != REJECTED]


class Mark:
    """How far a consumer has acknowledged a directory. Checked by its own checksum: a torn mark reads as the
    beginning, and taking records twice changes nothing."""

    def __init__(self, directory: Path, consumer: str) -> None:
        self._path = directory / f"{consumer}.mark"
        self._file = -1
        self.position = self._read()

    def _read(self) -> Position:
        try:
            data = self._path.read_bytes()
        except FileNotFoundError:
            return Position(0, 0)
        body, check = data[: _MARK.size], data[_MARK.size :]
        if len(body) < _MARK.size or check != crc32(body).to_bytes(4, "little"):
            return Position(0, 0)
        return Position(*_MARK.unpack(body))

    def move(self, position: Position) -> None:
        """Acknowledges all before ``position``. Raises ``OSError``; the move then holds in memory only."""
        self.position = position
        if self._file < 0:
            self._file = os.open(self._path, os.O_WRONLY | os.O_CREAT, 0o600)
        body = _MARK.pack(*position)
        os.pwrite(self._file, body + crc32(body).to_bytes(4, "little"), 0)

    def close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

"""The append side of one process's journal: exchanges are opened, noted and closed here, on the event loop.

Every record is one ``pwrite`` at a known offset, so that a record cut short is overwritten by the next. What was
written survives the process at once, and the machine after ``sync``.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from errno import ENOSPC
from pathlib import Path

from gateway.exchange import Exchange
from gateway.ledger import records
from gateway.ledger.segments import Position, frame, segment_path
from providers.errors import Fault, Retry, SwitchboardError

log = logging.getLogger("switchboard.ledger")

CARRY_AFTER = 4  # segments an exchange may stay open for before its records are carried forward
Writer = Callable[[int, bytes, int], int]  # os.pwrite's shape


class JournalUnavailable(SwitchboardError):
    """The journal cannot take a call on: the disk is full or broken, or the process is stopping."""

    status, code = 503, "journal_unavailable"
    retry, fault = Retry.NEVER, Fault.GATEWAY


class _Open:
    """What must be carried forward while an exchange stays open."""

    __slots__ = ("noted", "opened", "segment")

    def __init__(self, segment: int, opened: bytes) -> None:
        self.segment = segment
        self.opened = opened
        self.noted = b""


class Journal:
    """Segment files in ``directory``, a new one from ``segment_bytes`` on. With ``fsync_ms`` 0, ``close`` waits for the
    disk, and the event loop with it; otherwise someone calls ``sync`` that often. ``wake`` is called at each close."""

    def __init__(
        self,
        directory: Path,
        *,
        segment_bytes: int,
        fsync_ms: int,
        write: Writer = os.pwrite,
        wake: Callable[[], None] = lambda: None,
    ) -> None:
        self.directory = directory
        self.closed = 0  # closing records written
        self._segment_bytes = segment_bytes
        self._sync_each = fsync_ms == 0
        self._write = write
        self._wake = wake
        self._lock = threading.Lock()  # the event loop appends; threads sync, retry and ask how far it is
        self._open: dict[str, _Open] = {}  # by the age of their opening record
        self._pending: deque[tuple[str, bytes]] = deque()  # closes that the disk did not take
        self._accepting = True
        self._unsynced: list[int] = []  # files of full segments
        self._dirty = False
        self._segment = 1
        self._size = 0
        self._file = self._create(1)
        self._sync_directory()

    def open(self, exchange: Exchange) -> None:
        """Writes that a call begins. Raises ``JournalUnavailable``; the call must then not be made."""
        data = frame(records.OPENED, records.encode(exchange))
        with self._lock:
            if not self._accepting:
                raise JournalUnavailable("The gateway is stopping. Try again in a moment.", retry_after=1)
            try:
                self._flush()
                self._append(data)
            except OSError as error:
                raise JournalUnavailable(
                    f"The request journal cannot be written ({error.strerror}); no calls are taken until it can.",
                    retry_after=1,
                ) from error
            self._open[exchange.id] = _Open(self._segment, data)

    def note(self, exchange: Exchange) -> None:
        """Writes how far a stream has come: where, usage and cost so far. Never raises; a note that cannot be written
        is left out."""
        opened = self._open.get(exchange.id)
        if opened is None:
            return
        data = frame(records.NOTED, records.encode(records.progress_of(exchange, at=time.time_ns() // 1000)))
        with self._lock:
            opened.noted = data
            try:
                self._append(data)
            except OSError:
                pass  # the next note, or the close, says more anyway

    def close(self, exchange: Exchange) -> None:
        """Writes how a call ended. Never raises: what the disk does not take waits in memory, is tried again, and
        until it went through no call is opened."""
        data = frame(records.CLOSED, records.encode(exchange))
        with self._lock:
            self._pending.append((exchange.id, data))
            try:
                self._flush()
                if self._sync_each:
                    os.fsync(self._file)
            except OSError as error:
                if len(self._pending) <= 1:  # once an outage
                    log.error("the journal cannot be written (%s): closed calls wait in memory", error.strerror)
        self._wake()

    def retry(self) -> bool:
        """Tries again what the disk did not take. Returns whether all is written."""
        with self._lock:
            try:
                self._flush()
            except OSError:
                return False
        return True

    def end(self) -> tuple[Position, int]:
        """Behind the last whole record, and how many closing records lie before it."""
        with self._lock:
            return Position(self._segment, self._size), self.closed

    def oldest_open(self) -> int:
        """The first segment that some open exchange still needs; the current one if there is none."""
        with self._lock:
            return next(iter(self._open.values())).segment if self._open else self._segment

    @property
    def takes_calls(self) -> bool:
        """False while the disk refuses, and once the process is stopping."""
        return self._accepting and not self._pending

    def idle(self) -> bool:
        """Whether nothing is open and nothing waits to be written."""
        with self._lock:
            return not self._open and not self._pending

    def sync(self) -> None:
        """Brings what was written to the disk. Appending goes on meanwhile. Raises ``OSError``."""
        with self._lock:
            if not self._dirty or self._file < 0:
                return
            self._dirty = False
            full, self._unsynced = self._unsynced, []
            current = os.dup(self._file)
        try:
            for file in [*full, current]:
                os.fsync(file)
            if full:
                self._sync_directory()
        finally:
            for file in [*full, current]:
                os.close(file)

    def seal(self) -> None:
        """From now on ``open`` refuses; what is open can still be noted and closed."""
        with self._lock:
            self._accepting = False

    def shut(self) -> None:
        """Syncs and closes the files. A close that comes later is lost to this process: whoever adopts the directory
        books the exchange as interrupted."""
        self.seal()
        try:
            self.sync()
        except OSError as error:
            log.error("the journal could not be synced (%s)", error.strerror)
        with self._lock:
            if self._file >= 0:
                os.close(self._file)
            self._file = -1

    def _flush(self) -> None:
        while self._pending:
            exchange_id, data = self._pending[0]
            self._append(data)
            self._pending.popleft()
            self._open.pop(exchange_id, None)
            self.closed += 1

    def _append(self, data: bytes) -> None:
        if self._size >= self._segment_bytes:
            self._rotate()
        self._put(data)

    def _put(self, data: bytes) -> None:
        written = self._write(self._file, data, self._size)
        if written != len(data):
            with suppress(OSError):
                os.ftruncate(self._file, self._size)  # should this fail, the next record overwrites what got through
            raise OSError(ENOSPC, os.strerror(ENOSPC))
        self._size += written
        self._dirty = True

    def _rotate(self) -> None:
        try:
            file = self._create(self._segment + 1)
        except OSError:
            return  # a segment that grows too large loses nothing
        if self._sync_each:
            self._sync_directory()
        self._unsynced.append(self._file)
        self._file, self._size = file, 0
        self._segment += 1
        self._carry()

    def _carry(self) -> None:
        """Writes the records of long-open exchanges again, so that they hold no old segments back."""
        while self._open:
            exchange_id, oldest = next(iter(self._open.items()))
            if oldest.segment > self._segment - CARRY_AFTER:
                return
            self._put(oldest.opened)
            if oldest.noted:
                self._put(oldest.noted)
            oldest.segment = self._segment
            self._open[exchange_id] = self._open.pop(exchange_id)

    def _create(self, number: int) -> int:
        return os.open(segment_path(self.directory, number), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)

    def _sync_directory(self) -> None:
        folder = os.open(self.directory, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

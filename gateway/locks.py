"""Who may run: file locks on one machine, PostgreSQL's advisory locks among several.

The kernel or the server lets go of them when their owner dies, so nothing has to be cleaned up.
"""

from __future__ import annotations

import fcntl
import logging
import os
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import psycopg
from django.db import connection

log = logging.getLogger("switchboard.up")

SETUP_LOCK = 0x5357_0001  # "SW": held while migrating and making first rows
SOLE_LOCK = 0x5357_0002  # held for life where only one process may serve
# After a network failure the server may still hold this process's former connection, and its lock with it.
DROP_OWN = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = %s AND pid <> pg_backend_pid()"
)


class Taken(Exception):
    """Another process holds the lock; the message says which and what to do."""


@contextmanager
def file_lock(path: Path) -> Iterator[None]:
    """Waits for the lock on ``path``."""
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def setup_lock(data_dir: Path) -> Iterator[None]:
    """One process at a time prepares the database and this machine's data directory; the others wait."""
    with file_lock(data_dir / "setup.lock"):
        if connection.vendor != "postgresql":
            yield
            return
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [SETUP_LOCK])
        try:
            yield
        finally:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [SETUP_LOCK])


class RunningFile:
    """The lock of the one process that serves from a data directory. The file names the process."""

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / "running.lock"
        self._file: IO[str] | None = None

    def take(self) -> None:
        """Raises ``Taken``."""
        file = self._path.open("a+")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            raise Taken(
                f"another Switchboard (process {self.owner()}) already serves from {self._path.parent}. Stop it "
                "first, or set DATA_DIR to another directory; for several processes set DATABASE_URL and REDIS_URL."
            ) from None
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        self._file = file

    def owner(self) -> int | None:
        """The process that holds the lock; ``None`` if nobody does."""
        try:
            with self._path.open("r+") as file:
                try:
                    fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
                except BlockingIOError:
                    return int(file.read().strip() or 0) or None
        except (FileNotFoundError, ValueError):
            pass
        return None

    def release(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


class SoleLock:
    """Without Redis, one process a PostgreSQL database. The lock lives as long as its connection: a thread watches it,
    takes the lock again after an outage, and calls ``lost`` if another process was quicker."""

    PATIENCE = 5.0  # seconds between looks

    def __init__(self, parameters: dict[str, Any], *, lost: Callable[[], None]) -> None:
        self._name = f"switchboard sole process {uuid.uuid4().hex[:12]}"
        self._parameters = {**parameters, "autocommit": True, "application_name": self._name}
        self._lost = lost
        self._stop = threading.Event()
        self._connection: psycopg.Connection[Any] | None = None

    def take(self) -> None:
        """Raises ``Taken``, and ``psycopg.Error`` if the server cannot be reached."""
        self._connection = psycopg.connect(**self._parameters)
        self._connection.execute(DROP_OWN, [self._name])
        row = self._connection.execute("SELECT pg_try_advisory_lock(%s)", [SOLE_LOCK]).fetchone()
        if not (row and row[0]):
            self._connection.close()
            raise Taken(
                "another Switchboard already uses the database of DATABASE_URL, and without REDIS_URL there can be "
                "only one process. Stop it first, or set REDIS_URL for all of them."
            )

    def watch(self) -> None:
        threading.Thread(target=self._watch, name="sole-lock", daemon=True).start()

    def release(self) -> None:
        self._stop.set()
        if self._connection is not None:
            self._connection.close()

    def _watch(self) -> None:
        while not self._stop.wait(self.PATIENCE):
            try:
                self._look()
            except Taken:
                log.critical("Another process took over the database while it was away; this one stops.")
                self._lost()
                return
            except psycopg.Error:
                log.warning("The database of DATABASE_URL is away; trying again.")

    def _look(self) -> None:
        if self._connection is None or self._connection.closed or self._connection.broken:
            self.take()
            return
        self._connection.execute("SELECT 1")

"""Each process tells every ten seconds that it lives, and how far its machine's journal is behind."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Callable
from datetime import datetime, timedelta
from importlib import metadata
from pathlib import Path

from django.conf import settings
from django.db import Error as AnyDatabaseError
from django.db import close_old_connections
from django.utils import timezone

from gateway.exchange import uuid7
from gateway.ledger.chore import Chore
from monitoring.alerts.journal import lag
from monitoring.models import ProcessReport

log = logging.getLogger("switchboard.monitoring")

EVERY = 10.0  # seconds
SILENT = timedelta(seconds=60)  # after so long without a report, a process counts as gone
FORGOTTEN = timedelta(days=1)

_born: dict[int, tuple[str, datetime]] = {}  # by process id: a worker's children have what their parent imported


def own_name(kind: str) -> str:
    """Of this process's row: one that serves and works has two."""
    mark, _ = _birth()
    return f"{socket.gethostname()[:40]}:{os.getpid()}:{mark}:{kind}"


def _birth() -> tuple[str, datetime]:
    """A mark that tells this process from others with its number, and when it was first asked for."""
    return _born.setdefault(os.getpid(), (uuid7()[-8:], timezone.now()))


def report(kind: str, *, name: str = "", root: Path | None = None, now: datetime | None = None) -> ProcessReport:
    """Writes this process's row; ``kind`` is ``web`` or ``worker``. Blocking: files and one query. Raises what the
    database does. ``root``: the journal's directory, by default that of the settings."""
    now = now or timezone.now()
    behind = lag(root or settings.JOURNAL_DIR, now=now.timestamp())
    row, _ = ProcessReport.objects.update_or_create(
        pk=name or own_name(kind),
        defaults={
            "kind": kind,
            "host": socket.gethostname()[:100],
            "version": version(),
            "started_at": _birth()[1],
            "at": now,
            "journal_lag_s": behind.seconds,
            "journal_bytes": behind.waiting,
        },
    )
    return row


def forget(kind: str, *, name: str = "") -> None:
    """The process ends: its row goes. Never raises: a row that stays is silent soon."""
    try:
        ProcessReport.objects.filter(pk=name or own_name(kind)).delete()
    except AnyDatabaseError as error:
        log.debug("the process's row stays: %s", type(error).__name__)


def alive(now: datetime | None = None) -> list[ProcessReport]:
    """The processes that reported within the last minute, by host."""
    return list(ProcessReport.objects.filter(at__gt=(now or timezone.now()) - SILENT))


def prune(now: datetime) -> None:
    """Forgets processes that have been silent for a day."""
    ProcessReport.objects.filter(at__lt=now - FORGOTTEN).delete()


class Reporter:
    """A thread that reports every ten seconds, for a process with a loop of its own: ``start`` it when the process
    serves, ``stop`` it when it ends."""

    def __init__(self, kind: str, *, every: float = EVERY, work: Callable[[str], object] = report) -> None:
        self._kind = kind
        self._work = work
        self._away = False
        self._chore = Chore("process report", self._report, every=every)

    def start(self) -> None:
        self._chore.start()

    def stop(self, timeout: float = 2.0) -> None:
        """Blocks for at most ``timeout`` seconds. The row goes too."""
        self._chore.stop()
        if self._chore.join(timeout):
            forget(self._kind)

    def _report(self) -> None:
        close_old_connections()
        try:
            self._work(self._kind)
            self._away = False
        except AnyDatabaseError as error:
            if not self._away:
                log.warning("this process cannot report (%s); trying again", type(error).__name__)
            self._away = True
        finally:
            close_old_connections()


def version() -> str:
    """Of this installation; "" where it was not installed as a package."""
    try:
        return metadata.version("switchboard")
    except metadata.PackageNotFoundError:
        return ""

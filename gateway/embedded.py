"""Celery's worker and beat in threads of the one process, for an installation without Redis.

Tasks wait in memory: those not yet run are gone when the process ends, and the timetable sends them again.
"""

from __future__ import annotations

import logging
import socket
import threading
from pathlib import Path
from typing import Any

from celery import Celery
from celery.beat import EmbeddedService

log = logging.getLogger("switchboard.embedded")

THREADS = 4
READY_SECONDS = 10.0


class Embedded:
    """A worker and a beat of ``app``; beat keeps its schedule in ``schedule``."""

    def __init__(self, app: Celery, *, schedule: Path) -> None:
        app.set_default()  # the pool's threads look tasks up in the default app, and lose them in silence in another
        self._ready = threading.Event()
        self._worker: Any = app.WorkController(
            pool="threads",
            concurrency=THREADS,
            hostname=f"embedded@{socket.gethostname()}",
            loglevel="WARNING",
            task_events=False,
            without_gossip=True,
            without_mingle=True,
            without_heartbeat=True,
            ready_callback=lambda consumer: self._ready.set(),
        )
        self._worker_thread = threading.Thread(target=self._run_worker, name="celery-worker", daemon=True)
        self._beat: Any = EmbeddedService(app, thread=True, schedule_filename=str(schedule))

    def start(self) -> None:
        """Returns when the worker takes tasks. Raises ``RuntimeError`` if it does not come up."""
        self._worker_thread.start()
        if not self._ready.wait(READY_SECONDS):
            raise RuntimeError("the embedded worker did not start")
        self._beat.start()

    def stop(self, *, seconds: float = 10.0) -> None:
        """Beat first, then the worker; a task still running after ``seconds`` is left to die with the process."""
        if self._beat.is_alive():
            self._beat.service.stop()
            self._beat.join(seconds)
        stopper = threading.Thread(target=self._worker.stop, name="celery-stop", daemon=True)
        stopper.start()
        self._worker_thread.join(seconds)
        if self._worker_thread.is_alive():
            log.warning("A background task was still running and was cut off.")

    def _run_worker(self) -> None:
        try:
            self._worker.start()
        except Exception:
            log.exception("the embedded worker ended")

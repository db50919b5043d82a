"""A thread that does the same small work again and again, and says once when it fails."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

log = logging.getLogger("switchboard.ledger")


class Chore:
    """Does ``work`` at once and then ``every`` so many seconds. An ``OSError`` is logged when it first comes, and
    waited out."""

    def __init__(self, name: str, work: Callable[[], None], *, every: float) -> None:
        self._name = name
        self._work = work
        self._every = every
        self._stopping = threading.Event()
        self._failing = False
        self._thread = threading.Thread(target=self._run, name=name.replace(" ", "-"), daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """No more work is begun."""
        self._stopping.set()

    def join(self, timeout: float) -> bool:
        """Waits up to ``timeout`` seconds for the work that is under way. Whether it ended."""
        self._thread.join(timeout + 0.2)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._work()
                self._failing = False
            except Exception as error:
                self._complain(error)
            self._stopping.wait(self._every)

    def _complain(self, error: Exception) -> None:
        if not self._failing:
            why = error.strerror if isinstance(error, OSError) else type(error).__name__
            log.error("%s failed (%s); trying again", self._name, why, exc_info=not isinstance(error, OSError))
        self._failing = True

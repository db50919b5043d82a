"""The one thread in which this process talks about leases: what it does comes in one order."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

from gateway.budgets.store import Key, Report, Seen, Store


class Worker:
    """``store`` ``None``: the database."""

    def __init__(self, store: Store | None = None) -> None:
        self._store = store
        self._thread: ThreadPoolExecutor | None = None

    def start(self) -> None:
        if self._store is None:
            from gateway.budgets.leases import DatabaseLeases  # a book of a test needs no models

            self._store = DatabaseLeases()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="switchboard-budgets")

    async def run(self, holder: str, report: Report) -> Mapping[Key, Seen]:
        """Raises what the store does, and ``RuntimeError`` before ``start`` and after ``stop``."""
        if self._thread is None or self._store is None:
            raise RuntimeError("budgets are not started")
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._store.exchange, holder, report)

    def stop(self) -> None:
        """The thread may hang in a database that went away: nobody waits for it."""
        if self._thread is not None and self._store is not None:
            close = getattr(self._store, "close", None)
            if close is not None:
                self._thread.submit(close)
            self._thread.shutdown(wait=False)
            self._thread = None

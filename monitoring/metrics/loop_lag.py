"""How late the event loop wakes up: what keeps it busy makes every call wait as long."""

from __future__ import annotations

import asyncio
import time

from gateway.ending import end
from monitoring.metrics.counts import LAG, Histogram

EVERY = 0.25  # seconds


class LoopLag:
    def __init__(self, *, every: float = EVERY) -> None:
        self.seen = Histogram(LAG)
        self._every = every
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """On the loop that is watched."""
        self._task = asyncio.get_running_loop().create_task(self._watch())

    async def stop(self) -> None:
        if self._task is not None:
            await end(self._task)

    async def _watch(self) -> None:
        while True:
            due = time.perf_counter() + self._every
            await asyncio.sleep(self._every)
            self.seen.add(max(0.0, time.perf_counter() - due))

"""Writes entries to Redis and the disk after the answer was given. What cannot be written soon is not written."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Protocol

from gateway.cache.entry import Entry, name_of, seal
from gateway.ending import end

log = logging.getLogger("switchboard.cache")

MOST_WAITING = 32 * 2**20  # bytes of entries that wait to be written
INLINE = 32 * 1024  # bytes that are encrypted sooner than a thread has begun


class Level(Protocol):
    """Where entries are kept beside this process's memory. Neither raises."""

    name: str

    @property
    def usable(self) -> bool: ...

    async def get(self, key: bytes, *, scope: str, name: str) -> Entry | None: ...

    async def put(self, entry: Entry, sealed: bytes, *, name: str, now: float) -> bool: ...


class Later:
    def __init__(self, levels: Sequence[Level], *, clock: Callable[[], float]) -> None:
        self._levels = levels
        self._clock = clock
        self._waiting: list[Entry] = []
        self._bytes = 0
        self._task: asyncio.Task[None] | None = None
        self.missed = 0

    def put(self, entry: Entry) -> None:
        if not any(level.usable for level in self._levels):
            return
        if self._bytes + entry.size > MOST_WAITING:
            self.missed += 1
            return
        self._waiting.append(entry)
        self._bytes += entry.size
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._work())

    async def flush(self, *, within: float) -> None:
        """Waits for what is to be written, for a while; what is left then is lost."""
        if self._task is not None and not self._task.done():
            await asyncio.wait((self._task,), timeout=within)
            await end(self._task)

    async def _work(self) -> None:
        while self._waiting:
            entry = self._waiting.pop(0)
            self._bytes -= entry.size
            try:
                await self._write(entry)
            except Exception as error:  # the next one may be well
                log.error("an answer was not kept (%s)", type(error).__name__)

    async def _write(self, entry: Entry) -> None:
        sealed = seal(entry) if entry.size < INLINE else await asyncio.to_thread(seal, entry)
        name = name_of(entry.key)
        for level in self._levels:
            if level.usable:
                await level.put(entry, sealed, name=name, now=self._clock())

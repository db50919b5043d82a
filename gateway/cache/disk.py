"""The third level: entries on this machine's disk, read and written in a thread of their own."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from gateway.cache.entry import Entry, unseal
from gateway.cache.resting import Resting
from gateway.cache.store import Store

PATIENCE = 0.25  # seconds that a call may lose to it
BROKEN = (sqlite3.Error, OSError, TimeoutError)
T = TypeVar("T")


class DiskLevel:
    """``limit``: bytes, 0 for off."""

    name = "disk"

    def __init__(self, directory: Path, resting: Resting, *, clock: Callable[[], float]) -> None:
        self._store = Store(directory)
        self._resting = resting
        self._clock = clock
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="switchboard-cache")
        self.limit = 0

    @property
    def usable(self) -> bool:
        return self.limit > 0 and not self._resting.away

    async def get(self, key: bytes, *, scope: str, name: str) -> Entry | None:
        return await self._run(lambda: self._read(key, name), patience=PATIENCE)

    async def put(self, entry: Entry, sealed: bytes, *, name: str, now: float) -> bool:
        if not self.usable:
            return False
        limit = self.limit

        def write() -> bool:
            return self._store.put(name, sealed, scope=entry.scope, expires=entry.expires, now=now, limit=limit)

        return await self._run(write, patience=5.0) or False

    async def clear(self, scope: str = "") -> None:
        """Also where it is off now: what lies there would come back when it is turned on."""
        if self._store.path.exists():
            await self._run(lambda: self._store.clear(scope), patience=30.0)

    async def trim(self) -> None:
        limit = self.limit
        if self._store.path.exists():
            await self._run(lambda: self._store.trim(limit, now=self._clock()), patience=30.0)

    async def stop(self) -> None:
        closing = asyncio.get_running_loop().run_in_executor(self._thread, self._store.close)
        await asyncio.wait([closing], timeout=1)
        self._thread.shutdown(wait=False)

    def _read(self, key: bytes, name: str) -> Entry | None:
        sealed = self._store.get(name, now=self._clock())
        if sealed is None:
            return None
        entry = unseal(sealed, key=key)
        if entry is None:
            self._store.drop(name)
        return entry

    async def _run(self, work: Callable[[], T], *, patience: float) -> T | None:
        """``None`` where the disk failed, or took too long."""
        try:
            async with asyncio.timeout(patience):
                done = await asyncio.get_running_loop().run_in_executor(self._thread, self._guarded, work)
        except BROKEN as error:
            self._resting.failed(error)
            return None
        self._resting.well()
        return done

    def _guarded(self, work: Callable[[], T]) -> T:
        try:
            return work()
        except (sqlite3.Error, OSError) as error:
            self._store.reopen(error)
            raise

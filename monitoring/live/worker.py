"""The live log's feed in a worker process: it has no viewers and no loop of its own, so a thread runs one, and what is
told there reaches the web processes' viewers through Redis.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading

from channels.layers import get_channel_layer
from django.conf import settings

from monitoring.live.feed import Feed
from monitoring.live.presence import RedisPresence
from monitoring.live.sources import Sources

log = logging.getLogger("switchboard.live")


class WorkerFeed:
    """``start`` and ``stop`` block shortly and may be called from any thread."""

    def __init__(self, redis_url: str, *, sources: Sources = Sources()) -> None:
        self.pid = os.getpid()
        self._sources = sources
        self._url = redis_url
        self._loop: asyncio.AbstractEventLoop | None = None
        self._over = asyncio.Event()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="live-feed", daemon=True)

    def start(self) -> None:
        self._thread.start()
        self._ready.wait(5)

    def stop(self) -> None:
        if self._loop is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._over.set)
            self._thread.join(5)

    def _run(self) -> None:
        try:
            asyncio.run(self._live())
        except Exception:
            log.exception("the live log hears nothing more of this worker")
        finally:
            self._ready.set()

    async def _live(self) -> None:
        self._loop = asyncio.get_running_loop()
        feed = Feed(get_channel_layer(), presence=RedisPresence(self._url))
        feed.start(sources=self._sources)
        self._ready.set()
        try:
            await self._over.wait()
        finally:
            await feed.stop()


_current: WorkerFeed | None = None


def start() -> None:
    """In a worker process, once; where the worker is a thread of the server, its feed does it all."""
    global _current
    if settings.EMBEDDED or (_current is not None and _current.pid == os.getpid()):
        return
    _current = WorkerFeed(settings.REDIS_URL)
    _current.start()


def stop() -> None:
    global _current
    if _current is not None:
        running, _current = _current, None
        running.stop()

"""From the gateway's events to the viewers: collects what happened and sends it on, at most ten times a second.

The listeners run on the request path, so they only touch dicts; rows are made and encoded by one task, once for
all viewers of an audience. Everything here belongs to the server's event loop: what is told in another thread (events,
calls that a task makes) is handed over to it.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from django.conf import settings
from django.db import Error as DatabaseError

from gateway.ending import end
from gateway.events import Topic, exchange_closed, exchange_opened
from gateway.exchange import Exchange
from monitoring.live import lately
from monitoring.live.access import EVERYONE, group_name
from monitoring.live.events import Event, News
from monitoring.live.pending import Pending
from monitoring.live.presence import Presence, RedisPresence
from monitoring.live.sources import Sources

log = logging.getLogger("switchboard.live")

TICK_SECONDS = 0.1  # the in-memory layer drops at 100 messages waiting: ten seconds of a viewer's absence
ROUND_SECONDS = 1.0
RUNNING_AFTER_US = 1_000_000  # a request that takes longer is shown while it runs
SEND_SECONDS = 2.0
MOST_SHOWN_RUNNING = 10_000


class Feed:
    """``layer`` is a channel layer; ``presence`` shares who watches with other processes, if there are any."""

    def __init__(self, layer: Any, *, presence: Presence | None = None, round_seconds: float = ROUND_SECONDS) -> None:
        self._layer = layer
        self._presence = presence
        self._round_seconds = round_seconds
        self._source = uuid.uuid4().hex[:12]
        self._here: Counter[int] = Counter()  # viewers in this process, by audience
        self._elsewhere: set[int] = set()
        self._known: dict[int, Pending] = {}  # kept when their viewers leave: their numbers must go on rising
        self._watched: dict[int, Pending] = {}
        self._opened: dict[str, Exchange] = {}  # not yet shown, oldest first
        self._shown_running: set[str] = set()
        self._wake = asyncio.Event()
        self._failing = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = 0
        self._tasks: list[asyncio.Task[None]] = []
        self._looking_up: set[asyncio.Task[None]] = set()
        self._unsubscribe: list[Callable[[], None]] = []

    def start(
        self,
        *,
        opened: Topic[Exchange] = exchange_opened,
        closed: Topic[Exchange] = exchange_closed,
        sources: Sources = Sources(),
    ) -> None:
        """Begins to listen. Call it on the event loop that serves."""
        self._loop, self._thread = asyncio.get_running_loop(), threading.get_ident()
        self._unsubscribe = [
            opened.subscribe(self._on_opened),
            closed.subscribe(self._on_closed),
            *sources.subscribe(self._on_news),
        ]
        self._tasks = [asyncio.create_task(self._send_ticks()), asyncio.create_task(self._make_rounds())]

    async def stop(self) -> None:
        for unsubscribe in self._unsubscribe:
            unsubscribe()
        await end(*self._tasks, *self._looking_up)
        self._unsubscribe, self._tasks, self._loop = [], [], None
        if self._presence is not None:
            await self._presence.aclose()

    # --- viewers ---------------------------------------------------------------------------------
    def arrive(self, audiences: Iterable[int]) -> None:
        """A viewer in this process watches these audiences from now on."""
        self._here.update(audiences)
        self._set_watched()

    def leave(self, audiences: Iterable[int]) -> None:
        self._here.subtract(audiences)
        self._here = +self._here
        self._set_watched()

    @property
    def viewers(self) -> int:
        """Viewers in this process, counted once for each audience."""
        return self._here.total()

    def _set_watched(self) -> None:
        audiences = self._elsewhere.union(self._here)
        self._watched = {audience: self._pending(audience) for audience in audiences}
        if not audiences:
            self._opened.clear()
            self._shown_running.clear()

    def _pending(self, audience: int) -> Pending:
        pending = self._known.get(audience)
        if pending is None:
            pending = Pending(group_name(audience), source=self._source)
            self._known[audience] = pending
        return pending

    # --- on the request path -----------------------------------------------------------------------
    def _on_opened(self, exchange: Exchange) -> None:
        if not self._watched:
            return
        if threading.get_ident() == self._thread:
            self._opened[exchange.id] = exchange
        else:
            self._hand_over(self._on_opened, exchange)

    def _on_closed(self, exchange: Exchange) -> None:
        if not self._watched:
            return
        if threading.get_ident() != self._thread:
            self._hand_over(self._on_closed, exchange)
            return
        self._opened.pop(exchange.id, None)
        shown_running = exchange.id in self._shown_running
        if shown_running:
            self._shown_running.discard(exchange.id)
        self._tell(exchange, is_end=shown_running)

    def _tell(self, exchange: Exchange, *, is_end: bool = False) -> None:
        for audience in (EVERYONE, exchange.team_id) if exchange.team_id else (EVERYONE,):
            pending = self._watched.get(audience)
            if pending is not None:
                if is_end:
                    pending.add_end(exchange)
                else:
                    pending.add(exchange)
        self._wake.set()

    # --- from other threads ------------------------------------------------------------------------
    def _hand_over(self, listener: Callable[[Any], None], told: Any) -> None:
        loop = self._loop
        try:
            if loop is not None:
                loop.call_soon_threadsafe(listener, told)
        except RuntimeError:  # the loop is closed: nobody watches any more
            pass

    def _on_news(self, news: News) -> None:
        if threading.get_ident() != self._thread:
            self._hand_over(self._on_news, news)
        elif self._watched:
            if news.budget_id and self._watched.keys() - {EVERYONE}:
                looking_up = asyncio.ensure_future(self._tell_of_budget(news))
                self._looking_up.add(looking_up)
                looking_up.add_done_callback(self._looking_up.discard)
            else:
                self._tell_news(news.event, news.team_id)

    async def _tell_of_budget(self, news: News) -> None:
        team_id = 0
        try:
            team_id = await database_sync_to_async(lately.team_of)(news.budget_id)
        except DatabaseError as error:
            log.warning("Whose budget %s is cannot be told, the database is not there: %s", news.budget_id, error)
        self._tell_news(news.event, team_id)

    def _tell_news(self, event: Event, team_id: int) -> None:
        for audience in (EVERYONE, team_id) if team_id else (EVERYONE,):
            pending = self._watched.get(audience)
            if pending is not None:
                pending.add_event(event)
        self._wake.set()

    # --- off the request path ----------------------------------------------------------------------
    async def _send_ticks(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            await asyncio.gather(*(self._send(pending) for pending in list(self._watched.values())))
            await asyncio.sleep(TICK_SECONDS)

    async def _send(self, pending: Pending) -> None:
        try:
            for text in filter(None, (pending.take(), pending.take_events())):
                async with asyncio.timeout(SEND_SECONDS):
                    await self._layer.group_send(pending.group, {"type": "log.rows", "text": text})
                self._failing = False
        except Exception as error:  # its rows are lost; the next message's number tells the viewers how many
            if not self._failing:
                log.warning("The live log cannot reach its viewers: %s: %s", type(error).__name__, error)
            self._failing = True

    async def _make_rounds(self) -> None:
        while True:
            await asyncio.sleep(self._round_seconds)
            self._show_running(time.time_ns() // 1000 - RUNNING_AFTER_US)
            await self._share_presence()

    def _show_running(self, before_us: int) -> None:
        for exchange in list(self._opened.values()):
            if exchange.started_at > before_us:
                break
            del self._opened[exchange.id]
            if len(self._shown_running) < MOST_SHOWN_RUNNING:
                self._shown_running.add(exchange.id)
                self._tell(exchange)

    async def _share_presence(self) -> None:
        if self._presence is None:
            return
        try:
            self._elsewhere = await self._presence.share(list(self._here))
        except Exception as error:  # Redis away: viewers of this process keep watching it
            self._elsewhere = set()
            log.debug("viewers elsewhere are unknown: %s", error)
        self._set_watched()


_current: Feed | None = None


async def start() -> None:
    """Starts the process's feed. Await it once, on the server's event loop; ``stop`` ends it."""
    global _current
    if _current is not None:
        raise RuntimeError("The live feed is already running in this process.")
    presence = RedisPresence(settings.REDIS_URL) if settings.REDIS_URL else None
    _current = Feed(get_channel_layer(), presence=presence)
    _current.start()


async def stop() -> None:
    global _current
    if _current is not None:
        feed, _current = _current, None
        await feed.stop()


def current() -> Feed | None:
    """The running feed; None before ``start`` and after ``stop``."""
    return _current

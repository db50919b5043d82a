"""One viewer's WebSocket: who it is, what it may see, and a bounded outbox, so that a slow one harms nobody.

Close codes: 4401 signed out, 4403 nothing this user may see, 4408 too slow, 4409 what the user may see has
changed (come again), 1003 the viewer spoke, 1013 try again later.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections import deque
from datetime import timedelta
from typing import Any

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.db import Error as DatabaseError
from django.utils import timezone

from gateway.ending import end
from monitoring.live import feed, lately, present
from monitoring.live.access import Access, current_access, group_name
from monitoring.live.events import Event

log = logging.getLogger("switchboard.live")

BACKLOG_ROWS, BACKLOG_AGE = 50, timedelta(days=30)
OUTBOX_MESSAGES = 20  # two seconds of a busy log
MOST_DROPPED = 100  # messages in one stretch; then the viewer is told to come again


class LogConsumer(AsyncWebsocketConsumer):
    """Sends what ``present`` describes and takes nothing. Times are in seconds: ``recheck`` between two looks at
    what the user may see, ``late`` until the second backlog, ``stuck`` for one message to be accepted."""

    def __init__(self, *, recheck: float = 30.0, late: float = 3.0, stuck: float = 10.0) -> None:
        super().__init__()
        self._recheck, self._late, self._stuck = recheck, late, stuck
        self._access = Access(signed_in=False)
        self._feed: feed.Feed | None = None
        self._outbox: deque[str] = deque(maxlen=OUTBOX_MESSAGES)
        self._outbox_filled = asyncio.Event()
        self._dropped = 0
        self._told: frozenset[str] = frozenset()  # what the first backlog held
        self._over = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        serving = asyncio.ensure_future(super().__call__(scope, receive, send))
        over = asyncio.ensure_future(self._over.wait())  # a stuck viewer cannot be asked to close: we go
        try:
            await asyncio.wait({serving, over}, return_when=asyncio.FIRST_COMPLETED)
            if serving.done():
                serving.result()
        finally:
            await end(serving, over, *self._tasks)
            await self._leave()

    async def dispatch(self, message: dict[str, Any]) -> None:
        if message["type"] == "log.rows":  # Channels' own way takes a thread hop for each message and viewer
            self._put(message["text"])
        else:
            await super().dispatch(message)

    async def connect(self) -> None:
        await self.accept()  # a browser shows its page no code of a socket that was never accepted
        try:
            self._access = await current_access(self.scope)
            refusal = _refusal(self._access)
            if not refusal:
                await self._join()
        except DatabaseError as error:
            log.warning("A viewer of the live log was sent away, the database is not there: %s", error)
            refusal = (1013, "The database is not there; try again.")
        except (OSError, LookupError) as error:
            log.warning("A viewer of the live log was sent away: %s", error)
            refusal = (1013, "The live log is not available; try again.")
        if refusal:
            await self.close(*refusal)
            return
        self._tasks = [asyncio.create_task(self._tell()), asyncio.create_task(self._look_after())]

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        await self._dismiss(1003, "This socket only tells.")

    # --- joining and leaving -------------------------------------------------------------------------
    async def _join(self) -> None:
        running = feed.current()
        if running is None:
            raise LookupError("the feed is not running in this process.")
        running.arrive(self._access.audiences)
        self._feed = running
        await self._refresh_groups()

    async def _refresh_groups(self) -> None:
        """Joins, and joins again: the in-memory layer forgets members after a while."""
        for audience in self._access.audiences:
            await self.channel_layer.group_add(group_name(audience), self.channel_name)

    async def _leave(self) -> None:
        if self._feed is None:
            return
        self._feed.leave(self._access.audiences)
        self._feed = None
        for audience in self._access.audiences:
            try:
                await self.channel_layer.group_discard(group_name(audience), self.channel_name)
            except Exception as error:  # Redis away: its subscription went with it
                log.debug("could not leave %s: %s", group_name(audience), error)

    async def _dismiss(self, code: int, reason: str) -> None:
        """Nothing more is told from here on, whether or not the viewer hears of it."""
        await end(*(task for task in self._tasks if task is not asyncio.current_task()))
        await self._leave()
        try:
            async with asyncio.timeout(self._stuck):
                await self.close(code, reason)
        except TimeoutError:
            pass
        self._over.set()

    # --- telling -----------------------------------------------------------------------------------
    def _put(self, text: str) -> None:
        """Drops the oldest when the viewer does not keep up; it sees from the numbers how much it missed."""
        if len(self._outbox) == OUTBOX_MESSAGES:
            self._dropped += 1
        self._outbox.append(text)
        self._outbox_filled.set()

    async def _tell(self) -> None:
        """Backlog first, what came meanwhile after it, then live."""
        try:
            await self._send_within_time(await self._backlog())
            while True:
                await self._outbox_filled.wait()
                self._outbox_filled.clear()
                await self._empty_outbox()
        except TimeoutError:
            log.info("A viewer of the live log was too slow and is sent away; %d messages dropped.", self._dropped)
            await self._dismiss(4408, "Too slow.")
        except Exception as error:  # the connection broke under the send
            log.debug("a viewer of the live log is gone: %s", error)
            self._over.set()

    async def _empty_outbox(self) -> None:
        while self._outbox:
            if self._dropped >= MOST_DROPPED:
                raise TimeoutError
            await self._send_within_time(self._outbox.popleft())
        self._dropped = 0  # it has caught up

    async def _send_within_time(self, text: str) -> None:
        async with asyncio.timeout(self._stuck):
            await self.send(text_data=text)

    async def _backlog(self) -> str:
        """The newest rows of the log and events as a message, without those that an earlier backlog held."""
        rows: list[present.Row] = []
        events: list[Event] = []
        try:
            rows = await database_sync_to_async(_newest_rows)(self._access)
            events = await database_sync_to_async(lately.newest)(self._access.viewer)
        except DatabaseError as error:
            log.warning("The live log starts empty, the database is not there: %s", error)
        told, self._told = self._told, frozenset((*(row.id for row in rows), *(event.id for event in events)))
        fresh = [row for row in rows if row.id not in told]
        return present.text_of(
            present.BacklogMessage(rows=fresh, events=[event for event in events if event.id not in told])
        )

    # --- looking after -----------------------------------------------------------------------------
    async def _look_after(self) -> None:
        await asyncio.sleep(self._late)
        self._put(await self._backlog())
        while True:
            await asyncio.sleep(self._recheck * random.uniform(0.8, 1.0))
            changed = await self._access_changed()
            if changed:
                await self._dismiss(*changed)
                return
            self._put(present.ALIVE)

    async def _access_changed(self) -> tuple[int, str] | None:
        """The code and reason to close with, or None. Without the database nobody can have changed anything."""
        try:
            now = await current_access(self.scope)
        except DatabaseError:
            return None
        if now == self._access:
            await self._refresh_groups()
            return None
        return _refusal(now) or (4409, "What you may see has changed.")


def _refusal(access: Access) -> tuple[int, str] | None:
    if not access.signed_in:
        return 4401, "Sign in first."
    if not access.audiences:
        return 4403, "You belong to no team."
    return None


def _newest_rows(access: Access) -> list[present.Row]:
    lately = access.visible().filter(started_at__gte=timezone.now() - BACKLOG_AGE)  # a quiet team's may lie far back
    newest = lately.order_by("-started_at", "-id")[:BACKLOG_ROWS]
    return [present.row(one) for one in reversed(newest)]

"""What lives as long as the server process: snapshot, pool, connections, journal. The lifespan starts and stops it."""

from __future__ import annotations

import asyncio
import logging
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from django.db import Error as AnyDatabaseError
from django.db import connection
from redis.asyncio import Redis

from gateway.budgets.book import Budgets
from gateway.cache.answers import AnswerCache
from gateway.cache.embedding import embedder
from gateway.ending import end
from gateway.exchange import uuid7
from gateway.ledger import Ledger
from gateway.limits.limiter import Limiter
from gateway.policy.gates import Gates
from gateway.routing.live import Live
from gateway.routing.plan import Planner
from gateway.routing.sessions import Bindings
from gateway.snapshot import SnapshotStore
from providers import breaker_store, token_store
from providers.breaker import Breakers
from providers.http import HttpClients
from providers.measures import Measures
from providers.models import config_changed
from providers.pool import Pool

log = logging.getLogger("switchboard.runtime")

POLL_SECONDS = 0.4  # a change is seen everywhere within a second, the work of taking it over included
POLL_LIMIT = 10.0  # seconds one poll may take before it is reported as stuck


class Runtime:
    """Everything a call uses. ``anonymous_access``: "", "on" or "force"."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        clients: HttpClients | None = None,
        pool: Pool | None = None,
        anonymous_access: str = "",
        redis: Redis | None = None,
        cache_directory: Path | None = None,
    ) -> None:
        self.snapshots = SnapshotStore()
        self.pool = pool or Pool()
        self.breakers = Breakers()
        self.measures = Measures()
        self.gates = Gates()
        self.bindings = Bindings()
        self.live = Live(pool=self.pool, breakers=self.breakers, measures=self.measures)
        self._planner = Planner(self.snapshots.current, self.live, self.bindings)
        self.ledger = ledger
        self.redis = redis
        self.budgets = Budgets()
        process = uuid7()
        self.limiter = Limiter(redis, process=process)
        self.cache = AnswerCache(redis, directory=cache_directory or ledger.root.parent / "cache", process=process)
        self.cache.embed = embedder(self)
        self.anonymous_access = anonymous_access
        self.ready = False
        self.traces = False  # whether spans of calls are told to a collector
        self.heard_at = 0.0  # time.monotonic() when the database last answered
        self.loop: asyncio.AbstractEventLoop | None = None  # where it serves
        self._clients = clients
        self._poller: asyncio.Task[None] | None = None
        self._seen_states: Any = None
        self._seen_breakers: Any = None
        self._database = ThreadPoolExecutor(1, thread_name_prefix="switchboard-state")

    @property
    def planner(self) -> Planner:
        """Plans under the current snapshot, whose settings hold from now on."""
        snapshot = self.snapshots.current
        if self._planner.snapshot is not snapshot:
            self._planner = Planner(snapshot, self.live, self.bindings)
            self.breakers.set_rules(snapshot.routes.facts.breaker)
            self.gates.configure(snapshot.routes.facts.gates)
        return self._planner

    @property
    def clients(self) -> HttpClients:
        assert self._clients is not None, "the runtime is not started"
        return self._clients

    async def start(self) -> None:
        """Compiles the snapshot, opens the journal, begins to watch for changes. Call it on the server's loop."""
        global _running
        self.loop = loop = asyncio.get_running_loop()
        await self._refresh()
        await self._exchange_states()
        self.heard_at = time.monotonic()
        if self._clients is None:
            self._clients = HttpClients()
        self.ledger.start()
        await self.start_policies()
        _running = self
        config_changed.connect(self._on_config_changed)
        self._poller = loop.create_task(self._poll())
        self.ready = True

    async def stop(self) -> None:
        """Writes what is left and drains the journal."""
        global _running
        self.ready = False
        _running = None if _running is self else _running
        config_changed.disconnect(self._on_config_changed)
        if self._poller is not None:
            await end(self._poller)
        try:
            async with asyncio.timeout(POLL_LIMIT):
                await self._exchange_states()
        except Exception as error:
            log.warning("token state of the last moment was not written: %s", type(error).__name__)
        await self.stop_policies()
        await asyncio.to_thread(self.ledger.stop)
        if self.redis is not None:
            await self.redis.aclose()
        await self.clients.aclose()
        closing = asyncio.get_running_loop().run_in_executor(self._database, lambda: connection.close())
        await asyncio.wait([closing], timeout=1)  # the thread may hang in a database that went away
        self._database.shutdown(wait=False)

    async def start_policies(self) -> None:
        """Limits, budgets and the answer cache; after the ledger, in whose name budgets lease."""
        await self.limiter.start()
        await self.budgets.start(self.ledger.holder)
        await self.cache.start()

    async def stop_policies(self) -> None:
        await self.limiter.stop()
        await self.cache.stop()
        await self.budgets.stop()

    def _on_config_changed(self, **_: Any) -> None:
        """In the thread that saved, after its commit: the next request already sees the change. Never raises: the save
        went through, and the poll tries again."""
        try:
            self.snapshots.refresh()
        except Exception as error:
            log.warning("a change was saved but not taken over yet (%s)", type(error).__name__)

    async def _poll(self) -> None:
        failing = False
        while True:
            await asyncio.sleep(POLL_SECONDS)
            try:
                async with asyncio.timeout(POLL_LIMIT):
                    await self._refresh()
                    await self._exchange_states()
                self.heard_at = time.monotonic()
                if failing:
                    log.warning("the database answers again")
                failing = False
            except Exception as error:
                if not failing:
                    log.warning(
                        "configuration cannot be read (%s); serving on with what is known", type(error).__name__
                    )
                failing = True

    async def _refresh(self) -> None:
        await asyncio.get_running_loop().run_in_executor(self._database, _with_connection, self.snapshots.refresh)

    async def _exchange_states(self) -> None:
        """Token, breaker and budget state out and in. Pool and breakers are only touched here, on the loop."""
        await self._exchange_tokens()
        await self._exchange_breakers()
        await self.budgets.exchange()

    async def _exchange_breakers(self) -> None:
        loop = asyncio.get_running_loop()
        notes = breaker_store.collect(self.breakers)
        try:
            await loop.run_in_executor(self._database, _with_connection, breaker_store.write, notes)
        except BaseException:
            breaker_store.give_back(self.breakers, notes)
            raise
        rows, self._seen_breakers = await loop.run_in_executor(
            self._database, _with_connection, breaker_store.changed_since, self._seen_breakers
        )
        breaker_store.merge(self.breakers, rows)

    async def _exchange_tokens(self) -> None:
        loop = asyncio.get_running_loop()
        notes = token_store.collect(self.pool)
        try:
            await loop.run_in_executor(self._database, _with_connection, token_store.write, notes)
        except BaseException:
            token_store.give_back(self.pool, notes)
            raise
        rows, self._seen_states = await loop.run_in_executor(
            self._database, _with_connection, token_store.changed_since, self._seen_states
        )
        token_store.merge(self.pool, rows)


_running: Runtime | None = None


def running() -> Runtime | None:
    """The runtime of this process, where it serves. Plan with it on its loop only."""
    return _running


def _with_connection(work: Any, *args: Any) -> Any:
    """Runs ``work``; a connection that failed is closed, so that the next try makes a new one."""
    try:
        return work(*args)
    except AnyDatabaseError:
        connection.close()
        raise

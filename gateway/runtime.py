"""What lives as long as the server process: snapshot, pool, connections, journal. The lifespan starts and stops it."""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import Error as AnyDatabaseError
from django.db import connection

from gateway.ledger import Ledger
from gateway.snapshot import SnapshotStore
from providers import token_store
from providers.http import HttpClients
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
    ) -> None:
        self.snapshots = SnapshotStore()
        self.pool = pool or Pool()
        self.ledger = ledger
        self.anonymous_access = anonymous_access
        self.ready = False
        self._clients = clients
        self._poller: asyncio.Task[None] | None = None
        self._seen_states: Any = None
        self._database = ThreadPoolExecutor(1, thread_name_prefix="switchboard-state")

    @property
    def clients(self) -> HttpClients:
        assert self._clients is not None, "the runtime is not started"
        return self._clients

    async def start(self) -> None:
        """Compiles the snapshot, opens the journal, begins to watch for changes. Call it on the server's loop."""
        loop = asyncio.get_running_loop()
        await self._refresh()
        await self._exchange_states()
        if self._clients is None:
            self._clients = HttpClients()
        self.ledger.start()
        config_changed.connect(self._on_config_changed)
        self._poller = loop.create_task(self._poll())
        self.ready = True

    async def stop(self) -> None:
        """Writes what is left and drains the journal."""
        self.ready = False
        config_changed.disconnect(self._on_config_changed)
        if self._poller is not None:
            self._poller.cancel()
            await asyncio.gather(self._poller, return_exceptions=True)
        try:
            async with asyncio.timeout(POLL_LIMIT):
                await self._exchange_states()
        except Exception as error:
            log.warning("token state of the last moment was not written: %s", type(error).__name__)
        await asyncio.to_thread(self.ledger.stop)
        await self.clients.aclose()
        closing = asyncio.get_running_loop().run_in_executor(self._database, lambda: connection.close())
        await asyncio.wait([closing], timeout=1)  # the thread may hang in a database that went away
        self._database.shutdown(wait=False)

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
        """Token state out and in. The pool is only touched here, on the loop."""
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


def _with_connection(work: Any, *args: Any) -> Any:
    """Runs ``work``; a connection that failed is closed, so that the next try makes a new one."""
    try:
        return work(*args)
    except AnyDatabaseError:
        connection.close()
        raise

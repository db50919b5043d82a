"""Whether this process can take calls, and what it does without: the database, Redis, the journal, the workers.

Calls go on without the database, Redis or workers, so their absence alone makes a process ``degraded``, never
``unready``: taking every process out of the load balancer would turn a slow database into an outage.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from redis.exceptions import RedisError

from gateway.runtime import Runtime

SILENT = 5.0  # seconds without an answer of the database; it is asked each 0.4 s
BEHIND = 30.0  # seconds that the journal's consumers may be behind
PATIENCE = 1.0
READY, DEGRADED, UNREADY = "ready", "degraded", "unready"


class Check(NamedTuple):
    """``ok``: whether it is well; ``needed``: whether no call can be taken without it; ``said``: how it is, in words
    for operators. Anybody may read them: no address and no name of a machine."""

    ok: bool
    said: str
    needed: bool = False


Ask = Callable[[], Awaitable[Check]]


class Readiness:
    """Answers are kept for ``seconds``: a load balancer's questions cost nothing. ``more`` holds the checks that others
    add: monitoring knows the workers."""

    def __init__(self, *, seconds: float = 1.0) -> None:
        self.more: dict[str, Ask] = {}
        self._seconds = seconds
        self._asked: tuple[float, Runtime, dict[str, Check]] | None = None

    async def checks(self, runtime: Runtime) -> dict[str, Check]:
        kept = self._asked
        if kept is not None and kept[1] is runtime and time.monotonic() - kept[0] < self._seconds:
            return kept[2]
        found = {"process": _process(runtime)}
        if runtime.ready:
            found |= {"database": _database(runtime), "journal": _journal(runtime)}
            if runtime.redis is not None:
                found["redis"] = await _redis(runtime)
            for name, ask in self.more.items():
                found[name] = await _within_time(ask)
        self._asked = time.monotonic(), runtime, found
        return found


readiness = Readiness()


def verdict(checks: dict[str, Check]) -> str:
    """``READY``, ``DEGRADED`` or ``UNREADY``."""
    if any(one.needed and not one.ok for one in checks.values()):
        return UNREADY
    return READY if all(one.ok for one in checks.values()) else DEGRADED


def _process(runtime: Runtime) -> Check:
    return Check(runtime.ready, "serving" if runtime.ready else "starting or stopping", needed=True)


def _database(runtime: Runtime) -> Check:
    silent = time.monotonic() - runtime.heard_at
    if silent <= SILENT:
        return Check(True, "answers")
    return Check(False, f"has not answered for {silent:.0f} s; calls go on with what is known")


def _journal(runtime: Runtime) -> Check:
    if not runtime.ledger.journal.takes_calls:
        return Check(False, "cannot be written: no calls are taken", needed=True)
    behind = runtime.ledger.delay()
    if behind <= BEHIND:
        return Check(True, "is delivered")
    return Check(False, f"waits to be delivered for {behind:.0f} s: log rows and spend are late, not lost")


async def _redis(runtime: Runtime) -> Check:
    assert runtime.redis is not None
    try:
        async with asyncio.timeout(PATIENCE):
            await runtime.redis.ping()
    except (RedisError, OSError, TimeoutError) as error:
        return Check(False, f"does not answer ({type(error).__name__}); limits hold in each process alone")
    return Check(True, "answers")


async def _within_time(ask: Ask) -> Check:
    try:
        async with asyncio.timeout(PATIENCE):
            return await ask()
    except Exception as error:
        return Check(False, f"could not be asked ({type(error).__name__})")

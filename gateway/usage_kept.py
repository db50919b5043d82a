"""A key's usage and how its budgets' periods stand, read in a thread and kept a little while: a client that polls costs
no query a call, and one whose month takes long to add up is asked for more rarely."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

from django.db import connection
from django.db.models import Q

from gateway.budgets.periods import at, epoch
from gateway.models import BudgetPeriod
from gateway.usage_source import Ask, KeyUsage, usage_source

KEPT_SECONDS = 5.0
KEPT_TIMES = 20  # as long as reading took: a twentieth of the database's time at most goes to one key
PATIENCE = 5.0  # seconds a caller waits; the reading goes on, and the next one finds it
MOST_KEYS = 10_000
AT_ONCE = 2  # readings

Period = tuple[int, int]  # a budget's id, and when the period began in seconds since the epoch


class Read(NamedTuple):
    """``None`` for what nobody can tell. ``periods``: spent and leased, in what the budget measures."""

    today: KeyUsage | None = None
    month: KeyUsage | None = None
    periods: Mapping[Period, tuple[int, int]] = {}


class Times(NamedTuple):
    """Since when, in UTC."""

    today: datetime
    month: datetime

    @classmethod
    def of(cls, now: float) -> Times:
        midnight = datetime.fromtimestamp(now, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        return cls(midnight, midnight.replace(day=1))


def read(key_id: int, times: Times, periods: Iterable[Period], ask: Ask | None) -> Read:
    """Blocking. Raises Django's database errors."""
    try:
        today, month = (ask(key_id, since) for since in times) if ask is not None else (None, None)
        return Read(today, month, _standing(set(periods)))
    finally:
        if not connection.in_atomic_block:
            connection.close()  # the thread is anybody's


def _standing(wanted: set[Period]) -> dict[Period, tuple[int, int]]:
    if not wanted:
        return {}
    any_of = Q()
    for budget, began in wanted:
        any_of |= Q(budget_id=budget, starts_at=at(began))
    return {
        (row.budget_id, epoch(row.starts_at)): (row.spent, row.leased) for row in BudgetPeriod.objects.filter(any_of)
    }


@dataclass(slots=True)
class _Kept:
    until: float
    found: Read


@dataclass(slots=True)
class KeptUsage:
    """Touched on one event loop. ``reader`` is ``read``, or a test's."""

    reader: Callable[[int, Times, Iterable[Period], Ask | None], Read] = read
    clock: Callable[[], float] = time.monotonic
    _kept: dict[int, _Kept] = field(default_factory=dict)
    _running: dict[int, asyncio.Task[Read]] = field(default_factory=dict)
    _room: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    async def of(self, key_id: int, now: float, periods: Iterable[Period]) -> Read | None:
        """``None``: it takes too long, or the database is away. Who asks meanwhile shares one reading."""
        kept = self._kept.get(key_id)
        if kept is not None and self.clock() < kept.until:
            return kept.found
        task = self._running.get(key_id)
        if task is None:
            task = asyncio.get_running_loop().create_task(self._read(key_id, Times.of(now), tuple(periods)))
            self._running[key_id] = task
            task.add_done_callback(lambda _: self._running.pop(key_id, None))
        done, _ = await asyncio.wait([task], timeout=PATIENCE)
        return task.result() if done and not task.cancelled() and task.exception() is None else None

    async def _read(self, key_id: int, times: Times, periods: tuple[Period, ...]) -> Read:
        async with self._room:
            began = self.clock()
            found = await asyncio.to_thread(self.reader, key_id, times, periods, usage_source.ask)
            ended = self.clock()
        if len(self._kept) >= MOST_KEYS:
            self._kept = {key: one for key, one in self._kept.items() if ended < one.until}
        self._kept[key_id] = _Kept(ended + max(KEPT_SECONDS, KEPT_TIMES * (ended - began)), found)
        return found

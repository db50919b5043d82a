"""Identical requests in flight: the first is sent, the others wait for its answer. In this process, without locks."""

from __future__ import annotations

import asyncio
from enum import Enum

from gateway.cache.entry import Entry
from gateway.cache.found import Found


class Outcome(Enum):
    AGAIN = "again"  # the leader failed or left: the next one is sent
    ALONE = "alone"  # its answer is for nobody else: waiting one after the other would take all day


class Flight:
    """One call under way. Whoever leads it says ``land`` once, however it ends; more often changes nothing. An
    ``Entry`` is the answer to the call, a ``Found`` what made it needless."""

    __slots__ = ("_flights", "_future", "_key", "followers")

    def __init__(self, flights: Flights, key: bytes) -> None:
        self._flights = flights
        self._key = key
        self._future: asyncio.Future[Entry | Found | Outcome] = asyncio.get_running_loop().create_future()
        self.followers = 0

    def land(self, outcome: Entry | Found | Outcome) -> None:
        if not self._future.done():
            self._flights.gone(self._key)
            self._future.set_result(outcome)

    async def outcome(self, *, within: float) -> Entry | Found | Outcome:
        """What it comes to. A follower that leaves changes nothing. Raises ``TimeoutError``."""
        self.followers += 1
        try:
            done, _ = await asyncio.wait((self._future,), timeout=max(within, 0.0))
        finally:
            self.followers -= 1
        if not done:
            raise TimeoutError
        return self._future.result()


class Flights:
    """By key; at most one each."""

    def __init__(self) -> None:
        self._by_key: dict[bytes, Flight] = {}

    def of(self, key: bytes) -> Flight | None:
        return self._by_key.get(key)

    def lead(self, key: bytes) -> Flight:
        assert key not in self._by_key, "somebody leads already"
        flight = self._by_key[key] = Flight(self, key)
        return flight

    def gone(self, key: bytes) -> None:
        del self._by_key[key]

    def __len__(self) -> int:
        return len(self._by_key)

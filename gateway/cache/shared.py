"""The second level: entries in Redis, for all processes. It is never waited for long, and never an error of a call."""

from __future__ import annotations

import asyncio
import math
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

from gateway.cache.entry import Entry, unseal
from gateway.cache.resting import Resting

PREFIX = "switchboard:cache:"
ENTRIES = PREFIX + "answer:"
PATIENCE = 0.1  # seconds that a call may lose to it
LARGEST = 2 * 2**20  # bytes: Redis does one thing at a time, and others wait for it too
AWAY = (RedisError, OSError, TimeoutError)


def address(scope: str, name: str) -> str:
    """The scope stands in it, so that what is one team's can be cleared."""
    return f"{ENTRIES}{scope}:{name}"


class SharedLevel:
    name = "redis"

    def __init__(self, redis: Redis, resting: Resting) -> None:
        self._redis: Any = redis
        self._resting = resting
        self.on = True

    @property
    def usable(self) -> bool:
        return self.on and not self._resting.away

    async def get(self, key: bytes, *, scope: str, name: str) -> Entry | None:
        try:
            async with asyncio.timeout(PATIENCE):
                sealed = await self._redis.get(address(scope, name))
        except AWAY as error:
            self._resting.failed(error)
            return None
        self._resting.well()
        return unseal(sealed, key=key) if sealed else None

    async def put(self, entry: Entry, sealed: bytes, *, name: str, now: float) -> bool:
        seconds = math.ceil(entry.expires - now)
        if len(sealed) > LARGEST or seconds < 1 or not self.usable:
            return False
        try:
            async with asyncio.timeout(PATIENCE * 10):
                await self._redis.set(address(entry.scope, name), sealed, ex=seconds)
        except AWAY as error:
            self._resting.failed(error)
            return False
        self._resting.well()
        return True

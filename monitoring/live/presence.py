"""Which audiences have viewers, here and in other processes: nothing is sent to an audience nobody watches."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

from redis import asyncio as aioredis

KEY = "switchboard:live:watched"
KEPT_SECONDS = 5  # a process that died stops counting as a viewer after this

# One round trip: says what is watched here, forgets what expired, tells what is watched anywhere. Redis's own
# clock decides, so that machines need not agree on the time.
_SHARE = f"""
local now = tonumber(redis.call('TIME')[1])
for _, audience in ipairs(ARGV) do redis.call('ZADD', KEYS[1], now + {KEPT_SECONDS}, audience) end
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
redis.call('EXPIRE', KEYS[1], 60)
return redis.call('ZRANGE', KEYS[1], 0, -1)
"""


class Presence(Protocol):
    """Where processes tell each other what their viewers watch."""

    async def share(self, audiences: Iterable[int]) -> set[int]:
        """Tells what is watched here; returns what is watched anywhere. Raises ``OSError`` or ``RedisError``."""

    async def aclose(self) -> None: ...


class RedisPresence:
    """Through one sorted set. ``url`` as in REDIS_URL."""

    def __init__(self, url: str) -> None:
        self._redis: Any = aioredis.from_url(url, socket_timeout=2, socket_connect_timeout=2)
        self._script = self._redis.register_script(_SHARE)

    async def share(self, audiences: Iterable[int]) -> set[int]:
        return {int(audience) for audience in await self._script(keys=[KEY], args=list(audiences))}

    async def aclose(self) -> None:
        await self._redis.aclose()

"""The last entries of each provider: in this process's memory, and in Redis where there is one."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from monitoring.provider_logs.shape import Entry, decode, encode

MOST = 500  # of each provider
MOST_PROVIDERS = 1000
SECONDS = 30 * 86_400  # without a new one, Redis forgets a provider's
NAMES = "switchboard:provider-logs"
CLEARED = "switchboard:provider-logs:cleared"


class Memory:
    """This process's entries, the oldest first. From any thread."""

    def __init__(self, *, most: int = MOST) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._kept: dict[str, deque[Entry]] = {}

    def keep(self, provider: str, entries: Sequence[Entry]) -> None:
        with self._lock:
            kept = self._kept.get(provider)
            if kept is None:
                if len(self._kept) >= MOST_PROVIDERS:
                    del self._kept[next(iter(self._kept))]
                kept = self._kept[provider] = deque(maxlen=self._most)
            kept.extend(entries)

    def entries(self, provider: str) -> list[Entry]:
        with self._lock:
            return list(self._kept.get(provider, ()))

    def providers(self) -> list[str]:
        with self._lock:
            return sorted(self._kept)

    def clear(self, provider: str) -> int:
        """How many there were."""
        with self._lock:
            return len(self._kept.pop(provider, ()))

    def take(self) -> dict[str, list[Entry]]:
        """All of them, which are then no longer kept."""
        with self._lock:
            taken, self._kept = self._kept, {}
        return {provider: list(entries) for provider, entries in taken.items()}


class Shared:
    """Everybody's, in Redis. Blocking; every method raises ``redis.RedisError``."""

    def __init__(self, url: str) -> None:
        self._redis: Any = redis.Redis.from_url(
            url, socket_timeout=1, socket_connect_timeout=1, retry=Retry(NoBackoff(), 0)
        )

    def keep(self, entries: Mapping[str, Sequence[Entry]]) -> None:
        """One round trip, however many providers."""
        with self._redis.pipeline(transaction=False) as pipe:
            for provider, some in entries.items():
                pipe.sadd(NAMES, provider)
                pipe.lpush(_key(provider), *(encode(one) for one in some[-MOST:]))
                pipe.ltrim(_key(provider), 0, MOST - 1)
                pipe.expire(_key(provider), SECONDS)
            pipe.execute()

    def entries(self, provider: str) -> list[Entry]:
        """The oldest first."""
        found = []
        for line in reversed(self._redis.lrange(_key(provider), 0, MOST - 1)):
            try:
                found.append(decode(line))
            except msgspec.MsgspecError:  # of another version
                continue
        return found

    def providers(self) -> list[str]:
        return sorted(name.decode() for name in self._redis.smembers(NAMES))

    def clear(self, provider: str, at: int) -> int:
        """Empties the list and tells every process to empty its own. ``at``: milliseconds since the epoch."""
        with self._redis.pipeline(transaction=True) as pipe:
            pipe.llen(_key(provider))
            pipe.delete(_key(provider))
            pipe.srem(NAMES, provider)
            pipe.hset(CLEARED, provider, at)
            return int(pipe.execute()[0])

    def cleared(self) -> dict[str, int]:
        """When each provider's log was last emptied."""
        return {name.decode(): int(at) for name, at in self._redis.hgetall(CLEARED).items()}

    def close(self) -> None:
        self._redis.close()


def _key(provider: str) -> str:
    return f"{NAMES}:of:{provider}"

"""Brings this process's entries to Redis, and keeps what it has not got while it is away."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence

import redis

from monitoring.provider_logs.kept import Memory, Shared
from monitoring.provider_logs.shape import Entry

log = logging.getLogger("switchboard.provider_logs")

AGAIN = 5.0  # seconds until a Redis that was away is tried again


class Sharing:
    """For one thread. That Redis went away is said once."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._unsent = Memory()
        self._away = False
        self._again_at = 0.0

    def tell(self, entries: Mapping[str, Sequence[Entry]]) -> None:
        """These and what is left of earlier ones. Never raises for Redis."""
        for provider, some in entries.items():
            self._unsent.keep(provider, some)
        if time.monotonic() < self._again_at:
            return
        unsent = self._unsent.take()
        if not unsent:
            return
        try:
            self._shared.keep(unsent)
            self._away = False
        except redis.RedisError as error:
            self._goes_away(error)
            for provider, some in unsent.items():
                self._unsent.keep(provider, some)

    def cleared(self) -> dict[str, int]:
        """When each provider's log was last emptied; nothing while Redis is away."""
        if time.monotonic() < self._again_at:
            return {}
        try:
            return self._shared.cleared()
        except redis.RedisError as error:
            self._goes_away(error)
            return {}

    def forget(self, provider: str) -> None:
        self._unsent.clear(provider)

    def last_try(self) -> None:
        """The process ends: Redis is asked once more, whenever it was last."""
        self._again_at = 0.0
        self.tell({})
        self._shared.close()

    def _goes_away(self, error: redis.RedisError) -> None:
        self._again_at = time.monotonic() + AGAIN
        if not self._away:
            log.warning("Provider logs are not shared, Redis is away (%s). Memory goes on.", type(error).__name__)
        self._away = True

"""What planning asks of the moment: what was measured, what is broken, which tokens may be used."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

from providers.breaker import Blocked, Breakers
from providers.catalogue import CompiledProvider
from providers.measures import Measured, Measures
from providers.pool import Pool


class Live:
    """Reads only; nothing here awaits. ``clock`` gives seconds since the epoch."""

    def __init__(
        self,
        *,
        pool: Pool,
        breakers: Breakers,
        measures: Measures,
        clock: Callable[[], float] = time.time,
        seed: int | None = None,
    ) -> None:
        self.pool = pool
        self.breakers = breakers
        self.measures = measures
        self.now = clock
        self.random = random.Random(seed)
        self.turns: dict[str, int] = {}  # whose turn it is, by group: round robin

    def measured(self, provider_id: int, model: str) -> Measured | None:
        return self.measures.of(provider_id, model)

    def blocked(self, provider_id: int, model: str) -> Blocked | None:
        return self.breakers.blocked(provider_id, model)

    def token_share(self, provider: CompiledProvider) -> float:
        """Tokens that may be used now, of all; 1 for a provider that needs none."""
        usable, every = self.pool.usable(provider)
        return usable / every if every else 1.0

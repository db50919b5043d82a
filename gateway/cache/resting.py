"""A level that failed is left alone for a while: a call never waits twice in a row for what is away."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

log = logging.getLogger("switchboard.cache")

SHORTEST, LONGEST = 1.0, 30.0  # seconds


class Resting:
    """``name`` begins the log's sentences. ``clock`` gives monotonic seconds."""

    def __init__(self, name: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.name = name
        self.failures = 0  # since it was well
        self._clock = clock
        self._until = 0.0

    @property
    def away(self) -> bool:
        return self.failures > 0 and self._clock() < self._until

    def failed(self, error: BaseException) -> None:
        if self.away:
            return  # of the same moment
        self._until = self._clock() + min(SHORTEST * 2**self.failures, LONGEST)
        self.failures += 1
        if self.failures == 1:
            log.warning("%s does not answer (%s); calls go on without it", self.name, type(error).__name__)

    def well(self) -> None:
        if self.failures:
            log.warning("%s answers again", self.name)
            self.failures = 0

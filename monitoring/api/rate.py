"""How often one key or user may ask: counted in memory, in each process by itself."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from threading import Lock
from typing import Any

from django.conf import settings
from rest_framework.throttling import BaseThrottle

from gateway.models import ApiKey

WINDOW = 60.0  # seconds
MANY = 1000  # callers to remember before those who are quiet are forgotten


class Window:
    """The calls of the last minute, by caller. May be used from many threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._calls: dict[str, deque[float]] = {}

    def wait(self, caller: str, *, limit: int) -> float:
        """Counts a call and gives 0, or gives the seconds until one may be made: just when the oldest of the last
        minute's falls out."""
        now = self._clock()
        with self._lock:
            self._forget(now)
            calls = self._calls.setdefault(caller, deque())
            while calls and calls[0] <= now - WINDOW:
                calls.popleft()
            if len(calls) >= limit:
                return min(calls[len(calls) - limit] + WINDOW - now, WINDOW)
            calls.append(now)
        return 0.0

    def _forget(self, now: float) -> None:
        if len(self._calls) <= MANY:
            return
        self._calls = {who: calls for who, calls in self._calls.items() if calls and calls[-1] > now - WINDOW}


window = Window()


class Rate(BaseThrottle):
    """``MONITORING_API_RATE`` requests in any 60 seconds for each API key and each user; 0: no limit."""

    window = window
    _wait: float | None = None

    def allow_request(self, request: Any, view: Any) -> bool:
        limit = int(getattr(settings, "MONITORING_API_RATE", 600))
        who = request.user
        if not limit or who is None:
            return True
        caller = f"{'key' if isinstance(who, ApiKey) else 'user'} {who.pk}"
        self._wait = self.window.wait(caller, limit=limit)
        return not self._wait

    def wait(self) -> float | None:
        return self._wait

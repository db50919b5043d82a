"""This process's counters, as plain numbers. Counting a call is some additions; series are made of them when somebody
scrapes.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable

from gateway.events import Topic, exchange_closed
from gateway.exchange import Attempt, Exchange
from monitoring.metrics.labels import Labels, Target
from monitoring.provider_logs.making import LOST

LATENCY = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0)  # seconds
LAG = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0)
UNITS = ("input", "output", "cached_input", "cache_write_input", "reasoning")
KEPT = frozenset({"hit", "similar", "joined"})  # answers of the cache
BY_ENDING = {"cancelled": "cancelled", "interrupted": "interrupted"}
TIMEOUTS = frozenset({"provider_timeout", "provider_slow_start", "deadline_exceeded"})


class Histogram:
    """``counts``: by bucket, not added up; the last is beyond all bounds."""

    __slots__ = ("bounds", "counts", "sum")

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.sum = 0.0

    def add(self, value: float) -> None:
        self.counts[bisect_left(self.bounds, value)] += 1
        self.sum += value

    def copy(self) -> Histogram:
        made = Histogram(self.bounds)
        made.counts[:] = self.counts
        made.sum = self.sum
        return made


class OfTarget:
    """What is counted of one provider's model."""

    __slots__ = ("attempts", "cost_nano", "fallbacks", "first_byte", "latency", "requests", "units", "unpriced")

    def __init__(self) -> None:
        self.requests: dict[str, int] = {}  # by status
        self.attempts: dict[tuple[str, str], int] = {}  # by outcome and kind
        self.latency = Histogram(LATENCY)
        self.first_byte = Histogram(LATENCY)
        self.units = [0] * len(UNITS)
        self.cost_nano = 0
        self.unpriced = 0
        self.fallbacks = 0

    def copy(self) -> OfTarget:
        made = OfTarget()
        made.requests, made.attempts, made.units = dict(self.requests), dict(self.attempts), list(self.units)
        made.latency, made.first_byte = self.latency.copy(), self.first_byte.copy()
        made.cost_nano, made.unpriced, made.fallbacks = self.cost_nano, self.unpriced, self.fallbacks
        return made


class Counts:
    """From any thread."""

    def __init__(self, labels: Labels) -> None:
        self._lock = threading.Lock()
        self.targets: dict[Target, OfTarget] = {}
        self.cache: Counter[str] = Counter()
        self.saved_nano = 0
        self.team_requests: Counter[str] = Counter()
        self.team_cost_nano: Counter[str] = Counter()
        self._labels = labels

    def listen(self, closed: Topic[Exchange] = exchange_closed) -> Callable[[], None]:
        """Calling what is returned ends it."""
        return closed.subscribe(self.add)

    def add(self, exchange: Exchange) -> None:
        with self._lock:
            labels = self._labels
            of = self._of(labels.target(exchange.provider, exchange.model))
            status = status_of(exchange)
            of.requests[status] = of.requests.get(status, 0) + 1
            if exchange.cache in KEPT:
                self.cache[exchange.cache] += 1
                self.saved_nano += exchange.saved_nano or 0
            elif exchange.ended_by == "done":
                of.latency.add(exchange.latency_us / 1e6)
                if exchange.first_byte_us and exchange.stream:
                    of.first_byte.add(exchange.first_byte_us / 1e6)
            if exchange.usage_basis != "none":
                self._use(of, exchange)
            for attempt in exchange.attempts:
                self._try(attempt)
            team = labels.team(exchange.team)
            self.team_requests[team] += 1
            if exchange.cost_nano:
                self.team_cost_nano[team] += exchange.cost_nano

    def copies(self) -> dict[Target, OfTarget]:
        """For whoever makes series of them, which takes a while: calls that end meanwhile wait for one copy at most."""
        with self._lock:
            targets = list(self.targets.items())
        found = {}
        for target, of in targets:
            with self._lock:
                found[target] = of.copy()
        return found

    def _of(self, target: Target) -> OfTarget:
        of = self.targets.get(target)
        if of is None:
            of = self.targets[target] = OfTarget()
        return of

    def _use(self, of: OfTarget, exchange: Exchange) -> None:
        units = of.units
        units[0] += exchange.input
        units[1] += exchange.output
        units[2] += exchange.cached_input
        units[3] += exchange.cache_write_input
        units[4] += exchange.reasoning
        if exchange.cost_nano is None:
            of.unpriced += 1
        attempts = exchange.attempts
        if len(attempts) > 1 and exchange.ended_by == "done":
            first = attempts[0]
            of.fallbacks += (first.provider, first.model) != (exchange.provider, exchange.model)

    def _try(self, attempt: Attempt) -> None:
        of = self._of(self._labels.target(attempt.provider, attempt.model))
        key = (outcome_of(attempt), attempt.kind or "first")
        of.attempts[key] = of.attempts.get(key, 0) + 1
        if attempt.cost_nano:
            of.cost_nano += attempt.cost_nano


def status_of(exchange: Exchange) -> str:
    """2xx, 4xx, 5xx, cancelled or interrupted; a stream that broke was a 200, and failed."""
    ended = BY_ENDING.get(exchange.ended_by)
    if ended is not None:
        return ended
    if exchange.status >= 500 or (exchange.ended_by == "failed" and exchange.status < 400):
        return "5xx"
    return "4xx" if exchange.status >= 400 else "2xx"


def outcome_of(attempt: Attempt) -> str:
    """ok, rate_limited, timeout, refused (4xx), failed (5xx), unreachable, broken (after a 200), or abandoned: nobody
    waited for it any more."""
    if not attempt.error:
        return "abandoned" if not attempt.status or attempt.verdict.startswith(LOST) else "ok"
    if attempt.status == 429:
        return "rate_limited"
    if attempt.error in TIMEOUTS:
        return "timeout"
    if not attempt.status:
        return "unreachable"
    if attempt.status < 400:
        return "broken"
    return "refused" if attempt.status < 500 else "failed"

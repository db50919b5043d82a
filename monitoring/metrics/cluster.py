"""What is true of all processes together: read by one of them, whoever has the duty, so that a sum over instances
counts it once.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from typing import Any, NamedTuple

from django.db import Error as AnyDatabaseError
from django.db import connections
from django.db.models import Count
from django.utils import timezone
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from gateway import environment
from gateway.budgets.compiled import CompiledBudget
from gateway.budgets.periods import at, epoch
from gateway.models import BudgetPeriod
from monitoring import duties
from monitoring.health import board, words
from monitoring.metrics import families
from monitoring.metrics.families import Family
from monitoring.models import Alert, Duty
from providers.overview import Glance, overview

log = logging.getLogger("switchboard.metrics")

DUTY = "metrics"
HELD = 120.0  # seconds: longer than any usual scrape interval, so that one process keeps it
FRESH = 10.0  # seconds in which figures are not read again
MOST_BUDGETS = 200
NANO = 1e9
STATUSES = (words.HEALTHY, words.DEGRADED, words.DOWN, words.UNKNOWN)
STATES = ("healthy", "resting", "suspended", "retired", "disabled")

Sample = tuple[Family, tuple[str, ...], float]


class Figures(NamedTuple):
    """``until``: monotonic seconds, up to which nobody else has the duty."""

    samples: Sequence[Sample]
    read_at: float
    until: float


class Cluster:
    """``budgets`` gives those in force. ``freshen`` asks a thread of its own to read, so that a database that hangs
    holds no scrape up."""

    def __init__(
        self,
        budgets: Callable[[], Iterable[CompiledBudget]],
        *,
        holder: str = duties.ME,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._budgets = budgets
        self._holder = f"{holder[:70]}/metrics"
        self._clock = clock
        self._figures: Figures | None = None
        self._tried_at = -FRESH
        self._failing = False
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="switchboard-metrics")
        self._reading: Future[None] | None = None
        self._lock = threading.Lock()

    def freshen(self) -> Future[None] | None:
        """Begins to read if that is due; what is being read, or ``None``."""
        with self._lock:
            if self._reading is not None and not self._reading.done():
                return self._reading
            if self._clock() - self._tried_at < FRESH:
                return None
            self._tried_at = self._clock()
            self._reading = self._reader.submit(self._read)
            return self._reading

    def read(self) -> None:
        """Takes or keeps the duty and reads, or serves nothing from now on. Raises what the database does."""
        began = self._clock()
        mine = duties.take(DUTY, seconds=HELD, holder=self._holder)
        self._figures = Figures(tuple(self._samples()), self._clock(), began + HELD - 1) if mine else None

    def collect(self) -> Iterable[Metric]:
        """Nothing where another process has the duty, or where it may have by now."""
        figures, now = self._figures, self._clock()
        if figures is None or now >= figures.until:
            return
        found: dict[str, GaugeMetricFamily] = {}
        for family, labels, value in (*figures.samples, (families.AGE, (), now - figures.read_at)):
            if family.name not in found:
                found[family.name] = GaugeMetricFamily(family.name, family.help, labels=family.labels)
            found[family.name].add_metric(labels, value)
        yield from found.values()

    def close(self) -> None:
        """Gives the duty back, so that another process need not wait for its end."""
        figures, self._figures = self._figures, None
        closing = self._reader.submit(self._give_back if figures is not None else connections.close_all)
        self._reader.shutdown(wait=False)
        try:
            closing.result(2)
        except (TimeoutError, AnyDatabaseError) as error:
            log.debug("the duty ends by itself: %s", type(error).__name__)

    def _read(self) -> None:
        try:
            self.read()
            self._failing = False
        except AnyDatabaseError as error:
            if not self._failing:
                log.warning("Figures of the cluster cannot be read: %s", type(error).__name__)
            self._failing = True
        except Exception:
            log.exception("figures of the cluster cannot be read")
        finally:
            connections.close_all()

    def _give_back(self) -> None:
        try:
            Duty.objects.filter(pk=DUTY, holder=self._holder).update(until=timezone.now())
        finally:
            connections.close_all()

    def _samples(self) -> Iterable[Sample]:
        now = timezone.now()
        glances = list(overview(environment.current(), now=now).values())
        yield from _health({glance.name for glance in glances if glance.enabled})
        yield from _tokens(glances)
        yield from self._spending(now)
        yield from _alerts()

    def _spending(self, now: datetime) -> Iterable[Sample]:
        budgets = list(self._budgets())[:MOST_BUDGETS]
        seconds = now.timestamp()
        starts = {one.id: one.start(seconds) for one in budgets}
        rows = BudgetPeriod.objects.filter(budget__in=starts, starts_at__in={at(one) for one in starts.values()})
        found: dict[tuple[int, int], Any] = {
            (budget_id, epoch(starts_at)): spent
            for budget_id, starts_at, spent in rows.values_list("budget_id", "starts_at", "spent")
        }
        for one in budgets:
            money = one.measure == "cost"
            scale = NANO if money else 1.0
            spent, amount = found.get((one.id, starts[one.id]), 0), one.limit(seconds)
            yield families.BUDGET_SPENT if money else families.BUDGET_UNITS, (one.name,), spent / scale
            yield families.BUDGET_AMOUNT if money else families.BUDGET_LIMIT, (one.name,), amount / scale


def _health(enabled: set[str]) -> Iterable[Sample]:
    for state in board.states():
        if state.provider in enabled and state.status != words.OFF:
            for status in STATUSES:
                yield families.HEALTH, (state.provider, status), float(status == state.status)


def _tokens(glances: Iterable[Glance]) -> Iterable[Sample]:
    for glance in glances:
        if glance.enabled or glance.tokens.total:
            for state in STATES:
                yield families.TOKENS, (glance.name, state), getattr(glance.tokens, state)


def _alerts() -> Iterable[Sample]:
    rows = Alert.objects.filter(state=Alert.State.FIRING).order_by().values_list("kind", "severity")
    for kind, severity, count in rows.annotate(count=Count("pk")):
        yield families.ALERTS, (kind, severity), count

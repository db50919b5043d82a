"""Makes series of what was counted and of what stands now, when somebody scrapes. In a thread: it may take a while."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from gateway.runtime import Runtime
from monitoring.live import feed
from monitoring.metrics import counts, families
from monitoring.metrics.cluster import NANO, Cluster
from monitoring.metrics.counts import Counts, Histogram
from monitoring.metrics.families import Family
from monitoring.metrics.loop_lag import LoopLag
from monitoring.provider_logs import recorder

Values = Mapping[tuple[str, ...], float]


class ProcessFigures(Collector):
    """This process's own, and the cluster's where it has the duty."""

    def __init__(self, runtime: Runtime, counted: Counts, lag: LoopLag, cluster: Cluster) -> None:
        self._runtime = runtime
        self._counted = counted
        self._lag = lag
        self._cluster = cluster

    def describe(self) -> Iterable[Metric]:
        return ()  # else registering would collect

    def collect(self) -> Iterable[Metric]:
        yield from self._of_calls()
        yield from self._of_gates()
        yield from self._of_journal()
        yield from self._of_process()
        yield from self._cluster.collect()

    def _of_calls(self) -> Iterable[Metric]:
        counted, of = self._counted, self._counted.copies()
        yield _counter(
            families.REQUESTS, {(*to, status): n for to, one in of.items() for status, n in one.requests.items()}
        )
        yield _counter(families.ATTEMPTS, {(*to, *how): n for to, one in of.items() for how, n in one.attempts.items()})
        yield _histogram(families.DURATION, {to: one.latency for to, one in of.items()})
        yield _histogram(families.FIRST_BYTE, {to: one.first_byte for to, one in of.items()})
        yield _counter(families.FALLBACKS, {to: one.fallbacks for to, one in of.items()})
        yield _counter(
            families.UNITS,
            {(*to, kind): n for to, one in of.items() for kind, n in zip(counts.UNITS, one.units, strict=True)},
        )
        yield _counter(families.COST, {to: one.cost_nano / NANO for to, one in of.items()})
        yield _counter(families.UNPRICED, {to: one.unpriced for to, one in of.items()})
        yield _counter(families.CACHE, _by_word(counted.cache))
        yield _counter(families.SAVED, {(): counted.saved_nano / NANO})
        yield _counter(families.TEAM_REQUESTS, _by_word(counted.team_requests))
        yield _counter(families.TEAM_COST, _by_word(counted.team_cost_nano, scale=NANO))

    def _of_gates(self) -> Iterable[Metric]:
        gates = self._runtime.gates
        yield _gauge(families.IN_FLIGHT, {(): gates.process.in_flight})
        yield _gauge(families.WAITING, {(): gates.process.waiting})
        yield _counter(families.GATED, {(kind,): n for kind, n in gates.refused.items()})

    def _of_journal(self) -> Iterable[Metric]:
        if not self._runtime.ready:
            return
        ledger = self._runtime.ledger
        yield _gauge(families.JOURNAL_LAG, {(name,): n for name, n in ledger.lag().items()})
        yield _counter(families.JOURNAL_REJECTED, {(): ledger.rejected})
        yield _counter(families.JOURNAL_DAMAGED, {(): ledger.damaged})
        yield _counter(families.INTERRUPTED, {(): ledger.interrupted})

    def _of_process(self) -> Iterable[Metric]:
        watched, recording = feed.current(), recorder.current()
        yield _gauge(families.SNAPSHOT, {(): self._runtime.snapshots.current.version})
        yield _histogram(families.LOOP_LAG, {(): self._lag.seen})
        yield _gauge(families.VIEWERS, {(): watched.viewers if watched is not None else 0})
        yield _counter(families.LOG_LOST, {(): recording.lost if recording is not None else 0})
        if self._runtime.ready:
            idle, busy = self._runtime.clients.connections()
            yield _gauge(families.CONNECTIONS, {("idle",): idle, ("busy",): busy})


def _by_word(counted: Counter[str], *, scale: float = 1) -> Values:
    return {(word,): count / scale for word, count in counted.copy().items()}


def _counter(family: Family, values: Values) -> Metric:
    made = CounterMetricFamily(family.name, family.help, labels=family.labels)
    for labels, value in values.items():
        made.add_metric(labels, value)
    return made


def _gauge(family: Family, values: Values) -> Metric:
    made = GaugeMetricFamily(family.name, family.help, labels=family.labels)
    for labels, value in values.items():
        made.add_metric(labels, value)
    return made


def _histogram(family: Family, values: Mapping[tuple[str, ...], Histogram]) -> Metric:
    made = HistogramMetricFamily(family.name, family.help, labels=family.labels)
    for labels, one in values.items():
        added = list(itertools.accumulate(one.counts))
        bounds: list[Any] = [*map(str, one.bounds), "+Inf"]
        if added[-1]:
            made.add_metric(labels, list(zip(bounds, added, strict=True)), one.sum)
    return made

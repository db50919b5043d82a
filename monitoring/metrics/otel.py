"""OpenTelemetry, where OTEL_EXPORTER_OTLP_ENDPOINT is set and the extra ``otel`` is installed: spans and metrics of
closed exchanges, made and sent by threads of their own.

On the request path an exchange is only put into a queue; what does not fit is not told, and counted.
"""

from __future__ import annotations

import logging
import os
import threading
from collections import deque
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from gateway.events import Topic, exchange_closed
from gateway.exchange import Exchange
from monitoring.metrics.labels import Labels
from providers.catalogue import Catalogue

if TYPE_CHECKING:
    from opentelemetry.sdk.metrics.export import MetricExporter
    from opentelemetry.sdk.trace.export import SpanExporter

log = logging.getLogger("switchboard.otel")

EVERY = 1.0  # seconds
MOST_WAITING = 10_000  # exchanges
ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
MISSING = "%s is set, but the extra is not installed: pip install 'switchboard[otel]'. Nothing is sent."
SHARES = {"always_on": 1.0, "parentbased_always_on": 1.0, "always_off": 0.0, "parentbased_always_off": 0.0}


class Telemetry:
    """``catalogue`` gives the one in force. ``spans`` and ``metrics``: exporters, ``None`` for what is not sent.
    ``share``: of the traces that begin here."""

    def __init__(
        self,
        catalogue: Callable[[], Catalogue],
        *,
        spans: SpanExporter | None,
        metrics: MetricExporter | None,
        share: float = 1.0,
        every: float = EVERY,
        most: int = MOST_WAITING,
    ) -> None:
        from opentelemetry.sdk.metrics import MeterProvider
        from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        from monitoring.metrics.instruments import Instruments

        self.lost = 0
        self._catalogue = catalogue
        self._share = share
        self._every = every
        self._most = most
        self._resource = Resource.create({} if os.environ.get("OTEL_SERVICE_NAME") else {"service.name": "switchboard"})
        self._processor = BatchSpanProcessor(spans) if spans is not None else None
        self._meters = (
            MeterProvider([PeriodicExportingMetricReader(metrics)], resource=self._resource, shutdown_on_exit=False)
            if metrics is not None
            else None
        )
        self._instruments = (
            Instruments(self._meters.get_meter("switchboard"), Labels(catalogue)) if self._meters else None
        )
        self._waiting: deque[Exchange] = deque()
        self._stopping = threading.Event()
        self._failing = False
        self._thread = threading.Thread(target=self._run, name="otel", daemon=True)
        self._unsubscribe: Callable[[], None] | None = None

    def start(self, closed: Topic[Exchange] = exchange_closed) -> None:
        self._unsubscribe = closed.subscribe(self.on_closed)
        self._thread.start()

    def stop(self, seconds: float = 5.0) -> None:
        """Sends what is left, for ``seconds`` at most: a collector that is away holds nobody up."""
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None
        self._stopping.set()
        ending = threading.Thread(target=self._end, name="otel-end", daemon=True)
        ending.start()
        ending.join(seconds)

    def _end(self) -> None:
        self._thread.join()
        if self._processor is not None:
            self._processor.shutdown()  # type: ignore[no-untyped-call]
        if self._meters is not None:
            self._meters.shutdown(timeout_millis=5000)

    def on_closed(self, exchange: Exchange) -> None:
        if len(self._waiting) < self._most:
            self._waiting.append(exchange)
        else:
            self.lost += 1

    def flush(self) -> None:
        """Makes spans and figures of what waits, and hands them to those that send."""
        from monitoring.metrics.spans import is_sampled, spans_of, where

        catalogue = self._catalogue()
        for _ in range(len(self._waiting)):
            exchange = self._waiting.popleft()
            if self._processor is not None and is_sampled(exchange, self._share):
                for span in spans_of(exchange, catalogue, self._resource):
                    self._processor.on_end(span)
            if self._instruments is not None:
                self._instruments.record(exchange, where(catalogue, exchange.provider))

    def _run(self) -> None:
        while True:
            last = self._stopping.wait(self._every)
            try:
                self.flush()
            except Exception:
                if not self._failing:
                    log.exception("traces were not made")
                self._failing = True
            if last:
                return


def wanted(environ: Mapping[str, str], signal: str = "") -> str:
    """The variable that asks for traces and metrics, or for one of them (``TRACES``, ``METRICS``); "" if none does."""
    if environ.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return ""
    if signal:
        if environ.get(f"OTEL_{signal}_EXPORTER", "otlp") == "none":
            return ""
        return next((name for name in (ENDPOINT, f"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT") if environ.get(name)), "")
    return wanted(environ, "TRACES") or wanted(environ, "METRICS")


def start(catalogue: Callable[[], Catalogue], environ: Mapping[str, str]) -> Telemetry | None:
    """What was started; ``None`` where nothing asks for it, or the extra is missing. ``environ``: the variables in
    force, those of ``.env`` too."""
    variable = wanted(environ)
    if not variable:
        return None
    for name, value in environ.items():
        if name.startswith("OTEL_"):
            os.environ.setdefault(name, value)  # the SDK reads nothing else
    try:
        from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    except ImportError:
        log.error(MISSING, variable)
        return None
    telemetry = Telemetry(
        catalogue,
        spans=OTLPSpanExporter() if wanted(environ, "TRACES") else None,
        metrics=OTLPMetricExporter() if wanted(environ, "METRICS") else None,
        share=share(environ),
    )
    telemetry.start()
    return telemetry


def share(environ: Mapping[str, str]) -> float:
    """Of the traces that begin here, how many are kept, 0 to 1: OTEL_TRACES_SAMPLER and its argument. A trace that an
    app began is kept if the app keeps it."""
    sampler = environ.get("OTEL_TRACES_SAMPLER", "parentbased_always_on")
    if sampler in SHARES:
        return SHARES[sampler]
    try:
        return min(1.0, max(0.0, float(environ.get("OTEL_TRACES_SAMPLER_ARG", "1"))))
    except ValueError:
        log.error("OTEL_TRACES_SAMPLER_ARG is no number; every trace is kept.")
        return 1.0

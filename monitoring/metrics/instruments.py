"""The GenAI conventions' metrics, recorded of closed exchanges.

https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-metrics/
"""

from __future__ import annotations

from opentelemetry.metrics import Meter

from gateway.exchange import Exchange
from monitoring.metrics.labels import Labels
from monitoring.metrics.spans import Where, operation_of

SECONDS = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92)
FIRST = (0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)
UNITS = tuple(4.0**power for power in range(14))


class Instruments:
    """``labels`` keep the number of series small, as for Prometheus."""

    def __init__(self, meter: Meter, labels: Labels) -> None:
        self._labels = labels
        self._usage = meter.create_histogram(
            "gen_ai.client.token.usage",
            unit="{token}",
            description="Input and output units of a call.",
            explicit_bucket_boundaries_advisory=UNITS,
        )
        self._duration = meter.create_histogram(
            "gen_ai.client.operation.duration",
            unit="s",
            description="How long a call took.",
            explicit_bucket_boundaries_advisory=SECONDS,
        )
        self._first = meter.create_histogram(
            "gen_ai.server.time_to_first_token",
            unit="s",
            description="Time to a stream's first byte.",
            explicit_bucket_boundaries_advisory=FIRST,
        )

    def record(self, exchange: Exchange, place: Where) -> None:
        provider, model = self._labels.target(exchange.provider, exchange.model)
        about: dict[str, str | int] = {
            "gen_ai.operation.name": operation_of(exchange.endpoint),
            "gen_ai.provider.name": place.name or provider,
            "gen_ai.request.model": model,
            "gen_ai.response.model": model,
        }
        if place.address:
            about |= {"server.address": place.address, "server.port": place.port}
        if exchange.usage_basis != "none":
            self._usage.record(exchange.input, {**about, "gen_ai.token.type": "input"})
            self._usage.record(exchange.output, {**about, "gen_ai.token.type": "output"})
        if exchange.first_byte_us and exchange.stream:
            self._first.record(exchange.first_byte_us / 1e6, about)
        if exchange.error_code:
            about["error.type"] = "refused" if exchange.status < 500 else "failed"
        self._duration.record(exchange.latency_us / 1e6, about)

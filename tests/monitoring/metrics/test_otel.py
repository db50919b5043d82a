"""Traces and metrics arrive at a collector: an HTTP server of this process that reads OTLP."""

from __future__ import annotations

import gzip
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from timeit import repeat
from typing import Any

import httpx
import pytest
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from gateway import trace
from gateway.events import Topic
from gateway.exchange import Attempt, Exchange
from monitoring.metrics import otel
from monitoring.metrics.otel import Telemetry
from monitoring.metrics.spans import where
from providers.catalogue import Catalogue
from tests.gateway.harness import completion, gateway, provider, reply
from tests.monitoring.metrics.cast import CATALOGUE, call

PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


class Collector:
    """Keeps what it is sent, read."""

    def __init__(self) -> None:
        self.spans: list[Any] = []
        self.services: set[str] = set()
        self.metrics: dict[str, Any] = {}
        self.headers: list[dict[str, str]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                if self.headers.get("content-encoding") == "gzip":
                    body = gzip.decompress(body)
                outer.headers.append({name.lower(): value for name, value in self.headers.items()})
                outer.take(self.path, body)
                self.send_response(200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=lambda: self._server.serve_forever(0.02), daemon=True)

    def take(self, path: str, body: bytes) -> None:
        if path.endswith("/v1/traces"):
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                self.services.add(plain(resource.resource.attributes)["service.name"])
                self.spans += [span for scope in resource.scope_spans for span in scope.spans]
        elif path.endswith("/v1/metrics"):
            for resource in ExportMetricsServiceRequest.FromString(body).resource_metrics:
                self.metrics |= {one.name: one for scope in resource.scope_metrics for one in scope.metrics}

    def __enter__(self) -> Collector:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def plain(attributes: Any) -> dict[str, Any]:
    found = {}
    for one in attributes:
        kind = one.value.WhichOneof("value")
        value = getattr(one.value, kind)
        found[one.key] = [each.string_value for each in value.values] if kind == "array_value" else value
    return found


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    for name in [name for name in os.environ if name.startswith("OTEL_")]:
        monkeypatch.delenv(name)
    before = dict(os.environ)
    with Collector() as running:
        yield running
    for name in set(os.environ) - set(before):
        del os.environ[name]


def environ(collector: Collector, **more: str) -> dict[str, str]:
    return {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_EXPORTER_OTLP_HEADERS": "x-canary=1", **more}


def sent(collector: Collector, *exchanges: Exchange, catalogue: Catalogue = CATALOGUE, **more: str) -> None:
    """Tells of exchanges as the gateway does, and ends: then everything is there."""
    telemetry = otel.start(lambda: catalogue, environ(collector, **more))
    assert telemetry is not None
    for one in exchanges:
        telemetry.on_closed(one)
    telemetry.stop(20)


async def test_the_apps_span_is_the_parent_and_the_attempts_are_that_of_the_vendors(
    collector: Collector, tmp_path: Path
) -> None:
    async def answer(request: httpx.Request) -> httpx.Response:
        return reply({"error": {"message": "no"}}, 500) if request.url.host == "acme.test" else reply(completion())

    providers = [provider("acme", priority=1), provider("groq", vendor_slug="groq", priority=2)]
    catalogue = Catalogue(providers={one.name: one for one in providers})
    telemetry = otel.start(lambda: catalogue, environ(collector))
    assert telemetry is not None
    async with gateway(tmp_path, answer, *providers) as there:
        there.runtime.traces = True
        assert (await there.chat(headers=[(b"traceparent", PARENT.encode())])).status == 200
        passed_on = [request.headers["traceparent"].split("-") for request in there.network.requests]
    telemetry.stop(20)
    server, first, second = sorted(collector.spans, key=lambda span: (span.kind != 2, span.start_time_unix_nano))
    assert collector.services == {"switchboard"}
    assert {span.trace_id.hex() for span in collector.spans} == {PARENT.split("-")[1]}
    assert server.parent_span_id.hex() == PARENT.split("-")[2]
    assert {first.parent_span_id, second.parent_span_id} == {server.span_id}
    assert [parts[2] for parts in passed_on] == [first.span_id.hex(), second.span_id.hex()]
    assert (server.name, server.kind, first.kind) == ("chat m1", 2, 3)  # SERVER, CLIENT
    about = plain(server.attributes)
    assert about["gen_ai.operation.name"] == "chat"
    assert (about["gen_ai.provider.name"], about["gen_ai.request.model"]) == ("groq", "m1")
    assert (about["gen_ai.response.model"], about["gen_ai.response.finish_reasons"]) == ("m1", ["stop"])
    assert (about["gen_ai.usage.input_tokens"], about["gen_ai.usage.output_tokens"]) == (5, 7)
    failed = plain(first.attributes)
    assert (first.status.code, failed["error.type"], failed["http.response.status_code"]) == (2, "provider_error", 500)
    assert (failed["server.address"], failed["server.port"]) == ("acme.test", 80)
    assert second.status.code == 0
    assert server.start_time_unix_nano <= first.start_time_unix_nano
    assert second.end_time_unix_nano <= server.end_time_unix_nano + 1000
    assert collector.headers[0]["x-canary"] == "1"


def test_a_trace_that_begins_here_has_the_requests_id(collector: Collector) -> None:
    told = call()
    sent(collector, told)
    (server,) = collector.spans
    assert server.trace_id.hex() == told.id.replace("-", "")
    assert not server.parent_span_id
    assert server.span_id.hex() == trace.span_id(told.id)


def test_figures_arrive_by_the_names_of_the_conventions(collector: Collector) -> None:
    sent(collector, call(stream=True), call(model="invented-canary", error_code="x", status=502, ended_by="failed"))
    assert set(collector.metrics) == {
        "gen_ai.client.token.usage",
        "gen_ai.client.operation.duration",
        "gen_ai.server.time_to_first_token",
    }
    usage = {
        plain(point.attributes)["gen_ai.token.type"]: point.sum
        for point in collector.metrics["gen_ai.client.token.usage"].histogram.data_points
        if plain(point.attributes)["gen_ai.request.model"] == "m1"
    }
    assert usage == {"input": 12, "output": 34}
    duration = collector.metrics["gen_ai.client.operation.duration"]
    assert duration.unit == "s"
    models = {plain(point.attributes)["gen_ai.request.model"] for point in duration.histogram.data_points}
    assert models == {"m1", "other"}
    assert duration.histogram.data_points[0].sum == pytest.approx(0.2505)


def test_what_was_said_and_who_said_it_stay_here(collector: Collector) -> None:
    words = {"message": "canary-of-the-vendor", "reason": "canary-reason", "token": "fp-canary"}
    sent(
        collector,
        call(
            content=b"canary-prompt",
            api_key="canary-key",
            team="canary-team",
            error_message="canary-message",
            tags=["canary-tag"],
            token="fp-canary",
            attempts=[Attempt(provider="acme", model="m1", **words)],
        ),
    )
    assert collector.spans and "canary" not in "".join(map(str, collector.spans))


def test_the_app_decides_whether_its_trace_is_kept(collector: Collector) -> None:
    sent(collector, call(trace=PARENT), call(trace=PARENT[:-2] + "00"), call(), OTEL_TRACES_SAMPLER="always_off")
    assert [span.trace_id.hex() for span in collector.spans] == [PARENT.split("-")[1]]
    assert collector.metrics, "figures are of all calls"


@pytest.mark.parametrize(
    ("variables", "share"),
    [
        ({}, 1.0),
        ({"OTEL_TRACES_SAMPLER": "always_off"}, 0.0),
        ({"OTEL_TRACES_SAMPLER": "parentbased_traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0.25"}, 0.25),
        ({"OTEL_TRACES_SAMPLER": "traceidratio", "OTEL_TRACES_SAMPLER_ARG": "7"}, 1.0),
        ({"OTEL_TRACES_SAMPLER": "traceidratio", "OTEL_TRACES_SAMPLER_ARG": "half"}, 1.0),
    ],
)
def test_the_share_of_traces_that_is_kept(variables: dict[str, str], share: float) -> None:
    assert otel.share(variables) == share


@pytest.mark.parametrize(
    ("variables", "traces", "metrics"),
    [
        ({}, "", ""),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "x"}, "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "x"}, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", ""),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "x", "OTEL_METRICS_EXPORTER": "none"}, "OTEL_EXPORTER_OTLP_ENDPOINT", ""),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "x", "OTEL_SDK_DISABLED": "True"}, "", ""),
    ],
)
def test_only_what_is_asked_for_is_sent(variables: dict[str, str], traces: str, metrics: str) -> None:
    assert (otel.wanted(variables, "TRACES"), otel.wanted(variables, "METRICS")) == (traces, metrics)
    if not (traces or metrics):
        assert otel.start(lambda: CATALOGUE, variables) is None


def test_without_the_extra_it_says_what_to_install(
    collector: Collector, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    assert otel.start(lambda: CATALOGUE, environ(collector)) is None
    assert "switchboard[otel]" in caplog.text


def test_listening_costs_a_call_less_than_a_microsecond_and_what_is_too_much_is_counted() -> None:
    telemetry = Telemetry(lambda: CATALOGUE, spans=None, metrics=None, most=150_000, every=3600)
    topic: Topic[Exchange] = Topic("closed")
    telemetry.start(topic)
    told = call()
    cost = min(repeat(lambda: telemetry.on_closed(told), number=20_000, repeat=5, timer=time.thread_time)) / 2e4 * 1e6
    for _ in range(60_000):
        topic.tell(told)
    assert cost < 1, f"{cost:.2f} µs"
    assert telemetry.lost == 10_000
    telemetry._waiting.clear()
    telemetry.stop()


def test_a_collector_that_is_away_holds_nobody_up() -> None:
    exporter = OTLPSpanExporter(endpoint="http://127.0.0.1:1/v1/traces", timeout=1)
    telemetry = Telemetry(lambda: CATALOGUE, spans=exporter, metrics=None, every=0.01)
    topic: Topic[Exchange] = Topic("closed")
    telemetry.start(topic)
    topic.tell(call())
    began = time.monotonic()
    telemetry.stop(0.5)
    assert time.monotonic() - began < 20


def waited_for(true: Callable[[], bool], seconds: float = 20) -> bool:
    until = time.monotonic() + seconds
    while not true() and time.monotonic() < until:
        time.sleep(0.02)
    return true()


def test_spans_are_sent_while_the_process_runs(collector: Collector) -> None:
    telemetry = otel.start(lambda: CATALOGUE, environ(collector, OTEL_BSP_SCHEDULE_DELAY="50"))
    assert telemetry is not None
    telemetry.on_closed(call())
    assert waited_for(lambda: bool(collector.spans))
    telemetry.stop()


@pytest.mark.parametrize(
    ("base_url", "server"),
    [
        ("https://api.openai.com/v1", ("api.openai.com", 443)),
        ("http://127.0.0.1:8080", ("127.0.0.1", 8080)),
        ("local://demo", ("", 0)),
        ("http://[broken", ("", 0)),
        ("", ("", 0)),
    ],
)
def test_the_server_of_a_provider(base_url: str, server: tuple[str, int]) -> None:
    catalogue = Catalogue(providers={"acme": provider("acme", base_url=base_url)})
    assert where(catalogue, "acme")[1:] == server
    assert where(catalogue, "gone") == ("gone", "", 0)

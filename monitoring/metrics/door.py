"""``GET /metrics``: an ASGI application of its own before Django, whose ALLOWED_HOSTS would refuse a scraper that knows
an address only.
"""

from __future__ import annotations

import asyncio
import gzip
import logging
from collections.abc import Callable
from concurrent.futures import Future

from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector
from prometheus_client.exposition import choose_encoder

from gateway.api.door import Receive, Scope, Send
from gateway.api.envelopes import refusal
from gateway.errors import MethodNotAllowed
from gateway.exchange import uuid7
from gateway.runtime import Runtime
from monitoring.metrics.allowed import check
from monitoring.metrics.cluster import Cluster
from monitoring.metrics.collector import ProcessFigures
from monitoring.metrics.counts import Counts
from monitoring.metrics.labels import Labels
from monitoring.metrics.loop_lag import LoopLag
from providers.errors import SwitchboardError

log = logging.getLogger("switchboard.metrics")

PATH = "/metrics"
CLUSTER_SECONDS = 1.0  # a scrape waits so long for figures of the cluster; older ones do meanwhile
WORTH_PACKING = 1000  # bytes


class MetricsDoor:
    """``token``: METRICS_TOKEN. ``start`` and ``stop`` are the lifespan's."""

    def __init__(self, runtime: Runtime, *, token: str = "", cluster: Cluster | None = None) -> None:
        self.runtime = runtime
        self.counts = Counts(Labels(lambda: runtime.snapshots.current.catalogue))
        self.cluster = cluster or Cluster(lambda: runtime.snapshots.current.spending.budgets)
        self._token = token
        self._lag = LoopLag()
        self._unsubscribe: Callable[[], None] | None = None
        self._registry = CollectorRegistry(auto_describe=False)
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=self._registry)
        self._registry.register(ProcessFigures(runtime, self.counts, self._lag, self.cluster))

    def start(self) -> None:
        """Begins to count. On the loop that serves."""
        self._unsubscribe = self.counts.listen()
        self._lag.start()

    async def stop(self) -> None:
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None
        await self._lag.stop()
        await asyncio.to_thread(self.cluster.close)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {name.decode("latin1"): value.decode("latin1") for name, value in scope["headers"]}
        try:
            if scope["method"] not in ("GET", "HEAD"):
                raise MethodNotAllowed("Scrape with GET.")
            check(scope, headers, keys=self.runtime.snapshots.keys, token=self._token)
        except SwitchboardError as error:
            request_id = uuid7()
            answer = refusal(error, request_id, wire_name="openai")
            assert isinstance(answer.body, bytes)
            extra = [(b"x-request-id", request_id.encode()), *_challenge(error)]
            await _send(send, answer.status, [*answer.headers, *extra], answer.body)
            return
        await _waited(self.cluster.freshen())
        kind, body, packed = await asyncio.to_thread(self._exposition, headers)
        fields = [(b"content-type", kind.encode()), (b"cache-control", b"no-store"), (b"vary", b"accept-encoding")]
        if packed:
            fields.append((b"content-encoding", b"gzip"))
        await _send(send, 200, fields, b"" if scope["method"] == "HEAD" else body)

    def _exposition(self, headers: dict[str, str]) -> tuple[str, bytes, bool]:
        """Content type, body and whether that is packed. A blocking piece of work."""
        encode, kind = choose_encoder(headers.get("accept", ""))
        body = encode(self._registry)
        if "gzip" in headers.get("accept-encoding", "") and len(body) > WORTH_PACKING:
            return kind, gzip.compress(body, 1), True
        return kind, body, False


async def _waited(reading: Future[None] | None) -> None:
    if reading is not None:
        await asyncio.wait([asyncio.wrap_future(reading)], timeout=CLUSTER_SECONDS)


def _challenge(error: SwitchboardError) -> list[tuple[bytes, bytes]]:
    if error.status == 405:
        return [(b"allow", b"GET, HEAD")]
    return [(b"www-authenticate", b"Bearer")] if error.status == 401 else []


async def _send(send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    headers = [*headers, (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})

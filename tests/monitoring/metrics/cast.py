"""The cast of the metrics' tests: processes that serve /metrics, scraped and read as Prometheus does."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics
from prometheus_client.parser import text_string_to_metric_families as read_text

from gateway.exchange import Exchange
from gateway.runtime import Runtime
from gateway.snapshot import KeyFacts
from monitoring.metrics.cluster import Cluster
from monitoring.metrics.counts import Counts
from monitoring.metrics.door import MetricsDoor
from monitoring.metrics.labels import Labels
from providers.catalogue import Catalogue
from tests.gateway.harness import Gateway, completion, gateway, key_facts, provider, reply
from tests.monitoring.live_cast import exchange

WATCHER = "sk-sb-watcher"
KEYS = {
    "sk-sb-test": key_facts(),
    WATCHER: key_facts(id=2, team_id=0, scopes=frozenset({"monitoring"})),
    "sk-sb-of-a-team": key_facts(id=3, team_id=1, scopes=frozenset({"monitoring"})),
    "sk-sb-admin": key_facts(id=4, team_id=1, scopes=frozenset({"admin"})),
    "sk-sb-disabled": key_facts(id=5, team_id=0, scopes=frozenset({"monitoring"}), enabled=False),
    "sk-sb-expired": key_facts(id=6, team_id=0, scopes=frozenset({"monitoring"}), expires_at=1.0),
}
CATALOGUE = Catalogue(
    providers={name: provider(name, models=("m1", "m2", "m3")) for name in ("acme", "groq", "openai")}
)


def call(**changes: Any) -> Exchange:
    """By default acme's m1, without the attempts of ``exchange``."""
    return exchange(**{"provider": "acme", "model": "m1", "attempts": [], **changes})


def counts(**most: int) -> Counts:
    return Counts(Labels(lambda: CATALOGUE, **most))


class Scraped(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    def samples(self) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
        """Every series with its value."""
        read = read_openmetrics if "openmetrics" in self.headers["content-type"] else read_text
        found = [one for family in read(self.text) for one in family.samples]
        series = {(one.name, tuple(sorted(one.labels.items()))): one.value for one in found}
        assert len(series) == len(found), "no series twice"
        return series

    def value(self, name: str, **labels: str) -> float:
        return self.samples()[name, tuple(sorted(labels.items()))]

    def has(self, name: str) -> bool:
        return any(series == name for series, _ in self.samples())


async def scrape(
    door: Any,
    *,
    key: str = WATCHER,
    method: str = "GET",
    headers: Iterable[tuple[str, str]] = (),
    client: str = "10.0.0.9",
    host: str = "10.0.0.1:4000",
) -> Scraped:
    given = [("host", host), *headers]
    if key:
        given.append(("authorization", f"Bearer {key}"))
    scope = {
        "type": "http",
        "method": method,
        "path": "/metrics",
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in given],
        "client": (client, 5),
    }
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(dict(message))

    await door(scope, receive, send)
    fields = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return Scraped(sent[0]["status"], fields, b"".join(one.get("body", b"") for one in sent[1:]))


class NoCluster(Cluster):
    """Of a process that has no database."""

    def __init__(self) -> None:
        super().__init__(lambda: ())

    def freshen(self) -> None:
        return None

    def close(self) -> None:
        self._reader.shutdown()


class Process(NamedTuple):
    gateway: Gateway
    door: MetricsDoor

    @property
    def runtime(self) -> Runtime:
        return self.gateway.runtime


@asynccontextmanager
async def process(
    path: Path, *, token: str = "", cluster: Cluster | None = None, keys: Mapping[str, KeyFacts] = KEYS, **more: Any
) -> AsyncIterator[Process]:
    """One that serves calls and /metrics. By default without figures of the cluster."""

    async def answer(request: httpx.Request) -> httpx.Response:
        return reply(completion())

    async with gateway(path, answer, keys=keys, **more) as there:
        door = MetricsDoor(there.runtime, token=token, cluster=cluster or NoCluster())
        door.start()
        try:
            yield Process(there, door)
        finally:
            await door.stop()

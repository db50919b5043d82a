"""Two web processes on PostgreSQL and Redis, scraped as Prometheus does: their sum is what was called."""

from __future__ import annotations

import json
import os
import time
import urllib.request
from collections import Counter
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.fake_vendor.server import in_thread
from tests.server.running import KEY, Server, acme

pytestmark = pytest.mark.services

CALLS = {"one": 5, "two": 3}
ONCE = ("switchboard_tokens", "switchboard_provider_health", "switchboard_cluster_figures_age_seconds")


def chat(server: Server) -> None:
    body = json.dumps({"model": "fake-large", "messages": [{"role": "user", "content": "Hi"}]}).encode()
    headers = {"authorization": f"Bearer {KEY}", "content-type": "application/json"}
    request = urllib.request.Request(f"{server.url}/v1/chat/completions", body, headers)
    with urllib.request.urlopen(request, timeout=20) as response:
        assert response.status == 200


def scraped(server: Server) -> dict[str, float]:
    """Each series with its value, from an address that ALLOWED_HOSTS does not know."""
    request = urllib.request.Request(f"{server.url}/metrics", headers={"host": "10.1.2.3:4000"})
    request.add_header("authorization", "Bearer of-prometheus")
    with urllib.request.urlopen(request, timeout=20) as response:
        text = response.read().decode()
    found = [one for family in text_string_to_metric_families(text) for one in family.samples]
    return {f"{one.name}{sorted(one.labels.items())}": one.value for one in found}


def test_a_sum_over_both_counts_everything_once(postgres_url: str, redis_url: str, tmp_path: Path) -> None:
    with in_thread() as vendor:
        shared = {
            "DATABASE_URL": postgres_url,
            "REDIS_URL": redis_url,
            "ENCRYPTION_KEYS": os.environ["ENCRYPTION_KEYS"],
            "METRICS_TOKEN": "of-prometheus",
            **acme(vendor.url),
        }
        servers = {name: Server(tmp_path / name, shared) for name in CALLS}
        try:
            for name, server in servers.items():
                server.data_dir.mkdir()
                server.start()
                for _ in range(CALLS[name]):
                    chat(server)
            until = time.monotonic() + 30
            while True:
                found = [scraped(server) for server in servers.values()]
                if any(name.startswith(ONCE[0]) for one in found for name in one) or time.monotonic() > until:
                    break
                time.sleep(0.5)
        finally:
            for server in servers.values():
                if server.process is not None:
                    server.stop()
    sums: Counter[str] = Counter()
    for one in found:
        sums.update(one)
    answered = [
        value for name, value in sums.items() if name.startswith("switchboard_requests_total") and "2xx" in name
    ]
    assert answered == [sum(CALLS.values())]
    for series in ONCE:
        owners = [one for one in found if any(name.startswith(series) for name in one)]
        assert len(owners) == 1, f"{series} is served by one process"
    healthy = "switchboard_tokens[('provider', 'openai_compatible'), ('state', 'healthy')]"
    assert sums[healthy] == 1

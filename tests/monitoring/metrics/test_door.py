"""Who may scrape, and what a scrape gets."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from gateway.events import exchange_closed
from gateway.exchange import Attempt
from monitoring.metrics import families
from tests.monitoring.metrics.cast import WATCHER, call, process, scrape

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "metrics.md").read_text()
FELL_BACK = [
    Attempt(provider="acme", model="m2", status=500, error="x"),
    Attempt(provider="acme", model="m1", status=200),
]
OPENMETRICS = [("accept", "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5")]


async def test_calls_are_counted_and_scraped(tmp_path: Path) -> None:
    async with process(tmp_path) as it:
        for _ in range(3):
            await it.gateway.chat()
        await it.gateway.chat(model="no-such-model")
        got = await scrape(it.door)
        assert (got.status, got.headers["content-type"].split(";")[0]) == (200, "text/plain")
        assert got.value("switchboard_requests_total", provider="acme", model="m1", status="2xx") == 3
        assert got.value("switchboard_requests_total", provider="none", model="none", status="4xx") == 1
        assert got.value("switchboard_request_duration_seconds_count", provider="acme", model="m1") == 3
        usage = {"provider": "acme", "model": "m1"}
        assert got.value("switchboard_usage_units_total", kind="output", **usage) == 21
        assert got.value("switchboard_requests_in_flight") == 0
        assert got.value("switchboard_snapshot_version") == 1
        assert got.value("switchboard_journal_lag_records", consumer="taken") >= 0
        assert got.has("process_start_time_seconds")


async def test_prometheus_may_ask_for_openmetrics_packed(tmp_path: Path) -> None:
    async with process(tmp_path) as it:
        await it.gateway.chat()
        plain = await scrape(it.door, headers=OPENMETRICS)
        assert plain.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
        assert plain.text.endswith("# EOF\n")
        assert plain.value("switchboard_requests_total", provider="acme", model="m1", status="2xx") == 1
        packed = await scrape(it.door, headers=[*OPENMETRICS, ("accept-encoding", "gzip")])
        assert packed.headers["content-encoding"] == "gzip"
        assert gzip.decompress(packed.body).endswith(b"# EOF\n")
        assert (await scrape(it.door, method="HEAD")).body == b""


@pytest.mark.parametrize("key", [WATCHER, "sk-sb-admin", "the-token"])
async def test_who_sees_everything_may_scrape(tmp_path: Path, key: str) -> None:
    async with process(tmp_path, token="the-token") as it:
        assert (await scrape(it.door, key=key)).status == 200


@pytest.mark.parametrize(
    ("key", "status"),
    [
        ("", 401),
        ("unheard-of", 401),
        ("sk-sb-disabled", 401),
        ("sk-sb-expired", 401),
        ("sk-sb-test", 403),  # it may call models only
        ("sk-sb-of-a-team", 403),  # it would see other teams
    ],
)
async def test_anybody_else_gets_the_envelope(tmp_path: Path, key: str, status: int) -> None:
    async with process(tmp_path) as it:
        got = await scrape(it.door, key=key)
        assert got.status == status
        error = json.loads(got.body)["error"]
        assert set(error) >= {"message", "type", "code", "param"}
        assert (got.headers.get("www-authenticate") == "Bearer") == (status == 401)
        assert "switchboard_" not in got.text


LOCAL = {"key": "", "client": "127.0.0.1", "host": "127.0.0.1:4000"}


async def test_a_program_on_this_machine_needs_no_key(tmp_path: Path) -> None:
    async with process(tmp_path) as it:
        assert (await scrape(it.door, **LOCAL)).status == 200
        assert (await scrape(it.door, **{**LOCAL, "client": "::1", "host": "[::1]:4000"})).status == 200


@pytest.mark.parametrize(
    "change",
    [
        {"headers": [("x-forwarded-for", "1.2.3.4")]},
        {"headers": [("x-real-ip", "1.2.3.4")]},
        {"headers": [("origin", "https://evil.example")]},
        {"host": "evil.example"},
        {"client": "10.0.0.9"},
        {"client": "nonsense"},
    ],
)
async def test_what_came_through_a_proxy_or_a_browser_is_not_of_this_machine(
    tmp_path: Path, change: dict[str, object]
) -> None:
    async with process(tmp_path) as it:
        assert (await scrape(it.door, **{**LOCAL, **change})).status == 401  # type: ignore[arg-type]


async def test_where_a_token_is_set_this_machine_needs_it_too(tmp_path: Path) -> None:
    async with process(tmp_path, token="the-token") as it:
        assert (await scrape(it.door, **LOCAL)).status == 401


async def test_only_get_and_head(tmp_path: Path) -> None:
    async with process(tmp_path) as it:
        got = await scrape(it.door, method="POST")
        assert (got.status, got.headers["allow"]) == (405, "GET, HEAD")


async def test_no_name_of_a_key_and_no_word_of_an_app_becomes_a_label(tmp_path: Path) -> None:
    async with process(tmp_path) as it:
        exchange_closed.tell(
            call(
                api_key="the-name-of-a-key",
                requested_model="asked-for-canary",
                model="invented-canary",
                error_code="code-canary",
                error_message="text-canary",
                session="session-canary",
                tags=["tag-canary"],
            )
        )
        text = (await scrape(it.door)).text
        assert "canary" not in text and "the-name-of-a-key" not in text
        assert 'model="other"' in text


async def test_it_answers_before_and_after_the_runtime_is_there(tmp_path: Path) -> None:
    async with process(tmp_path) as it:
        it.runtime.ready = False
        got = await scrape(it.door)
        assert got.status == 200 and not got.has("switchboard_journal_lag_records")
        it.runtime.ready = True


async def test_two_processes_count_each_call_once(tmp_path: Path) -> None:
    """Each serves its own: what Prometheus sums is what was called."""
    async with process(tmp_path / "a") as first, process(tmp_path / "b") as second:
        second.door._unsubscribe()  # type: ignore[misc]  # a topic is a process's own
        second.door._unsubscribe = None
        for number in range(5):
            exchange_closed.tell(call(id=str(number)))
        second.door.counts.add(call())
        series = {"provider": "acme", "model": "m1", "status": "2xx"}
        found = [(await scrape(one.door)).value("switchboard_requests_total", **series) for one in (first, second)]
        assert found == [5, 1]


async def test_every_process_metric_is_served_and_documented(tmp_path: Path) -> None:
    async with process(tmp_path) as it:
        exchange_closed.tell(call(team="blue", cache="hit", saved_nano=1, usage_basis="none"))
        exchange_closed.tell(call(stream=True, attempts=FELL_BACK, cost_nano=None))
        text = (await scrape(it.door)).text
    for family in families.FAMILIES:
        assert f"`{family.series[0].removesuffix('_bucket')}`" in PAGE, family.name
        if not family.cluster:
            assert f"# HELP {family.series[0].removesuffix('_bucket')} {family.help}" in text

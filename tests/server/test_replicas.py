"""Two web processes on PostgreSQL and Redis: they agree within a second, with 100,000 API keys too."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import socket
import statistics
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg
import pytest

from gateway.models import hash_key
from tests.fake_vendor.answers import Answer, failing, rate_limited
from tests.fake_vendor.server import FakeVendor, in_thread
from tests.server.running import KEY, Server, acme, free_port

pytestmark = pytest.mark.services

KEYS = 100_000


@contextmanager
def replicas(tmp_path: Path, postgres_url: str, redis_url: str, vendor: FakeVendor) -> Iterator[list[Server]]:
    shared = {
        "DATABASE_URL": postgres_url,
        "REDIS_URL": redis_url,
        "ENCRYPTION_KEYS": os.environ["ENCRYPTION_KEYS"],
        **acme(vendor.url, OPENAI_COMPATIBLE_TOKEN_2="second-token"),
    }
    servers = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        servers.append(Server(tmp_path / name, shared))
    try:
        for server in servers:
            server.start()
        yield servers
    finally:
        for server in servers:
            if server.process is not None:
                server.stop()


class Caller:
    """One connection that stays open, so that only the gateway's own time is measured."""

    def __init__(self, server: Server, key: str = KEY) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
        self.body = b""
        self.headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}

    def call(self) -> int:
        """The status of a chat. A connection that was idle for long may have been closed; it is made anew."""
        try:
            return self._call()
        except (http.client.HTTPException, OSError):
            self.connection.close()
            return self._call()

    def told(self) -> str:
        """The body of a chat's answer."""
        self.call()
        return self.body.decode()

    def _call(self) -> int:
        body = json.dumps({"model": "fake-large", "messages": [{"role": "user", "content": f"Hi {time.monotonic()}"}]})
        self.connection.request("POST", "/v1/chat/completions", body, self.headers)
        with self.connection.getresponse() as response:
            self.body = response.read()
            return response.status


@contextmanager
def callers(*servers: Server, key: str = KEY) -> Iterator[list[Caller]]:
    made = [Caller(server, key) for server in servers]
    try:
        yield made
    finally:
        for caller in made:
            caller.connection.close()


def until(what: float, check: object) -> float:
    """Seconds until ``check`` holds. Fails after ``what`` seconds."""
    began = time.monotonic()
    while not check():  # type: ignore[operator]
        assert time.monotonic() - began < what, f"not within {what:g} s"
        time.sleep(0.02)
    return time.monotonic() - began


def tokens_seen(vendor: FakeVendor) -> set[str | None]:
    """Those it was called with. Each call is a conversation of its own, and which token it stays with is chance."""
    return {request.token for request in vendor.calls()}


def run_sql(url: str, sql: str, *values: object) -> None:
    with psycopg.connect(url, autocommit=True) as database:
        database.execute(sql, values)  # type: ignore[call-overload]


def test_a_token_disabled_in_one_process_is_not_used_by_the_other_a_second_later(
    tmp_path: Path, postgres_url: str, redis_url: str
) -> None:
    with ExitStack() as stack:
        vendor = stack.enter_context(in_thread())
        one, two = stack.enter_context(replicas(tmp_path, postgres_url, redis_url, vendor))
        both = stack.enter_context(callers(one, two))
        until(
            20,
            lambda: (
                all(caller.call() == 200 for caller in both)
                and tokens_seen(vendor) == {"upstream-token", "second-token"}
            ),
        )
        one.manage(
            "shell",
            "-c",
            "from providers.models import Token; Token.objects.get(env_name='OPENAI_COMPATIBLE_TOKEN_2').delete()",
        )
        time.sleep(1)
        before = len(vendor.calls())
        for caller in both * 5:
            assert caller.call() == 200
        assert {request.token for request in vendor.calls()[before:]} == {"upstream-token"}


def test_a_token_that_rests_in_one_process_rests_in_the_other(
    tmp_path: Path, postgres_url: str, redis_url: str
) -> None:
    with ExitStack() as stack:
        vendor = stack.enter_context(in_thread())
        one, two = stack.enter_context(replicas(tmp_path, postgres_url, redis_url, vendor))
        vendor.script(rate_limited(60), token="upstream-token")
        first, second = stack.enter_context(callers(one, two))
        until(20, lambda: first.call() == 200 and "upstream-token" in tokens_seen(vendor))
        time.sleep(1.5)
        before = len(vendor.calls())
        for _ in range(6):
            assert second.call() == 200
        assert {request.token for request in vendor.calls()[before:]} == {"second-token"}


def test_open_breakers_and_resting_tokens_are_agreed_on_within_a_second_also_while_redis_is_away(
    tmp_path: Path, postgres_url: str
) -> None:
    with ExitStack() as stack:
        vendor = stack.enter_context(in_thread())
        port, data = free_port(), tmp_path / "redis"
        data.mkdir()
        cache = stack.enter_context(redis_process(port, data))
        replica = replicas(tmp_path, postgres_url, f"redis://127.0.0.1:{port}/0", vendor)
        one, two = stack.enter_context(replica)
        one.manage(
            "shell",
            "-c",
            "from gateway.models import RoutingSettings as S; S(breaker_open=2, breaker_minimum=4, retries=0).save()",
        )
        time.sleep(1)
        first, second = stack.enter_context(callers(one, two))
        agree_on_a_breaker(vendor, first, second)
        cache.kill()
        cache.wait()
        agree_on_a_breaker(vendor, second, first)
        assert agree_on_a_resting_token(vendor, first, second) < 1
        stack.enter_context(redis_process(port, data))
        agree_on_a_breaker(vendor, first, second)


def agree_on_a_breaker(vendor: FakeVendor, here: Caller, there: Caller) -> None:
    """It opens in one process, is open in the other within a second, and both come back by themselves."""
    vendor.script(failing(500))
    until(20, lambda: "is not asked" in here.told())
    assert until(1, lambda: "is not asked" in there.told()) < 1
    vendor.script(Answer())
    for caller in (here, there):
        until(40, lambda caller=caller: caller.call() == 200)


def agree_on_a_resting_token(vendor: FakeVendor, here: Caller, there: Caller) -> float:
    vendor.script(rate_limited(60), token="upstream-token")
    asked = len(vendor.calls())
    until(5, lambda: here.call() == 200 and used(vendor, asked, "upstream-token"))
    began = time.monotonic()
    while time.monotonic() - began < 1:
        asked = len(vendor.calls())
        assert [there.call() for _ in range(4)] == [200] * 4
        if not used(vendor, asked, "upstream-token"):
            return time.monotonic() - began
        time.sleep(0.05)
    return time.monotonic() - began


def used(vendor: FakeVendor, since: int, token: str) -> bool:
    return any(request.token == token for request in vendor.calls()[since:])


@contextmanager
def redis_process(port: int, data: Path) -> Iterator[subprocess.Popen[bytes]]:
    """One of the test's own, that it may kill."""
    server = shutil.which("redis-server")
    assert server is not None, "apt install redis-server"
    command = [server, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(data)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        try:
            until(10, lambda: answers(port))
            yield process
        finally:
            process.kill()


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_with_100_000_keys_a_save_is_seen_within_a_second_and_p99_does_not_move(
    tmp_path: Path, postgres_url: str, redis_url: str
) -> None:
    with ExitStack() as stack:
        vendor = stack.enter_context(in_thread())
        one, two = stack.enter_context(replicas(tmp_path, postgres_url, redis_url, vendor))
        with psycopg.connect(postgres_url) as database:
            with database.cursor().copy(
                "COPY gateway_apikey"
                " (name, hash, hint, enabled, scopes, allowed_models, priority, created_at, tags, cache) FROM STDIN"
            ) as copy:
                for number in range(KEYS):
                    digest = hash_key(f"sk-{number}")
                    copy.write_row((f"k{number}", digest, "…", True, '["inference"]', "[]", 1, "2026-01-01", "[]", ""))
        one.manage("reload")
        (last,) = stack.enter_context(callers(two, key=f"sk-{KEYS - 1}"))
        until(10, lambda: last.call() == 200)

        calm = latencies(two, seconds=3)
        stop = threading.Event()
        saver = threading.Thread(target=save_often, args=(postgres_url, stop))
        saver.start()
        busy = latencies(two, seconds=4)
        stop.set()
        saver.join()
        p99_calm, p99_busy = p99(calm), p99(busy)
        assert p99_busy < p99_calm * 2 + 0.010, f"{p99_calm * 1e3:.1f} ms calm, {p99_busy * 1e3:.1f} ms with saves"

        (victim,) = stack.enter_context(callers(two, key="sk-7"))
        assert victim.call() == 200
        one.manage(
            "shell", "-c", "from gateway.models import ApiKey; ApiKey.objects.filter(name='k7').update(enabled=False)"
        )
        assert until(1, lambda: victim.call() == 401) < 1


def latencies(server: Server, *, seconds: float) -> list[float]:
    found: list[float] = []
    end = time.monotonic() + seconds
    with callers(server) as (caller,):
        while time.monotonic() < end:
            began = time.perf_counter()
            assert caller.call() == 200
            found.append(time.perf_counter() - began)
    return found


def p99(values: list[float]) -> float:
    return statistics.quantiles(values, n=100)[98]


def save_often(url: str, stop: threading.Event) -> None:
    """What an admin's save of one key does in the database, five times a second, from outside of both processes."""
    number = 0
    with psycopg.connect(url, autocommit=True) as database:
        while not stop.wait(0.2):
            number += 1
            with database.transaction():
                row = database.execute(
                    "UPDATE gateway_apikey SET allowed_models = '[]' WHERE name = %s RETURNING id", (f"k{number}",)
                ).fetchone()
                version = database.execute(
                    "UPDATE providers_configversion SET value = value + 1 RETURNING value"
                ).fetchone()
                assert row is not None and version is not None
                database.execute(
                    "INSERT INTO providers_configchange (version, kind, object_id, at) "
                    "VALUES (%s, 'gateway.ApiKey', %s, now())",
                    (version[0], str(row[0])),
                )

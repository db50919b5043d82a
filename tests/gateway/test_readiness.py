"""Readiness: what a load balancer reads."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from redis.exceptions import ConnectionError as RedisAway

from gateway.readiness import BEHIND, Check, readiness
from tests.gateway.harness import Gateway, completion, gateway, reply


async def hello(request: httpx.Request) -> httpx.Response:
    return reply(completion())


class Redis:
    def __init__(self, *, away: bool = False, hangs: bool = False) -> None:
        self.away, self.hangs = away, hangs

    async def ping(self) -> None:
        if self.hangs:
            await asyncio.sleep(60)
        if self.away:
            raise RedisAway("redis://user:secret@10.0.0.1 refused")


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    more = dict(readiness.more)
    yield
    readiness.more.clear()
    readiness.more.update(more)


async def asked(one: Gateway, query: str = "", *, method: str = "GET") -> tuple[int, dict[str, object]]:
    readiness._asked = None
    got = await one.call(f"/readyz{query}", method=method, key=None)
    return got.status, got.json if got.body else {}


async def test_a_process_that_lacks_nothing_is_ready(tmp_path: Path) -> None:
    async with gateway(tmp_path, hello) as one:
        readiness.more.clear()
        one.runtime.heard_at = time.monotonic()
        status, said = await asked(one)
        assert (status, said["status"]) == (200, "ready")
        assert said["checks"] == {
            "process": {"ok": True, "said": "serving"},
            "database": {"ok": True, "said": "answers"},
            "journal": {"ok": True, "said": "is delivered"},
        }


async def test_without_the_database_it_is_degraded_and_still_takes_calls(tmp_path: Path) -> None:
    async with gateway(tmp_path, hello) as one:
        one.runtime.heard_at = time.monotonic() - 60
        status, said = await asked(one)
        assert (status, said["status"]) == (200, "degraded")
        assert (await asked(one, "?strict=1"))[0] == 503
        assert (await one.chat()).status == 200


@pytest.mark.parametrize("redis", [Redis(away=True), Redis(hangs=True)])
async def test_redis_away_or_hanging_is_told_without_its_address(tmp_path: Path, redis: Redis) -> None:
    async with gateway(tmp_path, hello) as one:
        one.runtime.heard_at = time.monotonic()
        one.runtime.redis = redis  # type: ignore[assignment]
        status, said = await asked(one)
        one.runtime.redis = None
        assert (status, said["status"]) == (200, "degraded")
        assert "secret" not in str(said) and "10.0.0.1" not in str(said)


async def test_a_journal_that_cannot_be_written_is_not_ready(tmp_path: Path) -> None:
    async with gateway(tmp_path, hello) as one:
        one.runtime.heard_at = time.monotonic()
        one.runtime.ledger.journal.seal()
        status, said = await asked(one)
        assert (status, said["status"]) == (503, "unready")


async def test_a_journal_that_nobody_takes_is_told(tmp_path: Path) -> None:
    async with gateway(tmp_path, hello) as one:
        readiness.more.clear()
        one.runtime.heard_at = time.monotonic()
        one.runtime.ledger.delay = lambda: BEHIND + 1  # type: ignore[method-assign]
        status, said = await asked(one)
        assert (status, said["status"]) == (200, "degraded") and "late, not lost" in str(said)


async def test_checks_of_others_count_and_one_that_fails_is_told(tmp_path: Path) -> None:
    async def broken() -> Check:
        raise RuntimeError("secret")

    async def gone() -> Check:
        return Check(False, "no worker was seen for 90 s")

    async with gateway(tmp_path, hello) as one:
        one.runtime.heard_at = time.monotonic()
        readiness.more.update(workers=gone, other=broken)
        status, said = await asked(one)
        assert (status, said["status"]) == (200, "degraded")
        assert "secret" not in str(said) and "no worker was seen" in str(said)


async def test_answers_are_kept_for_a_moment(tmp_path: Path) -> None:
    times = 0

    async def counted() -> Check:
        nonlocal times
        times += 1
        return Check(True, "here")

    async with gateway(tmp_path, hello) as one:
        readiness.more["counted"] = counted
        readiness._asked = None
        for _ in range(3):
            await one.call("/readyz", method="GET", key=None)
        assert times == 1


async def test_a_stopping_process_is_not_ready(tmp_path: Path) -> None:
    async with gateway(tmp_path, hello) as one:
        one.runtime.ready = False
        assert (await asked(one))[0] == 503

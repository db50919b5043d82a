"""Redis: shared by processes, never waited for long, never an error of a call."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisGone

from gateway.cache.answers import AnswerCache
from gateway.cache.asked import Asked
from gateway.cache.compiled import ON, Caching
from gateway.cache.resting import LONGEST, Resting
from tests.gateway.cache.cast import BODY, Clock, ask, cache, inbound, keep


class FakeRedis:
    """As much of it as the cache uses. ``fails``: what it raises; ``hangs``: seconds it takes."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.hashes: dict[str, dict[str, Any]] = {}
        self.seconds: dict[str, int] = {}
        self.fails: Exception | None = None
        self.hangs = 0.0
        self.asked = 0

    async def _does(self) -> None:
        self.asked += 1
        if self.hangs:
            await asyncio.sleep(self.hangs)
        if self.fails is not None:
            raise self.fails

    async def get(self, name: str) -> bytes | None:
        await self._does()
        return self.kept.get(name)

    async def set(self, name: str, value: bytes, *, ex: int) -> None:
        await self._does()
        self.kept[name], self.seconds[name] = value, ex

    async def hgetall(self, name: str) -> dict[str, Any]:
        await self._does()
        return self.hashes.get(name, {})

    async def hset(self, name: str, field: str, value: Any) -> None:
        await self._does()
        self.hashes.setdefault(name, {})[field] = value


@asynccontextmanager
async def two(tmp_path: Path, redis: Any, clock: Any = None) -> AsyncIterator[tuple[AnswerCache, AnswerCache]]:
    """Two processes on different machines."""
    made = [cache(tmp_path / name, redis=redis, clock=clock) for name in ("one", "two")]
    for one in made:
        await one.start()
    yield made[0], made[1]
    for one in made:
        await one.stop()


async def look(asked: Asked) -> bytes | None:
    found = asked.look_now() or await asked.look(within=5)
    return found.body if found is not None else None


async def test_what_one_process_keeps_another_finds(tmp_path: Path) -> None:
    redis = FakeRedis()
    async with two(tmp_path, redis) as (one, other):
        keep(ask(one), b"the answer")
        await one.later.flush(within=2)
        assert await look(ask(other)) == b"the answer"
        assert (other.figures.redis, other.figures.saved_nano) == (1, 500)
        assert ask(other).look_now() is not None
        assert await look(ask(other, inbound(team_id=2))) is None
    (name,) = redis.kept
    assert name.startswith("switchboard:cache:answer:team:1:")
    assert b"the answer" not in redis.kept[name]
    assert redis.seconds[name] == 3600


async def test_a_damaged_or_foreign_entry_is_a_miss(tmp_path: Path) -> None:
    redis = FakeRedis()
    async with two(tmp_path, redis) as (one, other):
        keep(ask(one))
        keep(ask(one, inbound({**BODY, "seed": 1})), b"another")
        await one.later.flush(within=2)
        mine, foreign = redis.kept
        redis.kept[mine] = redis.kept[foreign]
        assert await look(ask(other)) is None
        redis.kept[mine] = b"rubbish"
        assert await look(ask(other)) is None


async def test_a_redis_that_is_away_is_asked_once_and_no_call_fails(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    redis = FakeRedis()
    async with two(tmp_path, redis) as (one, _):
        redis.fails, redis.asked = RedisGone("no"), 0
        with caplog.at_level(logging.WARNING):
            for number in range(5):
                assert await look(ask(one, inbound({**BODY, "seed": number}))) is None
                keep(ask(one, inbound({**BODY, "seed": number})))
        assert redis.asked == 1
        assert caplog.text.count("Redis of the answer cache does not answer (ConnectionError)") == 1
        redis.fails = None
        assert one.shared is not None
        one.shared._resting._until = 0.0
        assert await look(ask(one)) is None
        assert one.shared.usable


async def test_a_redis_that_hangs_costs_one_call_a_tenth_of_a_second(tmp_path: Path) -> None:
    redis = FakeRedis()
    async with two(tmp_path, redis) as (one, _):
        redis.hangs = 30
        loop = asyncio.get_running_loop()
        began = loop.time()
        assert await look(ask(one)) is None
        assert 0.05 < loop.time() - began < 1
        began = loop.time()
        assert await look(ask(one)) is None
        assert loop.time() - began < 0.05
        redis.hangs = 0


async def test_switched_off_it_is_not_asked(tmp_path: Path) -> None:
    redis = FakeRedis()
    async with two(tmp_path, redis) as (one, _):
        off, redis.asked = Caching(mode=ON, use_redis=False), 0
        assert await look(ask(one, caching=off)) is None
        keep(ask(one, caching=off))
        await one.later.flush(within=2)
        assert (redis.kept, redis.asked) == ({}, 0)


async def test_nothing_is_written_that_is_over_or_too_large(tmp_path: Path) -> None:
    redis, clock = FakeRedis(), Clock()
    async with two(tmp_path, redis, clock) as (one, _):
        keep(ask(one), b"x" * (3 * 2**20))
        keep(ask(one, inbound({**BODY, "seed": 1}), headers={"HTTP_X_CACHE_TTL": "5"}))
        clock.now += 6
        await one.later.flush(within=5)
        assert redis.kept == {}


async def test_where_it_was_away_at_the_start_others_answers_wait_until_clearings_are_known(tmp_path: Path) -> None:
    redis = FakeRedis()
    async with two(tmp_path, redis) as (one, _):
        keep(ask(one))
        await one.later.flush(within=2)
        redis.fails = RedisGone("no")
        late = cache(tmp_path / "late", redis=redis)
        await late.start()
        redis.fails = None
        assert await look(ask(late)) is None
        late._board_rests.well()
        await late.read_marks()
        assert await look(ask(late)) is not None
        await late.stop()


def test_a_level_rests_longer_each_time_and_is_well_at_once() -> None:
    clock = Clock(0.0)
    rests = Resting("it", clock=clock)
    waits = []
    for _ in range(8):
        rests.failed(OSError())
        began = clock.now
        while rests.away:
            clock.now += 0.5
        waits.append(clock.now - began)
    assert waits == sorted(waits) and waits[0] == 1.0 and waits[-1] == LONGEST
    rests.well()
    assert not rests.away and rests.failures == 0


# --- a real one ----------------------------------------------------------------------------------------


@pytest.mark.services
async def test_two_processes_share_a_real_redis(tmp_path: Path, redis_url: str) -> None:
    redis = Redis.from_url(redis_url)
    async with two(tmp_path, redis) as (one, other):
        stream = inbound({**BODY, "stream": True})
        keep(ask(one, stream), b"data: 1\n\n", b"data: [DONE]\n\n")
        await one.later.flush(within=2)
        assert await look(ask(other, stream)) == b"data: 1\n\ndata: [DONE]\n\n"
        assert await look(ask(other)) is None
        (name,) = await redis.keys("switchboard:cache:answer:*")
        assert 3590 <= await redis.ttl(name) <= 3600
    await redis.aclose()


@pytest.mark.services
@pytest.mark.django_db
def test_clear_and_stats_over_a_real_redis(tmp_path: Path, redis_url: str, settings: Any) -> None:
    settings.CACHE_DIR, settings.REDIS_URL = tmp_path / "one" / "cache", redis_url

    async def kept() -> None:
        redis = Redis.from_url(redis_url)
        async with two(tmp_path, redis, time.time) as (one, other):
            keep(ask(one))
            keep(ask(one, inbound(team_id=2)))
            await one.later.flush(within=2)
            assert await look(ask(other)) is not None
            await other.tell()
        await redis.aclose()

    async def found() -> bytes | None:
        redis = Redis.from_url(redis_url)
        async with two(tmp_path, redis, time.time) as (one, _):
            given_back = await look(ask(one))
        await redis.aclose()
        return given_back

    asyncio.run(kept())
    said = command("stats")
    assert "Redis      2 answers" in said
    assert "1 asked the cache, 1 were answered from it (100.0 %)" in said
    assert asyncio.run(found()) is not None
    assert "Cleared every answer: 2 on disk and in Redis" in command("clear", yes=True)
    assert asyncio.run(found()) is None
    assert "Redis      0 answers" in command("stats")


def command(*arguments: str, **options: Any) -> str:
    out = StringIO()
    call_command("cache", *arguments, stdout=out, **options)
    return out.getvalue()

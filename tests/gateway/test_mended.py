"""What broke when the running server was attacked: deadlines in queues, waits that vendors asked for, slow starts with
nowhere to go, who a call was at when its app left, clocks that are set back."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gateway.policy.gates import GateRules
from gateway.routing.rules import Rules
from providers import token_store
from providers.catalogue import TokenLimits
from providers.errors import RateLimited
from providers.minute import Minute
from tests.gateway.harness import Gateway, gateway, key_facts, provider
from tests.gateway.test_trying import FIRST, HEDGED, QUICK, SECOND, by_host, error, hangs, says, streams, taught
from tests.providers.pooling import leased, pool_of
from tests.providers.pooling import provider as pooled

DAY = 86_400.0
FULL = GateRules(process_limit=1, queue=10, patience=5.0)


async def timed(one: Gateway, **more: Any) -> tuple[Any, float]:
    began = time.perf_counter()
    response = await one.chat(**more)
    return response, time.perf_counter() - began


@pytest.mark.parametrize("limit", ["process", "key"])
async def test_a_call_waits_for_room_no_longer_than_its_deadline(tmp_path: Path, limit: str) -> None:
    keys = {"sk-sb-test": key_facts(max_in_flight=1 if limit == "key" else None)}
    gates = FULL if limit == "process" else FULL._replace(process_limit=None)
    async with gateway(tmp_path, by_host(first=hangs(0.8)), FIRST, gates=gates, keys=keys) as one:
        running = asyncio.create_task(one.chat())
        await asyncio.sleep(0.05)
        response, seconds = await timed(one, headers=[(b"x-switchboard-timeout", b"0.2")])
        assert seconds < 0.5
        assert response.status == (503 if limit == "process" else 429)
        assert int(response.headers["retry-after"]) >= 1
        assert (await running).status == 200


async def test_a_vendor_that_wants_to_be_left_alone_is_not_asked_with_the_others(tmp_path: Path) -> None:
    """It was, as soon as one target wanted a shorter wait."""
    asked: list[tuple[str, float]] = []

    def noted(name: str, answer: Any) -> Any:
        def made(request: Any) -> Any:
            asked.append((name, time.perf_counter()))
            return answer(request)

        return made

    first = noted("first", error(503, retry_after="0.05"))
    second = noted("second", error(503, retry_after="0.3"))
    rules = Rules(retries=2, backoff_base=0.01, backoff_cap=1.0, sticky="off")
    async with gateway(tmp_path, by_host(first=first, second=second), FIRST, SECOND, rules=rules) as one:
        assert (await one.chat()).status == 503
    last = dict(asked[:2])
    for name, at in asked[2:]:
        assert at - last[name] >= {"first": 0.05, "second": 0.3}[name]
        last[name] = at
    assert [name for name, _ in asked].count("first") == 3


@pytest.mark.parametrize("why", ["room", "token"])
async def test_a_slow_target_is_not_left_for_one_that_cannot_be_asked(tmp_path: Path, why: str) -> None:
    other = provider("second", priority=2, max_in_flight=1)
    other = replace(other, tokens=(replace(other.tokens[0], id=9),))
    answer = by_host(first=hangs(0.3, streams()), second=streams())
    rules = QUICK._replace(slow_start=0.05)
    async with gateway(tmp_path, answer, FIRST, other, rules=rules, gates=GateRules(patience=0.1)) as one:
        room = one.runtime.gates.provider(other.id, limit=1)
        if why == "room":
            assert room.try_enter()
        else:
            one.runtime.pool.rest(9, 60, "put to rest")
        response = await one.chat(stream=True)
        assert (response.status, response.headers["x-switchboard-attempts"]) == (200, "1")
        assert response.headers["x-switchboard-provider"] == "first"


async def test_a_call_whose_hedge_failed_is_at_the_first_when_its_app_leaves(tmp_path: Path) -> None:
    async with gateway(tmp_path, by_host(first=hangs(), second=error(500)), FIRST, SECOND, rules=HEDGED) as one:
        taught(one, FIRST)
        await one.chat(leave_after=0.3)
        (row,) = one.rows()
    assert [attempt.provider for attempt in row.attempts] == ["first", "second"]
    assert (row.ended_by, row.provider, row.usage_basis) == ("cancelled", "first", "estimated")
    assert row.input == row.attempts[0].input > 0


@pytest.mark.parametrize("seconds", ["1_0", "1e", "٣", ""])
async def test_seconds_are_written_in_digits(tmp_path: Path, seconds: str) -> None:
    async with gateway(tmp_path, by_host(acme=says())) as one:
        response = await one.chat(headers=[(b"x-switchboard-timeout", seconds.encode())])
        assert response.status == 400 and response.json["error"]["param"] == "x-switchboard-timeout"


# --- the clock is set back -------------------------------------------------------------------------------


def test_a_token_does_not_rest_for_longer_than_any_token_may() -> None:
    pool, clock = pool_of()
    acme = pooled(2)
    for token in (1, 2):
        pool.release(leased(pool, acme, token), RateLimited("Slow down.", retry_after=30))
    with pytest.raises(RateLimited):
        pool.lease(acme)
    clock.now -= 400 * DAY
    assert pool.lease(acme) is not None


def test_a_limit_a_minute_is_that_of_a_minute() -> None:
    pool, clock = pool_of()
    acme = pooled(1, limits=TokenLimits(requests_per_minute=2))
    for _ in range(2):
        pool.release(leased(pool, acme))
    with pytest.raises(RateLimited):
        pool.lease(acme)
    clock.now -= 3600
    for _ in range(2):
        pool.release(leased(pool, acme))
    with pytest.raises(RateLimited):
        pool.lease(acme)


def test_a_clock_that_is_set_back_a_little_forgets_nothing() -> None:
    minute = Minute()
    minute.add(3, now=1000.0)
    assert minute.total(960.0) == 3
    minute.add(1, now=960.0)
    assert (minute.total(1001.0), minute.total(1062.0)) == (4, 0)


def test_the_pools_are_looked_at_again() -> None:
    pool, clock = pool_of()
    assert token_store.collect(pool).look
    assert not token_store.collect(pool).look
    clock.now -= DAY
    assert token_store.collect(pool).look
    assert not token_store.collect(pool).look

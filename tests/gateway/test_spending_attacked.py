"""What an attack on budgets, limits and the cache found: each of these once went wrong."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.budgets.output import MOST_UNITS
from gateway.budgets.slices import Slice
from gateway.budgets.store import Seen
from gateway.cache.compiled import ON, Caching
from gateway.guardrails.compiled import Guard, Guardrails
from gateway.guardrails.settings import read_settings
from gateway.limits.compiled import Limits, Numbers
from gateway.routing.rules import Rules
from tests.gateway.budgets.cast import NOON
from tests.gateway.harness import DONE, USAGE, Gateway, chunk, completion, gateway, provider, reply, stream
from tests.gateway.test_spending import COST, OUTPUT, PRICES, answered, budget, spending

DAY = 86_400


def guarded(one: Gateway) -> None:
    """From now on no reply may say "forbidden"."""
    made = read_settings("words", {"words": ["forbidden"]})
    guard = Guard(id=1, name="words", kind="words", on_requests=False, on_replies=True, settings=made)
    snapshots = one.runtime.snapshots
    snapshots.current = replace(snapshots.current, guardrails=Guardrails(guards=(guard,)))


def usually_quick(one: Any, target: Any) -> None:
    """So that a hedge begins after the shortest time."""
    for _ in range(30):
        one.runtime.measures.ended(target.id, "m1", ok=True, first_s=None, seconds=0.01, output=1)


@pytest.mark.parametrize("endless", [1e308, 10**30, 2**64])
@pytest.mark.parametrize("field", ["max_tokens", "max_completion_tokens"])
async def test_no_number_an_app_writes_for_endless_is_too_large_to_be_refused(
    tmp_path: Path, field: str, endless: float
) -> None:
    async with spending(tmp_path, answered, budgets=[budget()]) as one:
        answer = await one.chat(**{field: endless})
        assert answer.status == 402 and answer.json["error"]["details"]["needed"] >= MOST_UNITS * OUTPUT
        assert (await one.chat(reasoning={"max_tokens": endless})).status == 402


@pytest.mark.parametrize("told", [True, False])
async def test_a_reply_that_a_guardrail_stops_is_paid_for_and_no_target_is_said_to_have_failed(
    tmp_path: Path, told: bool
) -> None:
    usage = {} if told else {"usage": None}

    async def answer(request: httpx.Request) -> httpx.Response:
        if request.url.host == "broken.test":
            return reply({"error": {"message": "broken"}}, 500)
        return reply(completion("that is forbidden", **usage))

    broken = provider("broken", prices={"m1": PRICES}, priority=1)
    well = provider(prices={"m1": PRICES}, priority=2)
    async with spending(tmp_path, answer, broken, well, budgets=[budget()]) as one:
        guarded(one.inner)
        refused = await one.chat(max_tokens=50)
        assert (refused.status, refused.json["error"]["code"]) == (400, "guardrail_blocked")
        assert "Nothing answered" not in refused.json["error"]["message"]
        assert "not asked" not in refused.json["error"]["message"]
        assert one.held() == 0
        (row,) = one.book()
    first, second = row.attempts
    assert (first.status, second.verdict) == (500, "stop: a guardrail")
    assert row.cost_nano == second.cost_nano and row.usage_basis == ("vendor" if told else "estimated")
    assert row.cost_nano == COST if told else row.cost_nano > OUTPUT
    assert one.spent() == [row.cost_nano]


async def test_a_hedge_that_may_begin_when_the_call_was_answered_already_holds_nothing(tmp_path: Path) -> None:
    """It waits for Redis or the database, and both the answer and its permission come in one turn of the loop."""
    first = provider(prices={"m1": PRICES}, priority=1)
    other = provider("other", prices={"m1": PRICES}, priority=2)
    rules = Rules(retries=0, sticky="off", hedge=True)
    permitted = asyncio.Event()
    limits = Limits(everyone=Numbers(parallel=5), providers={other.id: Numbers(parallel=5)})

    async def answer(request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(0.2 if request.url.host == "acme.test" else 30)
        return reply(completion())

    async with spending(tmp_path, answer, first, other, budgets=[budget()], rules=rules, limits=limits) as one:
        inner = one.inner
        usually_quick(inner, first)
        book, asked = inner.runtime.budgets, []
        hold_now, succeeded = book.hold_now, inner.runtime.measures.ended

        def slow(budgets: Any, **more: Any) -> Any:
            asked.append(1)
            return hold_now(budgets, **more) if len(asked) != 3 else None  # the first one leases, too

        async def hold(budgets: Any, **more: Any) -> Any:
            if len(asked) == 3:
                await permitted.wait()
            return hold_now(budgets, **more) or await type(book).hold(book, budgets, **more)

        def ended(*given: Any, **more: Any) -> None:
            permitted.set()  # now, while the first one's answer is being told
            succeeded(*given, **more)

        book.hold_now, book.hold = slow, hold  # type: ignore[method-assign]
        inner.runtime.measures.ended = ended  # type: ignore[method-assign]
        assert (await one.chat(max_tokens=10)).status == 200
        assert len(asked) == 3
        assert one.held() == 0
        assert len(inner.network.requests) == 1
        assert inner.runtime.limiter.used(limits.of_target(other.id, "other", "m1"))[2] == 0
        (row,) = one.book()
    assert len(row.attempts) == 1


async def test_a_budget_is_not_seen_poorer_by_what_was_leased_for_it() -> None:
    slice_ = Slice(budget(amount=100), start=0, now=0)
    slice_.granted(Seen(limit=100, spent=0, leased=60, own=60, granted=60), now=0)
    slice_.take(50, hard=True, now=0)
    slice_.settle(50, 30, hard=True)
    slice_.booked(30, 30)
    assert slice_.seen is not None
    assert (slice_.seen.available, slice_.reachable(), slice_.spent) == (40, 40, 30)
    assert not slice_.claimed


async def test_a_day_that_becomes_a_week_on_a_monday_ends_with_the_week() -> None:
    monday = int(NOON) // DAY * DAY
    day, week = budget(period="day"), budget(period="week")
    slice_ = Slice(day, start=monday, now=0)
    slice_.change(week)
    assert slice_.ends == week.end(monday) > day.end(monday)


@pytest.mark.parametrize("streamed", [False, True])
async def test_a_kept_answer_costs_nothing_also_where_a_guardrail_stops_it(tmp_path: Path, streamed: bool) -> None:
    async def answer(request: httpx.Request) -> httpx.Response:
        if streamed:
            return stream(chunk("it is forbidden"), chunk(None, "stop", usage=USAGE), DONE)
        return reply(completion("it is forbidden"))

    policies: dict[str, Any] = {"caching": Caching(mode=ON)}
    async with gateway(tmp_path, answer, provider(prices={"m1": PRICES}), policies=policies) as g:
        assert (await g.chat(stream=streamed)).status == 200
        original = type(g.runtime.cache).wanted

        def wanted(self: Any, *given: Any, **more: Any) -> Any:
            return original(self, *given, **{**more, "guards": ""})

        g.runtime.cache.wanted = wanted.__get__(g.runtime.cache)  # type: ignore[method-assign]
        guarded(g)
        stopped = await g.chat(stream=streamed)
        assert b"guardrail_blocked" in stopped.body
        rows = g.rows()
    assert (rows[1].cache, rows[1].cost_nano, rows[1].cost_basis) == ("hit", 0, "cache")


async def test_who_waited_for_anothers_answer_has_that_much_less_time_of_its_own(tmp_path: Path) -> None:
    count = 0

    async def answer(request: httpx.Request) -> httpx.Response:
        nonlocal count
        count += 1
        await asyncio.sleep(0.6 if count == 1 else 5)
        return reply({"error": {"message": "broken"}}, 500)

    policies: dict[str, Any] = {"caching": Caching(mode=ON, join=True)}
    async with gateway(tmp_path, answer, policies=policies) as g:
        first = asyncio.create_task(g.chat())
        await asyncio.sleep(0.05)
        began = asyncio.get_running_loop().time()
        second = await g.chat(headers=[(b"x-switchboard-timeout", b"0.8")])
        assert asyncio.get_running_loop().time() - began < 1.15
        assert second.status == 504 and (await first).status >= 500
        assert count == 2


async def test_what_is_left_of_the_limits_is_told_with_errors_too(tmp_path: Path) -> None:
    async def answer(request: httpx.Request) -> httpx.Response:
        return reply({"error": {"message": "broken"}}, 500)

    first, other = provider(priority=1), provider("other", priority=2)
    limits = Limits(everyone=Numbers(requests=9), providers={other.id: Numbers(requests=1)})
    async with gateway(tmp_path, answer, first, other, policies={"limits": limits}) as g:
        broken = await g.chat()
        assert broken.status == 502 and broken.headers["x-ratelimit-remaining-requests"] == "8"
        assert broken.headers["x-switchboard-attempts"] == "2"
        again = await g.chat()
        assert again.headers["x-ratelimit-remaining-requests"] == ("0" if again.status == 429 else "7")

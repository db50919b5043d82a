"""Budgets and limits through the relay: what is held before an attempt, and that every ending gives it back."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.budgets.compiled import CompiledBudget, Spending
from gateway.guardrails.compiled import Guard, Guardrails
from gateway.guardrails.values import Judging
from gateway.limits.compiled import Limits, Numbers
from gateway.policy.gates import GateRules
from gateway.routing.rules import Rules
from providers.canonical import Usage
from providers.pricing import UNKNOWN, Cost, TargetPrices
from providers.pricing.published import NOTHING_PUBLISHED
from providers.pricing.sheet import sheet
from providers.pricing.target import prices_of
from tests.gateway.budgets.cast import Clock, MemoryBooks, book_of
from tests.gateway.harness import (
    DONE,
    USAGE,
    Gateway,
    Response,
    chunk,
    completion,
    gateway,
    key_facts,
    provider,
    reply,
    stream,
)

DOLLAR = 1_000_000_000
INPUT, OUTPUT = 1000, 2000  # nano-dollars a unit
PRICES = prices_of(None, NOTHING_PUBLISHED, override={"input": Decimal(1), "output": Decimal(2)})
COST = 5 * INPUT + 7 * OUTPUT


def budget(pk: int = 1, **more: Any) -> CompiledBudget:
    return CompiledBudget(id=pk, **{"name": f"budget {pk}", "amount": DOLLAR, "period": "total", **more})


async def answered(request: httpx.Request) -> httpx.Response:
    body = json.loads(request.content)
    if body.get("stream"):
        return stream(chunk("Hel"), chunk("lo"), chunk(None, "stop", usage=USAGE), DONE)
    return reply(completion())


class Spent:
    """A gateway whose budgets live in memory."""

    def __init__(self, inner: Gateway, books: MemoryBooks) -> None:
        self.inner = inner
        self.books = books

    async def chat(self, **more: Any) -> Response:
        return await self.inner.chat(**more)

    def sent(self) -> list[dict[str, Any]]:
        return [json.loads(request.content) for request in self.inner.network.requests]

    def held(self) -> int:
        book = self.inner.runtime.budgets
        return sum(book.standing(one, time.time()).held for one in self.books.budgets.values())

    def book(self) -> list[Any]:
        """Delivers the journal to the budgets, gives back what the process leased, and the rows."""
        rows = self.inner.rows()
        self.books.take(rows)
        self.books.release(self.inner.runtime.budgets.holder)
        return rows

    def spent(self) -> list[int]:
        return [one.spent for one in self.books.periods.values()]

    def leased(self) -> int:
        return sum(one.leased for one in self.books.periods.values())


@asynccontextmanager
async def spending(
    tmp_path: Path,
    answer: Any,
    *providers: Any,
    budgets: Iterable[CompiledBudget],
    limits: Limits | None = None,
    **more: Any,
) -> AsyncIterator[Spent]:
    clock, held = Clock(), tuple(budgets)
    books = MemoryBooks(clock, held)
    settings = {name: more.pop(name) for name in ("assumed", "assumed_output") if name in more}
    policies: dict[str, Any] = {"spending": Spending(budgets=held, **settings)}
    if limits is not None:
        policies["limits"] = limits
    given = providers or (provider(prices={"m1": PRICES}),)
    async with gateway(tmp_path, answer, *given, policies=policies, budgets=book_of(books, clock), **more) as inner:
        yield Spent(inner, books)


@pytest.mark.parametrize("streamed", [False, True])
async def test_a_call_is_held_for_and_booked_at_the_truth(tmp_path: Path, streamed: bool) -> None:
    async with spending(tmp_path, answered, budgets=[budget()]) as one:
        assert (await one.chat(stream=streamed, max_tokens=50)).status == 200
        assert one.held() == 0
        (row,) = one.book()
        (attempt,) = row.attempts
    assert attempt.hold_nano >= COST and attempt.charged == [(1, 0)]
    assert row.cost_nano == COST
    assert one.spent() == [COST] and one.leased() == 0


async def test_what_an_app_leaves_open_is_assumed_and_sent_to_the_vendor(tmp_path: Path) -> None:
    async with spending(tmp_path, answered, budgets=[budget()], assumed_output=123) as one:
        await one.chat()
        await one.chat(max_tokens=7)
        (first, second) = one.book()
    assert [body["max_tokens"] for body in one.sent()] == [123, 7]
    assert first.attempts[0].hold_nano - second.attempts[0].hold_nano == (123 - 7) * OUTPUT


async def test_without_a_hard_budget_nothing_is_sent_that_the_app_did_not_say(tmp_path: Path) -> None:
    async with spending(tmp_path, answered, budgets=[budget(mode="soft")]) as one:
        await one.chat()
        (row,) = one.book()
    assert "max_tokens" not in one.sent()[0]
    assert row.attempts[0].hold_nano == 0 and one.spent() == [COST]


async def test_a_call_that_may_cost_more_than_is_left_is_refused_and_says_why(tmp_path: Path) -> None:
    async with spending(tmp_path, answered, budgets=[budget(amount=1000, name="Search, November")]) as one:
        refused = await one.chat(max_tokens=1000)
        (row,) = one.book()
    error = refused.json["error"]
    assert refused.status == 402 and error["code"] == "budget_exceeded"
    assert "Search, November" in error["message"]
    assert error["details"]["budget"] == "Search, November" and error["details"]["left"] == 1000
    assert one.sent() == [] and (row.status, row.error_code, row.attempts) == (402, "budget_exceeded", [])
    assert one.spent() in ([], [0])


async def test_the_refusal_comes_in_anthropics_envelope_too(tmp_path: Path) -> None:
    async with spending(tmp_path, answered, budgets=[budget(amount=1)]) as one:
        body = {"model": "m1", "max_tokens": 10, "messages": [{"role": "user", "content": "Hi"}]}
        refused = await one.inner.call("/v1/messages", body)
    assert refused.status == 402
    assert refused.json["type"] == "error" and refused.json["error"]["details"]["budget"] == "budget 1"


async def test_a_budget_of_one_provider_sends_the_call_to_the_next(tmp_path: Path) -> None:
    first = provider(prices={"m1": PRICES}, priority=1)
    other = provider("other", prices={"m1": PRICES}, priority=2)
    mine = budget(subject="provider", of_id=first.id, amount=1)
    async with spending(tmp_path, answered, first, other, budgets=[mine]) as one:
        answer = await one.chat(max_tokens=10)
        (row,) = one.book()
    assert answer.status == 200 and row.provider == "other"
    assert row.attempts[0].charged == []


async def test_a_model_without_a_price_is_refused_unless_a_price_is_assumed(tmp_path: Path) -> None:
    unpriced = provider(prices={"m1": TargetPrices()})
    async with spending(tmp_path / "a", answered, unpriced, budgets=[budget()]) as one:
        refused = await one.chat(max_tokens=10)
        assert one.sent() == []
    assert (refused.status, refused.json["error"]["code"]) == (400, "price_unknown")
    assumed = sheet("assumed", {"input": 3, "output": 4})
    async with spending(tmp_path / "b", answered, unpriced, budgets=[budget()], assumed=assumed) as one:
        assert (await one.chat(max_tokens=10)).status == 200
        (row,) = one.book()
    assert (row.cost_nano, row.cost_basis) == (5 * 3000 + 7 * 4000, "assumed")
    assert one.spent() == [row.cost_nano]


async def test_an_attempt_that_failed_has_given_its_hold_back_before_the_next_one_holds(tmp_path: Path) -> None:
    """The budget has room for one hold, not for two."""

    async def answer(request: httpx.Request) -> httpx.Response:
        return reply({}, 500) if request.url.host == "acme.test" else await answered(request)

    first = provider(prices={"m1": PRICES}, priority=1)
    other = provider("other", prices={"m1": PRICES}, priority=2)
    async with spending(tmp_path, answer, first, other, budgets=[budget(amount=450_000)]) as one:
        assert (await one.chat(max_tokens=100)).status == 200
        (row,) = one.book()
    assert [attempt.provider for attempt in row.attempts] == ["acme", "other"]
    assert all(attempt.hold_nano * 2 > 450_000 for attempt in row.attempts)
    assert one.spent() == [COST] and one.leased() == 0


async def test_an_app_that_leaves_is_charged_what_was_made_and_the_rest_of_the_hold_is_free(tmp_path: Path) -> None:
    async def slowly(request: httpx.Request) -> httpx.Response:
        return stream(chunk("Hello " * 10), 30.0, chunk("never"), DONE)

    async with spending(tmp_path, slowly, budgets=[budget()]) as one:
        await one.chat(stream=True, max_tokens=1000, leave_after=lambda pieces: bool(pieces))
        assert one.held() == 0
        (row,) = one.book()
    assert row.ended_by == "cancelled" and row.cost_nano and row.cost_nano < row.attempts[0].hold_nano
    assert one.spent() == [row.cost_nano]


@pytest.mark.parametrize("status", [400, 401, 500])
async def test_a_refused_or_failed_call_costs_nothing(tmp_path: Path, status: int) -> None:
    async def refuses(request: httpx.Request) -> httpx.Response:
        return reply({"error": {"message": "no"}}, status)

    async with spending(tmp_path, refuses, budgets=[budget()]) as one:
        assert (await one.chat(max_tokens=10)).status >= 400
        assert one.held() == 0
        one.book()
    assert one.spent() in ([], [0]) and one.leased() == 0


async def test_a_hedge_holds_for_itself_and_both_are_booked(tmp_path: Path) -> None:
    async def answer(request: httpx.Request) -> httpx.Response:
        if request.url.host == "acme.test":
            await asyncio.sleep(30)
        return await answered(request)

    first = provider(prices={"m1": PRICES}, priority=1)
    other = provider("other", prices={"m1": PRICES}, priority=2)
    rules = Rules(retries=0, sticky="off", hedge=True)
    async with spending(tmp_path, answer, first, other, budgets=[budget()], rules=rules) as one:
        for _ in range(30):
            one.inner.runtime.measures.ended(first.id, "m1", ok=True, first_s=None, seconds=0.01, output=1)
        assert (await one.chat(max_tokens=10)).status == 200
        assert one.held() == 0
        (row,) = one.book()
    assert [attempt.kind for attempt in row.attempts] == ["", "hedge"]
    assert all(attempt.charged for attempt in row.attempts)
    assert one.spent() == [sum(attempt.cost_nano for attempt in row.attempts)]


async def test_shadow_budgets_note_what_they_would_have_refused(tmp_path: Path) -> None:
    async with spending(tmp_path, answered, budgets=[budget(mode="shadow", amount=1, name="trial")]) as one:
        assert (await one.chat(max_tokens=10)).status == 200
        (row,) = one.book()
    (verdict,) = row.verdicts
    assert (verdict.by, verdict.kind, verdict.action, verdict.shadow) == ("trial", "budget", "refuse", True)


async def test_tags_of_the_header_count_in_the_budgets_of_tags(tmp_path: Path) -> None:
    tagged = [budget(1, subject="tag", of="checkout", mode="soft"), budget(2, subject="tag", of="other", mode="soft")]
    async with spending(tmp_path, answered, budgets=tagged) as one:
        await one.chat(headers=[(b"x-switchboard-tags", b"checkout, nightly")])
        bad = await one.chat(headers=[(b"x-switchboard-tags", b"not a tag!")])
        (row,) = one.book()
    assert bad.status == 400 and bad.json["error"]["param"] == "x-switchboard-tags"
    assert row.tags == ["checkout", "nightly"] and row.attempts[0].charged == [(1, 0)]


class Searched(TargetPrices):
    """Known, but for what the vendor's own tool did."""

    def cost(self, usage: Usage, at: int) -> Cost:
        return UNKNOWN


async def test_a_bill_with_a_unit_without_a_price_is_booked_at_the_hold(tmp_path: Path) -> None:
    odd = provider(prices={"m1": Searched(PRICES._stated)})
    async with spending(tmp_path, answered, odd, budgets=[budget()]) as one:
        assert (await one.chat(max_tokens=10)).status == 200
        (row,) = one.book()
    (attempt,) = row.attempts
    assert row.cost_nano == attempt.cost_nano == attempt.hold_nano > 0 and row.cost_basis == "hold"
    assert one.spent() == [row.cost_nano]


async def test_text_completions_are_bounded_too(tmp_path: Path) -> None:
    async def text(request: httpx.Request) -> httpx.Response:
        return reply(
            {
                "id": "1",
                "object": "text_completion",
                "choices": [{"text": "x", "finish_reason": "stop"}],
                "usage": USAGE,
            }
        )

    async with spending(tmp_path, text, budgets=[budget()], assumed_output=44) as one:
        assert (await one.inner.call("/v1/completions", {"model": "m1", "prompt": "Hi"})).status == 200
        one.book()
    assert one.sent()[0]["max_tokens"] == 44


# --- limits ------------------------------------------------------------------------------------------
async def test_a_limit_refuses_with_its_reason_and_when_to_come_again(tmp_path: Path) -> None:
    limits = Limits(keys={1: Numbers(requests=2)})
    async with gateway(tmp_path, answered, policies={"limits": limits}) as one:
        first, second, third = [await one.chat() for _ in range(3)]
        rows = one.rows()
    assert (first.headers["x-ratelimit-limit-requests"], first.headers["x-ratelimit-remaining-requests"]) == ("2", "1")
    assert second.headers["x-ratelimit-remaining-requests"] == "0"
    error = third.json["error"]
    assert (third.status, error["code"], error["type"]) == (429, "requests_per_minute_exceeded", "rate_limit_error")
    assert 58 <= int(third.headers["retry-after"]) <= 61 and error["details"]["measure"] == "requests_per_minute"
    assert [row.status for row in rows] == [200, 200, 429] and len(one.network.requests) == 2


async def test_usage_is_corrected_when_it_is_known(tmp_path: Path) -> None:
    limits = Limits(everyone=Numbers(usage=1000))
    async with gateway(tmp_path, answered, policies={"limits": limits}) as one:
        first = await one.chat(max_tokens=900)
        second = await one.chat(max_tokens=900)
    assert first.status == second.status == 200
    assert int(first.headers["x-ratelimit-remaining-tokens"]) < 100
    assert int(second.headers["x-ratelimit-remaining-tokens"]) < 100 - 12


async def test_calls_at_once_are_counted_until_the_stream_has_ended(tmp_path: Path) -> None:
    release = asyncio.Event()

    async def slowly(request: httpx.Request) -> httpx.Response:
        await release.wait()
        return await answered(request)

    limits = Limits(keys={1: Numbers(parallel=1)})
    async with gateway(tmp_path, slowly, policies={"limits": limits}) as one:
        running = asyncio.create_task(one.chat(stream=True))
        await asyncio.sleep(0.05)
        refused = await one.chat()
        release.set()
        assert (await running).status == 200
        assert (await one.chat()).status == 200
    assert (refused.status, refused.json["error"]["code"]) == (429, "parallel_requests_exceeded")
    assert "retry-after" in refused.headers


async def test_a_providers_limit_sends_the_call_to_the_next_and_takes_nothing_twice(tmp_path: Path) -> None:
    first, other = provider(priority=1), provider("other", priority=2)
    limits = Limits(keys={1: Numbers(requests=3)}, providers={first.id: Numbers(requests=1)})
    async with gateway(tmp_path, answered, first, other, policies={"limits": limits}) as one:
        answers = [await one.chat() for _ in range(3)]
        rows = one.rows()
    assert [row.provider for row in rows] == ["acme", "other", "other"]
    assert [one.headers["x-ratelimit-remaining-requests"] for one in answers][1:] == ["1", "0"]


async def test_a_call_that_a_budget_refuses_counts_in_no_limit(tmp_path: Path) -> None:
    limits = Limits(keys={1: Numbers(requests=1)})
    async with spending(tmp_path, answered, budgets=[budget(amount=500_000)], limits=limits) as one:
        assert (await one.chat(max_tokens=100_000)).status == 402
        assert (await one.chat(max_tokens=10)).status == 200
        assert (await one.chat(max_tokens=10)).status == 429
        assert one.held() == 0


async def test_where_every_target_is_refused_the_app_is_told_of_the_budget(tmp_path: Path) -> None:
    first = provider(prices={"m1": PRICES}, priority=1)
    other = provider("other", prices={"m1": PRICES}, priority=2)
    small = [budget(1, subject="provider", of_id=first.id, amount=1), budget(2, subject="model", of="m1", amount=1)]
    async with spending(tmp_path, answered, first, other, budgets=small) as one:
        refused = await one.chat(max_tokens=10)
        (row,) = one.book()
    assert (refused.status, refused.json["error"]["code"]) == (402, "budget_exceeded")
    assert refused.json["error"]["details"]["budget"] in ("budget 1", "budget 2")
    assert row.attempts == [] and one.sent() == []


async def test_a_refusal_of_a_limit_gives_the_hold_back(tmp_path: Path) -> None:
    limits = Limits(keys={1: Numbers(requests=1)})
    async with spending(tmp_path, answered, budgets=[budget()], limits=limits) as one:
        assert [(await one.chat(max_tokens=10)).status for _ in range(3)] == [200, 429, 429]
        assert one.held() == 0
        one.book()
    assert one.spent() == [COST]


async def test_a_call_cancelled_while_it_waits_for_a_lease_holds_nothing(tmp_path: Path) -> None:
    async with spending(tmp_path, answered, budgets=[budget(amount=400_000)]) as one:
        answers = await asyncio.gather(*(one.chat(max_tokens=100, leave_after=0.0) for _ in range(5)))
        assert len(answers) == 5
        await asyncio.sleep(0.05)
        assert one.held() == 0


async def test_a_key_over_its_limit_pays_no_judge(tmp_path: Path) -> None:
    """A guardrail that asks a model is asked for what the key's limits let through."""

    async def vendor(request: httpx.Request) -> httpx.Response:
        judged = b'"judge"' in request.content
        return reply(completion("no verdict at all" if judged else "Hello!"))

    judge = Guard(
        id=1, name="judge", kind="safety", action="log", closed=False, settings=Judging(classifier="judge:judge")
    )
    policies = {"limits": Limits(keys={1: Numbers(requests=2, parallel=1)}), "guardrails": Guardrails(guards=(judge,))}
    async with gateway(tmp_path, vendor, provider(models=("m1", "judge")), policies=policies) as one:
        statuses = [(await one.chat()).status for _ in range(7)]
        rows = one.rows()
    assert statuses == [200, 200, *[429] * 5]
    asked = [json.loads(request.content)["model"] for request in one.network.requests]
    assert (asked.count("judge"), asked.count("m1")) == (2, 2)
    assert [row.status for row in rows if row.endpoint == "chat.completions"] == statuses


async def test_the_time_that_guardrails_take_is_the_calls_own(tmp_path: Path) -> None:
    async def slowly(request: httpx.Request) -> httpx.Response:
        if b'"judge"' in request.content:
            await asyncio.sleep(0.2)
        return reply(completion())

    judge = Guard(
        id=1, name="judge", kind="safety", action="log", closed=False, settings=Judging(classifier="judge:judge")
    )
    policies = {"guardrails": Guardrails(guards=(judge,))}
    async with gateway(tmp_path, slowly, provider(models=("m1", "judge")), policies=policies) as one:
        assert (await one.chat()).status == 200
        row = next(row for row in one.rows() if row.endpoint == "chat.completions")
    assert row.latency_us >= 200_000 and row.attempts[0].started_us >= 200_000


async def test_a_refusal_of_a_hard_budget_stands_among_the_verdicts(tmp_path: Path) -> None:
    async with spending(tmp_path, answered, budgets=[budget(amount=1, name="Search")]) as one:
        assert (await one.chat(max_tokens=10)).status == 402
        (row,) = one.book()
    assert [(one.by, one.kind, one.action, one.shadow) for one in row.verdicts] == [
        ("Search", "budget", "refuse", False)
    ]


async def test_a_share_that_was_taken_for_a_judge_is_given_back_where_the_process_is_full(tmp_path: Path) -> None:
    release = asyncio.Event()

    async def slowly(request: httpx.Request) -> httpx.Response:
        if b'"judge"' not in request.content:
            await release.wait()
        return reply(completion())

    judge = Guard(
        id=1, name="judge", kind="safety", action="log", closed=False, settings=Judging(classifier="judge:judge")
    )
    policies = {"limits": Limits(keys={1: Numbers(parallel=2)}), "guardrails": Guardrails(guards=(judge,))}
    full = GateRules(process_limit=1, queue=0, patience=0.05)
    async with gateway(tmp_path, slowly, provider(models=("m1", "judge")), policies=policies, gates=full) as one:
        running = asyncio.create_task(one.chat())
        await asyncio.sleep(0.1)
        refused = [(await one.chat()).status for _ in range(4)]
        release.set()
        assert (await running).status == 200
        rules = policies["limits"].of_call(key_facts())
        assert one.runtime.limiter.used(rules)[2] == 0
    assert refused == [503] * 4


async def test_an_answer_that_cannot_be_read_is_booked_at_the_hold(tmp_path: Path) -> None:
    async def garbage(request: httpx.Request) -> httpx.Response:
        return reply(b"{not json")

    async with spending(tmp_path, garbage, budgets=[budget()]) as one:
        assert (await one.chat(max_tokens=10)).status == 502
        assert one.held() == 0
        (row,) = one.book()
    (attempt,) = row.attempts
    assert row.cost_nano == attempt.cost_nano == attempt.hold_nano > 0 and row.cost_basis == "hold"
    assert one.spent() == [row.cost_nano] and one.leased() == 0

"""Holding, settling and refusing: what calls see of budgets."""

from __future__ import annotations

import asyncio

import pytest

from gateway.budgets.compiled import Raise
from gateway.errors import BudgetExceeded, PriceUnknown
from providers.errors import Retry
from tests.gateway.budgets.cast import NOON, Process, budget, world

CENT = 10_000_000


async def test_a_hold_is_settled_to_what_the_call_cost_and_booked_once() -> None:
    one = budget(amount=1000)
    _, books, (process,) = await world(one)
    running = await process.begin([one], 300)
    assert running.hold.nano == 300 and running.hold.charged == [(1, one.start(NOON))]
    process.end(running, 120)
    running.hold.settle(999, 9)
    process.deliver()
    books.take(process.delivered)
    (period,) = books.periods.values()
    assert period.spent == 120 and period.leased == sum(period.leases.values())
    await process.stop()
    assert (period.spent, period.leased) == (120, 0)


async def test_what_would_pass_the_amount_is_refused_with_all_there_is_to_know() -> None:
    one = budget(amount=50 * CENT, name="Search", subject="team")
    _, _, (process,) = await world(one)
    process.end(await process.begin([one], 30 * CENT), 20 * CENT)
    process.deliver()
    await asyncio.sleep(0)
    await process.begin([one], 10 * CENT)
    with pytest.raises(BudgetExceeded) as refused:
        await process.begin([one], 21 * CENT)
    error = refused.value
    assert error.status == 402 and error.retry is Retry.NEVER
    assert error.message == (
        "The budget 'Search' has $0.20 left of $0.50 today, and this call may take up to $0.21. "
        "It begins anew at 2026-09-22 00:00 UTC."
    )
    assert error.details == {
        "budget": "Search",
        "measure": "cost",
        "unit": "nano_usd",
        "amount": 50 * CENT,
        "spent": 20 * CENT,
        "held": 10 * CENT,
        "left": 20 * CENT,
        "needed": 21 * CENT,
        "resets_at": "2026-09-22T00:00:00Z",
    }
    assert error.retry_after == pytest.approx(43_200, abs=5)
    await process.begin([one], 20 * CENT)


async def test_another_target_is_tried_when_only_the_budget_of_a_model_is_exhausted() -> None:
    of_model, of_team = budget(1, 100, subject="model", of="m*"), budget(2, 10_000, subject="team")
    _, _, (process,) = await world(of_model, of_team)
    with pytest.raises(BudgetExceeded) as refused:
        await process.begin([of_model, of_team], 500)
    assert refused.value.retry is Retry.NEXT_TARGET
    small = budget(2, 10, subject="team")
    _, _, (process,) = await world(of_model, small)
    with pytest.raises(BudgetExceeded) as refused:
        await process.begin([of_model, small], 500)
    assert refused.value.retry is Retry.NEVER and refused.value.details["budget"] == "budget 2"


async def test_a_call_holds_in_all_its_budgets_or_in_none() -> None:
    large, small = budget(1, 1000), budget(2, 100)
    _, books, (process,) = await world(large, small)
    with pytest.raises(BudgetExceeded):
        await process.begin([large, small], 500)
    await process.begin([large], 1000)
    await process.stop()
    assert books.periods[1, large.start(NOON)].leased == 0


async def test_a_refusal_is_remembered_for_a_moment_and_counted_each_time() -> None:
    one = budget(amount=100)
    clock, books, (process,) = await world(one)
    asked = books.asked
    for _ in range(20):
        with pytest.raises(BudgetExceeded):
            await process.begin([one], 200)
    assert books.asked == asked + 1
    await process.begin([one], 100)
    clock.seconds += 1
    await process.book.exchange()
    assert books.periods[1, one.start(NOON)].refused == 20


async def test_usage_is_held_in_units_and_money_in_nano_dollars() -> None:
    money, usage = budget(1, 1000), budget(2, 50, measure="usage")
    _, books, (process,) = await world(money, usage)
    running = await process.begin([money, usage], 400, 40)
    assert (running.hold.nano, running.hold.units) == (400, 40)
    with pytest.raises(BudgetExceeded, match="11 units"):
        await process.begin([money, usage], 1, 11)
    process.end(running, 100, 30)
    process.deliver()
    assert [books.periods[pk, money.start(NOON)].spent for pk in (1, 2)] == [100, 30]


async def test_a_model_of_unknown_price_is_refused_by_a_hard_budget_of_money_only() -> None:
    hard, usage, soft = budget(1), budget(2, measure="usage"), budget(3, mode="soft")
    _, _, (process,) = await world(hard, usage, soft)
    now = NOON
    with pytest.raises(PriceUnknown, match="budget 1"):
        process.book.hold_now([usage, hard], nano=None, units=5, now=now)
    held = await process.book.hold([usage, soft], nano=None, units=5, now=now)
    assert (held.nano, held.units) == (0, 5)


async def test_free_models_are_served_when_nothing_is_left_and_the_database_is_away() -> None:
    one = budget(amount=10)
    _, books, (process,) = await world(one)
    process.end(await process.begin([one], 10), 10)
    books.away = True
    process.end(await process.begin([one], 0), 0)


async def test_soft_budgets_never_refuse_and_shadow_ones_note_what_they_would_have_refused() -> None:
    soft, shadow = budget(1, 100, mode="soft"), budget(2, 100, mode="shadow", name="On trial")
    clock, books, (process,) = await world(soft, shadow)
    running = await process.begin([soft, shadow], 60)
    assert running.hold.verdicts == [] and running.hold.nano == 0
    (verdict,) = (await process.begin([soft, shadow], 60)).hold.verdicts
    assert (verdict.by, verdict.kind, verdict.action, verdict.shadow) == ("On trial", "budget", "refuse", True)
    process.end(running, 5)
    process.deliver()
    await asyncio.sleep(0)
    assert (await process.begin([soft, shadow], 35)).hold.verdicts == []
    assert len((await process.begin([soft, shadow], 35)).hold.verdicts) == 1
    clock.seconds += 1
    await process.book.exchange()
    period = books.periods[2, shadow.start(NOON)]
    assert (period.refused, period.leased) == (2, 0)


async def test_a_shadow_budget_knows_what_was_spent_before_this_process_began_and_lives_without_the_database() -> None:
    shadow = budget(amount=100, mode="shadow")
    clock, books, (first,) = await world(shadow)
    first.end(await first.begin([shadow], 90), 90)
    first.deliver()
    second = Process(books, clock)
    await second.start()
    assert len((await second.begin([shadow], 20)).hold.verdicts) == 1
    third = Process(books, clock)
    await third.start()
    books.away = True
    assert (await third.begin([shadow], 20)).hold.verdicts == []


async def test_a_bill_above_its_hold_is_told_and_taken_from_what_is_left_not_from_other_holds() -> None:
    one = budget(amount=1000)
    _, books, (process,) = await world(one)
    other = await process.begin([one], 300)
    running = await process.begin([one], 100)
    process.end(running, 450)
    assert running.hold.over == running.hold.over_nano == 350
    process.deliver()
    await asyncio.sleep(0)
    (period,) = books.periods.values()
    assert period.spent == 450 and period.leases[process.name] >= 300
    process.end(other, 300)
    await process.stop()
    assert (period.spent, period.leased) == (750, 0)


async def test_a_raise_counts_while_it_lasts() -> None:
    one = budget(amount=100, raises=(Raise(50, NOON + 10, NOON + 20),))
    clock, _, (process,) = await world(one)
    with pytest.raises(BudgetExceeded):
        await process.begin([one], 150)
    clock.seconds = 11
    process.end(await process.begin([one], 150), 0)
    process.deliver()
    await asyncio.sleep(0)
    clock.seconds = 21
    await process.book.exchange()
    with pytest.raises(BudgetExceeded):
        await process.begin([one], 150)
    await process.begin([one], 100)


async def test_the_next_period_begins_with_the_whole_amount_and_the_old_one_is_settled_where_it_began() -> None:
    one = budget(amount=100)
    clock, books, (process,) = await world(one)
    running = await process.begin([one], 100)
    clock.seconds += 86_400
    process.end(await process.begin([one], 100), 70)
    process.end(running, 30)
    process.deliver()
    await process.stop()
    assert [(one.spent, one.leased) for one in books.periods.values()] == [(30, 0), (70, 0)]

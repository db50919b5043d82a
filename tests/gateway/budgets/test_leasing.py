"""Slices: leased together and ahead of need, given back when they idle, spent while the database is away."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest

from gateway.budgets.store import Key, Report, Seen
from gateway.errors import BudgetExceeded, BudgetUnavailable
from tests.gateway.budgets.cast import NOON, Clock, Inline, MemoryBooks, Process, Running, budget, world


async def test_the_second_call_of_a_slice_asks_nobody() -> None:
    one = budget(amount=100_000)
    _, books, (process,) = await world(one)
    await process.begin([one], 300)
    asked = books.asked
    await process.begin([one], 300)
    assert books.asked == asked


async def test_with_the_database_away_the_slice_is_spent_and_then_calls_get_503() -> None:
    one = budget(amount=100_000)
    clock, books, (process,) = await world(one)
    await process.begin([one], 100)
    books.away = True
    await process.book.exchange()
    for _ in range(3):
        await process.begin([one], 100)
    with pytest.raises(BudgetUnavailable) as refused:
        await process.begin([one], 100)
    assert refused.value.status == 503 and refused.value.retry_after
    asked = books.asked
    with pytest.raises(BudgetUnavailable):
        await process.begin([one], 100)
    assert books.asked == asked
    books.away = False
    clock.seconds += 2
    await process.begin([one], 100)


async def test_a_slice_that_could_not_be_renewed_for_ten_minutes_is_used_no_more() -> None:
    one = budget(amount=100_000)
    clock, books, (process,) = await world(one)
    await process.begin([one], 100)
    books.away = True
    clock.seconds += 601
    with pytest.raises(BudgetUnavailable):
        await process.begin([one], 100)


async def test_before_it_is_started_nothing_can_be_held() -> None:
    one = budget()
    clock = Clock()
    process = Process(MemoryBooks(clock, [one]), clock)
    process.books.away = True  # type: ignore[attr-defined]
    with pytest.raises(BudgetUnavailable):
        await process.begin([one], 1)
    await process.begin([], 1)


async def test_an_idle_slice_goes_back_whole() -> None:
    one = budget(amount=1_000_000)
    clock, books, (process,) = await world(one)
    process.end(await process.begin([one], 100), 10)
    process.deliver()
    await asyncio.sleep(0)
    for _ in range(12):
        clock.seconds += 0.4
        await process.book.exchange()
    (period,) = books.periods.values()
    assert (period.spent, period.leased) == (10, 0)


async def test_a_slice_that_nobody_uses_is_forgotten_and_asks_nobody_any_more() -> None:
    one = budget(amount=1_000_000)
    clock, books, (process,) = await world(one)
    process.end(await process.begin([one], 100), 10)
    process.deliver()
    await asyncio.sleep(0)
    for _ in range(200):
        clock.seconds += 0.4
        await process.book.exchange()
    asked = books.asked
    for _ in range(200):
        clock.seconds += 0.4
        await process.book.exchange()
    assert books.asked == asked and books.periods[1, one.start(NOON)].leases == {}


async def test_a_busy_slice_is_topped_up_before_a_call_lacks_it() -> None:
    one = budget(amount=10_000_000)
    clock, books, (process,) = await world(one)
    waited = 0
    for _ in range(50):
        for _ in range(20):
            asked = books.asked
            process.end(await process.begin([one], 100), 60)
            waited += books.asked - asked
        process.deliver()
        await asyncio.sleep(0)
        clock.seconds += 0.4
        await process.book.exchange()
    assert waited <= 8, f"{waited} of 1,000 calls had to ask"
    (period,) = books.periods.values()
    assert period.spent + period.leased <= 10_000_000 and period.leased < 30 * 100 * 10


async def test_a_call_waits_for_what_idles_in_another_process_and_no_longer_than_a_second() -> None:
    one = budget(amount=1000)
    clock, _, (first, second) = await world(one, processes=2)
    first.end(await first.begin([one], 250), 0)  # it sits on what it leased ahead

    async def sleeping(seconds: float) -> None:
        clock.seconds += seconds
        if round(clock.seconds * 10) % 4 == 0:
            await first.book.exchange()

    second.book._sleep = sleeping
    began = clock.seconds
    running = await second.begin([one], 1000)
    assert clock.seconds - began <= 1
    second.end(running, 400)
    with pytest.raises(BudgetExceeded):
        await first.begin([one], 601)


async def test_what_another_process_holds_for_good_is_waited_for_a_second_and_then_refused() -> None:
    one = budget(amount=1000, subject="team")
    clock, _, (first, second) = await world(one, processes=2)
    await first.begin([one], 900)
    began = clock.seconds
    with pytest.raises(BudgetExceeded) as refused:
        await second.begin([one], 200)
    assert 0.9 <= clock.seconds - began <= 1.3
    assert refused.value.details["held"] >= 900 and refused.value.details["left"] <= 100


async def test_a_cancelled_call_takes_nothing_of_what_it_waited_for() -> None:
    one = budget(amount=1000)
    _, books, (first, second) = await world(one, processes=2)
    holding = await first.begin([one], 900)
    waiting = asyncio.create_task(second.begin([one], 200))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    first.end(holding, 0)
    await first.stop()
    await second.stop()
    assert books.periods[1, one.start(NOON)].leased == 0


async def test_calls_that_lack_something_at_the_same_moment_ask_together() -> None:
    one = budget(amount=1_000_000)
    _, books, (process,) = await world(one)
    asked = books.asked
    running: list[Running] = await asyncio.gather(*(process.begin([one], 100) for _ in range(50)))
    assert books.asked - asked <= 2 and len(running) == 50


async def test_a_lease_whose_commit_nobody_saw_is_found_and_given_back() -> None:
    one = budget(amount=1_000_000)
    clock, books, (process,) = await world(one)
    books.unsure = True
    with pytest.raises(BudgetUnavailable):
        await process.begin([one], 100)
    assert books.periods[1, one.start(NOON)].leased == 400
    clock.seconds += 2
    process.end(await process.begin([one], 100), 0)
    process.deliver()
    await asyncio.sleep(0)
    for _ in range(20):
        clock.seconds += 0.4
        await process.book.exchange()
    assert books.periods[1, one.start(NOON)].leased == 0


async def test_a_slice_that_was_released_as_lost_is_not_spent() -> None:
    one = budget(amount=1000)
    clock, books, (process,) = await world(one)
    process.end(await process.begin([one], 100), 0)
    process.deliver()
    await asyncio.sleep(0)
    books.release(process.name)
    clock.seconds += 0.4
    await process.book.exchange()
    books.away = True
    with pytest.raises(BudgetUnavailable):
        await process.begin([one], 100)


class Slow(Inline):
    """Answers when it is let."""

    def __init__(self, books: MemoryBooks) -> None:
        super().__init__(books)
        self.let = asyncio.Event()
        self.let.set()

    async def run(self, holder: str, report: Report) -> Mapping[Key, Seen]:
        seen = await super().run(holder, report)
        await self.let.wait()
        return seen


async def test_what_changes_while_the_database_answers_is_not_taken_for_a_difference() -> None:
    one = budget(amount=1_000_000)
    clock = Clock()
    books = MemoryBooks(clock, [one])
    slow = Slow(books)
    process = Process(books, clock, worker=slow)
    await process.start()
    running = await process.begin([one], 100)
    slow.let.clear()
    clock.seconds += 0.4
    looking = asyncio.create_task(process.book.exchange())
    await asyncio.sleep(0)
    process.end(running, 60)
    process.deliver()  # the look saw the lease before that
    await asyncio.sleep(0)
    slow.let.set()
    await looking
    (period,) = books.periods.values()
    slice_ = process.book._leasing.slice(one, clock.wall())
    assert slice_.surplus == 0 and slice_.free == period.leases[process.name] == period.leased


async def test_a_poll_that_hangs_is_not_waited_for_again_and_holds_no_call_up_for_long() -> None:
    one = budget(amount=1_000_000)
    clock = Clock()
    slow = Slow(MemoryBooks(clock, [one]))
    process = Process(slow.store, clock, worker=slow)  # type: ignore[arg-type]
    await process.start()
    await process.begin([one], 100)
    slow.let.clear()
    hanging = asyncio.create_task(process.book.exchange())
    await asyncio.sleep(0)
    await process.book.exchange()
    await process.begin([one], 100)
    slow.let.set()
    await hanging


async def test_the_poll_of_a_runtime_that_gave_up_waiting_loses_nothing() -> None:
    one = budget(amount=1_000_000)
    clock = Clock()
    slow = Slow(MemoryBooks(clock, [one]))
    process = Process(slow.store, clock, worker=slow)  # type: ignore[arg-type]
    await process.start()
    process.end(await process.begin([one], 100), 0)
    clock.seconds += 5
    slow.let.clear()
    polling = asyncio.create_task(process.book.exchange())
    await asyncio.sleep(0)
    polling.cancel()
    slow.let.set()
    for _ in range(3):
        await asyncio.sleep(0)
    slice_ = process.book._leasing.slice(one, clock.wall())
    assert (slice_.free, slice_.seen is not None and slice_.seen.own) == (0, 0)

"""Two books race one budget over a real database, each with its own thread and consumer, as two processes do."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Sequence

import pytest
from django.db import connection

from gateway.budgets.book import PATIENCE, Budgets
from gateway.budgets.compiled import CompiledBudget
from gateway.budgets.consumer import BudgetConsumer
from gateway.budgets.leases import release
from gateway.budgets.leasing import DATABASE_PATIENCE
from gateway.budgets.rebuild import compare
from gateway.errors import BudgetExceeded
from gateway.exchange import Attempt, Exchange, uuid7
from gateway.models import BudgetEvent, BudgetPeriod
from tests.gateway.budgets.database import compiled, made

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]
CLIENTS, CALLS = 25, 40


class Racer:
    """One process: clients that call until they are refused, a poll, and a consumer."""

    def __init__(self, budgets: Sequence[CompiledBudget], seed: int) -> None:
        self.name = uuid7()
        self.book = Budgets()
        self.budgets = budgets
        self.random = random.Random(seed)
        self.closed: list[Exchange] = []
        self.cost = self.served = self.refused = 0
        self.longest = 0.0

    async def run(self) -> None:
        await self.book.start(self.name)
        helpers = [asyncio.create_task(self._poll()), asyncio.create_task(self._deliver())]
        await asyncio.gather(*(self._client() for _ in range(CLIENTS)))
        for helper in helpers:
            helper.cancel()
        await asyncio.gather(*helpers, return_exceptions=True)
        await self.book.stop()
        await asyncio.to_thread(self._drain)

    async def _client(self) -> None:
        for _ in range(CALLS):
            worst, began = self.random.randint(1, 1000), time.monotonic()
            now = time.time()
            try:
                held = self.book.hold_now(self.budgets, nano=worst, units=worst, now=now)
                if held is None:
                    held = await self.book.hold(self.budgets, nano=worst, units=worst, now=now)
            except BudgetExceeded:
                self.refused += 1
                self.longest = max(self.longest, time.monotonic() - began)
                await asyncio.sleep(0.01)
                continue
            await asyncio.sleep(self.random.random() / 50)
            cost = self.random.randint(0, worst)
            self.cost += cost
            self.served += 1
            attempt = Attempt(provider="p", model="m", charged=held.charged, cost_nano=cost, cost_basis="override")
            attempt.hold_nano, attempt.hold_units, attempt.input = held.nano, held.units, cost
            held.settle(cost, cost)
            self.closed.append(Exchange(id=uuid7(), started_at=int(now * 1e6), holder=self.name, attempts=[attempt]))

    async def _poll(self) -> None:
        while True:
            await asyncio.sleep(0.4)
            await self.book.exchange()

    async def _deliver(self) -> None:
        while True:
            await asyncio.sleep(0.1)
            batch, self.closed = self.closed, []
            try:
                await asyncio.to_thread(self._take, batch)
            except asyncio.CancelledError:
                await asyncio.sleep(0.5)
                self.closed += batch  # a batch may come twice
                raise

    @staticmethod
    def _take(batch: list[Exchange]) -> None:
        try:
            BudgetConsumer().take(batch)
        finally:
            connection.close()

    def _drain(self) -> None:
        self._take(self.closed)
        release(self.name)
        connection.close()


def test_two_books_never_spend_more_than_there_is_and_use_nearly_all_of_it() -> None:
    amount = 200_000
    made("money", amount, period="total")
    made("usage", amount * 2, measure="usage", period="total")
    budgets = compiled()
    racers = [Racer(budgets, seed) for seed in (1, 2)]

    async def race() -> None:
        await asyncio.gather(*(one.run() for one in racers))

    began = time.monotonic()
    asyncio.run(race())
    took = time.monotonic() - began
    cost = sum(one.cost for one in racers)
    period = BudgetPeriod.objects.get(budget__name="money")
    served, refused = sum(one.served for one in racers), sum(one.refused for one in racers)
    print(f"{served} served, {refused} refused in {took:.1f} s, {cost} of {amount} spent")  # noqa: T201
    assert (period.spent, period.leased) == (cost, 0) and cost <= amount
    assert cost > amount - 2 * 1000, "money that idles in one process is found by the other"
    assert refused and max(one.longest for one in racers) < PATIENCE + DATABASE_PATIENCE
    assert period.refused == refused
    assert compare() == []
    assert not BudgetEvent.objects.exclude(kind="threshold").exists()
    assert BudgetEvent.objects.filter(budget__name="money").count() == (3 if cost == amount else 2)

"""The state machine over the real tables: fewer examples, the same rules."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from django.db.models import F
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from gateway.budgets.compiled import CompiledBudget
from gateway.budgets.store import Key
from gateway.models import Budget
from tests.gateway.budgets.cast import Books, Clock, Outside, Process
from tests.gateway.budgets.database import DatabaseBooks, compiled, emptied, made
from tests.gateway.budgets.machine import World


class DatabaseWorld(World):
    def make(self, clock: Clock) -> tuple[Books, list[CompiledBudget]]:
        emptied()
        made("one", 1000)
        made("two", 600)
        made("three", 800, measure="usage")
        books = DatabaseBooks(clock)
        self.worker = Outside(books)
        return books, compiled()

    def new_process(self) -> Process:
        return Process(self.books, self.clock, worker=self.worker)

    def wait(self, coroutine: Any) -> Any:
        task = self.loop.create_task(coroutine)
        while not task.done():
            self.loop.run_until_complete(asyncio.sleep(0))
            self.worker.work()
        return super().wait(task)

    def limit(self, key: Key) -> int:
        amount: int = Budget.objects.values_list("amount", flat=True).get(pk=key[0])
        return amount

    def raise_amount(self, budget: int, more: int) -> None:
        Budget.objects.filter(pk=budget).update(amount=F("amount") + more)


@pytest.mark.django_db
def test_the_database_keeps_what_the_machine_asks_for() -> None:
    few = settings(max_examples=4, stateful_step_count=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    run_state_machine_as_test(DatabaseWorld, settings=few)


@pytest.mark.django_db
@pytest.mark.services
def test_the_database_keeps_it_for_longer_too() -> None:
    many = settings(max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(DatabaseWorld, settings=many)

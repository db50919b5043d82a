"""Whatever several processes do, a hard budget is never passed, and in the end every hold is released and the sums are
equal: over books in memory, many times. Over the database: test_machine_database.py."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import settings
from hypothesis.stateful import rule

from gateway.budgets.compiled import CompiledBudget
from gateway.budgets.store import Key
from tests.gateway.budgets.cast import Clock, MemoryBooks, budget
from tests.gateway.budgets.machine import World


class MemoryWorld(World):
    def make(self, clock: Clock) -> tuple[MemoryBooks, list[CompiledBudget]]:
        budgets = [budget(1, 1000), budget(2, 600), budget(3, 800, measure="usage")]
        self.memory = MemoryBooks(clock, budgets)
        return self.memory, budgets

    def limit(self, key: Key) -> int:
        return self.memory.budgets[key[0]].amount

    def raise_amount(self, budget: int, more: int) -> None:
        old = self.memory.budgets[budget]
        self.memory.budgets[budget] = replace(old, amount=old.amount + more)

    @rule()
    def goes_away(self) -> None:
        self.memory.away = True

    def comes_back(self) -> None:
        self.memory.away = self.memory.unsure = False

    @rule()
    def an_answer_is_lost(self) -> None:
        self.memory.unsure = True


TestMemoryWorld = MemoryWorld.TestCase
TestMemoryWorld.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)

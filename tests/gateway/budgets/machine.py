"""Several processes over one truth, doing whatever comes: the state machine of budgets, for any books."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from gateway.budgets.compiled import CompiledBudget
from gateway.budgets.store import Key
from gateway.errors import BudgetExceeded, BudgetUnavailable
from tests.gateway.budgets.cast import Books, Clock, Period, Process, Running

MOST_PROCESSES = 4
amounts = st.integers(0, 400)
parts = st.integers(0, 100)  # percent of a hold that the call comes to
which = st.integers(0, 1000)


async def gathered(calls: list[Any]) -> list[Any]:
    return await asyncio.gather(*calls, return_exceptions=True)


class World(RuleBasedStateMachine):
    """Sub-classes say what the books are. Money in budgets 1 and 2, usage in 3; no bill passes its hold, unless by
    ``overbill``: from then on only the sums must be right."""

    loop: asyncio.AbstractEventLoop
    clock: Clock
    books: Books

    def make(self, clock: Clock) -> tuple[Books, list[CompiledBudget]]:
        raise NotImplementedError

    def limit(self, key: Key) -> int:
        raise NotImplementedError

    def raise_amount(self, budget: int, more: int) -> None:
        raise NotImplementedError

    @initialize()
    def begin(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.clock = Clock()
        self.books, self.budgets = self.make(self.clock)
        self.processes: list[Process] = []
        self.orphans: list[Process] = []
        self.costs: dict[Key, int] = {}
        self.overbilled: set[int] = set()
        self.start_process()
        self.start_process()

    def wait(self, coroutine: Any) -> Any:
        found = self.loop.run_until_complete(coroutine)
        self.loop.run_until_complete(asyncio.sleep(0))  # what the consumer told is heard
        return found

    def new_process(self) -> Process:
        return Process(self.books, self.clock)

    def one(self, number: int) -> Process:
        return self.processes[number % len(self.processes)]

    @precondition(lambda self: len(self.processes) < MOST_PROCESSES)
    @rule()
    def start_process(self) -> None:
        process = self.new_process()
        self.wait(process.start())
        self.processes.append(process)

    @precondition(lambda self: self.processes)
    @rule(number=which, chosen=st.sets(st.integers(0, 2), min_size=1), nano=amounts, units=amounts)
    def reserve(self, number: int, chosen: set[int], nano: int, units: int) -> None:
        try:
            self.wait(self.one(number).begin([self.budgets[one] for one in sorted(chosen)], nano, units))
        except (BudgetExceeded, BudgetUnavailable):
            pass

    @precondition(lambda self: self.processes)
    @rule(asked=st.lists(st.tuples(which, st.sets(st.integers(0, 2), min_size=1), amounts), min_size=2, max_size=6))
    def reserve_together(self, asked: list[tuple[int, set[int], int]]) -> None:
        calls = [
            self.one(number).begin([self.budgets[one] for one in sorted(chosen)], nano, nano)
            for number, chosen, nano in asked
        ]
        for found in self.wait(gathered(calls)):
            assert isinstance(found, Running | BudgetExceeded | BudgetUnavailable), found

    def _running(self, number: int) -> tuple[Process, Running] | None:
        found = [(process, one) for process in self.processes for one in process.running]
        return found[number % len(found)] if found else None

    @rule(number=which, cost=parts, usage=parts)
    def settle(self, number: int, cost: int, usage: int) -> None:
        """Done, failed or cancelled: what it came to is what counts."""
        if found := self._running(number):
            process, running = found
            self._end(process, running, running.hold.nano * cost // 100, running.hold.units * usage // 100)

    @rule(number=which, more=st.integers(1, 300))
    def overbill(self, number: int, more: int) -> None:
        if found := self._running(number):
            process, running = found
            self.overbilled |= {budget for budget, _ in running.attempt.charged}
            self._end(process, running, running.hold.nano + more, running.hold.units + more)

    def _end(self, process: Process, running: Running, cost: int, units: int) -> None:
        process.end(running, cost, units)
        self._count(running)

    def _count(self, running: Running, *, held: bool = False) -> None:
        for key in running.attempt.charged:
            money = self.budgets[self._place(key)].measure == "cost"
            if held:
                amount = running.hold.nano if money else running.hold.units
            else:
                amount = (running.attempt.cost_nano or 0) if money else running.attempt.input
            self.costs[key] = self.costs.get(key, 0) + amount

    def _place(self, key: Key) -> int:
        return [one.id for one in self.budgets].index(key[0])

    @precondition(lambda self: self.processes)
    @rule(number=which)
    def deliver(self, number: int) -> None:
        with suppress(OSError):
            self.one(number).deliver()
        self.wait(asyncio.sleep(0))

    @precondition(lambda self: self.processes)
    @rule(number=which)
    def deliver_again(self, number: int) -> None:
        with suppress(OSError):
            self.books.take(self.one(number).delivered)

    @precondition(lambda self: self.processes)
    @rule(number=which)
    def poll(self, number: int) -> None:
        self.wait(self.one(number).book.exchange())

    @rule(seconds=st.sampled_from([0.1, 0.4, 1.0, 3.0, 90.0]))
    def time_passes(self, seconds: float) -> None:
        self.clock.seconds += seconds

    @rule()
    def next_period_begins(self) -> None:
        self.clock.seconds += 86_400

    @precondition(lambda self: self.processes)
    @rule(number=which)
    def crash(self, number: int) -> None:
        process = self.processes.pop(number % len(self.processes))
        for running in process.running:
            self._count(running, held=True)
        process.crash()
        self.orphans.append(process)

    @precondition(lambda self: self.orphans)
    @rule()
    def adopt(self) -> None:
        orphan = self.orphans.pop()
        try:
            orphan.drain()
        except OSError:
            self.orphans.append(orphan)

    @precondition(lambda self: self.processes)
    @rule(number=which)
    def stop(self, number: int) -> None:
        process = self.processes.pop(number % len(self.processes))
        for running in list(process.running):
            self._end(process, running, 0, 0)
        self.wait(process.book.stop())
        self.orphans.append(process)
        self.adopt()

    @rule(place=st.integers(0, 2), more=st.integers(1, 300))
    def amount_is_raised(self, place: int, more: int) -> None:
        self.raise_amount(self.budgets[place].id, more)

    @rule()
    def comes_back(self) -> None:
        """The database, where it was away."""

    # --- what must hold --------------------------------------------------------------------------------
    def rows(self) -> Mapping[Key, Period]:
        return self.books.rows() if hasattr(self, "books") else {}

    @invariant()
    def nothing_is_leased_beyond_the_amount(self) -> None:
        for key, row in self.rows().items():
            assert row.leased == sum(row.leases.values()) and all(one >= 0 for one in row.leases.values())
            assert row.spent == sum(row.entries.values())
            if key[0] not in self.overbilled:
                assert row.spent + row.leased <= self.limit(key), (key, row)

    @invariant()
    def what_calls_cost_never_passes_the_amount(self) -> None:
        for key, cost in (self.costs if hasattr(self, "costs") else {}).items():
            if key[0] not in self.overbilled:
                assert cost <= self.limit(key)

    @invariant()
    def every_lease_covers_what_its_process_may_spend(self) -> None:
        for process in getattr(self, "processes", ()):
            for key, slice_ in process.book._leasing._slices.items():
                row = self.rows().get(key, Period())
                assert slice_.free >= 0 and slice_.held >= 0
                assert row.leases.get(process.name, 0) >= slice_.free + slice_.held

    def teardown(self) -> None:
        if hasattr(self, "loop"):
            try:
                self.come_to_an_end()
            finally:
                self.loop.close()

    def come_to_an_end(self) -> None:
        self.comes_back()
        for process in self.processes:
            for running in list(process.running):
                self._end(process, running, running.hold.nano // 2, running.hold.units // 3)
            self.wait(process.book.stop())
            process.drain()
        for process in self.orphans:
            process.drain()
        rows = self.books.rows()
        assert all(row.leased == 0 and not any(row.leases.values()) for row in rows.values()), "every hold is released"
        assert {key: row.spent for key, row in rows.items() if row.spent} == {
            key: cost for key, cost in self.costs.items() if cost
        }

"""Who acts in the tests of budgets: a store in memory that does what the database does, clocks that stand, processes
that hold, journal, crash and are adopted."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from gateway.budgets.book import Budgets, Hold
from gateway.budgets.compiled import CompiledBudget
from gateway.budgets.entries import charges_of
from gateway.budgets.happenings import Booked, Part, budget_booked
from gateway.budgets.store import Key, Report, Seen, Store, Unsure, share
from gateway.budgets.work import Worker
from gateway.exchange import Attempt, Exchange, uuid7
from gateway.ledger.records import interrupted

NOON = 1_790_000_000.0 // 86_400 * 86_400 + 43_200  # of some day in 2026
ASKED_SECONDS = 2.0


class Clock:
    """Both of a process's clocks; sleeping moves them."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def monotonic(self) -> float:
        return self.seconds

    def wall(self) -> float:
        return NOON + self.seconds

    async def sleep(self, seconds: float) -> None:
        self.seconds += seconds
        await asyncio.sleep(0)


class Inline(Worker):
    """Asks the store at once: no thread, so that a test sees every step."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.store = store

    def start(self) -> None:
        pass

    async def run(self, holder: str, report: Report) -> Mapping[Key, Seen]:
        return self.store.exchange(holder, report)

    def stop(self) -> None:
        pass


class Outside(Inline):
    """Asks where no loop runs: Django gives code on a loop a connection of its own. ``work`` is called between two
    turns of the loop."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self._asked: list[tuple[asyncio.Future[Any], str, Report]] = []

    async def run(self, holder: str, report: Report) -> Mapping[Key, Seen]:
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._asked.append((answer, holder, report))
        return await answer  # type: ignore[no-any-return]

    def work(self) -> None:
        asked, self._asked = self._asked, []
        for answer, holder, report in asked:
            try:
                answer.set_result(self.store.exchange(holder, report))
            except Exception as error:
                answer.set_exception(error)


@dataclass
class Period:
    spent: int = 0
    leased: int = 0
    refused: int = 0
    leases: dict[str, int] = field(default_factory=dict)
    entries: dict[str, int] = field(default_factory=dict)
    asked_at: float = -100.0


class Books(Protocol):
    """What a simulated world needs of the truth: the store's exchange, the consumer, and what a journal's end does."""

    def exchange(self, holder: str, report: Report) -> Mapping[Key, Seen]: ...

    def take(self, batch: Sequence[Exchange]) -> None: ...

    def release(self, holder: str) -> None: ...

    def rows(self) -> Mapping[Key, Period]: ...


class MemoryBooks:
    """Tables in memory. ``away`` makes everything fail."""

    def __init__(self, clock: Clock, budgets: Iterable[CompiledBudget]) -> None:
        self.clock = clock
        self.budgets = {one.id: one for one in budgets}
        self.periods: dict[Key, Period] = {}
        self.away = False
        self.unsure = False  # the next commit is done, and its answer lost
        self.asked = 0

    def exchange(self, holder: str, report: Report) -> Mapping[Key, Seen]:
        self.asked += 1
        if self.away:
            raise OSError("the database is away")
        seen = self._exchange(holder, report)
        if self.unsure:
            self.unsure = False
            raise Unsure
        return seen

    def _exchange(self, holder: str, report: Report) -> Mapping[Key, Seen]:
        for key, amount in report.back.items():
            period = self.periods[key]
            amount = min(amount, period.leases.get(holder, 0))
            period.leases[holder] = period.leases.get(holder, 0) - amount
            period.leased -= amount
        for key, count in report.refused.items():
            self._period(key).refused += count
        granted = {key: self._lease(holder, key, one) for key, one in report.wanted.items()}
        for key in report.forget:
            if key in self.periods and not self.periods[key].leases.get(holder, 0):
                self.periods[key].leases.pop(holder, None)
        seen = {key: self._seen(key, holder, granted.get(key, 0)) for key in report.keys}
        for key, one in report.wanted.items():
            if one.least and not seen[key].granted and seen[key].others:
                self._period(key).asked_at = self.clock.seconds
        return seen

    def _lease(self, holder: str, key: Key, wanted: Any) -> int:
        period = self._period(key)
        amount = share(wanted, self._limit(key) - period.spent - period.leased)
        if amount:
            period.leases[holder] = period.leases.get(holder, 0) + amount
            period.leased += amount
        return amount

    def _seen(self, key: Key, holder: str, granted: int) -> Seen:
        period = self.periods.get(key, Period())
        asked = self.clock.seconds - period.asked_at < ASKED_SECONDS
        own = period.leases.get(holder)
        return Seen(self._limit(key), period.spent, period.leased, own, asked, granted)

    def _limit(self, key: Key) -> int:
        return self.budgets[key[0]].limit(self.clock.wall())

    def _period(self, key: Key) -> Period:
        return self.periods.setdefault(key, Period())

    def take(self, batch: Sequence[Exchange]) -> None:
        if self.away:
            raise OSError("the database is away")
        told: dict[str, dict[Key, Part]] = {}
        for charge in charges_of(batch, budgets=self.budgets):
            period, holder = self._period(charge.key), charge.exchange.holder
            if charge.exchange.id in period.entries:
                continue
            period.entries[charge.exchange.id] = charge.amount
            period.spent += charge.amount
            covered = min(charge.amount - charge.over, period.leases.get(holder, 0))
            if covered:
                period.leases[holder] -= covered
                period.leased -= covered
            total, leased = told.setdefault(holder, {}).get(charge.key, Part(0, 0))
            told[holder][charge.key] = Part(total + charge.amount, leased + covered)
        for holder, parts in told.items():
            budget_booked.tell(Booked(holder, parts))

    def release(self, holder: str) -> None:
        for period in self.periods.values():
            period.leased -= period.leases.pop(holder, 0)

    def rows(self) -> Mapping[Key, Period]:
        return self.periods


def budget(pk: int = 1, amount: int = 1000, **more: Any) -> CompiledBudget:
    return CompiledBudget(id=pk, **{"name": f"budget {pk}", "amount": amount, "period": "day", **more})


def book_of(books: Store, clock: Clock, *, worker: Worker | None = None) -> Budgets:
    return Budgets(worker or Inline(books), clock=clock.monotonic, wall=clock.wall, sleep=clock.sleep)


@dataclass
class Running:
    """An attempt under way, and its exchange as the journal has it."""

    exchange: Exchange
    attempt: Attempt
    hold: Hold


class Process:
    """A gateway process as budgets see it: its book, its journal, its calls in flight."""

    def __init__(self, books: Books, clock: Clock, *, worker: Worker | None = None) -> None:
        self.name = uuid7()
        self.books = books
        self.clock = clock
        self.book = book_of(books, clock, worker=worker)
        self.running: list[Running] = []
        self.closed: list[Exchange] = []  # not delivered yet
        self.delivered: list[Exchange] = []

    async def start(self) -> None:
        await self.book.start(self.name)

    async def begin(self, budgets: Sequence[CompiledBudget], nano: int, units: int = 0) -> Running:
        """Raises what the book does."""
        now = self.clock.wall()
        held = self.book.hold_now(budgets, nano=nano, units=units, now=now)
        if held is None:
            held = await self.book.hold(budgets, nano=nano, units=units, now=now)
        attempt = Attempt(provider="acme", model="m1", charged=held.charged, hold_nano=held.nano, hold_units=held.units)
        started = int(now * 1_000_000)
        exchange = Exchange(id=uuid7(), started_at=started, holder=self.book.holder, attempts=[attempt])
        running = Running(exchange, attempt, held)
        self.running.append(running)
        return running

    def end(self, running: Running, cost: int | None, units: int = 0) -> None:
        """However the call ends: it cost that."""
        self.running.remove(running)
        running.attempt.cost_nano, running.attempt.cost_basis = cost, "" if cost is None else "override"
        running.attempt.input, running.attempt.duration_us = units, 1
        running.hold.settle(cost, units)
        self.closed.append(running.exchange)

    def deliver(self) -> None:
        """What a consumer fails to take comes again."""
        self.books.take(self.closed)
        self.delivered += self.closed
        self.closed = []

    def crash(self) -> None:
        """Its memory is gone; the journal closes what was open."""
        self.closed += [interrupted(one.exchange, None) for one in self.running]
        self.running = []
        self.book._leasing._unsubscribe()  # type: ignore[misc]

    def drain(self) -> None:
        """The journal of one that is dead or stopping is delivered to the end, some of it twice."""
        self.books.take(self.delivered[-3:] + self.closed)
        self.deliver()
        self.books.release(self.name)

    async def stop(self) -> None:
        await self.book.stop()
        self.drain()


async def world(*budgets: CompiledBudget, processes: int = 1) -> tuple[Clock, MemoryBooks, list[Process]]:
    clock = Clock()
    books = MemoryBooks(clock, budgets)
    made = [Process(books, clock) for _ in range(processes)]
    for one in made:
        await one.start()
    return clock, books, made

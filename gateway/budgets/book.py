"""The budgets of this process: holds in memory, out of leased slices.

A call's way: ``hold_now`` takes from slices and does no I/O. Where a slice is too small, ``hold`` leases more, together
with all calls that lack something at that moment. ``exchange`` is polled: it gives back what idles, leases ahead of
need and reads how the periods stand (``leasing``).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence

from gateway.budgets.compiled import CompiledBudget
from gateway.budgets.hold import Claim, Hold
from gateway.budgets.leasing import Leasing
from gateway.budgets.refusing import Standing, exceeded, price_unknown, standing, unavailable
from gateway.budgets.work import Worker
from gateway.errors import BudgetExceeded
from gateway.exchange import Verdict

__all__ = ["Budgets", "Hold"]

PATIENCE = 1.0  # seconds a call waits for what idles in other processes
RETRY = 0.1  # between two looks whether it came
MEMORY = 0.5  # a refusal is remembered: an exhausted budget must not cost a query a call
STALE = 600.0  # what could not be renewed for so long is used no more: it may count as lost


class Budgets:
    """Touched on the event loop only. ``clock`` is monotonic; ``wall`` and the ``now`` of calls are in seconds since
    the epoch. ``worker`` asks the store; the database, if there is none. Before ``start`` nothing can be held of a hard
    budget."""

    def __init__(
        self,
        worker: Worker | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._leasing = Leasing(worker or Worker(), clock=clock, wall=wall)
        self._clock = clock
        self._sleep = sleep

    @property
    def holder(self) -> str:
        """In whose name it leases: what an exchange with holds is journaled with."""
        return self._leasing.holder

    async def start(self, holder: str) -> None:
        """``holder``: the name of this process's journal directory."""
        self._leasing.start(holder)

    async def stop(self) -> None:
        """Gives back what is free. What is held or not booked yet comes back when the journal is drained."""
        await self._leasing.stop()

    async def exchange(self) -> None:
        """Polled. Never raises."""
        await self._leasing.exchange()

    def standing(self, budget: CompiledBudget, now: float) -> Standing:
        """How its period stands, as this process last saw it."""
        return standing(self._leasing.slice(budget, now), now)

    def hold_now(self, budgets: Sequence[CompiledBudget], *, nano: int | None, units: int, now: float) -> Hold | None:
        """Holds the worst case of an attempt in every budget, or in none: ``nano`` nano-dollars (``None``: unknown) and
        ``units`` of usage. ``None``: a slice is too small, await ``hold``. Raises ``BudgetExceeded`` where that was
        just refused, ``PriceUnknown``, ``BudgetUnavailable``."""
        claims = [self._claim(budget, nano, units, now) for budget in budgets]
        return self._taken(claims, nano, units, now) if self._enough(claims, now) else None

    async def hold(self, budgets: Sequence[CompiledBudget], *, nano: int | None, units: int, now: float) -> Hold:
        """As ``hold_now``, but leases what is missing, and waits up to a second for what idles in other processes."""
        until = self._clock() + PATIENCE
        while True:
            held = self.hold_now(budgets, nano=nano, units=units, now=now)
            if held is not None:
                return held
            answered = await self._leasing.lease([self._claim(budget, nano, units, now) for budget in budgets])
            claims = [self._claim(budget, nano, units, now) for budget in budgets]
            short = self._short(claims)
            if not short:
                return self._taken(claims, nano, units, now)
            if not answered:
                raise unavailable(short[0].slice.budget)
            self._give_up(short, now, late=self._clock() >= until)
            await self._sleep(RETRY)

    def _claim(self, budget: CompiledBudget, nano: int | None, units: int, now: float) -> Claim:
        slice_ = self._leasing.slice(budget, now)
        hard = budget.mode == "hard" and not slice_.gone
        if budget.measure != "cost":
            return Claim(slice_, units, hard)
        if nano is None and hard:
            raise price_unknown(budget)
        return Claim(slice_, nano or 0, hard)

    def _enough(self, claims: Sequence[Claim], now: float) -> bool:
        """Raises what is known without asking."""
        enough = True
        clock = self._clock()
        for claim in claims:
            slice_, need, hard = claim
            if not hard:
                enough = enough and (slice_.seen is not None or slice_.budget.mode != "shadow")
            elif need > slice_.free:
                if clock < slice_.refused_until and need >= slice_.refused_need:
                    raise self._refused(claim, now)
                if clock < self._leasing.away_until:
                    raise unavailable(slice_.budget)
                enough = False
            elif need and clock - slice_.renewed > STALE:
                raise unavailable(slice_.budget)
        return enough

    def _taken(self, claims: Sequence[Claim], nano: int | None, units: int, now: float) -> Hold:
        clock = self._clock()
        verdicts: list[Verdict] = []
        nano_held = units_held = 0
        for slice_, need, hard in claims:
            budget = slice_.budget
            if hard and budget.measure == "cost":
                nano_held = nano or 0
            elif hard:
                units_held = units
            elif budget.mode == "shadow" and need and slice_.spent + need > slice_.limit(now):
                verdicts.append(Verdict(by=budget.name, kind="budget", action="refuse", shadow=True))
                slice_.refused += 1
            slice_.take(need, hard=hard, now=clock)
        return Hold(claims, nano=nano_held, units=units_held, verdicts=verdicts)

    @staticmethod
    def _short(claims: Iterable[Claim]) -> list[Claim]:
        return [claim for claim in claims if claim.hard and claim.need > claim.slice.free]

    def _give_up(self, short: Sequence[Claim], now: float, *, late: bool) -> None:
        """Raises where waiting is of no use, or was. Of several that refuse, one that no other target escapes."""
        hopeless = [one for one in short if late or one.need - one.slice.free > one.slice.reachable()]
        for claim in sorted(hopeless, key=lambda one: one.slice.budget.of_target):
            claim.slice.refused_need = claim.need
            claim.slice.refused_until = self._clock() + MEMORY
            raise self._refused(claim, now)

    @staticmethod
    def _refused(claim: Claim, now: float) -> BudgetExceeded:
        claim.slice.refused += 1
        return exceeded(claim.slice, claim.need, now)

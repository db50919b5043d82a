"""Limits and budgets on an attempt's way: its worst case is held before it begins, and its share of limits taken.

Budgets come first: what they hold is in memory and goes back whole when a limit refuses, while a request that a limit
counted stays counted.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from gateway.budgets.book import Hold
from gateway.budgets.compiled import Spending
from gateway.budgets.worst import worst_case
from gateway.exchange import Exchange
from gateway.inbound import Inbound
from gateway.limits.compiled import Limits, Rule
from gateway.limits.taken import Taken
from gateway.relay.holding import Held
from gateway.relay.settle import Settlement
from gateway.routing.plan import Plan
from gateway.routing.targets import Planned
from gateway.runtime import Runtime

if TYPE_CHECKING:
    from gateway.relay.context import Context


async def take_share(runtime: Runtime, inbound: Inbound) -> Taken | None:
    """The call's own share of limits, where something is paid for it before its first attempt. ``None`` where it has no
    limits. Raises ``LimitExceeded``."""
    limits = runtime.snapshots.current.limits
    rules = () if limits.empty else limits.of_call(inbound.caller.key)
    if not rules:
        return None
    limiter, units = runtime.limiter, units_of(inbound)
    return await limiter.take(rules, units=units) if limiter.shared else limiter.take_now(rules, units=units)


def units_of(inbound: Inbound) -> int:
    """Units that limits count until the true ones are known: the input, and the output that was asked for."""
    return inbound.traits.input + inbound.traits.output if inbound.operation.billed else 0


def reserving_for(
    runtime: Runtime, inbound: Inbound, settlement: Settlement, plan: Plan, *, has_share: bool = False
) -> Reserving | None:
    """``None`` where nothing is limited. ``has_share``: the call has its own share of limits already."""
    snapshot = runtime.snapshots.current
    if snapshot.limits.empty and snapshot.spending.empty:
        return None
    route = plan.resolved.route
    return Reserving(
        runtime,
        inbound,
        settlement,
        limits=snapshot.limits,
        spending=snapshot.spending,
        assumed_output=route.assumed_output if route is not None else None,
        has_share=has_share,
    )


class CallShare:
    """The call's own share of limits, whatever its attempts come to."""

    __slots__ = ("_exchange", "_taken")

    def __init__(self, taken: Taken, exchange: Exchange) -> None:
        self._taken: Taken | None = taken
        self._exchange = exchange

    def settle(self) -> None:
        taken, self._taken = self._taken, None
        if taken is not None:
            taken.settle(sum(one.input + one.output for one in self._exchange.attempts))
            taken.leave()


class Reserving:
    """Of one call."""

    __slots__ = ("_assumed_output", "_inbound", "_limits", "_rules", "_runtime", "_settlement", "_spending", "_units")

    def __init__(
        self,
        runtime: Runtime,
        inbound: Inbound,
        settlement: Settlement,
        *,
        limits: Limits,
        spending: Spending,
        assumed_output: int | None,
        has_share: bool = False,
    ) -> None:
        self._runtime = runtime
        self._inbound = inbound
        self._settlement = settlement
        self._limits = limits
        self._spending = spending
        without = has_share or limits.empty or inbound.on_behalf
        self._rules: Sequence[Rule] = () if without else limits.of_call(inbound.caller.key)
        self._assumed_output = assumed_output
        self._units = -1

    async def reserve(self, context: Context, planned: Planned) -> tuple[Planned, Held | None]:
        """The target, told the most output that is held for where the app named none; and what the attempt holds. Holds
        nothing where it raises: ``LimitExceeded``, ``BudgetExceeded``, ``BudgetUnavailable``, ``PriceUnknown``."""
        hold: Hold | None = None
        if not self._spending.empty and self._inbound.operation.billed:
            planned, hold = await self._hold(planned)
        taken: Taken | None = None
        if not self._limits.empty:
            try:
                taken = await self._take(context, planned)
            except BaseException:
                if hold is not None:
                    hold.settle(0, 0)
                raise
        if hold is None and taken is None:
            return planned, None
        held = Held(limits=taken, budget=hold)
        self._settlement.held.append(held)
        return planned, held

    async def _hold(self, planned: Planned) -> tuple[Planned, Hold | None]:
        key, provider, spending = self._inbound.caller.key, planned.provider, self._spending
        budgets = spending.of(key.id, key.team_id, self._inbound.tags, provider.id, provider.name, planned.model)
        if not budgets:
            return planned, None
        exchange = self._settlement.exchange
        self._settlement.assumed = spending.assumed
        nano: int | None = 0
        units = 0
        if any(one.mode != "soft" for one in budgets):
            assumed = self._assumed_output
            nano, units, bounded = worst_case(
                self._inbound, planned, spending, at=exchange.started_at, assumed_output=assumed
            )
            planned = bounded if any(one.hard for one in budgets) else planned
        book, now = self._runtime.budgets, time.time()
        hold = book.hold_now(budgets, nano=nano, units=units, now=now)
        if hold is None:
            hold = await book.hold(budgets, nano=nano, units=units, now=now)
        exchange.holder = book.holder
        exchange.verdicts += hold.verdicts
        return planned, hold

    async def _take(self, context: Context, planned: Planned) -> Taken | None:
        """The call's own share with that of its first target, in one question; later only that of the target."""
        limiter, provider = self._runtime.limiter, planned.provider
        of_target = self._limits.of_target(provider.id, provider.name, planned.model)
        of_call, units = self._rules, self._estimate()
        if not of_call and not of_target:
            return None
        rules = (*of_call, *of_target)
        taken = await limiter.take(rules, units=units) if limiter.shared else limiter.take_now(rules, units=units)
        if not of_call:
            return taken
        self._rules = ()
        context.headers = (*context.headers, *taken.headers)
        own, rest = taken.apart(len(of_call))
        self._settlement.held.append(CallShare(own, self._settlement.exchange))
        return rest if of_target else None

    def _estimate(self) -> int:
        if self._units < 0:
            self._units = units_of(self._inbound)
        return self._units

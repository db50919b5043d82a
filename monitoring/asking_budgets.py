"""What a call outside the gateway's door holds of budgets: a lease in the database, as a process that serves takes one,
but for this call alone."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

from gateway.budgets.compiled import CompiledBudget, Spending
from gateway.budgets.compiling import compile_spending
from gateway.budgets.leases import DatabaseLeases, release
from gateway.budgets.refusing import amount, price_unknown
from gateway.budgets.store import Key, Report, Seen, Wanted
from gateway.budgets.worst import Worst, worst_case
from gateway.caller import Caller
from gateway.errors import BudgetExceeded
from gateway.exchange import Exchange, Verdict
from gateway.inbound import Inbound
from gateway.operations.chat import Chat
from gateway.routing.targets import Planned
from gateway.snapshot import KeyFacts, TeamFacts
from providers.canonical import Usage
from providers.errors import SwitchboardError
from providers.pricing import Cost
from providers.pricing.sheet import Sheet
from providers.pricing.usage import counts_of

NOBODY = Caller(KeyFacts(0, "", 0, True, 0, frozenset(), ()), TeamFacts(0, "", False))
TRIES, PAUSE = 10, 0.2  # processes give back what idles within a second or two


class Held(NamedTuple):
    """``holder``: whose lease it is; "" where no hard budget is among them. ``assumed``: prices where none is known."""

    charged: list[Key]
    nano: int
    units: int
    holder: str
    assumed: Sheet | None


class Refused(NamedTuple):
    error: SwitchboardError
    verdict: Verdict


def worst_of(planned: Planned, operation: Chat, *, at: int, spending: Spending | None = None, size: int = 0) -> Worst:
    """``at``: microseconds since the epoch."""
    inbound = Inbound(operation=operation, caller=NOBODY, size=size, id="")
    return worst_case(inbound, planned, spending or compile_spending(), at=at)


def hold(
    planned: Planned,
    operation: Chat,
    exchange: Exchange,
    *,
    size: int,
    sleep: Callable[[float], None] = time.sleep,
) -> Held | Refused | None:
    """``None`` where no budget is for it. Waits up to two seconds for what idles in processes that serve."""
    spending, now = compile_spending(), exchange.started_at / 1e6
    provider = planned.provider
    budgets = spending.of(0, exchange.team_id, (), provider.id, provider.name, planned.model)
    if not budgets:
        return None
    worst = worst_of(planned, operation, at=exchange.started_at, spending=spending, size=size)
    charged = [(one.id, one.start(now)) for one in budgets]
    hard = [one for one in budgets if one.hard]
    if not hard:
        return Held(charged, 0, 0, "", spending.assumed)
    costs = [one for one in hard if one.measure == "cost"]
    if costs and worst.nano is None:
        return _refused(costs[0], price_unknown(costs[0]))
    nano, units = worst.nano or 0, worst.units
    needed = {(one.id, one.start(now)): nano if one.measure == "cost" else units for one in hard}
    short = _leased(exchange.id, needed, sleep)
    if short is not None:
        release(exchange.id)
        budget = next(one for one in hard if one.id == short[0])
        return _refused(budget, _exceeded(budget, needed[short]))
    held_units = units if len(costs) < len(hard) else 0
    return Held(charged, nano if costs else 0, held_units, exchange.id, spending.assumed)


def give_back(held: Held) -> None:
    """What was held and not spent; after what was spent is booked."""
    if held.holder:
        release(held.holder)


def priced(planned: Planned, usage: Usage, *, at: int, held: Held | None) -> Cost:
    """What was held, where nobody knows a price."""
    cost = planned.provider.prices_of(planned.model).cost(usage, at)
    if cost.nano is None and held is not None and held.assumed is not None:
        cost = held.assumed.cost(counts_of(usage), usage.input)
    if cost.nano is None and held is not None and held.nano:
        cost = Cost(held.nano, "hold")
    return cost


def _leased(holder: str, needed: Mapping[Key, int], sleep: Callable[[float], None]) -> Key | None:
    """Takes all that is needed; gives the period that has too little, where one has."""
    store, missing = DatabaseLeases(), {key: need for key, need in needed.items() if need > 0}
    for again in range(TRIES):
        if not missing:
            return None
        wanted = {key: Wanted(least=need, total=need) for key, need in missing.items()}
        seen = store.exchange(holder, Report(wanted=wanted))
        missing = {key: need for key, need in missing.items() if seen[key].granted < need}
        if any(_hopeless(seen[key], need) for key, need in missing.items()):
            break
        if missing and again < TRIES - 1:
            sleep(PAUSE)
    short = next(iter(missing), None)
    if short is not None:
        store.exchange(holder, Report(refused={short: 1}))
    return short


def _hopeless(seen: Seen, need: int) -> bool:
    return need > seen.available + max(seen.others, 0)


def _refused(budget: CompiledBudget, error: SwitchboardError) -> Refused:
    return Refused(error, Verdict(by=budget.name, kind="budget", action="refuse"))


def _exceeded(budget: CompiledBudget, need: int) -> BudgetExceeded:
    error = BudgetExceeded(
        f"The budget {budget.name!r} has too little left for this call, which may take up to {amount(need, budget)}."
    )
    error.details = {"budget": budget.name, "needed": need}
    return error

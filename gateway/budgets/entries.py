"""What a batch of exchanges charges to which period, before anything is written. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from gateway.budgets.compiled import CompiledBudget
from gateway.budgets.store import Key
from gateway.exchange import Attempt, Exchange


@dataclass(slots=True)
class Charge:
    """What one exchange spent of one period; ``over`` is the part of it that nothing was held for."""

    exchange: Exchange
    key: Key
    amount: int = 0
    over: int = 0


def charges_of(batch: Iterable[Exchange], *, budgets: Mapping[int, CompiledBudget]) -> list[Charge]:
    """One for each exchange and period, in order; an exchange that comes twice in the batch is taken once. A budget
    that is not among ``budgets`` is gone."""
    found: dict[tuple[str, Key], Charge] = {}
    for exchange in {one.id: one for one in batch}.values():
        for attempt in exchange.attempts:
            for pk, start in attempt.charged:
                if pk in budgets:
                    charge = found.setdefault((exchange.id, (pk, start)), Charge(exchange, (pk, start)))
                    amount, over = spent_of(attempt, budgets[pk])
                    charge.amount += amount
                    charge.over += over
    return list(found.values())


def spent_of(attempt: Attempt, budget: CompiledBudget) -> tuple[int, int]:
    """What an attempt spent, and how much of it no hold covered: of a budget that is not hard nothing is held."""
    if budget.measure == "cost":
        spent, hold = max(attempt.cost_nano or 0, 0), attempt.hold_nano
    else:
        spent, hold = max(attempt.input + attempt.output, 0), attempt.hold_units
    return spent, max(spent - hold, 0) if budget.hard else spent


def budgets_of(batch: Iterable[Exchange]) -> set[int]:
    return {budget for exchange in batch for attempt in exchange.attempts for budget, _ in attempt.charged}

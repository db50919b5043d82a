"""What the app is told when a budget refuses: the name, what is left, and when it begins anew."""

from __future__ import annotations

import math
from typing import NamedTuple

from gateway.budgets.compiled import CompiledBudget
from gateway.budgets.periods import iso
from gateway.budgets.slices import Slice
from gateway.errors import BudgetExceeded, BudgetUnavailable, PriceUnknown
from providers.errors import Retry
from providers.pricing.money import dollars

SOON = 86_400  # seconds: a client may be told to come back that much later, no more
CENT = 10_000_000  # nano-dollars
PERIODS = {"day": "today", "week": "this week", "month": "this month", "total": "in total"}
UNITS = {"cost": "nano_usd", "usage": "units"}


class Standing(NamedTuple):
    """How a period stands, in what the budget measures. ``resets_at``: seconds since the epoch, endless for never.
    ``seen``: whether this process ever looked how it stands in the database."""

    limit: int
    spent: int
    held: int
    left: int
    resets_at: float
    seen: bool = True


def standing(slice_: Slice, now: float) -> Standing:
    """As this process last saw it."""
    limit = slice_.limit(now)
    spent, held = slice_.spent, max(slice_.held, 0) + slice_.elsewhere
    return Standing(limit, spent, held, max(0, limit - spent - held), slice_.ends, slice_.seen is not None)


def exceeded(slice_: Slice, need: int, now: float) -> BudgetExceeded:
    """402. ``retry_after`` where the period ends within a day. Of a budget that teams share only the rest is told."""
    budget, stands = slice_.budget, standing(slice_, now)
    waits = stands.resets_at - now
    of = "" if budget.shared else f" of {amount(stands.limit, budget)}"
    error = BudgetExceeded(
        f"The budget {budget.name!r} has {amount(stands.left, budget)} left{of} "
        f"{PERIODS.get(budget.period, '')}, and this call may take up to {amount(need, budget)}. {_anew(stands)}",
        retry_after=max(1.0, math.ceil(waits)) if waits <= SOON else None,
    )
    error.details = {
        "budget": budget.name,
        "measure": budget.measure,
        "unit": UNITS[budget.measure],
        **({} if budget.shared else {"amount": stands.limit, "spent": stands.spent, "held": stands.held}),
        "left": stands.left,
        "needed": need,
        "resets_at": iso(stands.resets_at),
    }
    if budget.of_target:
        error.retry = Retry.NEXT_TARGET
    return error


def unavailable(budget: CompiledBudget) -> BudgetUnavailable:
    """503: another try may find the database back."""
    error = BudgetUnavailable(
        f"What is left of the budget {budget.name!r} cannot be told now: its database does not answer, and what this "
        "process had of it is used up.",
        retry_after=2.0,
    )
    error.details = {"budget": budget.name}
    return error


def price_unknown(budget: CompiledBudget) -> PriceUnknown:
    error = PriceUnknown(
        f"Nobody knows what this model costs, and the budget {budget.name!r} is a hard one. An admin can give the "
        "model a price, or say in the spending settings what to assume for models without one."
    )
    error.details = {"budget": budget.name}
    return error


def amount(value: int, budget: CompiledBudget) -> str:
    """As people read it, and exact: what is left of a budget is often less than a cent."""
    if budget.measure != "cost":
        return f"{value:,} units"
    return f"${dollars(value):,.2f}" if value % CENT == 0 else f"${dollars(value):,f}"


def _anew(stands: Standing) -> str:
    when = iso(stands.resets_at)
    return "It does not begin anew." if when is None else f"It begins anew at {when[:10]} {when[11:16]} UTC."

"""What people should know of a budget, as rows and in process: thresholds reached, bills above a hold."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime

from gateway.budgets.compiled import CompiledBudget
from gateway.budgets.entries import Charge
from gateway.budgets.happenings import BudgetNews
from gateway.budgets.refusing import PERIODS, amount
from gateway.models import BudgetEvent, BudgetPeriod

LONGEST = 500  # characters


def thresholds(
    budget: CompiledBudget, row: BudgetPeriod, *, spent: int, limit: int, now: datetime
) -> tuple[int, list[BudgetNews]]:
    """The highest threshold that is told by now, and news of each that was just reached. One that was told in this
    period is not told again, whatever happened to the amount."""
    reached = [one for one in budget.thresholds if one > row.told and limit and spent * 100 >= limit * one]
    news = [
        BudgetNews(
            BudgetEvent.Kind.THRESHOLD.value,
            budget.id,
            budget.name,
            f"{budget.name!r} reached {one} %: {amount(spent, budget)} of {amount(limit, budget)} "
            f"{PERIODS.get(budget.period, '')}."[:LONGEST],
            now,
            threshold=one,
        )
        for one in sorted(reached)
    ]
    return max([row.told, *reached]), news


def over_hold(charge: Charge, budget: CompiledBudget, now: datetime) -> BudgetNews:
    """Of one call."""
    held = amount(charge.amount - charge.over, budget)
    who = f"{charge.exchange.provider} ({charge.exchange.model})"
    return BudgetNews(
        BudgetEvent.Kind.OVER_HOLD.value,
        budget.id,
        budget.name,
        f"{who} billed {amount(charge.amount, budget)} where {held} had been held of {budget.name!r}."[:LONGEST],
        now,
        exchange_id=charge.exchange.id,
    )


def write(news: Iterable[BudgetNews]) -> None:
    BudgetEvent.objects.bulk_create(
        BudgetEvent(
            at=one.at,
            kind=one.kind,
            budget_id=one.budget_id,
            exchange_id=uuid.UUID(one.exchange_id) if one.exchange_id else None,
            text=one.text,
        )
        for one in news
    )

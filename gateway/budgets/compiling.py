"""From rows to compiled budgets: three queries, off the event loop, on a save and at the start."""

from __future__ import annotations

from gateway.budgets.compiled import NO_SPENDING, CompiledBudget, Raise, Spending
from gateway.models import Budget, BudgetRaise, SpendingSettings
from providers.pricing import Sheet
from providers.pricing.sheet import sheet

__all__ = ["NO_SPENDING", "SPENDING_LABELS", "compile_budget", "compile_spending"]

# A budget goes with the team, key or provider it is for: nobody calls for those any more.
SPENDING_LABELS = frozenset(one._meta.label for one in (Budget, BudgetRaise, SpendingSettings))


def compile_spending() -> Spending:
    settings = SpendingSettings.current()
    raises: dict[int, list[Raise]] = {}
    for row in BudgetRaise.objects.filter(budget__enabled=True):
        raises.setdefault(row.budget_id, []).append(_raise(row))
    rows = Budget.objects.filter(enabled=True).order_by("id")
    return Spending(
        budgets=tuple(compile_budget(row, raises.get(row.pk, ())) for row in rows),
        assumed=_assumed(settings),
        assumed_output=settings.assumed_output,
    )


def compile_budget(row: Budget, raises: list[Raise] | tuple[Raise, ...] = ()) -> CompiledBudget:
    of_id = {"team": row.team_id, "key": row.api_key_id, "provider": row.provider_id}.get(row.subject) or 0
    return CompiledBudget(
        id=row.pk,
        name=row.name,
        subject=row.subject,
        of_id=of_id,
        of={"model": row.model, "tag": row.tag}.get(row.subject, ""),
        measure=row.measure,
        amount=row.amount,
        period=row.period,
        mode=row.mode,
        thresholds=tuple(sorted({one for one in row.thresholds or () if type(one) is int})),
        raises=tuple(raises),
    )


def _raise(row: BudgetRaise) -> Raise:
    return Raise(row.amount, row.starts_at.timestamp(), row.ends_at.timestamp())


def _assumed(settings: SpendingSettings) -> Sheet | None:
    if settings.assumed_input_price is None or settings.assumed_output_price is None:
        return None
    prices = {"input": settings.assumed_input_price, "output": settings.assumed_output_price}
    return sheet("override", prices)

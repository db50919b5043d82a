"""Deleting what has books: the page that asks must not read every entry of every call to say what goes with it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

from gateway.models import Budget, BudgetPeriod, Limit
from providers.admin.unfolded import ModelAdmin

Deleted = tuple[list[Any], dict[str, int], set[str], list[Any]]


class BoundedDelete(ModelAdmin):
    """For teams, API keys and budgets: names them, and counts what goes with them. ``goes_by`` is the field of limits
    and budgets that names such a row; "" for budgets themselves."""

    goes_by = ""

    def get_deleted_objects(self, objs: Iterable[Any], request: HttpRequest) -> Deleted:
        rows = list(objs)
        names: list[Any] = [f"{str(self.opts.verbose_name).capitalize()}: {row}" for row in rows]
        counts = {str(self.opts.verbose_name_plural): len(rows)}
        denied: set[str] = set() if self.has_delete_permission(request) else {str(self.opts.verbose_name)}
        for found in self._with(rows):
            count = found.count()
            opts = found.model._meta
            if not count:
                continue
            counts[str(opts.verbose_name_plural)] = count
            if found.model is not BudgetPeriod and not request.user.has_perm(f"gateway.delete_{opts.model_name}"):
                denied.add(str(opts.verbose_name))
        return names, counts, denied, []

    def _with(self, rows: list[Any]) -> list[QuerySet[Any]]:
        if not self.goes_by:
            return [BudgetPeriod.objects.filter(budget__in=rows)]
        of = {f"{self.goes_by}__in": rows}
        budgets = Budget.objects.filter(**of)
        return [Limit.objects.filter(**of), budgets, BudgetPeriod.objects.filter(budget__in=budgets)]

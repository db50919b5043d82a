"""The list of budgets: each row with where it stands, and a filter for those that are nearly spent."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from gateway.admin.budget_standing import NEARLY, Standing, standings
from gateway.models import Budget
from providers.admin.unfolded import ChangeList


class StandingList(ChangeList):
    """Hands each row its standing, so that no column asks the database again."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = list(self.result_list)
        found = standings(self.result_list, now=timezone.now())
        for row in self.result_list:
            row.standing = found[row.pk]


class SpentFilter(admin.SimpleListFilter):
    """By what is spent of the current period: computed, for no column holds it."""

    title = "spent"
    parameter_name = "spent"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("nearly", f"Nearly exhausted: {NEARLY} % and more"),
            ("all", "Exhausted"),
            ("pace", "Will be, at this pace"),
            ("refusing", "Refused calls in this period"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        if value not in ("nearly", "all", "pace", "refusing"):
            return queryset
        found = standings(Budget.objects.filter(enabled=True), now=timezone.now())
        return queryset.filter(pk__in=[pk for pk, one in found.items() if _is(value, one)])


def _is(value: str, standing: Standing) -> bool:
    if value == "nearly":
        return standing.percent >= NEARLY
    if value == "refusing":
        return standing.row is not None and standing.row.refused > 0
    return standing.percent >= 100 or (value == "pace" and standing.exhausted_at is not None)

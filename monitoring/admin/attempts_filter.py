"""Which requests needed more than one attempt, and which were answered elsewhere than first asked."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import F, Q, QuerySet
from django.db.models.fields.json import KT
from django.http import HttpRequest

from monitoring.admin.timeline import by_name
from monitoring.models import RequestLog


def fell_back(row: RequestLog) -> bool:
    """Whether the call ended at another target than the one that was asked first."""
    if len(row.attempts) < 2:
        return False
    first = by_name(row.attempts[0])
    return (first.get("provider"), first.get("model")) != (row.provider, row.model)


def passed(row: RequestLog) -> str:
    """The targets that were asked, in order, each once."""
    targets = (f"{one.get('provider', '')}:{one.get('model', '')}" for one in map(by_name, row.attempts))
    return " → ".join(dict.fromkeys(targets))


class AttemptsFilter(admin.SimpleListFilter):
    title = "attempts"
    parameter_name = "attempts"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("fell_back", "Fell back to another target"),
            ("several", "More than one"),
            ("one", "One"),
            ("none", "None: no vendor was called"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        if value == "fell_back":
            several: QuerySet[Any] = queryset.filter(attempts__1__isnull=False).alias(
                first_provider=KT("attempts__0__provider"), first_model=KT("attempts__0__model")
            )
            return several.filter(~Q(first_provider=F("provider")) | ~Q(first_model=F("model")))
        if value == "several":
            return queryset.filter(attempts__1__isnull=False)
        if value == "one":
            return queryset.filter(attempts__0__isnull=False, attempts__1__isnull=True)
        return queryset.filter(attempts__0__isnull=True) if value == "none" else queryset

"""Filter of the tokens list by what became of them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from providers.models import TokenState


class HealthFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("healthy", "Healthy"), ("resting", "Resting"), ("rejected", "Rejected")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        resting = Q(state__health=TokenState.Health.COOLING, state__cooling_until__gt=timezone.now())
        rejected = Q(state__health=TokenState.Health.INVALID)
        if self.value() == "resting":
            return queryset.filter(resting)
        if self.value() == "rejected":
            return queryset.filter(rejected)
        return queryset.exclude(resting).exclude(rejected) if self.value() == "healthy" else queryset

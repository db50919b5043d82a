"""Filter of the tokens list by what became of them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from providers.models import TokenState

Health = TokenState.Health


class HealthFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("healthy", "Healthy"),
            ("resting", "Resting"),
            ("suspended", "Suspended"),
            ("probation", "On probation"),
            ("retired", "Retired or expired"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        now = timezone.now()
        gone = Q(state__health=Health.RETIRED) | Q(expires_at__lte=now)
        found = {
            "resting": Q(state__health__in=[Health.COOLING, Health.PROBATION], state__cooling_until__gt=now),
            "suspended": Q(state__health=Health.SUSPENDED),
            "probation": Q(state__health=Health.PROBATION),
        }
        match self.value():
            case "retired":
                return queryset.filter(gone)
            case "healthy":
                return queryset.exclude(gone | found["resting"] | found["suspended"] | found["probation"])
            case "resting" | "suspended" | "probation" as word:
                return queryset.filter(found[word]).exclude(gone)
        return queryset

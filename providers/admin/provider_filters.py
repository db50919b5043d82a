"""Filters of the providers list. Status is computed, not stored, so it is looked up once a request."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from providers.admin.unfolded import ChangeList
from providers.env import dispatch_in_force, overlay
from providers.environment import environ
from providers.models import Provider
from providers.overview import Glance, overview
from providers.vendors import all_vendors


def current(request: HttpRequest) -> dict[int, Glance]:
    """Every provider's glance, computed once for this request."""
    found: dict[int, Glance] | None = getattr(request, "_glances", None)
    if found is None:
        found = overview(environ(), now=timezone.now())
        request._glances = found  # type: ignore[attr-defined]
    return found


def mode_in_force(provider: Provider) -> str:
    """The dispatch mode that holds: the environment's, where it says one, else the row's."""
    vendor = provider.facts
    if vendor is None:
        return provider.dispatch
    return dispatch_in_force(overlay(provider.name, vendor, environ()), provider.dispatch, provider.usual_dispatch)


class GlancingList(ChangeList):
    """Hands each row its glance, so that no column asks the database again."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = list(self.result_list)
        for provider in self.result_list:
            provider.glance = current(request)[provider.pk]


class StatusFilter(admin.SimpleListFilter):
    title = "status"
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("green", "Active"), ("yellow", "Disabled"), ("red", "Not configured or failing")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in {"green", "yellow", "red"}:
            return queryset
        return queryset.filter(pk__in=[pk for pk, one in current(request).items() if one.status.colour == self.value()])


class DispatchFilter(admin.SimpleListFilter):
    title = "dispatch mode"
    parameter_name = "mode"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(mode.value, mode.value.capitalize()) for mode in Provider.Dispatch]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in Provider.Dispatch.values:
            return queryset
        rows = Provider.objects.only("pk", "name", "vendor", "dispatch")
        return queryset.filter(pk__in=[row.pk for row in rows if mode_in_force(row) == self.value()])


class _VendorFilter(admin.SimpleListFilter):
    """By a fact of the vendor's file: the rows only know the vendor's name."""

    fact = ""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        values = sorted({getattr(vendor, self.fact) for vendor in all_vendors().values()})
        return [(value, value.capitalize()) for value in values]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not self.value():
            return queryset
        return queryset.filter(
            vendor__in=[slug for slug, one in all_vendors().items() if getattr(one, self.fact) == self.value()]
        )


class KindFilter(_VendorFilter):
    title = "kind"
    parameter_name = "kind"
    fact = "kind"


class RegionFilter(_VendorFilter):
    title = "region"
    parameter_name = "region"
    fact = "region"

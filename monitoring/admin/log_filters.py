"""Filters of the request log. Each bounds what an index can bound; none asks the log itself for its choices."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.contrib.filters.admin import TextFilter

from gateway.models import ApiKey, Team
from monitoring.explorer.filters import TROUBLED
from providers.models import Provider

MOST_KEYS = 200  # API keys one typed name may stand for


class TimeFilter(admin.SimpleListFilter):
    """The last day unless another time is chosen: a log is read from its end."""

    title = "time"
    parameter_name = "time"
    DEFAULT = "day"
    SPANS = {
        "hour": ("Last hour", timedelta(hours=1)),
        "day": ("Last day", timedelta(days=1)),
        "week": ("Last 7 days", timedelta(days=7)),
        "month": ("Last 30 days", timedelta(days=30)),
        "all": ("All", None),
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(name, text) for name, (text, _) in self.SPANS.items()]

    def value(self) -> str:
        given = super().value()
        return given if given in self.SPANS else self.DEFAULT

    def choices(self, changelist: Any) -> Iterator[Any]:
        for name, text in self.lookup_choices:
            yield {
                "selected": self.value() == name,
                "query_string": changelist.get_query_string({self.parameter_name: name}),
                "display": text,
            }

    @property
    def past(self) -> timedelta | None:
        """How far back; ``None``: as far as the log goes."""
        return self.SPANS[self.value()][1]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset if self.past is None else queryset.filter(started_at__gte=timezone.now() - self.past)


class _Listed(admin.SimpleListFilter):
    """Filters even when its list is empty: a link to it must not silently show everything."""

    def has_output(self) -> bool:
        return super().has_output() or self.value() is not None


class ProviderFilter(_Listed):
    title = "provider"
    parameter_name = "provider"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Those that are on come first."""
        rows = Provider.objects.order_by("name").values_list("name", "dispatch")
        names = sorted(rows, key=lambda row: row[1] == Provider.Dispatch.OFF)
        return [(name, name) for name, _ in names]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(provider=self.value()) if self.value() else queryset


class TeamFilter(_Listed):
    title = "team"
    parameter_name = "team"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(pk), name) for pk, name in Team.objects.values_list("pk", "name")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value() or ""
        return queryset.filter(team_id=int(value)) if value.isdecimal() and len(value) < 19 else queryset


class KeyFilter(TextFilter):
    """By an API key's name or a part of it. Typed, not listed: there may be 100,000."""

    title = "API key"
    parameter_name = "key"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        text = (self.value() or "").replace("\0", "").strip()  # which PostgreSQL refuses
        if not text:
            return queryset
        ids = list(ApiKey.objects.filter(name__icontains=text).order_by().values_list("pk", flat=True)[:MOST_KEYS])
        if ids:  # by the index
            return queryset.filter(api_key_id__in=ids)
        return queryset.filter(api_key__icontains=text)  # a key that is gone: the log keeps its name


class StatusFilter(admin.SimpleListFilter):
    title = "status"
    parameter_name = "class"
    CLASSES = {
        "2": ("2xx Answered", Q(status__gte=200, status__lt=300)),
        "4": ("4xx Refused", TROUBLED & Q(status__gte=400, status__lt=500)),
        "429": ("429 Too many", TROUBLED & Q(status=429)),
        "5": ("5xx Failed", TROUBLED & Q(status__gte=500)),
        "0": ("No status", TROUBLED & Q(status=0)),
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(name, text) for name, (text, _) in self.CLASSES.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.CLASSES.get(self.value() or "")
        return queryset.filter(chosen[1]) if chosen else queryset

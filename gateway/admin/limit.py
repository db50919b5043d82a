"""Limits in the admin: for whom, the three numbers, and how full each is in this process."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString

from gateway.admin.filling import Filling, fillings, number_cell
from gateway.admin.limit_form import NUMBERS, LimitForm
from gateway.admin.safe_save import SafeSave
from gateway.admin.subjects import shown_when, subject_cell
from gateway.models import Limit
from providers.admin import cells
from providers.admin.unfolded import ChangeList


class FilledList(ChangeList):
    """Hands each row how full it is, asked of the limiter in one go."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = list(self.result_list)
        now = fillings(self.result_list)
        for row in self.result_list:
            row.filling = now.get(row.pk, Filling())


@admin.register(Limit)
class LimitAdmin(SafeSave):
    form = LimitForm
    list_display = ("whom", "requests", "usage", "at_once", "state", "note")
    list_display_links = ("whom",)
    list_filter = ("subject", "enabled", "team")
    list_select_related = ("team", "api_key", "provider")
    list_before_template = "admin/gateway/limit_before.html"
    search_fields = ("team__name", "api_key__name", "provider__name", "model", "note")
    search_help_text = "Team, API key, provider, model or note"
    ordering = ("subject", "id")
    sortable_by = ()
    autocomplete_fields = ("team", "api_key", "provider")
    actions = ("enable_selected", "disable_selected")
    conditional_fields = shown_when(each_key=True)
    warn_unsaved_form = True
    compressed_fields = False
    fieldsets = (
        (None, {"fields": ("subject", "team", "api_key", "provider", "model")}),
        ("Numbers", {
            "fields": (NUMBERS,),
            "description": "What comes on top gets 429 with a Retry-After that is true. Usage is held at the estimate "
            "before a call and corrected after it.",
        }),
        (None, {"fields": ("enabled", "note")}),
    )  # fmt: skip

    class Media:
        js = ("switchboard/names.js",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Limit]:
        rows: QuerySet[Limit] = super().get_queryset(request)
        return rows.defer("api_key__hash", "provider__proxy", "provider__secret_settings")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[FilledList]:
        return FilledList

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), "subtitle": None})

    @admin.display(description="For")
    def whom(self, limit: Limit) -> SafeString:
        return subject_cell(limit, linked=False)  # the cell is a link itself

    @admin.display(description="Requests a minute")
    def requests(self, limit: Limit) -> SafeString:
        return self._number(limit, "requests_per_minute")

    @admin.display(description="Usage a minute")
    def usage(self, limit: Limit) -> SafeString:
        return self._number(limit, "usage_per_minute")

    @admin.display(description="Requests at once")
    def at_once(self, limit: Limit) -> SafeString:
        return self._number(limit, "parallel")

    @staticmethod
    def _number(limit: Limit, name: str) -> SafeString:
        filling: Filling = limit.filling  # type: ignore[attr-defined]
        return number_cell(getattr(limit, name), filling.of(name))

    @admin.display(description="State", ordering="enabled")
    def state(self, limit: Limit) -> SafeString:
        return cells.chip("enabled", "green") if limit.enabled else cells.chip("disabled", "yellow")

    @admin.action(description="Enable", permissions=["change"])
    def enable_selected(self, request: HttpRequest, queryset: QuerySet[Limit]) -> None:
        self._switch(request, queryset, enabled=True)

    @admin.action(description="Disable", permissions=["change"])
    def disable_selected(self, request: HttpRequest, queryset: QuerySet[Limit]) -> None:
        self._switch(request, queryset, enabled=False)

    def _switch(self, request: HttpRequest, queryset: QuerySet[Limit], *, enabled: bool) -> None:
        changed = Limit.objects.filter(pk__in=list(queryset.values_list("pk", flat=True))).update(enabled=enabled)
        messages.success(
            request, f"{'Enabled' if enabled else 'Disabled'} {changed} limit(s). The next request sees it."
        )

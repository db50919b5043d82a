"""The catalogue in the admin: what each provider serves and can do."""

from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from providers.admin import cells
from providers.admin.unfolded import ModelAdmin
from providers.models import Model

TONES: dict[str, cells.Tone] = {"shipped": "grey", "fetched": "blue", "admin": "green"}


@admin.register(Model)
class CatalogueAdmin(ModelAdmin):
    list_display = (
        "name", "provider", "mode", "enabled", "sees", "calls_tools", "reasons", "window", "longest", "origin", "seen",
    )  # fmt: skip
    list_display_links = ("name",)
    list_filter = ("enabled", "mode", "vision", "tools", "reasoning", "source", "provider")
    list_select_related = ("provider",)
    list_fullwidth = True
    search_fields = ("model_id", "provider__name")
    search_help_text = "Model id or provider"
    ordering = ("provider__name", "model_id")
    fields = (
        "provider", "model_id", "mode", "enabled", "context_window", "max_output", "vision", "tools", "reasoning",
    )  # fmt: skip
    actions = ("enable_selected", "disable_selected")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Model]:
        return super().get_queryset(request).defer("provider__settings", "provider__secret_settings", "provider__proxy")

    @admin.display(description="Model", ordering="model_id")
    def name(self, model: Model) -> SafeString:
        return format_html('<span class="sb-strong sb-mono">{}</span>', model.model_id)

    @admin.display(description="Vision", ordering="vision")
    def sees(self, model: Model) -> SafeString:
        return cells.known(model.vision)

    @admin.display(description="Tools", ordering="tools")
    def calls_tools(self, model: Model) -> SafeString:
        return cells.known(model.tools)

    @admin.display(description="Reasoning", ordering="reasoning")
    def reasons(self, model: Model) -> SafeString:
        return cells.known(model.reasoning)

    @admin.display(description="Context", ordering="context_window")
    def window(self, model: Model) -> SafeString | str:
        return f"{model.context_window:,}" if model.context_window else cells.EMPTY

    @admin.display(description="Max output", ordering="max_output")
    def longest(self, model: Model) -> SafeString | str:
        return f"{model.max_output:,}" if model.max_output else cells.EMPTY

    @admin.display(description="Source", ordering="source")
    def origin(self, model: Model) -> SafeString:
        return cells.chip(model.source, TONES.get(model.source, "grey"), title=model.get_source_display())

    @admin.display(description="Seen", ordering="seen_at")
    def seen(self, model: Model) -> SafeString:
        return cells.moment(model.seen_at, never="–")

    @admin.action(description="Enable", permissions=["change"])
    def enable_selected(self, request: HttpRequest, queryset: QuerySet[Model]) -> None:
        messages.success(
            request, f"Enabled {Model.objects.filter(pk__in=queryset.values('pk')).update(enabled=True)} model(s)."
        )

    @admin.action(description="Disable", permissions=["change"])
    def disable_selected(self, request: HttpRequest, queryset: QuerySet[Model]) -> None:
        messages.success(
            request, f"Disabled {Model.objects.filter(pk__in=queryset.values('pk')).update(enabled=False)} model(s)."
        )

"""The routing settings in the admin: one row, so its form stands where a list would; the first save makes it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import ForeignKey
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from gateway.admin.route_checks import catalogue
from gateway.admin.three_way import without_links
from gateway.models import RoutingSettings
from gateway.routing.conflicts import mode_conflicts
from providers.admin.unfolded import ModelAdmin
from providers.models import Provider

SECONDS = (
    "sticky_seconds", "backoff_base", "backoff_cap", "deadline", "slow_start",
    "breaker_window", "breaker_open", "breaker_longest", "queue_seconds",
)  # fmt: skip
LABELS = {
    "sticky": "Keep conversations where they began",
    "sticky_seconds": "For",
    "max_attempts": "Attempts at most",
    "retries": "Rounds over all targets",
    "backoff_base": "First wait",
    "backoff_cap": "Longest wait",
    "deadline": "Deadline",
    "slow_start": "Slow start",
    "hedge": "Hedge slow calls",
    "breaker_window": "Counted over",
    "breaker_minimum": "Not before",
    "breaker_rate": "Opens at",
    "breaker_open": "Open for",
    "breaker_longest": "At most",
    "breaker_probes": "Probes",
    "max_in_flight": "Calls at once",
    "queue_length": "Calls that may wait",
    "queue_seconds": "Each for",
}
UNITS = {"breaker_rate": "share, 0.5 is half", "breaker_minimum": "calls", "queue_length": "calls"}


class SettingsForm(forms.ModelForm):
    class Meta:
        model = RoutingSettings
        fields = ("default_backend", "last_resort", *(name for name in LABELS))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        units = dict.fromkeys(SECONDS, "seconds") | UNITS
        for name, label in LABELS.items():
            if (field := self.fields.get(name)) is not None:
                field.label = f"{label} ({units[name]})" if name in units else label
        if (backend := self.fields.get("default_backend")) is not None:
            backend.empty_label = "None"  # type: ignore[attr-defined]
            without_links(backend)
        if (last := self.fields.get("last_resort")) is not None:
            last.widget.attrs |= {"data-names": "any", "spellcheck": "false", "autocomplete": "off"}


@admin.register(RoutingSettings)
class RoutingSettingsAdmin(ModelAdmin):
    form = SettingsForm
    change_form_outer_before_template = "admin/gateway/settings_modes.html"
    warn_unsaved_form = True
    compressed_fields = False  # labels above: three stand in a row
    fieldsets = (
        ("Where calls go", {
            "fields": (("default_backend", "last_resort"), ("sticky", "sticky_seconds")),
            "description": "What holds where no route says otherwise. A conversation that stays with its target and "
            "token finds the vendor's prompt cache warm, which costs less and answers sooner.",
        }),
        ("Getting through", {
            "fields": (
                ("max_attempts", "retries"), ("backoff_base", "backoff_cap"), ("deadline", "slow_start"), "hedge",
            ),
            "description": "A call tries the next token, then the next target, then all of them again after a wait. A "
            "vendor's Retry-After is honoured, and the deadline is never overrun. Apps may ask for less by header, "
            "never for more.",
        }),
        ("Circuit breakers", {
            "fields": (
                ("breaker_window", "breaker_minimum", "breaker_rate"),
                ("breaker_open", "breaker_longest", "breaker_probes"),
            ),
            "description": "Each provider and each of its models has one. It opens when too large a share of the calls "
            "in the window failed, lets no call through for a while, then a few probes; good ones close it.",
        }),
        ("When it is too much", {
            "fields": (("max_in_flight", "queue_length", "queue_seconds"),),
            "description": "In each process. Calls beyond the first limit wait, API keys of high priority first; what "
            "finds no room gets 503 with Retry-After.",
        }),
    )  # fmt: skip

    class Media:
        js = ("switchboard/names.js",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> RoutingSettings | None:
        """The row, or the defaults that hold while there is none."""
        return RoutingSettings.current() if object_id == "1" else None

    def formfield_for_foreignkey(self, db_field: ForeignKey, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "default_backend":
            kwargs["queryset"] = Provider.objects.defer("proxy", "secret_settings")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:gateway_routingsettings_change", args=[1]))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        alone = {"title": "Routing settings", "subtitle": None, "show_save_and_add_another": False, "show_close": False}
        extra = {**(extra_context or {}), **alone, "modes": mode_conflicts(catalogue())}
        return super().change_view(request, object_id, form_url, extra)

    def response_change(self, request: HttpRequest, obj: RoutingSettings) -> HttpResponse:
        """Back to the form: there is no list to go to."""
        super().response_change(request, obj)  # says that it was saved
        return HttpResponseRedirect(request.path)

"""Providers in the admin: the list with its status dots, the page with the vendor's form and tokens."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import Case, QuerySet, When
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from providers.admin import cells
from providers.admin.provider_actions import ProviderActions
from providers.admin.provider_filters import (
    DispatchFilter,
    GlancingList,
    KindFilter,
    RegionFilter,
    StatusFilter,
    current,
    mode_in_force,
)
from providers.admin.provider_form import PREFIX, form_for
from providers.admin.provider_panels import history_panel, state_panel, token_chips
from providers.admin.role_inline import RoleInline, role_facts
from providers.admin.token_inline import TokenInline
from providers.env import Overlay, overlay
from providers.environment import environ
from providers.models import Provider
from providers.overview import Glance
from providers.shipped import first_priority
from providers.vendors import Vendor, all_vendors

MODE_TONES: dict[str, cells.Tone] = {"exclusive": "blue", "pooled": "green"}


@admin.register(Provider)
class ProviderAdmin(ProviderActions):
    list_display = ("title", "status_now", "address", "token_counts", "model_count", "last_test", "buttons")
    list_display_links = ("title",)
    list_filter = (StatusFilter, DispatchFilter, KindFilter, RegionFilter)
    list_select_related = ("state",)
    list_fullwidth = True
    list_before_template = "admin/providers/provider_summary.html"
    change_form_outer_before_template = "admin/providers/provider_panel.html"
    change_form_outer_after_template = "admin/providers/provider_history.html"
    search_fields = ("name", "vendor", "base_url")
    search_help_text = "Name, vendor or address"
    ordering = (Case(When(dispatch=Provider.Dispatch.OFF, then=1), default=0), "name")
    sortable_by = ("title",)
    inlines = (TokenInline, RoleInline)
    actions = (
        *("test_selected", "fetch_selected", "enable_selected", "disable_selected"),
        *("exclusive_selected", "pooled_selected", "fallback_selected"),
    )
    warn_unsaved_form = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Provider]:
        return super().get_queryset(request).defer("secret_settings", "proxy")

    # --- the list ------------------------------------------------------------------------------

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        counts = dict.fromkeys(("green", "yellow", "red"), 0)
        for one in current(request).values():
            counts[one.status.colour] += 1
        return super().changelist_view(request, {**(extra_context or {}), "status_counts": counts})

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[GlancingList]:
        return GlancingList

    def _glance(self, provider: Provider) -> Glance:
        return provider.glance  # type: ignore[attr-defined,no-any-return]

    @admin.display(description="Provider", ordering="name")
    def title(self, provider: Provider) -> SafeString:
        """Its name, and beside it the mode of one that is on: the status tells of the others."""
        vendor, name = provider.facts, provider.name
        if mode_in_force(provider) != Provider.Dispatch.OFF:
            name = format_html("{} {}", name, self.mode(provider))
        return cells.two_lines(name, vendor.name if vendor else provider.vendor)

    @admin.display(description="Status")
    def status_now(self, provider: Provider) -> SafeString:
        return cells.dot(self._glance(provider).status)

    @admin.display(description="Dispatch")
    def mode(self, provider: Provider) -> SafeString:
        mode = mode_in_force(provider)
        return cells.chip(mode, MODE_TONES.get(mode, "grey"), title=Provider.Dispatch(mode).label)

    @admin.display(description="Base URL, kind, region")
    def address(self, provider: Provider) -> SafeString:
        vendor, url = provider.facts, self._glance(provider).base_url
        shown = format_html('<span class="sb-url" title="{}">{}</span>', url, url) if url else cells.EMPTY
        return cells.two_lines(shown, f"{vendor.kind} · {vendor.region}" if vendor else "")

    @admin.display(description="Tokens")
    def token_counts(self, provider: Provider) -> SafeString:
        return token_chips(self._glance(provider), provider.facts)

    @admin.display(description="Models")
    def model_count(self, provider: Provider) -> SafeString:
        count = self._glance(provider).models
        url = reverse("admin:providers_model_changelist")
        return format_html('<a class="sb-link" href="{}?provider__id__exact={}">{}</a>', url, provider.pk, count)

    @admin.display(description="Last test")
    def last_test(self, provider: Provider) -> SafeString:
        state = getattr(provider, "state", None)
        if state is None or state.tested_at is None:
            return cells.moment(None)
        word, tone = ("passed", "sb-green") if state.ok else ("failed", "sb-red")
        return format_html(
            '<span class="sb-two" title="{}"><span class="{} sb-text">{}</span><span class="sb-quiet">{}</span></span>',
            state.message, tone, word, cells.moment(state.tested_at),
        )  # fmt: skip

    @admin.display(description="")
    def buttons(self, provider: Provider) -> SafeString:
        return format_html('<span class="sb-buttons">{}</span>', self.row_buttons(provider))

    # --- adding: the vendor first --------------------------------------------------------------

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        vendor = all_vendors().get(request.GET.get("vendor", ""))
        if vendor is None and self.has_add_permission(request):
            return self._choose_vendor(request)
        extra = {**(extra_context or {}), "title": f"Add provider · {vendor.name}" if vendor else None}
        return super().add_view(request, form_url, extra)

    def _choose_vendor(self, request: HttpRequest) -> HttpResponse:
        taken = set(Provider.objects.values_list("vendor", flat=True))
        kinds: dict[str, list[tuple[Vendor, bool]]] = {}
        for vendor in sorted(all_vendors().values(), key=lambda one: one.name.lower()):
            kinds.setdefault(vendor.kind, []).append((vendor, vendor.slug in taken))
        context = {
            **self.admin_site.each_context(request),
            "title": "Add provider: choose its vendor",
            "opts": self.opts,
            "kinds": sorted(kinds.items()),
        }
        return TemplateResponse(request, "admin/providers/choose_vendor.html", context)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        slug = request.GET.get("vendor", "")
        taken = set(Provider.objects.filter(name__startswith=slug).values_list("name", flat=True))
        names = [slug, *(f"{slug}_{number}" for number in range(2, len(taken) + 3))]
        vendor = all_vendors().get(slug)
        found = {"name": next(name for name in names if name not in taken)}
        return {**found, "priority": first_priority(vendor)} if vendor else found

    # --- the page ------------------------------------------------------------------------------

    def _vendor(self, request: HttpRequest, provider: Provider | None) -> Vendor | None:
        return provider.facts if provider else all_vendors().get(request.GET.get("vendor", ""))

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        vendor = self._vendor(request, obj)
        over = overlay(obj.name, vendor, environ()) if obj and vendor else Overlay()
        kwargs["form"] = form_for(vendor, over)
        return super().get_form(request, obj, change=change, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj and not self.has_change_permission(request, obj):
            return self._view_fieldsets()
        vendor = self._vendor(request, obj)
        declared = [PREFIX + setting.name for setting in vendor.settings] if vendor else []
        return [
            (None, {"fields": ["dispatch", "name", "base_url"]}),
            *([(f"{vendor.name} settings", {"fields": declared})] if vendor and declared else []),
            ("Share and limits", {"fields": [("priority", "weight"), ("max_in_flight", "smallest_pool")]}),
            ("Network", {"fields": [
                ("connect_timeout", "first_byte_timeout"), ("silence_timeout", "total_timeout"), "new_proxy",
            ], "classes": ["collapse"]}),
        ]  # fmt: skip

    @staticmethod
    def _view_fieldsets() -> Any:
        """For eyes only: the proxy and secret settings as set or not set, never their values."""
        fields = ["mode", "name", "base_url", "settings_shown", "proxy_shown"]
        shares = ["priority", "weight", "max_in_flight", "smallest_pool"]
        times = ["connect_timeout", "first_byte_timeout", "silence_timeout", "total_timeout"]
        return [(None, {"fields": fields}), ("Share and limits", {"fields": shares}), ("Network", {"fields": times})]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        if obj and not self.has_change_permission(request, obj):
            return ("mode", "settings_shown", "proxy_shown")
        return ()

    @admin.display(description="Settings")
    def settings_shown(self, provider: Provider) -> SafeString:
        vendor = provider.facts
        rows = []
        secret: dict[str, str] = provider.secret_settings  # the stubs see its column
        for setting in vendor.settings if vendor else ():
            stored = secret if setting.secret else provider.settings
            value = stored.get(setting.name, "")
            rows.append((setting.label, ("set" if value else "not set") if setting.secret else value or "not set"))
        return format_html_join("", "<div>{}: {}</div>", rows) or cells.EMPTY

    @admin.display(description="Proxy")
    def proxy_shown(self, provider: Provider) -> str:
        return "set" if provider.proxy else "not set"

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        provider = self.get_object(request, object_id)
        extra = {**(extra_context or {}), "subtitle": None}
        if provider is not None and self.has_view_permission(request, provider):
            may_act = self.has_change_permission(request, provider)
            extra["panel"] = state_panel(provider, may_act=may_act, buttons=self.panel_buttons)
            extra["roles"] = role_facts(provider)
            extra["history"] = history_panel(
                provider, may_act=may_act, close_url=self.post_url("close_breaker", provider)
            )
        return super().change_view(request, object_id, form_url, extra)

    def save_model(self, request: HttpRequest, obj: Provider, form: Any, change: bool) -> None:
        if not change:
            obj.vendor = request.GET.get("vendor", "")
        super().save_model(request, obj, form, change)

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        messages.success(request, f"{obj.name} is added. Next: test its connection, then fetch its models.")
        return HttpResponseRedirect(reverse("admin:providers_provider_change", args=[obj.pk]))

"""Routes in the admin: names apps may call, their targets, what is odd about them, and what would happen now."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import NoReverseMatch, URLPattern, path, reverse
from django.utils.safestring import SafeString

from gateway.admin import route_cells
from gateway.admin.route_checks import TONES, catalogue, checked, counted, every_route, facts_of, with_targets
from gateway.admin.route_form import WEIGHTS, RouteForm
from gateway.admin.route_names import names_anywhere, names_at
from gateway.admin.route_targets import TargetInline
from gateway.explain.asking import would_happen
from gateway.models import Route
from gateway.routing.conflicts import Conflict, mode_conflicts
from providers.admin import cells
from providers.admin.posting import PostActions
from providers.admin.unfolded import ChangeList

ONLY_AUTO = dict.fromkeys(("goal", *WEIGHTS), "strategy == 'auto'")


class CheckedList(ChangeList):
    """Hands each row what is odd about it, found in one go."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = list(self.result_list)
        shown = [facts_of(row, row.targets.all()) for row in self.result_list]
        found = checked(shown) if shown else {}
        for row in self.result_list:
            row.conflicts = found[row.pk]


@admin.register(Route)
class RouteAdmin(PostActions):
    form = RouteForm
    inlines = (TargetInline,)
    list_display = ("title", "how", "chain", "state", "odd")
    list_display_links = ("title",)
    list_filter = ("enabled", "strategy")
    list_fullwidth = True
    list_before_template = "admin/gateway/route_before.html"
    search_fields = ("name", "description", "targets__model", "targets__provider__name")
    search_help_text = "Name, description, or a target's model or provider"
    ordering = ("name",)
    sortable_by = ("title",)
    actions = ("enable_selected", "disable_selected")
    posts = {"enable": "do_enable", "disable": "do_disable"}
    change_form_outer_before_template = "admin/gateway/route_panel.html"
    change_form_outer_after_template = "admin/gateway/route_now.html"
    conditional_fields = ONLY_AUTO
    warn_unsaved_form = True
    compressed_fields = False  # labels above: what would happen stands beside
    fieldsets = (
        (None, {"fields": ("name", "description", "enabled", "strategy", "goal", WEIGHTS)}),
        ("Parameters", {"fields": ("parameters",), "classes": ["tab"]}),
        ("When it fails", {
            "classes": ["tab"],
            "fields": (("context_fallback", "content_fallback"),),
            "description": "Any name: another route, a model, a role. Its targets follow those of this route.",
        }),
        ("Limits", {
            "fields": (("max_attempts", "retries"), ("deadline", "slow_start"), ("hedge", "sticky")),
            "classes": ["tab"],
        }),
        ("Cache and budgets", {
            "fields": (("cache", "cache_seconds"), ("cache_shared", "cache_similar"), "assumed_output"),
            "classes": ["tab"],
            "description": "An API key's own word on the cache stands before its route's, and that before the "
            "settings; an “off” always wins.",
        }),
    )  # fmt: skip

    class Media:
        js = ("switchboard/names.js",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Route]:
        return with_targets(super().get_queryset(request))

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.names_view)
        return [path("names/", view, name="gateway_route_names"), *super().get_urls()]

    def names_view(self, request: HttpRequest) -> HttpResponse:
        """Names to choose from: a provider's (``?provider=<id>``), or any."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        provider, known = request.GET.get("provider", ""), catalogue()
        names = names_at(known, int(provider)) if _is_id(provider) else names_anywhere(known)
        return JsonResponse({"names": names})

    # --- the list ------------------------------------------------------------------------------

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[CheckedList]:
        return CheckedList

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        extra = {"modes": mode_conflicts(catalogue()), "explain_url": explain_url()}
        return super().changelist_view(request, {**(extra_context or {}), **extra})

    @admin.display(description="Route", ordering="name")
    def title(self, route: Route) -> SafeString:
        return cells.two_lines(route.name, route.description)

    @admin.display(description="Strategy")
    def how(self, route: Route) -> SafeString:
        return route_cells.strategy(route)

    @admin.display(description="Targets")
    def chain(self, route: Route) -> SafeString:
        return route_cells.chain(route)

    @admin.display(description="State", ordering="enabled")
    def state(self, route: Route) -> SafeString:
        return cells.chip("enabled", "green") if route.enabled else cells.chip("disabled", "yellow")

    @admin.display(description="Conflicts")
    def odd(self, route: Route) -> SafeString:
        found: list[Conflict] = route.conflicts  # type: ignore[attr-defined]
        return route_cells.odd(found, counted(found))

    # --- the page ------------------------------------------------------------------------------

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        route = self.get_object(request, object_id)
        extra = {**(extra_context or {}), "subtitle": None}
        if route is not None and request.method == "GET" and self.has_view_permission(request, route):
            extra["panel"] = self._panel(request, route)
            extra["now"] = would_happen(route, catalogue())
        return super().change_view(request, object_id, form_url, extra)

    def _panel(self, request: HttpRequest, route: Route) -> dict[str, Any]:
        """What stands above the form."""
        word = "disable" if route.enabled else "enable"
        address = explain_url()
        return {
            "route": route,
            "state": self.state(route),
            "strategy": route_cells.strategy(route),
            "chain": route_cells.chain(route),
            "conflicts": [(one.text, TONES[one.level]) for one in self._conflicts(route)],
            "may_act": self.has_change_permission(request, route),
            "switch_word": word.capitalize(),
            "switch_url": self.post_url(word, route),
            "explain_url": f"{address}?route={route.pk}" if address else "",
        }

    @staticmethod
    def _conflicts(route: Route) -> list[Conflict]:
        fresh = with_targets(Route.objects.all()).get(pk=route.pk)
        facts = facts_of(fresh, fresh.targets.all())
        return checked([facts], among=every_route())[facts.id]

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        for one in self._conflicts(form.instance):
            if one.level != "note":
                tell = messages.error if one.level == "error" else messages.warning
                tell(request, f"{form.instance.name}: {one.text}")

    # --- actions -------------------------------------------------------------------------------

    def do_enable(self, request: HttpRequest, route: Route) -> None:
        self._switch(request, Route.objects.filter(pk=route.pk), enabled=True)

    def do_disable(self, request: HttpRequest, route: Route) -> None:
        self._switch(request, Route.objects.filter(pk=route.pk), enabled=False)

    @admin.action(description="Enable", permissions=["change"])
    def enable_selected(self, request: HttpRequest, queryset: QuerySet[Route]) -> None:
        self._switch(request, queryset, enabled=True)

    @admin.action(description="Disable", permissions=["change"])
    def disable_selected(self, request: HttpRequest, queryset: QuerySet[Route]) -> None:
        self._switch(request, queryset, enabled=False)

    def _switch(self, request: HttpRequest, queryset: QuerySet[Route], *, enabled: bool) -> None:
        changed = Route.objects.filter(pk__in=list(queryset.values_list("pk", flat=True))).update(enabled=enabled)
        word = "Enabled" if enabled else "Disabled"
        messages.success(request, f"{word} {changed} route(s). The next request sees it.")


def _is_id(text: str) -> bool:
    return text.isdecimal() and len(text) < 19


def explain_url() -> str:
    """The page that explains; "" where the site has none."""
    try:
        return reverse("explain:page")
    except NoReverseMatch:
        return ""

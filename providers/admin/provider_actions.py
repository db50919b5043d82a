"""What the buttons of a provider do: test it, fetch its models, switch it, close a circuit breaker."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from providers import tasks
from providers.admin import cells
from providers.admin.jobs import enqueue
from providers.admin.posting import PostActions
from providers.breaker_store import close_by_hand
from providers.env import decided_by, overlay
from providers.environment import environ
from providers.models import Provider


class ProviderActions(PostActions):
    posts = {
        "test": "do_test",
        "fetch": "do_fetch",
        "enable": "do_enable",
        "disable": "do_disable",
        "close_breaker": "do_close_breaker",
    }

    def do_test(self, request: HttpRequest, provider: Provider) -> None:
        enqueue(request, tasks.test_provider, [provider.pk], said=f"Testing {provider.name}. Reload to see the result.")

    def do_fetch(self, request: HttpRequest, provider: Provider) -> None:
        enqueue(
            request,
            tasks.fetch_models,
            [provider.pk],
            said=f"Fetching the models of {provider.name}. Reload to see them.",
        )

    def do_enable(self, request: HttpRequest, provider: Provider) -> None:
        self.enable(request, [provider])

    def do_disable(self, request: HttpRequest, provider: Provider) -> None:
        self.dispatch_as(request, [provider], Provider.Dispatch.OFF)

    def do_close_breaker(self, request: HttpRequest, provider: Provider) -> None:
        """The form's ``breaker`` names the model; it is empty for the provider's own."""
        model = request.POST.get("breaker", "")
        if not model.isprintable() or not close_by_hand(provider.pk, model, now=timezone.now()):
            messages.warning(request, "This circuit breaker is closed already.")
            return
        named = f"the circuit breaker of {model}" if model else "its circuit breaker"
        self.log_change(request, provider, f"Closed {named}.")
        messages.success(request, f"{provider.name}: {named} is closed. Every process sees it within a second.")

    def enable(self, request: HttpRequest, providers: list[Provider]) -> None:
        """Those that are off, each in its usual mode; what is on keeps its own."""
        modes: dict[str, list[Provider]] = {}
        for provider in providers:
            modes.setdefault(provider.dispatch if provider.enabled else provider.usual_dispatch, []).append(provider)
        for mode, those in modes.items():
            self.dispatch_as(request, those, mode, done="Enabled")

    def dispatch_as(self, request: HttpRequest, providers: list[Provider], mode: str, *, done: str = "") -> None:
        """Sets the mode of those the environment leaves to the admin; says which it does not."""
        free = []
        for provider in providers:
            if variable := self._decided_by(provider, mode):
                messages.warning(request, f"{provider.name}: {variable} decides this. Change it there.")
            else:
                free.append(provider)
        if not free:
            return
        done = done or ("Disabled" if mode == Provider.Dispatch.OFF else f"Set to {mode}")
        Provider.objects.filter(pk__in=[one.pk for one in free]).update(dispatch=mode)
        for provider in free:
            self.log_change(request, provider, f"{done}.")
        messages.success(request, f"{done}: {', '.join(one.name for one in free)}.")

    @staticmethod
    def _decided_by(provider: Provider, mode: str) -> str:
        vendor = provider.facts
        return decided_by(overlay(provider.name, vendor, environ()), mode) if vendor else ""

    def row_buttons(self, provider: Provider) -> SafeString:
        return format_html_join(
            "", "{}", ((cells.post_button(one["url"], label=f"{one['label']}: {provider.name}", icon=one["icon"]),)
                       for one in self.panel_buttons(provider, enabled=provider.glance.enabled))  # type: ignore[attr-defined]
        )  # fmt: skip

    def panel_buttons(self, provider: Provider, *, enabled: bool) -> list[dict[str, Any]]:
        vendor = provider.facts
        word, icon = ("disable", "toggle_on") if enabled else ("enable", "toggle_off")
        buttons = [{"url": self.post_url("test", provider), "label": "Test connection", "icon": "network_check"}]
        if vendor and vendor.models_path:
            buttons.append({"url": self.post_url("fetch", provider), "label": "Fetch models", "icon": "sync"})
        buttons.append({"url": self.post_url(word, provider), "label": word.capitalize(), "icon": icon})
        return buttons

    # --- actions on a selection ----------------------------------------------------------------

    @admin.action(description="Test connection", permissions=["change"])
    def test_selected(self, request: HttpRequest, queryset: QuerySet[Provider]) -> None:
        ids = list(queryset.values_list("pk", flat=True))
        enqueue(request, tasks.test_provider, ids, said=f"Testing {len(ids)} provider(s). Reload to see the results.")

    @admin.action(description="Fetch models", permissions=["change"])
    def fetch_selected(self, request: HttpRequest, queryset: QuerySet[Provider]) -> None:
        ids = list(queryset.values_list("pk", flat=True))
        enqueue(request, tasks.fetch_models, ids, said=f"Fetching the models of {len(ids)} provider(s).")

    @admin.action(description="Enable", permissions=["change"])
    def enable_selected(self, request: HttpRequest, queryset: QuerySet[Provider]) -> None:
        self.enable(request, list(queryset))

    @admin.action(description="Disable", permissions=["change"])
    def disable_selected(self, request: HttpRequest, queryset: QuerySet[Provider]) -> None:
        self.dispatch_as(request, list(queryset), Provider.Dispatch.OFF)

    @admin.action(description="Set to exclusive", permissions=["change"])
    def exclusive_selected(self, request: HttpRequest, queryset: QuerySet[Provider]) -> None:
        self.dispatch_as(request, list(queryset), Provider.Dispatch.EXCLUSIVE)

    @admin.action(description="Set to pooled", permissions=["change"])
    def pooled_selected(self, request: HttpRequest, queryset: QuerySet[Provider]) -> None:
        self.dispatch_as(request, list(queryset), Provider.Dispatch.POOLED)

    @admin.action(description="Set to fallback", permissions=["change"])
    def fallback_selected(self, request: HttpRequest, queryset: QuerySet[Provider]) -> None:
        self.dispatch_as(request, list(queryset), Provider.Dispatch.FALLBACK)

"""What the buttons of a provider do: test it, fetch its models, switch it on and off."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from providers import tasks
from providers.admin import cells
from providers.admin.jobs import enqueue
from providers.admin.posting import PostActions
from providers.env import overlay
from providers.environment import environ
from providers.models import Provider


class ProviderActions(PostActions):
    posts = {"test": "do_test", "fetch": "do_fetch", "enable": "do_enable", "disable": "do_disable"}

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
        self.switch(request, [provider], enabled=True)

    def do_disable(self, request: HttpRequest, provider: Provider) -> None:
        self.switch(request, [provider], enabled=False)

    def switch(self, request: HttpRequest, providers: list[Provider], *, enabled: bool) -> None:
        """Switches those the environment leaves to the admin; says which it does not."""
        free = []
        for provider in providers:
            if variable := self._enabled_by(provider):
                messages.warning(request, f"{provider.name}: {variable} decides this. Change it there.")
            else:
                free.append(provider)
        if not free:
            return
        word = "Enabled" if enabled else "Disabled"
        Provider.objects.filter(pk__in=[one.pk for one in free]).update(enabled=enabled)
        for provider in free:
            self.log_change(request, provider, f"{word}.")
        messages.success(request, f"{word}: {', '.join(one.name for one in free)}.")

    @staticmethod
    def _enabled_by(provider: Provider) -> str:
        vendor = provider.facts
        over = overlay(provider.name, vendor, environ()) if vendor else None
        return over.variables.get("enabled", "") if over else ""

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

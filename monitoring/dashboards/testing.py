"""The button that tests a provider: each of its tokens, now, free of cost."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.shortcuts import redirect

from monitoring.dashboards.base import Board
from providers import actions
from providers.actions import ActionRefused, TestOutcome
from providers.models import Provider

Tester = Callable[[Provider], Sequence[TestOutcome]]


class ProviderTest(Board):
    """``POST /dashboards/providers/<name>/test/``: for whoever may change providers. JSON for the page's script, else
    back to the board with messages. Takes up to half a minute."""

    http_method_names: ClassVar[list[str]] = ["post"]  # type: ignore[misc]
    tester: ClassVar[Any] = staticmethod(actions.test)

    def post(self, request: HttpRequest, name: str) -> HttpResponseBase:
        if not self.viewer.may("providers.change_provider"):
            raise PermissionDenied
        try:
            provider = actions.find_provider(name)
            found = [(outcome.ok, said(outcome)) for outcome in self.tester(provider)]
        except ActionRefused as refused:
            found = [(False, refused.message)]
        if "application/json" in request.headers.get("Accept", ""):
            return JsonResponse({"results": [{"ok": ok, "text": text} for ok, text in found]})
        for ok, text in found:
            messages.add_message(request, messages.SUCCESS if ok else messages.WARNING, f"{name}: {text}")
        return redirect("dashboards:providers")


def said(outcome: TestOutcome) -> str:
    """One token's test in a line, without anything secret."""
    token = f"Token {outcome.token}: " if outcome.token else ""
    took = f" ({outcome.latency_ms} ms)" if outcome.latency_ms else ""
    word = {True: "works", False: "does not work", None: "cannot be tested"}[outcome.ok]
    message = f": {outcome.message}" if outcome.message and not outcome.ok else ""
    text = f"{token}{word}{took}{message}"
    return text[:1].upper() + text[1:]

"""What the buttons and list actions of tokens do: test, put to rest, rotate, mark healthy, retire, switch."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from providers import tasks, token_changes
from providers.admin.jobs import enqueue
from providers.admin.posting import PostActions
from providers.models import Token

RESTS = {"60": "1 minute", "600": "10 minutes", "3600": "1 hour", "86400": "1 day"}
EVERYWHERE = "Every process sees it within a second."


def rest_action(seconds: str, named: str) -> Callable[[Any, HttpRequest, QuerySet[Token]], None]:
    """A list action that puts tokens to rest for so long."""

    @admin.action(description=f"Put to rest for {named}", permissions=["change"])
    def act(model_admin: TokenActions, request: HttpRequest, queryset: QuerySet[Token]) -> None:
        model_admin.rest(request, queryset, seconds)

    act.__name__ = f"rest_{seconds}"
    return act


class TokenActions(PostActions):
    posts = {"test": "do_test", "healthy": "do_mark_healthy", "back": "do_send_back", "rest": "do_rest"}
    actions = (
        "test_selected",
        *(rest_action(seconds, named) for seconds, named in RESTS.items()),
        *("rotate_selected", "healthy_selected", "retire_selected", "enable_selected", "disable_selected"),
    )

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.retire_view)
        return [path("<path:object_id>/retire/", view, name="providers_token_retire"), *super().get_urls()]

    # --- buttons -------------------------------------------------------------------------------

    def do_test(self, request: HttpRequest, token: Token) -> None:
        enqueue(request, tasks.test_token, [token.pk], said=f"Testing {token.fingerprint}. Reload to see the result.")

    def do_mark_healthy(self, request: HttpRequest, token: Token) -> None:
        self.mark_healthy(request, [token])

    def do_send_back(self, request: HttpRequest, token: Token) -> None:
        self.send_back(request, [token])

    def do_rest(self, request: HttpRequest, token: Token) -> None:
        """The form's ``rest`` names the seconds, one of ``RESTS``."""
        self.rest(request, [token], request.POST.get("rest", ""))

    def rest(self, request: HttpRequest, tokens: Iterable[Token], seconds: str) -> None:
        if seconds not in RESTS:
            messages.error(request, "Choose how long it shall rest.")
            return
        now, rested = timezone.now(), []
        for token in tokens:
            until = now + timedelta(seconds=int(seconds))
            if token_changes.rest(token, until=until, now=now, by=request.user.get_username()):
                rested.append(token)
                self.log_change(request, token, f"Put to rest for {RESTS[seconds]}.")
            else:
                messages.warning(request, f"{token.fingerprint} is suspended or retired: it is out anyway.")
        if rested:
            messages.success(request, f"{_named(rested)} rests for {RESTS[seconds]}. {EVERYWHERE}")

    def mark_healthy(self, request: HttpRequest, tokens: Iterable[Token]) -> None:
        back = list(tokens)
        for token in back:
            token_changes.mark_healthy(token, now=timezone.now(), by=request.user.get_username())
            self.log_change(request, token, "Marked healthy.")
        messages.success(request, f"{_named(back)} is back in the pool. {EVERYWHERE}")

    def send_back(self, request: HttpRequest, tokens: Iterable[Token]) -> None:
        back = list(tokens)
        for token in back:
            token_changes.send_back(token, now=timezone.now(), by=request.user.get_username())
            self.log_change(request, token, "Sent to the back.")
        messages.success(request, f"{_named(back)} comes after all others now. {EVERYWHERE}")

    # --- retiring, asked twice -----------------------------------------------------------------

    def retire_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        token = self.get_object(request, object_id)
        if token is None:
            raise Http404
        if not self.has_change_permission(request, token):
            raise PermissionDenied
        page = reverse("admin:providers_token_change", args=[token.pk])
        if request.method == "POST":
            self._retire(request, [token])
            return HttpResponseRedirect(page)
        return self._asked(request, [token], back=page, hidden={})

    def _asked(
        self, request: HttpRequest, tokens: list[Token], *, back: str, hidden: dict[str, list[str]]
    ) -> HttpResponse:
        whom = f"{len(tokens)} tokens" if len(tokens) > 1 else _named(tokens)
        context = {
            **self.admin_site.each_context(request),
            "title": f"Retire {whom}?", "opts": self.opts, "tokens": tokens, "back": back, "hidden": hidden,
        }  # fmt: skip
        return TemplateResponse(request, "admin/providers/retire_token.html", context)

    def _retire(self, request: HttpRequest, tokens: list[Token]) -> None:
        with transaction.atomic():
            for token in tokens:
                token_changes.retire(token, now=timezone.now(), by=request.user.get_username())
                self.log_change(request, token, "Retired.")
        messages.success(request, f"{_named(tokens)} is retired. {EVERYWHERE}")

    # --- actions on a selection ----------------------------------------------------------------

    @admin.action(description="Test", permissions=["change"])
    def test_selected(self, request: HttpRequest, queryset: QuerySet[Token]) -> None:
        ids = list(queryset.values_list("pk", flat=True))
        enqueue(request, tasks.test_token, ids, said=f"Testing {len(ids)} token(s). Reload to see the results.")

    @admin.action(description="Rotate: to the back of the queue", permissions=["change"])
    def rotate_selected(self, request: HttpRequest, queryset: QuerySet[Token]) -> None:
        self.send_back(request, queryset)

    @admin.action(description="Mark healthy", permissions=["change"])
    def healthy_selected(self, request: HttpRequest, queryset: QuerySet[Token]) -> None:
        self.mark_healthy(request, queryset)

    @admin.action(description="Retire …", permissions=["change"])
    def retire_selected(self, request: HttpRequest, queryset: QuerySet[Token]) -> HttpResponse | None:
        tokens = list(queryset)
        if request.POST.get("confirmed"):
            self._retire(request, tokens)
            return None
        hidden = {"action": ["retire_selected"], ACTION_CHECKBOX_NAME: [str(token.pk) for token in tokens]}
        return self._asked(request, tokens, back=request.get_full_path(), hidden=hidden)

    @admin.action(description="Enable", permissions=["change"])
    def enable_selected(self, request: HttpRequest, queryset: QuerySet[Token]) -> None:
        self._switch(request, queryset, enabled=True)

    @admin.action(description="Disable", permissions=["change"])
    def disable_selected(self, request: HttpRequest, queryset: QuerySet[Token]) -> None:
        self._switch(request, queryset, enabled=False)

    def _switch(self, request: HttpRequest, queryset: QuerySet[Token], *, enabled: bool) -> None:
        own = Token.objects.filter(pk__in=list(queryset.values_list("pk", flat=True)), source=Token.Source.ADMIN)
        left = queryset.filter(source=Token.Source.ENVIRONMENT).count()
        changed = own.update(enabled=enabled)
        messages.success(request, f"{'Enabled' if enabled else 'Disabled'} {changed} token(s).")
        if left:
            messages.warning(request, f"{left} come from the environment: take the variable away instead.")


def _named(tokens: list[Token]) -> str:
    return tokens[0].fingerprint if len(tokens) == 1 else f"Each of {len(tokens)} tokens"

"""Tokens in the admin: one list over all providers, a page with state, limits and history, and another secret."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from providers import tasks
from providers.admin import cells, token_cells
from providers.admin.jobs import enqueue
from providers.admin.token_actions import RESTS, TokenActions
from providers.admin.token_filters import HealthFilter
from providers.admin.token_form import LIMITS, RotateForm, TokenForm
from providers.models import Token
from providers.token_changes import rotate


@admin.register(Token)
class TokenAdmin(TokenActions):
    form = TokenForm
    list_display = ("name", "provider", "state_now", "quota_left", "traffic", "last_used", "buttons")
    list_display_links = ("name",)
    list_filter = (HealthFilter, "provider", "enabled", "source")
    list_select_related = ("provider", "state")
    list_fullwidth = True
    search_fields = ("label", "fingerprint", "env_name", "provider__name")
    search_help_text = "Label, fingerprint, variable or provider"
    ordering = ("provider__name", "id")
    change_form_outer_before_template = "admin/providers/token_panel.html"
    change_form_outer_after_template = "admin/providers/token_history.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Token]:
        return (
            super()
            .get_queryset(request)
            .defer("secret", "provider__settings", "provider__secret_settings", "provider__proxy")
        )

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.rotate_view)
        return [path("<path:object_id>/rotate/", view, name="providers_token_rotate"), *super().get_urls()]

    # --- columns -------------------------------------------------------------------------------

    @admin.display(description="Token", ordering="fingerprint")
    def name(self, token: Token) -> SafeString:
        from_admin = token.source == Token.Source.ADMIN
        return cells.two_lines(
            cells.code(token.fingerprint), (token.label or "no label") if from_admin else token_cells.origin(token)
        )

    @admin.display(description="State")
    def state_now(self, token: Token) -> SafeString:
        return token_cells.state_chip(token)

    @admin.display(description="Quota left")
    def quota_left(self, token: Token) -> SafeString:
        return token_cells.quota_bars(token_cells.state_of(token))

    @admin.display(description="Requests, failures", ordering="state__requests")
    def traffic(self, token: Token) -> SafeString:
        state = token_cells.state_of(token)
        requests, failures = (state.requests, state.failures) if state else (0, 0)
        return format_html("{} · {}", f"{requests:,}", f"{failures:,}")

    @admin.display(description="Used, tested", ordering="state__last_used_at")
    def last_used(self, token: Token) -> SafeString:
        state = token_cells.state_of(token)
        used, tested = (state.last_used_at, state.tested_at) if state else (None, None)
        return format_html(
            '<span class="sb-two"><span>{}</span><span class="sb-quiet">{}</span></span>',
            cells.moment(used, never="not used yet"),
            cells.moment(tested, never="not tested yet"),
        )

    @admin.display(description="")
    def buttons(self, token: Token) -> SafeString:
        mark = token.fingerprint
        test = cells.post_button(self.post_url("test", token), label=f"Test {mark}", icon="network_check")
        back = cells.post_button(
            self.post_url("back", token), label=f"Rotate {mark}: to the back of the queue", icon="low_priority"
        )
        return format_html('<span class="sb-buttons">{}{}</span>', test, back)

    # --- the page ------------------------------------------------------------------------------

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        names = ["fingerprint", "label"] if obj else ["label", "new_secret"]
        limits = {"fields": [*LIMITS, "expires_at"]}
        return [(None, {"fields": ["provider", *names, "enabled"]}), ("Limits", limits)]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["provider", "fingerprint"] if obj else []

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if isinstance(obj, Token) and obj.source == Token.Source.ENVIRONMENT:
            return False  # it would come back at the next start; take the variable away instead
        return super().has_delete_permission(request, obj)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        token = self.get_object(request, object_id)
        extra = {**(extra_context or {}), "subtitle": None}
        if token is not None and self.has_view_permission(request, token):
            extra["panel"] = self._panel(request, token)
            extra["history"] = {"events": token_cells.history(token), "most": token_cells.LAST_EVENTS}
        return super().change_view(request, object_id, form_url, extra)

    def _panel(self, request: HttpRequest, token: Token) -> dict[str, Any]:
        state = token_cells.state_of(token)
        return {
            "token": token,
            "state": state,
            "chip": token_cells.state_chip(token),
            "quota": token_cells.quota_bars(state),
            "origin": token_cells.origin(token),
            "from_environment": token.source == Token.Source.ENVIRONMENT,
            "may_act": self.has_change_permission(request, token),
            "test_url": self.post_url("test", token),
            "healthy_url": self.post_url("healthy", token),
            "back_url": self.post_url("back", token),
            "rest_url": self.post_url("rest", token),
            "rests": RESTS,
            "retired": state is not None and state.health == state.Health.RETIRED,
            "retire_url": reverse("admin:providers_token_retire", args=[token.pk]),
            "rotate_url": reverse("admin:providers_token_rotate", args=[token.pk]),
        }

    # --- another secret ------------------------------------------------------------------------

    def rotate_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        token = self.get_object(request, object_id)
        if token is None:
            raise Http404
        if not self.has_change_permission(request, token):
            raise PermissionDenied
        back = reverse("admin:providers_provider_change", args=[token.provider_id])
        if token.source == Token.Source.ENVIRONMENT:
            messages.warning(request, f"{token.env_name or 'The environment'} holds this token. Change it there.")
            return HttpResponseRedirect(back)
        form = RotateForm(request.POST or None, token=token)
        if request.method == "POST" and form.is_valid():
            self._rotate(request, token, form.cleaned_data["new_secret"])
            return HttpResponseRedirect(back)
        context = {
            **self.admin_site.each_context(request),
            "title": f"A new secret for {token.fingerprint} of {token.provider}",
            "opts": self.opts, "form": form, "token": token, "back": back,
        }  # fmt: skip
        return TemplateResponse(request, "admin/providers/rotate.html", context, headers={"Cache-Control": "no-store"})

    def _rotate(self, request: HttpRequest, token: Token, secret: str) -> None:
        old = token.fingerprint
        with transaction.atomic():
            rotate(token, secret, now=timezone.now(), by=request.user.get_username())
            self.log_change(request, token, f"Rotated: {old} out, {token.fingerprint} in.")
        messages.success(request, f"Rotated: {old} is out, {token.fingerprint} is in.")
        enqueue(request, tasks.test_token, [token.pk], said="The new one is being tested. Reload to see the result.")

"""Tokens in the admin: one list over all providers, and *Rotate*."""

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
from providers.admin.posting import PostActions
from providers.admin.token_filters import HealthFilter
from providers.admin.token_form import RotateForm, TokenForm
from providers.models import Token
from providers.token_changes import mark_healthy, rotate


@admin.register(Token)
class TokenAdmin(PostActions):
    form = TokenForm
    list_display = ("name", "provider", "state_now", "requests", "failures", "last_used", "buttons")
    list_display_links = ("name",)
    list_filter = (HealthFilter, "provider", "enabled", "source")
    list_select_related = ("provider", "state")
    list_fullwidth = True
    search_fields = ("label", "fingerprint", "env_name", "provider__name")
    search_help_text = "Label, fingerprint, variable or provider"
    ordering = ("provider__name", "id")
    posts = {"test": "do_test", "healthy": "do_mark_healthy"}
    actions = ("enable_selected", "disable_selected", "test_selected")
    change_form_outer_before_template = "admin/providers/token_panel.html"

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

    @admin.display(description="Requests", ordering="state__requests")
    def requests(self, token: Token) -> str:
        state = token_cells.state_of(token)
        return f"{state.requests:,}" if state else "0"

    @admin.display(description="Failures", ordering="state__failures")
    def failures(self, token: Token) -> str:
        state = token_cells.state_of(token)
        return f"{state.failures:,}" if state else "0"

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
        return format_html(
            '<span class="sb-buttons">{}</span>',
            cells.post_button(self.post_url("test", token), label=f"Test {token.fingerprint}", icon="network_check"),
        )

    # --- the page ------------------------------------------------------------------------------

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return (
            ["provider", "fingerprint", "label", "enabled"] if obj else ["provider", "label", "new_secret", "enabled"]
        )

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
            extra["panel"] = {
                "token": token,
                "state": token_cells.state_of(token),
                "chip": token_cells.state_chip(token),
                "origin": token_cells.origin(token),
                "from_environment": token.source == Token.Source.ENVIRONMENT,
                "may_act": self.has_change_permission(request, token),
                "test_url": self.post_url("test", token),
                "healthy_url": self.post_url("healthy", token),
                "rotate_url": reverse("admin:providers_token_rotate", args=[token.pk]),
            }
        return super().change_view(request, object_id, form_url, extra)

    # --- rotate --------------------------------------------------------------------------------

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
            "title": f"Rotate {token.fingerprint} of {token.provider}",
            "opts": self.opts, "form": form, "token": token, "back": back,
        }  # fmt: skip
        return TemplateResponse(request, "admin/providers/rotate.html", context, headers={"Cache-Control": "no-store"})

    def _rotate(self, request: HttpRequest, token: Token, secret: str) -> None:
        old = token.fingerprint
        with transaction.atomic():
            rotate(token, secret, now=timezone.now())
            self.log_change(request, token, f"Rotated: {old} out, {token.fingerprint} in.")
        messages.success(request, f"Rotated: {old} is out, {token.fingerprint} is in.")
        enqueue(request, tasks.test_token, [token.pk], said="The new one is being tested. Reload to see the result.")

    # --- actions -------------------------------------------------------------------------------

    def do_test(self, request: HttpRequest, token: Token) -> None:
        enqueue(request, tasks.test_token, [token.pk], said=f"Testing {token.fingerprint}. Reload to see the result.")

    def do_mark_healthy(self, request: HttpRequest, token: Token) -> None:
        mark_healthy(token, now=timezone.now())
        self.log_change(request, token, "Marked healthy.")
        messages.success(request, f"{token.fingerprint} is back in the pool.")

    @admin.action(description="Test", permissions=["change"])
    def test_selected(self, request: HttpRequest, queryset: QuerySet[Token]) -> None:
        ids = list(queryset.values_list("pk", flat=True))
        enqueue(request, tasks.test_token, ids, said=f"Testing {len(ids)} token(s). Reload to see the results.")

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

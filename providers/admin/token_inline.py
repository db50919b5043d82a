"""A provider's tokens on its page."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import ObjectDoesNotExist
from django.db.models import QuerySet
from django.forms import BaseInlineFormSet
from django.forms.formsets import DELETION_FIELD_NAME
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from providers.admin import cells, token_cells
from providers.admin.token_form import TokenForm
from providers.admin.unfolded import TabularInline
from providers.models import Provider, Token
from providers.models.token import fingerprint


class TokenFormSet(BaseInlineFormSet):
    """Keeps the environment's tokens and refuses the same secret twice in one go."""

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        if form.instance.source == Token.Source.ENVIRONMENT and DELETION_FIELD_NAME in form.fields:
            form.fields[DELETION_FIELD_NAME].disabled = True

    def clean(self) -> None:
        super().clean()
        seen: set[str] = set()
        for form in self.forms:
            secret = getattr(form, "cleaned_data", {}).get("new_secret")
            if not secret:
                continue
            if fingerprint(secret) in seen:
                form.add_error("new_secret", "The same secret stands above.")
            seen.add(fingerprint(secret))


class TokenInline(TabularInline):
    model = Token
    form = TokenForm
    formset = TokenFormSet
    extra = 0
    hide_title = True
    verbose_name_plural = "tokens: they rotate; a resting or suspended one is skipped"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Token]:
        return super().get_queryset(request).defer("secret").select_related("state").order_by("id")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if not self._may_write(request, obj):
            return ["name", "state_now", "traffic", "enabled"]
        return ["name", "label", "new_secret", "state_now", "traffic", "enabled", "rotate"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["name", "state_now", "traffic", *(["rotate"] if self._may_write(request, obj) else [])]

    def _may_write(self, request: HttpRequest, obj: Provider | None) -> bool:
        return self.has_add_permission(request, obj) or self.has_change_permission(request, obj)

    @admin.display(description="Fingerprint")
    def name(self, token: Token) -> SafeString:
        if not token.pk:
            return format_html('<span class="sb-quiet">{}</span>', "new")
        page = reverse("admin:providers_token_change", args=[token.pk])
        link = format_html('<a href="{}" title="Limits, history, actions">{}</a>', page, cells.code(token.fingerprint))
        return format_html('<span class="sb-two">{}{}</span>', link, token_cells.origin(token))

    @admin.display(description="State")
    def state_now(self, token: Token) -> SafeString:
        return token_cells.state_chip(token) if token.pk else cells.EMPTY

    @admin.display(description="Requests, failures")
    def traffic(self, token: Token) -> SafeString:
        try:
            state = token.state
        except ObjectDoesNotExist:
            return cells.EMPTY
        return format_html("{} · {}", f"{state.requests:,}", f"{state.failures:,}")

    @admin.display(description="")
    def rotate(self, token: Token) -> SafeString:
        if not token.pk or token.source == Token.Source.ENVIRONMENT:
            return format_html("{}", " ")
        return format_html(
            '<a class="sb-button sb-small" href="{}">New secret</a>',
            reverse("admin:providers_token_rotate", args=[token.pk]),
        )

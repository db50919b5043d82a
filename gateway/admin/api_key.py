"""API keys in the admin. A secret is shown once, in the answer to the POST that made it: it is in no address, message,
session or log, the page is not cached, and a reload shows the key's page without it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.views.decorators.debug import sensitive_variables

from gateway.admin import policy_panel
from gateway.admin.api_key_form import ApiKeyForm
from gateway.admin.bounded_delete import BoundedDelete
from gateway.admin.limit_form import KeyLimitInline
from gateway.admin.safe_save import SafeSave
from gateway.models import ApiKey, Scope, new_secret
from providers.admin import cells
from providers.admin.posting import PostActions

SCOPE_TONES: dict[str, cells.Tone] = {Scope.INFERENCE: "blue", Scope.MONITORING: "grey", Scope.ADMIN: "red"}


class ExpiryFilter(admin.SimpleListFilter):
    title = "expiry"
    parameter_name = "expiry"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("valid", "Not expired"), ("expired", "Expired"), ("never", "Never expires")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        now = timezone.now()
        if self.value() == "expired":
            return queryset.filter(expires_at__lte=now)
        if self.value() == "never":
            return queryset.filter(expires_at=None)
        return queryset.exclude(expires_at__lte=now) if self.value() == "valid" else queryset


@admin.register(ApiKey)
class ApiKeyAdmin(BoundedDelete, SafeSave, PostActions):
    goes_by = "api_key"
    form = ApiKeyForm
    inlines = (KeyLimitInline,)
    list_display = ("name", "hint", "team", "scope_chips", "models_shown", "expiry", "state", "created_at")
    list_filter = ("enabled", ExpiryFilter, "team")
    list_select_related = ("team",)
    search_fields = ("name", "hint", "team__name", "tags")
    search_help_text = "Name, last four characters, team or tag"
    ordering = ("name",)
    autocomplete_fields = ("team",)
    fields = (
        "name", "team", "scopes", "allowed_models", ("max_in_flight", "priority"), "tags",
        ("cache", "cache_seconds"), "expires_at", "enabled",
    )  # fmt: skip
    actions = ("enable_selected", "disable_selected")
    posts = {"enable": "do_enable", "disable": "do_disable"}
    change_form_outer_before_template = "admin/gateway/api_key_panel.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiKey]:
        return super().get_queryset(request).defer("hash")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.reissue_view)
        return [path("<path:object_id>/new-secret/", view, name="gateway_apikey_reissue"), *super().get_urls()]

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        return super().get_inlines(request, obj) if obj is not None else ()  # a new key's page shows its secret first

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        form.may_give_admin = request.user.is_superuser
        return form

    # --- columns -------------------------------------------------------------------------------

    @admin.display(description="Scopes")
    def scope_chips(self, key: ApiKey) -> SafeString:
        return (
            cells.chips([(scope, SCOPE_TONES.get(scope, "grey")) for scope in key.scopes])
            if key.scopes
            else cells.EMPTY
        )

    @admin.display(description="Models")
    def models_shown(self, key: ApiKey) -> SafeString:
        if not key.allowed_models:
            return cells.chip("all")
        first, more = key.allowed_models[0], len(key.allowed_models) - 1
        return cells.code(f"{first} +{more}" if more else first, title=", ".join(key.allowed_models))

    @admin.display(description="Expires", ordering="expires_at")
    def expiry(self, key: ApiKey) -> SafeString:
        if key.expires_at and key.expires_at <= timezone.now():
            return cells.chip("expired", "red", title=f"{key.expires_at:%Y-%m-%d %H:%M} UTC")
        return cells.moment(key.expires_at)

    @admin.display(description="State", ordering="enabled")
    def state(self, key: ApiKey) -> SafeString:
        return cells.chip("enabled", "green") if key.enabled else cells.chip("disabled", "yellow")

    # --- the secret, once ----------------------------------------------------------------------

    @sensitive_variables("secret")
    def save_model(self, request: HttpRequest, obj: ApiKey, form: Any, change: bool) -> None:
        if not change:
            secret = new_secret()
            obj.set_secret(secret)
            request._issued = secret  # type: ignore[attr-defined]  # lives as long as this request
        super().save_model(request, obj, form, change)

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        return self._show_once(request, obj, request._issued)  # type: ignore[attr-defined]

    @sensitive_variables("secret", "context")
    def _show_once(self, request: HttpRequest, key: ApiKey, secret: str) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": f"API key “{key.name}”",
            "opts": self.opts,
            "key": key,
            "secret": secret,
            "base_url": f"{request.scheme}://{request.get_host()}/v1",
            "change_url": reverse("admin:gateway_apikey_change", args=[key.pk]),
            "list_url": reverse("admin:gateway_apikey_changelist"),
        }
        response = TemplateResponse(request, "admin/gateway/api_key_issued.html", context)
        response.headers["Cache-Control"] = "no-store, max-age=0"
        response.headers["Pragma"] = "no-cache"
        response.headers["Referrer-Policy"] = "no-referrer"
        return response

    @sensitive_variables("secret")
    def reissue_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Asks, then replaces the secret. The POST names the secret it replaces (by its hint), so that sending the
        same form again does not cut off the app that has just been given the new one."""
        key = self.get_object(request, object_id)
        if key is None:
            raise Http404
        if not self.has_change_permission(request, key) or (
            Scope.ADMIN in key.scopes and not request.user.is_superuser
        ):
            raise PermissionDenied
        change_url = reverse("admin:gateway_apikey_change", args=[key.pk])
        if request.method == "POST":
            if request.POST.get("replaces") != key.hint:
                messages.warning(request, "Nothing was changed: this secret had been replaced already.")
                return HttpResponseRedirect(change_url)
            secret = new_secret()
            key.set_secret(secret)
            key.save(update_fields=["hash", "hint"])
            self.log_change(request, key, "Issued a new secret.")
            return self._show_once(request, key, secret)
        context = {
            **self.admin_site.each_context(request),
            "title": f"New secret for “{key.name}”",
            "opts": self.opts,
            "key": key,
            "change_url": change_url,
        }
        return TemplateResponse(request, "admin/gateway/api_key_reissue.html", context)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        alone = {"show_save_and_add_another": False, "show_save_and_continue": False}  # the answer shows the secret
        return super().add_view(request, form_url, {**(extra_context or {}), **alone})

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        key = self.get_object(request, object_id)
        extra = {**(extra_context or {}), "subtitle": None}
        if key is not None and self.has_view_permission(request, key):
            extra["policy"] = policy_panel.of_key(request, key)
            word = "disable" if key.enabled else "enable"
            extra["panel"] = {
                "key": key,
                "state": self.state(key),
                "scopes": self.scope_chips(key),
                "expiry": self.expiry(key),
                "may_act": self.has_change_permission(request, key),
                "switch_word": word.capitalize(),
                "switch_url": self.post_url(word, key),
                "reissue_url": reverse("admin:gateway_apikey_reissue", args=[key.pk]),
            }
        return super().change_view(request, object_id, form_url, extra)

    # --- actions -------------------------------------------------------------------------------

    def do_enable(self, request: HttpRequest, key: ApiKey) -> None:
        self._switch(request, ApiKey.objects.filter(pk=key.pk), enabled=True)

    def do_disable(self, request: HttpRequest, key: ApiKey) -> None:
        self._switch(request, ApiKey.objects.filter(pk=key.pk), enabled=False)

    @admin.action(description="Enable", permissions=["change"])
    def enable_selected(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        self._switch(request, queryset, enabled=True)

    @admin.action(description="Disable", permissions=["change"])
    def disable_selected(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        self._switch(request, queryset, enabled=False)

    def _switch(self, request: HttpRequest, queryset: QuerySet[ApiKey], *, enabled: bool) -> None:
        word = "Enabled" if enabled else "Disabled"
        changed = ApiKey.objects.filter(pk__in=queryset.values("pk")).update(enabled=enabled)
        messages.success(request, f"{word} {changed} API key(s). The next request sees it.")

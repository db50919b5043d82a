"""Guardrails in the admin: in the order they run, with what each said in the last day, and a box to try one."""

from __future__ import annotations

from typing import Any

import msgspec
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.safestring import SafeString
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables

from gateway.admin import guardrail_cells, guardrail_fields, verdict_cells, watched
from gateway.admin.guardrail_form import GuardrailForm
from gateway.admin.guardrail_try import MOST_TEXT, SIDES, Trial, tried
from gateway.admin.safe_save import SafeSave
from gateway.guardrails.settings import problems
from gateway.models import ApiKey, Guardrail
from providers.admin import cells
from providers.admin.posting import PostActions
from providers.admin.unfolded import ChangeList

HIDDEN = {"Cache-Control": "no-store, max-age=0", "Referrer-Policy": "no-referrer"}


class SaidList(ChangeList):
    """Knows what each guardrail said, counted once."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        keys = Prefetch("api_keys", queryset=ApiKey.objects.only("name"))
        self.result_list = self.result_list.prefetch_related("teams", "routes", keys)
        found = watched.sayings(request)
        for row in self.result_list:  # the queryset keeps its rows: the form for positions has the same ones
            row.said = found


@admin.register(Guardrail)
class GuardrailAdmin(SafeSave, PostActions):
    form = GuardrailForm
    list_display = ("title", "what", "where", "does", "whom", "said_lately", "position")
    list_display_links = ("title",)
    list_filter = ("kind", "action", "shadow", "enabled", "on_requests", "on_replies")
    list_fullwidth = True
    list_before_template = "admin/gateway/guardrail_before.html"
    list_per_page = 200
    search_fields = ("name", "teams__name", "api_keys__name", "routes__name")
    search_help_text = "Name, team, API key or route"
    ordering = ("position", "pk")
    sortable_by = ()
    ordering_field = "position"
    autocomplete_fields = ("teams", "api_keys", "routes")
    actions = ("enable_selected", "disable_selected", "shadow_selected", "act_selected")
    posts = {"enable": "do_enable", "disable": "do_disable"}
    conditional_fields = guardrail_fields.shown_when()
    change_form_outer_before_template = "admin/gateway/guardrail_panel.html"
    change_form_outer_after_template = "admin/gateway/guardrail_after.html"
    warn_unsaved_form = True
    compressed_fields = False
    fieldsets = (
        (None, {"fields": ("name", ("kind", "position"))}),
        ("What it looks for", {"fields": (*guardrail_fields.ALL,)}),
        ("What happens", {
            "fields": (("on_requests", "on_replies"), ("action", "shadow"), ("on_failure", "timeout")),
            "description": "Redacting puts a placeholder such as [EMAIL_1] in the place of what was found, so the "
            "vendor never sees it; restoring puts it back into the reply. A verdict names kinds and counts, never the "
            "text that was found.",
        }),
        ("For whom", {"fields": ("teams", "api_keys", "routes", "enabled")}),
    )  # fmt: skip

    class Media:
        js = ("switchboard/names.js",)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.try_view)
        return [path("<path:object_id>/try/", view, name="gateway_guardrail_try"), *super().get_urls()]

    # --- the list ------------------------------------------------------------------------------

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[SaidList]:
        return SaidList

    @admin.display(description="Guardrail")
    def title(self, row: Guardrail) -> SafeString | str:
        broken = problems(row.kind, row.settings)
        return cells.two_lines(row.name, cells.chip("cannot be used", "red", title=broken[0])) if broken else row.name

    @admin.display(description="Checks")
    def what(self, row: Guardrail) -> str:
        return guardrail_cells.short_kind(row)

    @admin.display(description="In")
    def where(self, row: Guardrail) -> str:
        return guardrail_cells.sides(row)

    @admin.display(description="Does")
    def does(self, row: Guardrail) -> SafeString:
        return guardrail_cells.action(row)

    @admin.display(description="For")
    def whom(self, row: Guardrail) -> SafeString:
        return guardrail_cells.whom(row)

    @admin.display(description="Verdicts, last 24 h")
    def said_lately(self, row: Guardrail) -> SafeString:
        return guardrail_cells.said(row.said, row.name)  # type: ignore[attr-defined]

    # --- the page ------------------------------------------------------------------------------

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        extra = {**(extra_context or {}), "subtitle": None}
        if row is not None and self.has_view_permission(request, row):
            extra |= {
                "panel": self._panel(request, row),
                "box": self._box(row),
                "watched": watched.panels(request, row),
            }
        return super().change_view(request, object_id, form_url, extra)

    def _panel(self, request: HttpRequest, row: Guardrail) -> dict[str, Any]:
        word = "disable" if row.enabled else "enable"
        return {
            "guardrail": row,
            "kind": guardrail_cells.short_kind(row),
            "does": guardrail_cells.action(row),
            "where": guardrail_cells.sides(row),
            "whom": guardrail_cells.whom(row),
            "said": guardrail_cells.said(watched.sayings(request), row.name),
            "problems": problems(row.kind, row.settings),
            "may_act": self.has_change_permission(request, row),
            "switch_word": word.capitalize(),
            "switch_url": self.post_url(word, row),
        }

    # --- trying it -----------------------------------------------------------------------------

    @method_decorator(sensitive_post_parameters("text"))
    def try_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """What it says of a text. By POST; the text is in no address, log or history, and the answer not cached."""
        row = self.get_object(request, object_id)
        if row is None:
            raise Http404
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        return self._tried(request, row)

    @sensitive_variables("text", "trial", "context")
    def _tried(self, request: HttpRequest, row: Guardrail) -> HttpResponse:
        text, side = request.POST.get("text", ""), request.POST.get("side", "")
        trial: Trial | None = None
        if request.method == "POST" and text:
            trial = tried(row, text, side=side if side in SIDES else "request")
        context = {
            **self.admin_site.each_context(request),
            "title": f"Try “{row.name}”",
            "opts": self.opts,
            "guardrail": row,
            "box": {**self._box(row), "text": text, "side": side},
            "trial": trial,
            "verdicts": [verdict_cells.line(msgspec.structs.asdict(one)) for one in trial.verdicts] if trial else [],
            "page_url": reverse("admin:gateway_guardrail_change", args=[row.pk]),
        }
        return TemplateResponse(request, "admin/gateway/guardrail_try.html", context, headers=HIDDEN)

    @staticmethod
    def _box(row: Guardrail) -> dict[str, Any]:
        sides = [name for name, on in (("request", row.on_requests), ("reply", row.on_replies)) if on]
        return {"url": reverse("admin:gateway_guardrail_try", args=[row.pk]), "sides": sides, "most": MOST_TEXT}

    # --- actions -------------------------------------------------------------------------------

    def do_enable(self, request: HttpRequest, row: Guardrail) -> None:
        self._set(request, Guardrail.objects.filter(pk=row.pk), "Enabled", enabled=True)

    def do_disable(self, request: HttpRequest, row: Guardrail) -> None:
        self._set(request, Guardrail.objects.filter(pk=row.pk), "Disabled", enabled=False)

    @admin.action(description="Enable", permissions=["change"])
    def enable_selected(self, request: HttpRequest, queryset: QuerySet[Guardrail]) -> None:
        self._set(request, queryset, "Enabled", enabled=True)

    @admin.action(description="Disable", permissions=["change"])
    def disable_selected(self, request: HttpRequest, queryset: QuerySet[Guardrail]) -> None:
        self._set(request, queryset, "Disabled", enabled=False)

    @admin.action(description="To shadow: only note", permissions=["change"])
    def shadow_selected(self, request: HttpRequest, queryset: QuerySet[Guardrail]) -> None:
        self._set(request, queryset, "Put into shadow", shadow=True)

    @admin.action(description="Out of shadow: act", permissions=["change"])
    def act_selected(self, request: HttpRequest, queryset: QuerySet[Guardrail]) -> None:
        self._set(request, queryset, "Took out of shadow", shadow=False)

    def _set(self, request: HttpRequest, queryset: QuerySet[Guardrail], word: str, **values: bool) -> None:
        changed = Guardrail.objects.filter(pk__in=list(queryset.values_list("pk", flat=True))).update(**values)
        messages.success(request, f"{word} {changed} guardrail(s). The next request sees it.")

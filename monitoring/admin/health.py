"""Provider health in the admin: how each is and was, a paid test that is confirmed, and the settings."""

from __future__ import annotations

from typing import Any

from celery import current_app
from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from unfold.widgets import UnfoldAdminTextInputWidget

from gateway.admin.one_row import OneRow
from monitoring.admin import health_page
from monitoring.health import paid
from monitoring.models import HealthSettings, HealthState
from providers.admin import cells
from providers.admin.jobs import enqueue
from providers.admin.unfolded import ModelAdmin
from providers.models import Provider

PAID_TEST = "monitoring.tasks.paid_health_test"


class OfWhat(admin.SimpleListFilter):
    title = "of what"
    parameter_name = "of"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("models", "Models too"), ("off", "Switched off too"), ("all", "All")]

    def choices(self, changelist: Any) -> Any:
        for one in super().choices(changelist):
            yield {**one, "display": "Providers in use"} if one["query_string"] == "?" else one

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in ("models", "all"):
            queryset = queryset.filter(model="")
        return queryset if self.value() in ("off", "all") else queryset.exclude(status="off")


@admin.register(HealthState)
class HealthStateAdmin(ModelAdmin):
    list_display = ("target", "state", "why", "since_when", "checked")
    list_display_links = ("target",)
    list_filter = (OfWhat, "status")
    search_fields = ("provider__name", "model", "reason")
    list_select_related = ("provider",)
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        test = self.admin_site.admin_view(self.paid_test)
        return [path("<int:pk>/paid-test/", test, name="monitoring_healthstate_paid"), *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("provider__proxy")

    # --- one target ----------------------------------------------------------------------------
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        if row is None:
            return self._gone(request)
        context = {
            **self.admin_site.each_context(request),
            "title": f"{row.provider.name} {row.model}".strip(),
            "opts": self.opts,
            "paid_url": reverse("admin:monitoring_healthstate_paid", args=[row.pk]) if _may_pay(request) else "",
            "list_url": reverse("admin:monitoring_healthstate_changelist"),
            **health_page.story(row, log=request.user.has_perm("monitoring.view_requestlog")),
        }
        return TemplateResponse(request, "admin/monitoring/health/state.html", context)

    def paid_test(self, request: HttpRequest, pk: int) -> HttpResponse:
        """``GET`` asks for the model, then names it and its worst price; ``POST`` has it made by a task."""
        row = self.get_object(request, str(pk))
        if not _may_pay(request):
            raise PermissionDenied
        if row is None:
            return self._gone(request)
        form = PaidTestForm(row.provider, request.POST or request.GET or None, initial={"model": row.model})
        if request.method == "POST" and form.is_valid():
            return self._wished(request, row, form.cleaned_data["model"])
        chosen = form.cleaned_data["model"] if form.is_bound and form.is_valid() else ""
        context = {
            **self.admin_site.each_context(request),
            "title": "Paid test",
            "opts": self.opts,
            "row": row,
            "form": form,
            "media": self.media + form.media,
            "chosen": chosen,
            "worst": health_page.worst_words(row.provider.pk, chosen) if chosen else "",
            "prompt": paid.PROMPT,
            "back": self._page(row),
        }
        return TemplateResponse(request, "admin/monitoring/health/paid_test.html", context)

    def _wished(self, request: HttpRequest, row: HealthState, model: str) -> HttpResponse:
        check = paid.wish(row.provider, model)
        said = f"{model} is being asked. Reload this page in a moment to see what came of it."
        if enqueue(request, current_app.signature(PAID_TEST), [check.pk], said=said):
            self.log_change(request, row, f"Paid test of {model}.")
        else:
            check.delete()
        return HttpResponseRedirect(self._page(row))

    def _gone(self, request: HttpRequest) -> HttpResponse:
        messages.error(request, "This is not watched any more.")
        return HttpResponseRedirect(reverse("admin:monitoring_healthstate_changelist"))

    @staticmethod
    def _page(row: HealthState) -> str:
        return reverse("admin:monitoring_healthstate_change", args=[row.pk])

    # --- columns -------------------------------------------------------------------------------
    @admin.display(description="Provider", ordering="provider__name")
    def target(self, row: HealthState) -> SafeString | str:
        return cells.two_lines(row.provider.name, row.model) if row.model else row.provider.name

    @admin.display(description="Health", ordering="status")
    def state(self, row: HealthState) -> SafeString:
        return health_page.chip(row.status)

    @admin.display(description="Why")
    def why(self, row: HealthState) -> SafeString:
        return cells.two_lines(row.reason or "–", row.get_signal_display())

    @admin.display(description="Since", ordering="since")
    def since_when(self, row: HealthState) -> SafeString:
        return cells.moment(row.since)

    @admin.display(description="Looked at", ordering="checked_at")
    def checked(self, row: HealthState) -> SafeString:
        return cells.moment(row.checked_at)


def _may_pay(request: HttpRequest) -> bool:
    return request.user.has_perm("monitoring.add_healthcheck")


class PaidTestForm(forms.Form):
    model = forms.CharField(
        max_length=250,
        label="Model",
        widget=UnfoldAdminTextInputWidget(attrs={"list": "models", "autocomplete": "off", "spellcheck": "false"}),
        help_text="A chat model of this provider.",
    )

    def __init__(self, provider: Provider, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = provider.models.filter(enabled=True, mode__in=("chat", "responses")).order_by("model_id")
        self.known = list(known.values_list("model_id", flat=True)[:1000])


LABELS = {
    "window_minutes": "Look back (minutes)",
    "least_failures": "Failures at least",
    "down_percent": "Down from (percent failed)",
    "degraded_percent": "Degraded from (percent failed)",
    "recover_after": "Well again after (answered calls)",
    "probe_minutes": "Free probe after (minutes without an answer)",
    "paid_enabled": "Make paid tests by themselves",
    "paid_targets": "Of these models",
    "paid_minutes": "Each one every (minutes)",
    "paid_cap": "At most a day (USD)",
}


class HealthSettingsForm(forms.ModelForm):
    class Meta:
        model = HealthSettings
        fields = tuple(LABELS)
        labels = LABELS
        help_texts = {
            "least_failures": "Fewer never make a provider degraded or down, whatever their share.",
            "paid_targets": "One a line, as provider:model. A model whose price nobody knows is not tested.",
            "paid_cap": "The day begins at midnight UTC. Tests made by hand count, and are not held up.",
        }

    def clean_paid_targets(self) -> str:
        text: str = self.cleaned_data["paid_targets"] or ""
        found, wrong = paid.wanted(text)
        if wrong:
            raise forms.ValidationError(f"No provider's model is named by: {', '.join(wrong[:5])[:200]}")
        return "\n".join(f"{one.provider.name}:{one.model}" for one in found)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        down, degraded = cleaned.get("down_percent"), cleaned.get("degraded_percent")
        if down and degraded and degraded > down:
            self.add_error("degraded_percent", "Not more than what counts as down.")
        if cleaned.get("paid_enabled") and not cleaned.get("paid_targets") and "paid_targets" not in self.errors:
            self.add_error("paid_targets", "Name at least one model.")
        return cleaned


@admin.register(HealthSettings)
class HealthSettingsAdmin(OneRow):
    form = HealthSettingsForm
    fieldsets = (
        ("What calls tell", {
            "fields": (("window_minutes", "least_failures"), ("down_percent", "degraded_percent"), "recover_after"),
            "description": "Only what is the vendor's fault counts as failed: no answer, a broken one, an error of its "
            "own. A provider needs both: enough failures, and that share of its calls. An open circuit breaker, or a "
            "pool without a token that may be used, is down at once.",
        }),
        ("Free probes", {
            "fields": ("probe_minutes",),
            "description": "Where nobody calls, the vendor's free call is made (mostly its list of models). While a "
            "provider is down it is made again after 30 seconds, then 1, 2, 4, up to 10 minutes. Vendors without a "
            "free call are “unknown” until somebody calls them.",
        }),
        ("Paid tests", {
            "fields": ("paid_enabled", "paid_targets", ("paid_minutes", "paid_cap")),
            "description": "A paid test is one tiny chat call. It costs money, stands in the request log as "
            "“health.test” and counts in the budgets of its provider and of everyone. A list of models may work while "
            "chats do not; only such a test tells.",
        }),
    )  # fmt: skip

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:monitoring_healthsettings_change", args=[1]))

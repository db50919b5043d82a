"""Quality in the admin: the judge's settings, and what it said of which answer."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from gateway.admin.one_row import OneRow
from gateway.admin.three_way import without_links
from monitoring.models import QualityScore, QualitySettings
from monitoring.quality import judge, work
from providers.admin import cells
from providers.admin.unfolded import ModelAdmin
from providers.models import Provider
from providers.pricing.money import usd

LABELS = {
    "enabled": "Let a model judge answers",
    "provider": "The judge's provider",
    "model": "The judge's model",
    "sample_percent": "Of all answers (percent)",
    "daily_cap": "At most a day (USD)",
}


class QualitySettingsForm(forms.ModelForm):
    class Meta:
        model = QualitySettings
        fields = tuple(LABELS)
        labels = LABELS
        help_texts = {
            "model": "The provider's own name of a chat model. It needs a known price, or no cap could be kept.",
            "sample_percent": "Which answers are judged is told by their ids, not by what they say.",
            "daily_cap": "The day begins at midnight UTC. Nothing is judged beyond it.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        without_links(self.fields.get("provider"))
        if (model := self.fields.get("model")) is not None:
            model.widget.attrs |= {"spellcheck": "false", "autocomplete": "off"}

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        provider, model = cleaned.get("provider"), (cleaned.get("model") or "").strip()
        cleaned["model"] = model
        if not cleaned.get("enabled") or self.errors:
            return cleaned
        if provider is None:
            self.add_error("provider", "Say who judges.")
        elif not model:
            self.add_error("model", "Say which model judges.")
        elif not _has_price(provider, model):
            self.add_error("model", "Nobody knows what it costs: no cap could be kept. Give the model a price first.")
        return cleaned


def _has_price(provider: Provider, model: str) -> bool:
    return work.worst_of(provider.pk, model, judge.question("Hi", "Hi", mark="0" * 16)) is not None


@admin.register(QualitySettings)
class QualitySettingsAdmin(OneRow):
    form = QualitySettingsForm
    change_form_outer_before_template = "admin/monitoring/quality_panel.html"
    fieldsets = (
        ("The judge", {
            "fields": ("enabled", ("provider", "model")),
            "description": "Off by default. What is judged (the conversation and its answer) is sent to the judge's "
            "vendor, which may be another than the one that answered. Only answers of teams that store content are "
            "judged, those of the last hour; what was answered from the cache is not judged again.",
        }),
        ("How many", {
            "fields": (("sample_percent", "daily_cap"),),
            "description": "Each verdict is a call of its own. It stands in the request log as “quality.judge” and "
            "counts in the budgets of its provider and of everyone, not in those of the team.",
        }),
    )  # fmt: skip

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:monitoring_qualitysettings_change", args=[1]))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        extra = {
            "meanings": judge.SCORES,
            "spent": usd(work.spent_today(timezone.now())),
            "scores_url": reverse("admin:monitoring_qualityscore_changelist"),
        }
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **extra})


@admin.register(QualityScore)
class QualityScoreAdmin(ModelAdmin):
    list_display = ("when", "answer", "relevance", "coherence", "accuracy", "safety", "note", "verdict_of", "cost")
    list_display_links = ("when",)
    list_filter = ("provider", "at")
    search_fields = ("model", "team")
    show_full_result_count = False
    fields = ("when", "answer", "logged", *judge.SCORES, "note", "verdict_of", "cost")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description="Answered (UTC)", ordering="at")
    def when(self, row: QualityScore) -> str:
        return f"{row.at:%Y-%m-%d %H:%M:%S}"

    @admin.display(description="Answered by")
    def answer(self, row: QualityScore) -> SafeString:
        return cells.two_lines(f"{row.provider}:{row.model}", row.team or "no team")

    @admin.display(description="Request")
    def logged(self, row: QualityScore) -> SafeString:
        url = reverse("admin:monitoring_requestlog_change", args=[row.request_id])
        return format_html('<a class="sb-link sb-mono" href="{}">{}</a>', url, row.request_id)

    @admin.display(description="Judge")
    def verdict_of(self, row: QualityScore) -> SafeString:
        return cells.two_lines(row.judge, f"{row.judged_at:%Y-%m-%d %H:%M} UTC")

    @admin.display(description="Cost")
    def cost(self, row: QualityScore) -> str:
        return usd(row.cost_nano or 0)

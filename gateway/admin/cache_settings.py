"""The answer cache's settings in the admin, and what it has done in this process."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from redis import RedisError

from gateway.admin.cache_figures import clear, figures
from gateway.admin.one_row import OneRow
from gateway.models import CacheSettings
from providers.admin.posting import PostActions

LABELS = {
    "mode": "Answers from the cache",
    "seconds": "Answers keep (seconds)",
    "join": "Join identical requests in flight",
    "memory_megabytes": "Memory of each process (MB)",
    "disk_megabytes": "Disk of each machine (MB)",
    "use_redis": "Redis",
    "similar_model": "Embeddings model",
    "similar_threshold": "Similarity",
}


class CacheSettingsForm(forms.ModelForm):
    class Meta:
        model = CacheSettings
        fields = (*LABELS, "share_between_teams")
        labels = LABELS
        help_texts = {
            "mode": "A call asks by its headers cache-control and x-cache-ttl. API keys and routes may say otherwise.",
            "seconds": "Unless the key, the route or the call says less.",
            "join": "Those who ask the same at the same moment share one call and its answer.",
            "memory_megabytes": "The quickest level. 0: none.",
            "similar_threshold": "0.5 to 1: cosine similarity from which on a request counts as the same. Below 0.9 "
            "answers to other questions come back.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if (model := self.fields.get("similar_model")) is not None:
            model.widget.attrs |= {"data-names": "any", "spellcheck": "false", "autocomplete": "off"}

    def clean_similar_model(self) -> str:
        name: str = (self.cleaned_data["similar_model"] or "").strip()
        if any(sign.isspace() or not sign.isprintable() for sign in name):
            raise forms.ValidationError("The name of a model holds no blanks.")
        return name


@admin.register(CacheSettings)
class CacheSettingsAdmin(OneRow, PostActions):
    form = CacheSettingsForm
    posts = {"clear": "do_clear"}
    change_form_outer_before_template = "admin/gateway/cache_panel.html"
    fieldsets = (
        ("When", {
            "fields": (("mode", "seconds"), ("share_between_teams", "join")),
            "description": "An answer is found by all that matters of a request: what is asked, the model, the "
            "parameters. Only answers that finished well are kept; streams come back as streams. A hit says so in the "
            "header x-switchboard-cache and in the request log, with what it saved.",
        }),
        ("Where", {
            "fields": (("memory_megabytes", "disk_megabytes"), "use_redis"),
            "description": "Three levels, asked in this order: memory, Redis, disk. What is kept is encrypted outside "
            "of memory.",
        }),
        ("Similar requests", {
            "fields": (("similar_model", "similar_threshold"),),
            "description": "Only on routes that have “answer similar requests” on. Each request then costs an "
            "embedding, and an answer may be one to a question that only looks the same.",
        }),
    )  # fmt: skip

    class Media:
        js = ("switchboard/names.js",)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        may = row is not None and self.has_change_permission(request, row)
        extra = {"figures": figures(), "clear_url": self.post_url("clear", row) if may else ""}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **extra})

    def do_clear(self, request: HttpRequest, row: CacheSettings) -> None:
        try:
            clear()
        except (RedisError, OSError) as error:
            messages.error(request, f"The cache was not emptied: it cannot be reached ({type(error).__name__}).")
            return
        self.log_change(request, row, "Emptied the answer cache.")
        messages.success(request, "The cache is empty: within a second no process gives an answer of before.")

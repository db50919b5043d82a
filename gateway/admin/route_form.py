"""The route's form: its goal and weights only where they count, and what holds where a field is left empty."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.html import format_html
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from gateway.admin.three_way import ThreeWayField, unsaid
from gateway.models import CacheMode, CacheSettings, Route, RoutingSettings, SpendingSettings
from gateway.routing.goals import CHOICES
from providers.parameters import NAMES as PARAMETERS

WEIGHTS = ("weight_capability", "weight_cost", "weight_performance", "weight_availability")
LIMITS = ("max_attempts", "retries", "deadline", "slow_start")
CACHE = ("cache", "cache_seconds", "cache_shared", "cache_similar")


class RouteForm(forms.ModelForm):
    goal = forms.ChoiceField(
        required=False,
        choices=[("", "By the request: what it asks for decides"), *CHOICES],
        widget=UnfoldAdminSelectWidget(),
        help_text="What auto looks for.",
    )
    hedge = ThreeWayField(label="Hedge slow calls", unsaid="As in the settings", yes="Yes", no="No")
    sticky = ThreeWayField(label="Keep conversations where they began", unsaid="As in the settings", yes="Yes", no="No")

    cache_shared = ThreeWayField(label="Share answers between teams", unsaid="As in the settings", yes="Yes", no="No")

    class Meta:
        model = Route
        fields = (
            "name", "description", "enabled", "strategy", "goal", *WEIGHTS, "parameters",
            "context_fallback", "content_fallback", *LIMITS, "hedge", "sticky",
            "assumed_output", *CACHE,
        )  # fmt: skip
        labels = {
            **{name: name.removeprefix("weight_").capitalize() for name in WEIGHTS},
            "context_fallback": "If too long",
            "content_fallback": "If refused for its content",
            "max_attempts": "Attempts at most",
            "retries": "Rounds over all targets",
            "deadline": "Deadline (seconds)",
            "slow_start": "Slow start (seconds)",
            "assumed_output": "Output at most, if unsaid (units)",
            "cache_seconds": "Answers keep (seconds)",
        }
        widgets = {
            "parameters": UnfoldAdminTextareaWidget(attrs={"rows": 3, "spellcheck": "false", "class": "sb-mono"})
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._help("name", format_html(
            "What apps send as <code>model</code>. One <code>*</code> stands for anything: <code>{}</code> takes every "
            "name that begins so, and a <code>*</code> in a target's model is what it stood for.", "gpt-*",
        ))  # fmt: skip
        self._help("parameters", format_html(
            "JSON that fills in for what the app left out: <code>{}</code>. These can have a default: {}.",
            '{"temperature": 0.2}', ", ".join(PARAMETERS),
        ))  # fmt: skip
        for name in ("context_fallback", "content_fallback"):
            if (field := self.fields.get(name)) is not None:
                field.widget.attrs |= {"data-names": "any", "spellcheck": "false", "autocomplete": "off"}
        for name in WEIGHTS:
            self._help(name, "0 to 1. Empty: the goal's own.")
        self._show_usual()
        self._show_usual_policy()

    def _help(self, name: str, text: str) -> None:
        if (field := self.fields.get(name)) is not None:
            field.help_text = text

    def _show_usual(self) -> None:
        """What an empty limit means, with the settings' own figure."""
        usual = RoutingSettings.current()
        says = {
            "max_attempts": "Over all targets and tokens.",
            "retries": "How often all are tried again when each failed in a way that may pass.",
            "deadline": "For the whole call.",
            "slow_start": "Without a byte after this long the next target is tried. 0: off.",
        }
        for name, text in says.items():
            self._help(name, f"{text} Empty: {getattr(usual, name):g}, as in the routing settings.")

    def _show_usual_policy(self) -> None:
        """The same for what hard budgets and the answer cache use."""
        output, cache = SpendingSettings.current().assumed_output, CacheSettings.current()
        self._help("assumed_output", f"Of a call that names no maximum, where a hard budget holds; the vendor gets it. "
                   f"Empty: {output:,} or what its model says, as in the spending settings.")  # fmt: skip
        unsaid(self.fields.get("cache"), f"As in the settings: {CacheMode(cache.mode).label.lower()}")
        self._help("cache", "Whether calls of this route may be answered from the cache.")
        self._help("cache_seconds", f"Empty: {cache.seconds:,}, as in the cache settings.")
        similar = f"by {cache.similar_model}" if cache.similar_model else "once the cache settings name a model for it"
        self._help("cache_similar", f"Requests that mean the same get the kept answer too, {similar}.")

"""An alert rule's form: only the fields that mean something to its kind."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from gateway.admin.three_way import without_links
from monitoring.alerts.rules import FIGURES, KINDS, uses
from monitoring.models import AlertRule

BY_KIND = (*FIGURES, "threshold")
USUAL = AlertRule()  # what its fields are where nobody said


def shown_when() -> dict[str, str]:
    """unfold's ``conditional_fields``."""
    kinds = {name: [kind for kind in KINDS if name in uses(kind)] for name in BY_KIND}
    return {name: " || ".join(f"kind == '{one}'" for one in found) for name, found in kinds.items()}


def threshold_help() -> SafeString:
    """What the threshold counts: only that of the chosen kind is shown, by unfold's Alpine."""
    parts = []
    for kind, known in KINDS.items():
        usual = f" Empty: {known.usual:g}." if known.usual is not None else ""
        parts.append((f"kind == '{kind}'", f"{known.help}{usual}"))
    return format_html_join("", '<span x-show="{}">{}</span>', [part for part in parts if part[1]])


class AlertRuleForm(forms.ModelForm):
    class Meta:
        model = AlertRule
        fields = (
            "name", "kind", "enabled", "severity", "threshold", "window_minutes", "least_requests", "per", "provider",
            "model", "team", "wait_minutes", "calm_minutes", "channels", "repeat_minutes", "notify_recovery",
            "group_seconds",
        )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("provider", "team", "channels"):
            without_links(self.fields.get(name))
        if (threshold := self.fields.get("threshold")) is not None:
            threshold.help_text = threshold_help()
        if (model := self.fields.get("model")) is not None:
            model.widget.attrs |= {"data-names": "any", "spellcheck": "false", "autocomplete": "off"}

    def clean(self) -> dict[str, Any]:
        """What the kind has no use for cannot be seen, so nobody could mend it: it is set back."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if kind := cleaned.get("kind", ""):
            for name in set(BY_KIND) - set(uses(kind)):
                if name in self.fields:
                    self.errors.pop(name, None)
                    cleaned[name] = getattr(USUAL, name)
        return cleaned

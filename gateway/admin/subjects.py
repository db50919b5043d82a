"""Whom a limit or a budget is for: one field that says what kind, and only the field that goes with it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from gateway.admin.three_way import without_links
from providers.admin import cells

FIELDS = ("team", "api_key", "provider", "model", "tag")
FIELD_OF = {"team": "team", "key": "api_key", "provider": "provider", "model": "model", "tag": "tag"}
PAGES = {"team": "gateway_team", "api_key": "gateway_apikey", "provider": "providers_provider"}
SHORT = {
    "everyone": "everyone together",
    "each_key": "each API key",
    "key": "API key",
    "team": "team",
    "provider": "provider",
    "model": "model",
    "tag": "tag",
}


def shown_when(*, each_key: bool = False) -> dict[str, str]:
    """unfold's ``conditional_fields``: each field beside the subject it goes with."""
    conditions = {field: f"subject == '{subject}'" for subject, field in FIELD_OF.items()}
    if each_key:
        conditions["team"] = "subject == 'team' || subject == 'each_key'"
    return conditions


class SubjectForm(forms.ModelForm):
    """What does not go with the chosen subject is emptied: it cannot be seen, so nobody could mend it."""

    optional: dict[str, str] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("team", "api_key", "provider"):
            without_links(self.fields.get(name))
        if (model := self.fields.get("model")) is not None:
            model.widget.attrs |= {"data-names": "any", "spellcheck": "false", "autocomplete": "off"}

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        subject = cleaned.get("subject", "")
        kept = {FIELD_OF.get(subject, ""), self.optional.get(subject, "")}
        for name in FIELDS:
            if name in self.fields and name not in kept:
                cleaned[name] = "" if name in ("model", "tag") else None
                self.errors.pop(name, None)
        if isinstance(cleaned.get("model"), str):
            cleaned["model"] = cleaned["model"].strip()
            if any(sign.isspace() or not sign.isprintable() for sign in cleaned["model"]):
                self.add_error("model", "The name of a model holds no blanks.")
        return cleaned


def subject_cell(row: Any, *, linked: bool = True) -> SafeString:
    """``Search`` above ``team``; ``linked``: it leads to the team's page."""
    word, field = SHORT.get(row.subject, row.subject), FIELD_OF.get(row.subject, "team")
    value = getattr(row, field, None)
    if not value:
        return cells.two_lines(word, "")
    name = _linked(field, value) if linked or field not in PAGES else str(value)
    return cells.two_lines(name, f"{word} of the team" if row.subject == "each_key" else word)


def subject_words(row: Any) -> str:
    """``team Search``, ``everyone together``."""
    value = getattr(row, FIELD_OF.get(row.subject, "team"), None)
    return f"{SHORT.get(row.subject, row.subject)} {value or ''}".strip()


def _linked(field: str, value: Any) -> SafeString | str:
    if field not in PAGES:
        return cells.code(value)
    try:
        url = reverse(f"admin:{PAGES[field]}_change", args=[value.pk])
    except NoReverseMatch:
        return str(value)
    return format_html('<a class="sb-link" href="{}">{}</a>', url, value)

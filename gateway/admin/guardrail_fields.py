"""The fields that a guardrail's settings are typed in, by kind, and the way from one to the other and back."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django import forms
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from gateway.admin.lines_field import AnyJson, Lines, NamedPatterns, textarea
from gateway.guardrails.detect.entities import BUILT_IN, LABELS, WITH_PRESIDIO, Entity
from gateway.guardrails.settings import MOST_PATTERNS, MOST_WORDS, THRESHOLD

FIELDS: dict[str, tuple[str, ...]] = {
    "pii": ("entities", "regions", "patterns"),
    "words": ("words",),
    "patterns": ("patterns",),
    "safety": ("classifier", "classifier_model", "threshold", "categories"),
    "toxicity": ("classifier", "classifier_model", "threshold", "categories"),
    "size": ("most_input", "most_bytes", "most_messages"),
    "models": ("allowed",),
    "schema": ("schema",),
}
ALL = tuple(dict.fromkeys(name for names in FIELDS.values() for name in names))
OFFLINE = "offline"
CLASSIFIERS = [
    (OFFLINE, "Built in: a lexicon, asks nobody"),
    ("moderation", "A moderation endpoint"),
    ("judge", "A judge: a chat model that is asked"),
]
SHOWN_ENTITIES = [(one.value, label) for one, label in LABELS.items() if one is not Entity.OWN]
_USUAL_ENTITIES = sorted(one.value for one in BUILT_IN)
_NAMED = re.compile(r"`(\w+)`")


def shown_when() -> dict[str, str]:
    """unfold's ``conditional_fields``."""
    kinds = {name: [kind for kind, names in FIELDS.items() if name in names] for name in ALL}
    conditions = {name: " || ".join(f"kind == '{one}'" for one in found) for name, found in kinds.items()}
    conditions["classifier_model"] = f"({conditions['classifier']}) && classifier != '{OFFLINE}'"
    conditions["on_requests"] = "kind != 'schema'"
    conditions["on_replies"] = "kind != 'size' && kind != 'models'"
    return conditions


def form_fields() -> dict[str, forms.Field]:
    count = {"min_value": 1, "max_value": 10**12, "required": False, "widget": UnfoldAdminIntegerFieldWidget}
    return {
        "entities": forms.MultipleChoiceField(
            label="Finds", required=False, choices=SHOWN_ENTITIES, widget=UnfoldAdminCheckboxSelectMultipleWidget,
        ),
        "regions": Lines(
            label="Local phone numbers of", most=100, longest=2, commas=True, rows=1, placeholder="none",
            help_text="Whose phone numbers are found without their country code too, as in US, DE, FR. Without, only "
            "where a word beside it says that it is one.",
        ),
        "patterns": NamedPatterns(
            label="Own patterns", most=MOST_PATTERNS, longest=2000, rows=4, placeholder=r"employee: E\d{6}",
            help_text="One “name: pattern” a line: regular expressions as in Python, upper and lower case told apart.",
        ),
        "words": Lines(
            label="Words", most=MOST_WORDS, longest=200, rows=8,
            help_text="One word or phrase a line. Whole words are found, in upper or lower case.",
        ),
        "classifier": forms.ChoiceField(
            label="Classifier", required=False, choices=CLASSIFIERS, initial=OFFLINE, widget=UnfoldAdminSelectWidget,
        ),
        "classifier_model": forms.CharField(
            label="Its model", required=False, max_length=250,
            widget=UnfoldAdminTextInputWidget(attrs={"data-names": "any", "autocomplete": "off"}),
            help_text="Any name Switchboard knows, as in omni-moderation-latest.",
        ),
        "threshold": forms.FloatField(
            label="Threshold", required=False, min_value=0, max_value=1,
            widget=UnfoldAdminDecimalFieldWidget(attrs={"step": "0.01", "min": "0", "max": "1"}),
            help_text=f"From 0 to 1. A text that scores below it is unsafe; 1 is safe. Usual: {THRESHOLD}.",
        ),
        "categories": Lines(
            label="Categories", most=100, longest=100, commas=True, rows=1, placeholder="all",
            help_text="Only these count, as the classifier names them. Empty: all.",
        ),
        "most_input": forms.IntegerField(label="Input at most (units)", help_text="Estimated. Empty: any.", **count),
        "most_bytes": forms.IntegerField(label="Body at most (bytes)", help_text="Empty: any.", **count),
        "most_messages": forms.IntegerField(label="Messages at most", help_text="Empty: any.", **count),
        "allowed": Lines(
            label="Allowed models", most=1000, longest=250, commas=True, rows=5, placeholder="gpt-4o*",
            help_text="One name or pattern a line. Calls of all others are refused.",
        ),
        "schema": AnyJson(
            label="JSON schema", required=False, widget=textarea(10, placeholder='{"type": "object"}'),
            error_messages={"invalid": "This is no JSON: %(value).60s"},
            help_text="A reply that does not fit it is stopped.",
        ),
    }  # fmt: skip


def initial(settings: Any) -> dict[str, Any]:
    """From what is stored. What is not there, or cannot be read, stands as usual."""
    given = settings if isinstance(settings, Mapping) else {}
    found: dict[str, Any] = {name: given[name] for name in ALL if name in given}
    found["entities"] = given.get("entities") or _USUAL_ENTITIES
    sort, _, model = str(given.get("classifier") or OFFLINE).partition(":")
    found |= {"classifier": sort, "classifier_model": model, "threshold": given.get("threshold", THRESHOLD)}
    return found


def read(kind: str, cleaned: Mapping[str, Any]) -> dict[str, Any]:
    """What is stored for the kind; what is empty, or as usual, is left out."""
    found = {name: cleaned.get(name) for name in FIELDS.get(kind, ())}
    if "entities" in found:
        found |= _entities(found["entities"] or [])
    if "classifier" in found:
        model = (found.pop("classifier_model", "") or "").strip()
        sort = found["classifier"] or OFFLINE
        found["classifier"] = OFFLINE if sort == OFFLINE else f"{sort}:{model}"
    return {name: value for name, value in found.items() if value not in (None, "", [], {})}


def _entities(chosen: list[str]) -> dict[str, Any]:
    presidio = any(one.value in chosen for one in WITH_PRESIDIO)
    return {"entities": None if sorted(chosen) == _USUAL_ENTITIES else chosen, "presidio": presidio or None}


def field_of(kind: str, problem: str) -> str:
    """Where a problem is shown: at the field it names, else at the first of the kind; "" where there is none."""
    named = [one for one in _NAMED.findall(problem) if one in FIELDS.get(kind, ())]
    if "<model>" in problem:
        return "classifier_model"
    if "attern" in problem.split("`")[0] and "patterns" in FIELDS.get(kind, ()):
        return "patterns"
    return next(iter([*named, *FIELDS.get(kind, ())]), "")


def in_words(problem: str) -> str:
    """Names of settings as the labels that stand above the fields."""
    labels = {name: field.label for name, field in form_fields().items()}
    return _NAMED.sub(lambda found: f"“{labels.get(found[1], found[1])}”", problem)

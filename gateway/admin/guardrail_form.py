"""A guardrail's form: real fields for the settings of its kind, and only what its kind can do."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Max

from gateway.admin import guardrail_fields as fields
from gateway.guardrails.settings import actions_of, problems, sides_of
from gateway.models import Guardrail

STEP = 10  # between positions: there is room to put one between
LAST = 32_767
ACTION_WORDS = {"block": "block", "redact": "redact", "restore": "redact and restore", "log": "log only"}


class _GuardrailForm(forms.ModelForm):
    class Meta:
        model = Guardrail
        fields = (
            "name", "enabled", "kind", "on_requests", "on_replies", "action", "shadow", "on_failure", "timeout",
            "teams", "api_keys", "routes", "position",
        )  # fmt: skip
        labels = {"position": "Place in the order", "timeout": "Time for one check (seconds)", "shadow": "Shadow"}
        help_texts = {
            "name": "Apps read it when they are refused.",
            "shadow": "Only notes what it would have done: the shadow list shows it. Try a new one so.",
            "on_failure": "When a check fails or takes too long.",
            "teams": "Without teams, keys and routes it is for every call; with some, for the calls of any of them.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, value in fields.initial(self.instance.settings).items():
            self.initial.setdefault(name, value)
        if self.instance.pk is None:
            self.initial.setdefault("position", next_position())
        for name in ("position", "timeout"):
            if (field := self.fields.get(name)) is not None:
                field.required = False  # left out, it is what it was

    def clean_position(self) -> int:
        given: int | None = self.cleaned_data["position"]
        return min(given, LAST) if given is not None else self.instance.position

    def clean_timeout(self) -> float:
        given: float | None = self.cleaned_data["timeout"]
        return self.instance.timeout if given is None else given

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        kind = cleaned.get("kind", "")
        self._forget_others(kind)
        if kind:
            self._only_sides(kind, cleaned)
            self._only_actions(kind, cleaned)
            self._read_settings(kind, cleaned)
        return cleaned

    def _forget_others(self, kind: str) -> None:
        """What the kind has no use for cannot be seen, so nobody could mend it."""
        for name in fields.ALL:
            if name not in fields.FIELDS.get(kind, ()):
                self.errors.pop(name, None)

    @staticmethod
    def _only_sides(kind: str, cleaned: dict[str, Any]) -> None:
        sides = sides_of(kind)
        if len(sides) == 1:
            cleaned["on_requests"], cleaned["on_replies"] = "request" in sides, "reply" in sides

    def _only_actions(self, kind: str, cleaned: dict[str, Any]) -> None:
        may = actions_of(kind)
        if cleaned.get("action") and cleaned["action"] not in may:
            words = " or ".join(ACTION_WORDS.get(one, one) for one in may)
            self.add_error("action", f"This kind finds no place in a text to put something else: it can {words}.")

    def _read_settings(self, kind: str, cleaned: dict[str, Any]) -> None:
        if any(name in self.errors for name in fields.FIELDS.get(kind, ())):
            return
        if kind == "pii" and not cleaned.get("entities"):
            self.add_error("entities", "Tick at least one. For patterns of your own alone there is a kind of its own.")
            return
        settings = fields.read(kind, cleaned)
        for problem in problems(kind, settings):
            self.add_error(fields.field_of(kind, problem) or None, fields.in_words(problem))
        self.instance.settings = settings


GuardrailForm = type("GuardrailForm", (_GuardrailForm,), fields.form_fields())


def next_position() -> int:
    last = Guardrail.objects.aggregate(last=Max("position"))["last"]
    return min((last or 0) + STEP, LAST)

"""The API key's form: scopes as boxes, models as lines, an expiry that lies ahead."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminTextareaWidget

from gateway.admin.lines_field import Lines
from gateway.admin.three_way import unsaid
from gateway.models import ApiKey, Scope
from gateway.tags import MOST_TAGS, is_tag

MOST_MODELS = 500


class LinesField(forms.CharField):
    """A list of short texts, one a line or between commas; doubles and blanks are dropped."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            widget=UnfoldAdminTextareaWidget(attrs={"rows": 4, "spellcheck": "false", "class": "sb-mono"}), **kwargs
        )

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(map(str, value)) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        lines = [one.strip() for line in (value or "").splitlines() for one in line.split(",")]
        return list(dict.fromkeys(one for one in lines if one))

    def validate(self, value: Any) -> None:
        if len(value) > MOST_MODELS:
            raise ValidationError(f"At most {MOST_MODELS} lines; use patterns such as gpt-*.")
        for one in value:
            if len(one) > 250 or not one.isprintable() or any(sign.isspace() for sign in one):
                raise ValidationError(f"“{one[:60]}” is not a model name or pattern.")

    def run_validators(self, value: Any) -> None:
        return

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(list(initial or []) != self.to_python(data))


class TagsField(Lines):
    def validate(self, value: Any) -> None:
        super().validate(value)
        for one in value:
            if not is_tag(one):
                raise ValidationError(f"“{one}” is no tag: letters and digits, and - _ . : / between them.")


class ApiKeyForm(forms.ModelForm):
    scopes = forms.MultipleChoiceField(
        choices=Scope.choices,
        initial=[Scope.INFERENCE.value],
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text="Most apps need inference alone.",
        error_messages={"required": "Tick at least one; a key without a scope can do nothing."},
    )
    allowed_models = LinesField(
        required=False,
        label="Allowed models",
        help_text="One name or pattern a line, as in <code>gpt-*</code>. Empty: every model.",
    )
    tags = TagsField(
        most=MOST_TAGS, longest=60, commas=True, rows=1, placeholder="none",
        help_text="Between commas, as in search, prod. All its calls carry them, beside those they name by "
        "x-switchboard-tags; budgets can be for a tag, and the log is filtered by them.",
    )  # fmt: skip
    may_give_admin = False  # set by the admin for this user

    class Meta:
        model = ApiKey
        fields = (
            "name", "team", "enabled", "expires_at", "scopes", "allowed_models", "max_in_flight", "priority",
            "tags", "cache", "cache_seconds",
        )  # fmt: skip
        labels = {"expires_at": "Expires", "max_in_flight": "Calls at once", "cache_seconds": "Answers keep (seconds)"}
        help_texts = {
            "expires_at": "Times are UTC. Empty: never.",
            "max_in_flight": "In each process; further calls wait for a short while, then get 429. Empty: any number.",
            "cache": "Whether its calls may be answered from the cache; else as its routes and the settings say.",
            "cache_seconds": "Empty: as its routes and the settings say.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        unsaid(self.fields.get("cache"), "As everywhere")
        if (priority := self.fields.get("priority")) is not None:
            priority.required = False  # left out, it is what it was

    def clean_priority(self) -> int:
        given = self.cleaned_data["priority"]
        return self.instance.priority if given in ("", None) else int(given)

    def clean_max_in_flight(self) -> int | None:
        limit: int | None = self.cleaned_data["max_in_flight"]
        if limit == 0:
            raise ValidationError("At least 1. To stop the key, switch off “enabled”.")
        return limit

    def clean_scopes(self) -> list[str]:
        scopes: list[str] = self.cleaned_data["scopes"]
        had = self.instance.scopes if self.instance.pk else []
        if Scope.ADMIN in scopes and Scope.ADMIN not in had and not self.may_give_admin:
            raise ValidationError("Only a superuser gives a key the admin scope.")
        return scopes

    def clean_expires_at(self) -> Any:
        moment = self.cleaned_data["expires_at"]
        if moment and "expires_at" in self.changed_data and moment <= timezone.now():
            raise ValidationError("This moment has passed (times are UTC). To stop the key now, switch off “enabled”.")
        return moment

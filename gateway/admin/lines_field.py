"""Lists that are typed as lines: words, models, tags, patterns with a name. And JSON."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.fields import InvalidJSONInput
from unfold.widgets import UnfoldAdminTextareaWidget


def textarea(rows: int, *, placeholder: str = "") -> UnfoldAdminTextareaWidget:
    attrs = {"rows": rows, "spellcheck": "false", "autocomplete": "off", "class": "sb-mono", "placeholder": placeholder}
    return UnfoldAdminTextareaWidget(attrs=attrs)


class Lines(forms.CharField):
    """A list of texts, one a line; with ``commas`` between commas too. Blanks and doubles are dropped."""

    def __init__(self, *, most: int, longest: int, commas: bool = False, rows: int = 4, **kwargs: Any) -> None:
        placeholder = kwargs.pop("placeholder", "")
        super().__init__(required=False, widget=textarea(rows, placeholder=placeholder), **kwargs)
        self.most, self.longest, self.commas = most, longest, commas

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, list | tuple):
            return (", " if self.commas and self.widget.attrs["rows"] == 1 else "\n").join(map(str, value))
        return value

    def to_python(self, value: Any) -> Any:
        lines = (value or "").splitlines()
        parts = [part for line in lines for part in line.split(",")] if self.commas else lines
        return list(dict.fromkeys(one.strip() for one in parts if one.strip()))

    def validate(self, value: Any) -> None:
        if len(value) > self.most:
            raise ValidationError(f"At most {self.most:,}; these are {len(value):,}.")
        for one in value:
            if len(one) > self.longest:
                raise ValidationError(f"“{one[:40]}…” is longer than {self.longest} characters.")
            if not one.isprintable():
                raise ValidationError("A line holds a sign that cannot be seen.")

    def run_validators(self, value: Any) -> None:
        return

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(list(initial or []) != self.to_python(data))


class NamedPatterns(Lines):
    """``name: pattern`` a line, as a list of objects; a line without a name gets one."""

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, list | tuple):
            return value
        return "\n".join(one if isinstance(one, str) else f"{one.get('name')}: {one.get('pattern')}" for one in value)

    def to_python(self, value: Any) -> Any:
        lines = [line.strip() for line in (value or "").splitlines() if line.strip()]
        return [_named(line, at) for at, line in enumerate(lines, start=1)]

    def validate(self, value: Any) -> None:
        super().validate([one["pattern"] for one in value])

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(list(initial or []) != self.to_python(data))


def _named(line: str, at: int) -> dict[str, str]:
    """A name is letters, digits, ``-`` and ``_`` before ``": "``; everything else is the pattern's own."""
    name, colon, pattern = line.partition(": ")
    if colon and pattern.strip() and name.replace("-", "").replace("_", "").isalnum():
        return {"name": name, "pattern": pattern.strip()}
    return {"name": f"pattern_{at}", "pattern": line}


class AnyJson(forms.JSONField):
    """JSON of which Python can make nothing, a number of thousands of digits or a nest of thousands of lists, is an
    error of the field as any other."""

    def to_python(self, value: Any) -> Any:
        try:
            return super().to_python(value)
        except ValidationError:
            raise
        except (ValueError, RecursionError) as error:
            raise ValidationError("This is no JSON that can be used.") from error

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return super().has_changed(initial, data)
        except (ValueError, RecursionError):
            return True

    def bound_data(self, data: Any, initial: Any) -> Any:
        try:
            return super().bound_data(data, initial)
        except (ValueError, RecursionError):
            return InvalidJSONInput(data)

"""A form field for secrets: written, never shown. It says whether one is set and offers to clear it."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.widgets import INPUT_CLASSES

CLEAR: Final = object()  # what the field cleans to when its box is ticked


class SecretInput(forms.PasswordInput):
    """A password input with, where a value is stored, a box that clears it. Never renders the value."""

    def __init__(self, *, is_set: bool = False, clearable: bool = True) -> None:
        super().__init__(
            attrs={"autocomplete": "new-password", "class": " ".join(INPUT_CLASSES), "spellcheck": "false"},
            render_value=False,
        )
        self.is_set = is_set
        self.clearable = clearable

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        typed = (data.get(name) or "").strip()
        if not typed and self.is_set and self.clearable and data.get(f"{name}-clear"):
            return CLEAR
        return typed

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        if self.is_set:
            replaceable = "" if (attrs or {}).get("disabled") else "; type to replace it"
            attrs = {**(attrs or {}), "placeholder": f"•••••••• set{replaceable}"}
        else:
            attrs = {"placeholder": "not set", **(attrs or {})}
        box = super().render(name, None, attrs, renderer)
        if not self.is_set or not self.clearable or (attrs or {}).get("disabled"):
            return box
        return format_html(
            '{}<label class="sb-clear"><input type="checkbox" name="{}-clear" value="1"> Clear what is set</label>',
            box,
            name,
        )


class SecretField(forms.CharField):
    """Cleans to the new secret, to ``""`` (leave what is stored) or to ``CLEAR``."""

    def __init__(self, *, is_set: bool = False, clearable: bool = True, **kwargs: Any) -> None:
        kwargs.setdefault("required", False)
        super().__init__(widget=SecretInput(is_set=is_set, clearable=clearable), **kwargs)

    def clean(self, value: Any) -> Any:
        return CLEAR if value is CLEAR else super().clean(value)

    def has_changed(self, initial: Any, data: Any) -> bool:
        return not self.disabled and bool(data)

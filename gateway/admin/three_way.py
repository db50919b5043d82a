"""Choices on forms: yes, no or nothing said, in words that say what each means; a row without links around it."""

from __future__ import annotations

from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminSelectWidget

YES, NO = "true", "false"
LINKS = ("can_add_related", "can_change_related", "can_delete_related", "can_view_related")


def without_links(field: forms.Field | None) -> None:
    """A choice of a row without the buttons that add, change or delete such rows: that is not what one is here for."""
    for name in LINKS if field is not None else ():
        setattr(field.widget, name, False)  # type: ignore[union-attr]


def unsaid(field: forms.Field | None, words: str) -> None:
    """What a choice says where nothing is chosen."""
    if field is not None:
        given: Any = field.choices  # type: ignore[attr-defined]
        field.choices = [("", words), *(one for one in given if one[0] != "")]  # type: ignore[attr-defined]


class ThreeWayField(forms.TypedChoiceField):
    """``True``, ``False`` or ``None``."""

    def __init__(self, *, unsaid: str, yes: str, no: str, **kwargs: Any) -> None:
        super().__init__(
            choices=[("", unsaid), (YES, yes), (NO, no)],
            coerce=lambda value: value == YES,
            empty_value=None,
            required=False,
            widget=UnfoldAdminSelectWidget(),
            **kwargs,
        )

    def prepare_value(self, value: Any) -> Any:
        return {True: YES, False: NO, None: ""}.get(value, value)

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)

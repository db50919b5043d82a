"""Placeholders as ``[EMAIL_1]``: a model reads what kind of thing stands there, and that two are the same."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

FORM = re.compile(r"\[([A-Z][A-Z0-9_]{0,40})_(\d{1,9})\]")
BEGINNING = re.compile(r"\[(?:[A-Z][A-Z0-9_]{0,60})?\Z")
LONGEST = 60


class Placeholders:
    """Of one call: the same value has the same placeholder in all its texts. ``texts`` gives those of the request, so
    that no number is taken which the app itself wrote; they are read when the first placeholder is made."""

    def __init__(self, texts: Callable[[], Iterable[str]] = tuple) -> None:
        self._texts = texts
        self._taken: set[str] | None = None
        self._made: dict[tuple[str, bool], str] = {}
        self._names: set[str] = set()
        self._last: dict[str, int] = {}
        self.values: dict[str, str] = {}  # of the placeholders that are to become their values again

    def of(self, entity: str, value: str, *, restore: bool) -> str:
        """``entity`` in capitals, digits and underscores."""
        known = self._made.get((value, restore))
        if known is None:
            known = self._made[value, restore] = self._next(entity)
            self._names.add(known)
            if restore:
                self.values[known] = self.restored(value)  # another guardrail's may be a part of it
        return known

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where placeholders of this call stand in ``text``."""
        if not self._names or "[" not in text:
            return []
        return [match.span() for match in FORM.finditer(text) if match.group() in self._names]

    def _next(self, entity: str) -> str:
        if self._taken is None:
            self._taken = {match.group() for text in self._texts() if "[" in text for match in FORM.finditer(text)}
        number = self._last.get(entity, 0) + 1
        while f"[{entity}_{number}]" in self._taken:
            number += 1
        self._last[entity] = number
        return f"[{entity}_{number}]"

    def restored(self, text: str, write: Callable[[str], str] = str) -> str:
        """``text`` with the values in their places; ``write`` says how a value is spelled there."""
        if "[" not in text:
            return text
        return FORM.sub(lambda match: self._value(match.group(), write), text)

    def _value(self, found: str, write: Callable[[str], str]) -> str:
        value = self.values.get(found)
        return found if value is None else write(value)


def open_placeholder(text: str) -> int:
    """How many characters at the end may be the beginning of a placeholder."""
    match = BEGINNING.search(text, max(0, len(text) - LONGEST))
    return 0 if match is None else len(text) - match.start()

"""Typed reading of a request's fields: each takes its field out, and a wrong type names the place it stands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

from providers.errors import RequestRejected

_NAMES = {str: "a string", bool: "a boolean", int: "an integer", float: "a number", dict: "an object", list: "an array"}


def reject(place: str, problem: str) -> NoReturn:
    raise RequestRejected(f"Invalid value for '{place}': {problem}.", param=place, code="invalid_value")


def expected(place: str, kind: type, value: Any) -> NoReturn:
    got = "null" if value is None else _NAMES.get(type(value), type(value).__name__)
    reject(place, f"expected {_NAMES[kind]}, got {got}")


class Fields:
    """An object of the request; what was not taken out of it stays in ``rest``. ``None`` counts as not said."""

    def __init__(self, value: Any, place: str = "") -> None:
        if not isinstance(value, Mapping):
            expected(place or "body", dict, value)
        self.place = place
        self.rest: dict[str, Any] = dict(value)

    def at(self, name: str) -> str:
        return f"{self.place}.{name}" if self.place else name

    def take(self, name: str) -> Any:
        return self.rest.pop(name, None)

    def string(self, name: str) -> str | None:
        value = self.take(name)
        return value if value is None or isinstance(value, str) else expected(self.at(name), str, value)

    def required(self, name: str) -> str:
        value = self.take(name)
        return value if isinstance(value, str) else expected(self.at(name), str, value)

    def boolean(self, name: str) -> bool | None:
        value = self.take(name)
        return value if value is None or isinstance(value, bool) else expected(self.at(name), bool, value)

    def integer(self, name: str) -> int | None:
        value = self.take(name)
        if isinstance(value, float) and value.is_integer():
            return int(value)
        if value is None or (isinstance(value, int) and not isinstance(value, bool)):
            return value
        expected(self.at(name), int, value)

    def number(self, name: str) -> float | None:
        value = self.take(name)
        if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
            return value
        expected(self.at(name), float, value)

    def array(self, name: str) -> list[Any]:
        value = self.take(name)
        if value is None or isinstance(value, list):
            return value or []
        expected(self.at(name), list, value)

    def object(self, name: str) -> Fields | None:
        value = self.take(name)
        return None if value is None else Fields(value, self.at(name))

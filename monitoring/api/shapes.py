"""Shapes that several endpoints share: a page of rows, an error, amounts of money."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from providers.pricing.money import NANO

# Untyped: a field may be called like something that a serializer has (data, source, label).
Text: Any = serializers.CharField
Whole: Any = serializers.IntegerField
Number: Any = serializers.FloatField
Flag: Any = serializers.BooleanField
Moment: Any = serializers.DateTimeField


class Shape(serializers.Serializer[Any]):
    # What is answered, read from attributes or a mapping's keys. A docstring here would be told of every shape.
    pass


def maybe(kind: Any, told: str = "", **more: Any) -> Any:
    """A field that is ``null`` where nothing is known, or where it is not for the asker's eyes."""
    return kind(allow_null=True, help_text=told, **more)


def words(told: str = "", **more: Any) -> Any:
    """A text that may be empty."""
    return Text(allow_blank=True, help_text=told, **more)


def rows(kind: type[Shape], told: str = "", **more: Any) -> Any:
    return kind(many=True, help_text=told, **more)


def one_of(words: Any, told: str = "", **more: Any) -> Any:
    """One of ``words``: Django's choices, or just texts."""
    choices = [(one, one) if isinstance(one, str) else one for one in words]
    return serializers.ChoiceField(choices=choices, help_text=told, **more)


def usd(nano: int | None) -> float | None:
    """Nano-dollars as dollars, for people; programs add up the nano-dollars."""
    return None if nano is None else nano / NANO


@extend_schema_field({"type": "object", "additionalProperties": {"type": "integer"}})
class Counts(serializers.DictField):
    """Word → how many."""


def page_of(row: type[Shape], name: str, told: str = "") -> type[Shape]:
    """A shape with the rows in ``data`` and the cursor of those after them in ``next``."""
    fields = {
        "__doc__": told or f"A page of {row.__name__} rows.",
        "__module__": __name__,
        "data": rows(row),
        "next": maybe(Text, "The cursor of the rows after these; null at the end."),
    }
    return type(name, (Shape,), fields)


class ErrorBody(Shape):
    message = Text(help_text="For people.")
    type = Text(help_text="Whose fault it was, roughly: invalid_request_error, authentication_error …")
    param = maybe(Text, "The field or parameter it is about.", required=False)
    code = maybe(Text, "For programs; docs/errors.md lists them.", required=False)


class Error(Shape):
    """OpenAI's envelope, whatever went wrong."""

    error = ErrorBody()

"""The regular expressions of a JSON schema, told to stop in time: the reply they look at is a stranger's, and Python's
own may take for ever."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import regex
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend

TIMEOUT = 0.05  # seconds for one pattern over one text


def found(pattern: str, text: str) -> bool:
    """Raises ``TimeoutError``, and ``regex.error`` for what is no pattern."""
    return _compiled(pattern).search(text, timeout=TIMEOUT) is not None


def with_timeouts(validator: Any) -> Any:
    """A class of validators like ``validator``."""
    extended: Any = extend
    return extended(
        validator,
        {"pattern": _pattern, "patternProperties": _properties, "additionalProperties": _additional},
    )


def problem_of_patterns(schema: Any) -> str:
    """What is wrong with them, in a sentence; "" where nothing is."""
    left = [schema]
    while left:
        one = left.pop()
        if isinstance(one, Mapping):
            if problem := _problem(one):
                return problem
            left.extend(one.values())
        elif isinstance(one, list):
            left.extend(one)
    return ""


def _problem(schema: Mapping[str, Any]) -> str:
    named = schema.get("patternProperties")
    if isinstance(named, Mapping) and "unevaluatedProperties" in schema:
        return "The schema has `unevaluatedProperties` beside `patternProperties`; use `additionalProperties` instead."
    for pattern in (schema.get("pattern"), *(named if isinstance(named, Mapping) else ())):
        if isinstance(pattern, str):
            try:
                _compiled(pattern)
            except regex.error as error:
                return f"The schema's pattern {pattern[:60]!r} is no regular expression: {error}."
    return ""


@lru_cache(maxsize=500)
def _compiled(pattern: str) -> regex.Pattern[str]:
    return regex.compile(pattern)


def _pattern(validator: Any, pattern: str, value: Any, schema: Any) -> Iterator[ValidationError]:
    if isinstance(value, str) and not found(pattern, value):
        yield ValidationError("does not match")


def _properties(validator: Any, patterns: Mapping[str, Any], value: Any, schema: Any) -> Iterator[ValidationError]:
    if not isinstance(value, dict):
        return
    for pattern, inner in patterns.items():
        for name, one in value.items():
            if found(pattern, name):
                yield from validator.descend(one, inner, path=name, schema_path=pattern)


def _additional(validator: Any, wanted: Any, value: Any, schema: Any) -> Iterator[ValidationError]:
    if not isinstance(value, dict):
        return
    known, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
    more = (name for name in value if name not in known and not any(found(one, name) for one in patterns))
    for name in more:
        if isinstance(wanted, dict):
            yield from validator.descend(value[name], wanted, path=name)
        elif not wanted:
            yield ValidationError("may hold no more")

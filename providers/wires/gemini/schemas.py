"""Google's OpenAPI subset (``parameters``, ``responseSchema``) → JSON schema, which every other vendor takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from providers.errors import RequestRejected
from providers.wires.gemini.codec import plain

_NAMES = {"any_of": "anyOf", "max_items": "maxItems", "min_items": "minItems", "max_length": "maxLength",
          "min_length": "minLength", "max_properties": "maxProperties", "min_properties": "minProperties"}  # fmt: skip
_ONLY_GOOGLES = frozenset({"propertyOrdering", "property_ordering", "nullable"})
_COUNTS = frozenset({"maxItems", "minItems", "maxLength", "minLength", "maxProperties", "minProperties"})


def json_schema(schema: Mapping[str, Any], path: str) -> dict[str, Any]:
    """Raises ``RequestRejected`` if it is nested too deep."""
    try:
        return _converted(schema)
    except RecursionError:
        raise RequestRejected(f"{path}: nested too deep", param=path) from None


def _converted(schema: Mapping[str, Any]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in schema.items():
        if key not in _ONLY_GOOGLES:
            name = _NAMES.get(key, key)
            result[name] = _inner(name, value)
    kind = result.get("type")
    if schema.get("nullable") is True and isinstance(kind, str):
        result["type"] = [kind, "null"]
    return result


def _inner(name: str, value: Any) -> Any:
    if name == "type" and isinstance(value, str):
        return value.lower()
    if name in ("properties", "$defs", "defs"):
        return {key: _converted(item) if isinstance(item, Mapping) else item for key, item in plain(value).items()}
    if name == "anyOf" and isinstance(value, list):
        return [_converted(item) if isinstance(item, Mapping) else item for item in value]
    if name in ("items", "additionalProperties") and isinstance(value, Mapping):
        return _converted(value)
    if name in _COUNTS and isinstance(value, str) and value.isdecimal():
        return int(value)  # int64 in Google's JSON is a string
    return value

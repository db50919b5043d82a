"""An OpenAI app's JSON schema → one that Anthropic's structured outputs take.

Anthropic wants ``additionalProperties: false`` said on every object and refuses limits on values; a refused limit
moves into the description, where the model reads it (what Anthropic's own SDKs do).
Source: platform.claude.com build-with-claude/structured-outputs, "JSON Schema limitations".
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from providers.errors import RequestRejected

REFUSED = {
    *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength"),
    *("maxItems", "uniqueItems", "contains", "minContains", "maxContains"),
    *("minProperties", "maxProperties", "patternProperties", "propertyNames"),
}
FORMATS = frozenset(("date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"))
BY_NAME = frozenset(("properties", "$defs", "definitions"))
LISTS = frozenset(("anyOf", "allOf", "oneOf", "prefixItems"))


def strict_schema(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of ``schema`` in the subset Anthropic takes. Raises ``RequestRejected`` if it is nested too deep."""
    try:
        return _strict(schema)
    except RecursionError:
        raise RequestRejected("the JSON schema is nested too deep", param="response_format") from None


def _strict(schema: Mapping[str, Any]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    limits: list[str] = []
    for key, value in schema.items():
        if _is_refused(key, value):
            limits.append(f"{key}: {json.dumps(value)}")
        else:
            result["anyOf" if key == "oneOf" else key] = _inner(key, value)
    if result.get("type") == "object" or "properties" in result:
        result.setdefault("additionalProperties", False)
    if limits:
        note = "{" + ", ".join(limits) + "}"
        described = result.get("description")
        result["description"] = f"{described}\n\n{note}" if isinstance(described, str) else note
    return result


def _is_refused(key: str, value: Any) -> bool:
    if key == "minItems":
        return value not in (0, 1)
    if key == "format":
        return value not in FORMATS if isinstance(value, str) else True
    return key in REFUSED


def _inner(key: str, value: Any) -> Any:
    if key in BY_NAME and isinstance(value, Mapping):
        return {name: _strict(item) if isinstance(item, Mapping) else item for name, item in value.items()}
    if key in LISTS and isinstance(value, list | tuple):
        return [_strict(item) if isinstance(item, Mapping) else item for item in value]
    if key == "items" and isinstance(value, Mapping):
        return _strict(value)
    return value


def is_closed(schema: Any) -> bool:
    """Whether every object in ``schema`` names all its fields, requires them and allows no other."""
    if isinstance(schema, list | tuple):
        return all(is_closed(item) for item in schema)
    if not isinstance(schema, Mapping):
        return True
    if schema.get("type") == "object" or isinstance(schema.get("properties"), Mapping):
        properties, required = schema.get("properties"), schema.get("required")
        names = set(properties) if isinstance(properties, Mapping) else set()
        given = set(map(str, required)) if isinstance(required, list | tuple) else set()
        if schema.get("additionalProperties") is not False or names != given:
            return False
    return all(is_closed(item) for key, item in schema.items() if key not in ("enum", "const", "default", "examples"))

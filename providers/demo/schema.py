"""A value that satisfies a JSON schema: what the simulation gives tools and structured answers.

Covers what tool and answer schemas are made of (types, enum, const, objects, arrays, formats, patterns,
bounds, ``$ref``, ``anyOf``, ``oneOf``, ``allOf``). Not ``not``, ``if``, ``patternProperties``, ``minProperties``.
Schemas come from apps: the work for one is bounded, whatever it refers to.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from providers.demo.number import bounded_number, is_number
from providers.demo.pattern import MAX_CHARACTERS, matching

OPTIONAL_DEPTH = 3  # deeper than this only required properties are given, so that recursive schemas end
MAX_DEPTH = 40
MAX_ITEMS = 1000
MAX_WORK = 20_000  # schemas looked at, and tens of characters made

FORMATS = {
    "date-time": "2026-01-01T12:00:00Z",
    "date": "2026-01-01",
    "time": "12:00:00Z",
    "duration": "PT1H",
    "email": "demo@example.org",
    "hostname": "example.org",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "uri": "https://example.org/",
    "uri-reference": "/demo",
    "uuid": "00000000-0000-4000-8000-000000000000",
    "json-pointer": "/demo",
    "regex": "demo",
}


class Unsatisfiable(ValueError):
    """No value can be made; the message says where and why."""


def example(schema: Any) -> Any:
    """A JSON value that ``schema`` accepts. Raises ``Unsatisfiable``."""
    return _Example(schema).value(schema, "$", 0)


class _Example:
    def __init__(self, root: Any) -> None:
        self.root = root
        self.work = 0

    def _spend(self, units: int, at: str) -> None:
        self.work += units
        if self.work > MAX_WORK:
            raise Unsatisfiable(f"{at}: the simulation does not make values this large.")

    def value(self, schema: Any, at: str, depth: int) -> Any:
        schema = self._whole(schema, at, depth)
        if "const" in schema:
            return schema["const"]
        if isinstance(schema.get("enum"), list):
            if not schema["enum"]:
                raise Unsatisfiable(f"{at}: no value is in every enum.")
            return schema["enum"][0]
        match _type(schema):
            case "object":
                return self._object(schema, at, depth)
            case "array":
                return self._array(schema, at, depth)
            case "string":
                text = _string(schema, at)
                self._spend(len(text) // 10, at)
                return text
            case "integer" | "number" as kind:
                number = bounded_number(schema, whole=kind == "integer")
                if number is None:
                    raise Unsatisfiable(f"{at}: no number is within the bounds.")
                return number
            case "boolean":
                return True
            case "null":
                return None
            case other:
                raise Unsatisfiable(f"{at}: type {other!r} is not one of JSON schema's.")

    def _whole(self, schema: Any, at: str, depth: int) -> Mapping[str, Any]:
        """``schema`` with its references followed and its first alternative chosen."""
        self._spend(1, at)
        if schema is True:
            return {}
        if not isinstance(schema, Mapping):
            raise Unsatisfiable(f"{at}: the schema {schema!r} accepts no value.")
        if depth > MAX_DEPTH:
            raise Unsatisfiable(f"{at}: the schema requires itself without end.")
        merged = {key: value for key, value in schema.items() if key not in ("$ref", "allOf", "anyOf", "oneOf")}
        if "$ref" in schema:
            merged = _both(merged, self._whole(self._referred(schema["$ref"], at), at, depth + 1))
        for piece in _list(schema.get("allOf")):
            merged = _both(merged, self._whole(piece, at, depth + 1))
        for choices in (_list(schema.get("anyOf")), _list(schema.get("oneOf"))):
            if choices:
                merged = _both(merged, self._first(choices, at, depth))
        return merged

    def _first(self, choices: list[Any], at: str, depth: int) -> Mapping[str, Any]:
        """The first alternative that can be made: of a linked list's "node or null", deep down, the null."""
        ordered = choices if depth < OPTIONAL_DEPTH * 2 else sorted(choices, key=_not_null)
        failure = Unsatisfiable(f"{at}: no alternative can be made.")
        for choice in ordered:
            try:
                whole = self._whole(choice, at, depth + 1)
                if depth > MAX_DEPTH // 2:  # near the end of a recursion an alternative must be shown to end
                    self.value(whole, at, depth + 1)
                return whole
            except Unsatisfiable as error:
                failure = error
        raise failure

    def _referred(self, reference: Any, at: str) -> Any:
        if not isinstance(reference, str) or not reference.startswith("#"):
            raise Unsatisfiable(f"{at}: only references within the schema (#/…) can be followed.")
        found = self.root
        for step in reference.lstrip("#").strip("/").split("/") if reference != "#" else ():
            step = step.replace("~1", "/").replace("~0", "~")
            if not isinstance(found, Mapping) or step not in found:
                raise Unsatisfiable(f"{at}: {reference} is not in the schema.")
            found = found[step]
        return found

    def _object(self, schema: Mapping[str, Any], at: str, depth: int) -> dict[str, Any]:
        properties = schema.get("properties")
        known = properties if isinstance(properties, Mapping) else {}
        required = [name for name in _list(schema.get("required")) if isinstance(name, str)]
        made: dict[str, Any] = {}
        for name in [*required, *(name for name in known if name not in required)]:
            if name in required:
                made[name] = self.value(known.get(name, True), f"{at}.{name}", depth + 1)
            elif depth < OPTIONAL_DEPTH:
                try:
                    made[name] = self.value(known[name], f"{at}.{name}", depth + 1)
                except Unsatisfiable:
                    continue  # it may be left out, so it is
        return made

    def _array(self, schema: Mapping[str, Any], at: str, depth: int) -> list[Any]:
        first = _list(schema.get("prefixItems"))
        least = _bound(schema, "minItems", 0)
        most = _bound(schema, "maxItems", MAX_ITEMS)
        size = max(least, min(most, max(len(first), 1 if depth < OPTIONAL_DEPTH else 0)))
        if size > min(most, MAX_ITEMS):
            raise Unsatisfiable(f"{at}: no list has between {least} and {min(most, MAX_ITEMS)} items.")
        rest = schema.get("items", True)
        items = [self.value(first[i] if i < len(first) else rest, f"{at}[{i}]", depth + 1) for i in range(size)]
        if schema.get("uniqueItems"):
            items = self._distinct(items, rest, least, at)
        return items

    def _distinct(self, items: list[Any], rest: Any, least: int, at: str) -> list[Any]:
        whole = self._whole(rest, at, 0)
        pool = _list(whole.get("enum"))[:MAX_ITEMS] or items
        if len(items) > 1 and "enum" not in whole and _type(whole) in ("integer", "number"):
            step = whole["multipleOf"] if is_number(whole.get("multipleOf")) else 1
            pool = [items[0] + step * i for i in range(len(items))]
        elif len(items) > 1 and "enum" not in whole and _type(whole) == "string":
            pool = [item if i == 0 else f"{item} {i + 1}" for i, item in enumerate(items)]
        distinct = [item for i, item in enumerate(pool) if item not in pool[:i]][: max(least, 1)]
        if len(distinct) < least:
            raise Unsatisfiable(f"{at}: {least} different items could not be made.")
        return distinct


def _type(schema: Mapping[str, Any]) -> str:
    kind = schema.get("type")
    if isinstance(kind, list) and kind:
        kind = next((one for one in kind if one != "null"), "null")
    if isinstance(kind, str):
        return kind
    if "properties" in schema or "required" in schema:
        return "object"
    if "items" in schema or "prefixItems" in schema:
        return "array"
    return "number" if "minimum" in schema or "maximum" in schema else "string"


def _both(left: Mapping[str, Any], right: Mapping[str, Any]) -> dict[str, Any]:
    """Both schemas at once, as far as properties, required and bounds go."""
    merged = {**right, **left}
    if isinstance(left.get("properties"), Mapping) and isinstance(right.get("properties"), Mapping):
        merged["properties"] = {**right["properties"], **left["properties"]}
    if isinstance(left.get("required"), list) and isinstance(right.get("required"), list):
        merged["required"] = [*left["required"], *right["required"]]
    if isinstance(left.get("enum"), list) and isinstance(right.get("enum"), list):
        merged["enum"] = [one for one in left["enum"][:MAX_ITEMS] if one in right["enum"][:MAX_ITEMS]]
    for key, choose in (("minimum", max), ("maximum", min), ("minLength", max), ("maxLength", min)):
        if is_number(left.get(key)) and is_number(right.get(key)):
            merged[key] = choose(left[key], right[key])
    return merged


def _string(schema: Mapping[str, Any], at: str) -> str:
    least, most = _bound(schema, "minLength", 0), _bound(schema, "maxLength", MAX_CHARACTERS)
    if least > min(most, MAX_CHARACTERS):
        raise Unsatisfiable(f"{at}: no text has between {least} and {min(most, MAX_CHARACTERS)} characters.")
    if isinstance(schema.get("pattern"), str):
        text = matching(schema["pattern"], least=least)
        if text is None or not least <= len(text) <= most:
            raise Unsatisfiable(f"{at}: no text could be made for the pattern {schema['pattern']!r}.")
        return text
    text = FORMATS.get(str(schema.get("format")), "demo")
    return text.ljust(least, "o")[:most]


def _bound(schema: Mapping[str, Any], name: str, default: int) -> int:
    value = schema.get(name)
    return int(value) if is_number(value) and value >= 0 else default


def _not_null(schema: Any) -> bool:
    return not (isinstance(schema, Mapping) and schema.get("type") == "null")


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []

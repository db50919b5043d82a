"""JSON Schema in few words, for shapes written by hand."""

from __future__ import annotations

from typing import Any

Shape = dict[str, Any]

TEXT: Shape = {"type": "string"}
WHOLE: Shape = {"type": "integer"}
NUMBER: Shape = {"type": "number"}
FLAG: Shape = {"type": "boolean"}
MOMENT: Shape = {"type": "string", "format": "date-time"}


def maybe(shape: Shape) -> Shape:
    """Or null: not known."""
    if "$ref" in shape:
        return {"oneOf": [shape, {"type": "null"}]}
    return {**shape, "type": [shape["type"], "null"]}


def listed(shape: Shape) -> Shape:
    return {"type": "array", "items": shape}


def ref(name: str) -> Shape:
    return {"$ref": f"#/components/schemas/{name}"}


def thing(told: str, needed: dict[str, Shape], may: dict[str, Shape] | None = None) -> Shape:
    """An object: the fields it always has, and those it may have; others may stand beside them."""
    return {
        "type": "object",
        "description": told,
        "properties": {**needed, **(may or {})},
        "required": list(needed),
        "additionalProperties": True,
    }


def told(shape: Shape, description: str) -> Shape:
    return {**shape, "description": description}


OBJECT: Shape = {"type": "object", "additionalProperties": True}

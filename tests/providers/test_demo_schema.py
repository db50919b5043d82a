"""Values made from JSON schemas satisfy them, and no schema costs more than it may."""

from __future__ import annotations

import json
import re
import time
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.demo.number import bounded_number
from providers.demo.pattern import matching
from providers.demo.schema import Unsatisfiable, example


def accepts(schema: Any, value: Any) -> bool:
    """A JSON schema validator for what ``schemas`` makes, written apart from the code under test."""
    if schema is True:
        return True
    if "anyOf" in schema:
        return any(accepts(one, value) for one in schema["anyOf"])
    if "enum" in schema:
        return value in schema["enum"]
    match schema["type"]:
        case "object":
            known = schema["properties"]
            return (
                isinstance(value, dict)
                and set(schema["required"]) <= set(value) <= set(known)
                and all(accepts(known[name], one) for name, one in value.items())
            )
        case "array":
            sized = schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", 10**9)
            return isinstance(value, list) and sized and all(accepts(schema["items"], one) for one in value)
        case "string":
            return isinstance(value, str) and schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", 10**9)
        case "boolean":
            return isinstance(value, bool)
        case "null":
            return value is None
        case kind:
            whole = isinstance(value, int) and not isinstance(value, bool)
            right = whole or (kind == "number" and isinstance(value, float))
            return right and schema.get("minimum", value) <= value <= schema.get("maximum", value)


def bounds(name: str, low: str, high: str, most: int) -> st.SearchStrategy[dict[str, Any]]:
    pairs = st.tuples(st.integers(0, most), st.integers(0, most)).map(sorted)
    return pairs.map(lambda pair: {"type": name, low: pair[0], high: pair[1]})


LEAVES = st.one_of(
    st.sampled_from([{"type": "boolean"}, {"type": "null"}, {"type": "string"}, {"type": "number"}]),
    bounds("string", "minLength", "maxLength", 30),
    bounds("integer", "minimum", "maximum", 1000),
    bounds("number", "minimum", "maximum", 1000),
    st.lists(st.integers(), min_size=1, max_size=3).map(lambda items: {"enum": items}),
)


def inner(children: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    names = st.dictionaries(st.text(max_size=5), children, max_size=4)
    return st.one_of(
        names.flatmap(
            lambda known: st.sets(st.sampled_from(sorted(known)) if known else st.nothing()).map(
                lambda required: {"type": "object", "properties": known, "required": sorted(required)}
            )
        ),
        st.tuples(children, bounds("array", "minItems", "maxItems", 4)).map(lambda two: {**two[1], "items": two[0]}),
        st.lists(children, min_size=1, max_size=3).map(lambda choices: {"anyOf": choices}),
    )


@given(st.recursive(LEAVES, inner, max_leaves=12))
def test_what_is_made_satisfies_its_schema(schema: Any) -> None:
    assert accepts(schema, example(schema))


@given(
    st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text()),
        lambda one: (
            st.lists(one, max_size=4)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "type",
                        "enum",
                        "const",
                        "items",
                        "properties",
                        "required",
                        "$ref",
                        "anyOf",
                        "minimum",
                        "multipleOf",
                        "maxLength",
                        "pattern",
                        "uniqueItems",
                        "minItems",
                        "prefixItems",
                        "object",
                    ]
                ),
                one,
                max_size=5,
            )
        ),
        max_leaves=15,
    )
)
def test_a_schema_of_any_shape_is_made_or_refused(schema: Any) -> None:
    with suppress(Unsatisfiable):
        json.dumps(example(schema))


@pytest.mark.parametrize(
    "pattern",
    [r"^[A-Z]{3}-\d+$", r"^\+?[0-9]{7,15}$", r"(a|b)c*", r"^(\w)\1$", r"[^a-z]", r"^#[0-9a-fA-F]{6}$",
     r"^\S+@\S+\.\w{2,}$", r"^[\u4e00-\u9fff]+$", r"^(?P<year>\d{4})-(?P<month>0[1-9]|1[0-2])$", "^a|b$", r"^.{3,}$"],
)  # fmt: skip
@pytest.mark.parametrize("least", [0, 2])
def test_texts_match_their_pattern(pattern: str, least: int) -> None:
    text = matching(pattern, least=least)
    assert text is not None and len(text) >= least
    assert re.search(pattern, text)


def test_a_pattern_that_cannot_be_served_is_refused() -> None:
    for pattern in ("(", r"^(?=.*\d).+$", "b$a", r"\bx", "((a{999}){999}){999}", "a" * 5000 + "(" * 500):
        assert matching(pattern) is None


@given(
    st.fixed_dictionaries(
        {},
        optional={name: st.floats(-1e6, 1e6) | st.integers(-1000, 1000) for name in ("minimum", "maximum")}
        | {"multipleOf": st.sampled_from([0.25, 0.5, 1.5, 2, 7])},
    ),
    st.booleans(),
)
def test_numbers_keep_their_bounds(schema: dict[str, Any], whole: bool) -> None:
    value = bounded_number(schema, whole=whole)
    if value is not None:
        assert schema.get("minimum", value) <= value <= schema.get("maximum", value)
        assert (value / schema.get("multipleOf", 1)) % 1 == 0 or "multipleOf" not in schema
        assert not whole or isinstance(value, int)


def test_a_list_that_refers_to_itself_ends() -> None:
    node = {
        "type": "object",
        "properties": {"value": {"type": "integer"}, "next": {"anyOf": [{"$ref": "#"}, {"type": "null"}]}},
        "required": ["value", "next"],
    }
    made, depth = example(node), 0
    while made is not None:
        assert set(made) == {"value", "next"}
        made, depth = made["next"], depth + 1
    assert 1 <= depth < 20


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "properties": {"a": {"$ref": "#"}}, "required": ["a"]},
        {"$ref": "#"},
        {"$ref": "https://example.org/schema"},
        {"$ref": "#/nowhere"},
        {"enum": []},
        False,
        {"type": "array", "items": {"type": "string", "minLength": 9000}, "minItems": 900},
        {"type": "array", "items": {"enum": [1, 2]}, "uniqueItems": True, "minItems": 3},
        {"type": "tuple"},
    ],
)
def test_schemas_without_a_value_are_refused_in_words(schema: Any) -> None:
    with pytest.raises(Unsatisfiable, match=r"^\$"):
        example(schema)


def test_a_small_schema_cannot_ask_for_a_huge_value() -> None:
    doubling = {
        f"d{level}": {
            "type": "object",
            "properties": {side: {"$ref": f"#/$defs/d{level + 1}"} for side in ("a", "b")},
            "required": ["a", "b"],
        }
        for level in range(30)
    }
    started = time.monotonic()
    with pytest.raises(Unsatisfiable, match="this large"):
        example({"$defs": {**doubling, "d30": {"type": "null"}}, "$ref": "#/$defs/d0"})
    assert time.monotonic() - started < 2

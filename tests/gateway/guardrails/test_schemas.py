"""JSON schemas of replies: what an admin may write, and that a reply cannot keep the process busy."""

from __future__ import annotations

import json
import time

import pytest

from gateway.guardrails.schemas import SchemaCheck, problem_of_schema
from gateway.guardrails.screen import Screen
from tests.gateway.guardrails.cast import asked, guard, operation

SLOW = {"type": "object", "properties": {"a": {"type": "string", "pattern": "^(a|a)+$"}}}


def test_a_pattern_that_takes_for_ever_is_stopped() -> None:
    began = time.perf_counter()
    with pytest.raises(TimeoutError):
        SchemaCheck(SLOW).passed(json.dumps({"a": "a" * 60 + "!"}))
    assert time.perf_counter() - began < 2


@pytest.mark.parametrize(
    ("told", "passed"),
    [
        ({"x1": 1}, ""),
        ({"x1": "no"}, "type"),
        ({"y": "text"}, ""),
        ({"y": 1}, "type"),
        ({"name": "ab"}, ""),
        ({"name": "b"}, "pattern"),
        ([], "type"),
    ],
    ids=str,
)
def test_patterns_hold_as_the_schema_says(told: object, passed: str) -> None:
    schema = {
        "type": "object",
        "properties": {"name": {"pattern": "^a"}},
        "patternProperties": {r"^x\d$": {"type": "integer"}},
        "additionalProperties": {"type": "string"},
    }
    assert problem_of_schema(schema) == ""
    assert SchemaCheck(schema).passed(json.dumps(told)) == passed


def test_nothing_more_than_what_is_named() -> None:
    schema = {"properties": {"a": {}}, "patternProperties": {"^b": {}}, "additionalProperties": False}
    check = SchemaCheck(schema)
    assert check.passed('{"a": 1, "bb": 2}') == ""
    assert check.passed('{"a": 1, "c": 2}') == "additionalProperties"


@pytest.mark.parametrize(
    "schema",
    [{"properties": {"a": {"pattern": "(("}}}, {"patternProperties": {"[": {}}},
     {"patternProperties": {"a": {}}, "unevaluatedProperties": False}],
    ids=str,
)  # fmt: skip
def test_what_is_wrong_with_its_patterns_is_said(schema: dict[str, object]) -> None:
    assert "pattern" in problem_of_schema(schema)


async def test_a_long_answer_is_looked_at_beside_the_other_calls() -> None:
    check = guard(
        kind="schema", action="block", on_requests=False, on_replies=True, settings=SchemaCheck({"type": "array"})
    )
    reply = Screen((check,), operation("chat.completions", asked("hi")), content=b"{}").reply()
    assert reply is not None
    message = {"role": "assistant", "content": json.dumps([1] * 20_000)}
    body = json.dumps({"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}).encode()
    assert await reply.whole(body) == body

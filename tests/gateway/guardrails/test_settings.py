"""What an admin may write into a guardrail's settings, and what they are told where it is wrong."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.guardrails.schemas import SchemaCheck
from gateway.guardrails.settings import actions_of, problems, read_settings, sides_of
from gateway.guardrails.values import Judging, ModelRules, SizeRules
from gateway.models import Guardrail


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        ("pii", {}),
        ("pii", {"entities": ["EMAIL", "phone"], "regions": ["us", "DE"]}),
        ("pii", {"patterns": [{"name": "employee", "pattern": r"E\d{6}"}, r"X\d+"]}),
        ("words", {"words": ["aardvark", "two words"]}),
        ("patterns", {"patterns": [{"name": "ticket", "pattern": r"T-\d+"}]}),
        ("safety", {}),
        ("safety", {"classifier": "moderation:omni-moderation-latest", "threshold": 0.5, "categories": ["hate"]}),
        ("toxicity", {"classifier": "judge:gpt-4o-mini"}),
        ("size", {"most_input": 10, "most_bytes": 20, "most_messages": 3}),
        ("models", {"allowed": ["gpt-4o*"]}),
        ("schema", {"schema": {"type": "object"}}),
    ],
)
def test_what_may_be_set(kind: str, settings: dict[str, Any]) -> None:
    assert problems(kind, settings) == []
    read_settings(kind, settings)


@pytest.mark.parametrize(
    ("kind", "settings", "says"),
    [
        ("pii", [], "must be an object"),
        ("pii", {"entities": ["EMAIL", "SHOE_SIZE"]}, "SHOE_SIZE"),
        ("pii", {"entities": ["NAME"]}, "presidio"),
        ("pii", {"entities": "EMAIL"}, "`entities` must be a list"),
        ("pii", {"presidio": "yes"}, "`presidio` must be true or false"),
        ("pii", {"patterns": [{"name": "x", "pattern": "("}]}, "Pattern 1 (x): Not a regular expression"),
        ("pii", {"patterns": [{"name": "x", "pattern": "x*"}]}, "matches where there is nothing"),
        ("pii", {"patterns": [{"name": "x"}]}, "Pattern 1 must be an object"),
        ("pii", {"patterns": [{"name": "x", "pattern": "a"}, {"name": "x", "pattern": "b"}]}, "called 'x'"),
        ("pii", {"color": 1}, "Nobody knows `color` here; there are `entities`, `regions`, `patterns`, `presidio`."),
        ("words", {}, "at least one word"),
        ("words", {"words": [" "]}, "none of them empty"),
        ("words", {"words": ["w" * 201]}, "200 characters"),
        ("patterns", {"patterns": []}, "at least one pattern"),
        ("safety", {"classifier": "gpt-4o"}, "`classifier` must be"),
        ("safety", {"classifier": "judge:"}, "`classifier` must be"),
        ("safety", {"threshold": 7}, "from 0 to 1"),
        ("safety", {"threshold": True}, "from 0 to 1"),
        ("size", {}, "at least one of"),
        ("size", {"most_input": 0}, "`most_input` must be a whole number above 0"),
        ("models", {}, "at least one model"),
        ("schema", {}, "`schema` must be a JSON schema"),
        ("schema", {"schema": {"type": "objekt"}}, "The schema is not valid at type"),
        ("schema", {"schema": {"$ref": "https://example.org/x.json"}}, "points to https://example.org/x.json"),
        ("shoes", {}, "no kind of guardrail called 'shoes'"),
    ],
)
def test_what_may_not_be_set_is_told_in_a_sentence(kind: str, settings: Any, says: str) -> None:
    told = problems(kind, settings)
    assert any(says in one for one in told), told
    assert all(one.endswith(".") for one in told)


def test_everything_that_is_wrong_is_told_at_once() -> None:
    assert len(problems("safety", {"classifier": 1, "threshold": 2, "categories": 3, "x": 4})) == 4


def test_what_the_settings_become() -> None:
    assert read_settings("safety", {}) == Judging(classifier="offline", threshold=0.7)
    assert read_settings("size", {"most_bytes": 5}) == SizeRules(bytes=5)
    assert read_settings("models", {"allowed": ["a*", "a*"]}) == ModelRules(allowed=("a*",))
    assert read_settings("schema", {"schema": {"type": "string"}}).passed('"x"') == ""


@pytest.mark.parametrize("text", ["{}", "[]", "null", "no"])
def test_a_schema_says_where_and_never_what(text: str) -> None:
    check = SchemaCheck({"type": "object", "required": ["secret"]})
    assert check.passed(text) in ("required", "type", "not_json")


def test_every_kind_has_settings_actions_and_sides() -> None:
    for kind in Guardrail.Kind:
        assert "kind of guardrail" not in str(problems(kind, {}))
        assert set(actions_of(kind)) <= set(Guardrail.Action.values)
        assert "block" in actions_of(kind)
        assert set(sides_of(kind)) <= {"request", "reply"}
    assert "redact" not in actions_of("safety")

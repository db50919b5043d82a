"""Default parameters: what an admin may write, and how they fill in what an app left out."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.parameters import NAMES, filled_in, parameter_problems

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.sampled_from(NAMES), inner),
    max_leaves=8,
)


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"temperature": 0},
        {"temperature": 2.0, "top_p": 1, "presence_penalty": -2, "frequency_penalty": 2},
        {"max_tokens": 1, "top_k": 40, "seed": -1},
        {"stop": "END"},
        {"stop": ["a", "b"]},
        {"reasoning_effort": "high", "service_tier": "flex"},
    ],
)
def test_what_may_have_a_default(given: dict[str, Any]) -> None:
    assert parameter_problems(given) == []


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ([], "Write an object"),
        (None, "Write an object"),
        ("temperature", "Write an object"),
        ({"temperature": 2.1}, "temperature: a number from 0 to 2."),
        ({"temperature": "0.2"}, "temperature: a number from 0 to 2."),
        ({"temperature": True}, "temperature: a number from 0 to 2."),
        ({"temperature": float("nan")}, "temperature: a number from 0 to 2."),
        ({"max_tokens": 0}, "max_tokens: a whole number from 1"),
        ({"max_tokens": 1.5}, "max_tokens: a whole number from 1"),
        ({"reasoning_effort": "extreme"}, "reasoning_effort: one of none, minimal"),
        ({"reasoning_effort": ["high"]}, "reasoning_effort: one of none, minimal"),
        ({"stop": []}, "stop: a text"),
        ({"stop": [""]}, "stop: a text"),
        ({"stop": ["x"] * 17}, "stop: a text"),
        ({"model": "gpt-5.5"}, "model is no parameter that can have a default; these can: temperature"),
        ({"messages": []}, "messages is no parameter"),
        ({"stream": True}, "stream is no parameter"),
    ],
)
def test_what_is_wrong_is_told_by_its_name(given: Any, told: str) -> None:
    (problem,) = parameter_problems(given)
    assert problem.startswith(told)


@given(JSON)
def test_whatever_is_written_is_taken_or_explained(given: Any) -> None:
    problems = parameter_problems(given)
    assert all(problem.endswith(".") for problem in problems)
    if not problems:
        assert set(given) <= set(NAMES)
        assert filled_in({}, given, dialect="openai") == given


def test_the_apps_word_goes_before_a_default() -> None:
    defaults = {"temperature": 0.2, "max_tokens": 100}
    assert filled_in({"temperature": 1}, defaults, dialect="openai") == {"temperature": 1, "max_tokens": 100}
    assert filled_in({"temperature": None}, defaults, dialect="openai")["temperature"] == 0.2
    assert filled_in({"temperature": 0}, defaults, dialect="openai")["temperature"] == 0


@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens", "max_output_tokens"])
def test_another_name_of_the_same_thing_is_the_apps_word_too(name: str) -> None:
    body = {name: 5}
    assert filled_in(body, {"max_tokens": 100}, dialect="openai") is body


def test_anthropics_dialect_has_its_own_names_and_no_others() -> None:
    defaults = {"stop": "END", "temperature": 0.2, "seed": 1, "reasoning_effort": "low"}
    assert filled_in({}, defaults, dialect="anthropic") == {"stop_sequences": ["END"], "temperature": 0.2}
    body = {"stop_sequences": ["x"], "temperature": 1}
    assert filled_in(body, defaults, dialect="anthropic") is body


@given(st.dictionaries(st.sampled_from(NAMES), st.integers(1, 2)), st.dictionaries(st.sampled_from(NAMES), st.just(9)))
def test_a_body_keeps_all_it_says_and_is_not_changed(body: dict[str, Any], defaults: dict[str, Any]) -> None:
    before = dict(body)
    for dialect in ("openai", "anthropic"):
        assert body.items() <= filled_in(body, defaults, dialect=dialect).items()
    assert body == before

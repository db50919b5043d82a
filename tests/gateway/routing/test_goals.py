"""The goals of auto, their names and their weights."""

from __future__ import annotations

import pytest

from gateway.routing.goals import CHOICES, GOALS, SPELLINGS, USUAL, goal_named, goal_of, names, parts_of
from gateway.routing.kinds import KINDS
from gateway.routing.rules import GOALS_OWN, Weights
from gateway.routing.traits import Traits


@pytest.mark.parametrize(
    ("name", "goal"),
    [
        ("auto", ""),
        ("AUTO", ""),
        ("auto:code", "code"),
        ("auto/coding", "code"),
        ("Auto:Large_Context", "large"),
        ("auto:local-only", "local"),
        ("auto:cheap", "cheapest"),
        ("auto:low-latency", "fastest"),
        ("auto:chat", "balanced"),
        ("auto:nonsense", None),
        ("auto:", None),
        ("automatic", None),
        ("openai:auto", None),
    ],
)
def test_a_name_means_a_goal(name: str, goal: str | None) -> None:
    assert goal_named(name) == goal


def test_every_goal_has_its_name_and_no_name_means_two() -> None:
    assert [name for name, _ in CHOICES] == list(GOALS)
    assert all(goal_named(name) is not None for name in names())
    assert len(SPELLINGS) == sum(1 + len(goal.also) for goal in GOALS.values())


def test_every_kind_of_request_has_its_goal() -> None:
    found = {kind: goal_of(Traits(kind=kind)) for kind in KINDS}
    assert found == {**{kind: kind for kind in KINDS}, "chat": "balanced"}
    assert set(found.values()) <= set(GOALS)


def test_goals_weigh_as_they_say() -> None:
    assert USUAL == (0.4, 0.3, 0.2, 0.1)
    assert all(sum(goal.weights) == pytest.approx(1) for goal in GOALS.values())
    assert max(GOALS["cheapest"].weights) == GOALS["cheapest"].weights.cost
    assert max(GOALS["fastest"].weights) == GOALS["fastest"].weights.performance


def test_given_weights_replace_single_ones_and_are_brought_to_one() -> None:
    code = GOALS["code"]
    assert parts_of(code) is code.weights
    assert parts_of(code, GOALS_OWN) is code.weights
    assert parts_of(code, Weights(cost=0.9)) == pytest.approx((0.25, 0.5625, 0.125, 0.0625))
    assert parts_of(code, Weights(0, 1, 0, 0)) == (0, 1, 0, 0)
    assert parts_of(code, Weights(0, 0, 0, 0)) == code.weights

"""What ``auto`` may look for: the goals, the names apps ask for them by, and what each part of a score counts there.

``auto`` alone takes the goal of the kind of request it is (``gateway.routing.kinds``): simple, code, creative, large,
or balanced for all that is plain chat. ``Route.goal`` is one of ``CHOICES``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from gateway.routing.kinds import CHAT
from gateway.routing.rules import GOALS_OWN, Weights
from gateway.routing.traits import Traits

AUTO = "auto"
BALANCED = "balanced"

# How capability is judged: "enough" (whoever can do it at all is equal), "class" (the stronger the better), "fair" (so
# up to the middle, from where on cost decides), "code" (as class, and models made for code before others) or "window".
Judging = Literal["enough", "fair", "class", "code", "window"]


class Parts(NamedTuple):
    """What each part of a score counts; together 1."""

    capability: float
    cost: float
    performance: float
    availability: float


USUAL = Parts(0.4, 0.3, 0.2, 0.1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """``output``: the units such a request is usually answered with, for its cost and time. ``also``: other names apps
    write. ``local``: only providers of one's own count."""

    name: str
    label: str
    judging: Judging
    weights: Parts = USUAL
    output: int = 500
    local: bool = False
    also: tuple[str, ...] = ()


GOALS = {
    goal.name: goal
    for goal in (
        Goal(
            name="simple",
            label="Simple: whoever can, cheap and quick",
            judging="enough",
            weights=Parts(0.2, 0.5, 0.2, 0.1),
            output=150,
            also=("easy", "short"),
        ),
        Goal(
            name="code",
            label="Code: strong models, those for code first",
            judging="code",
            output=900,
            also=("coding", "programming", "dev"),
        ),
        Goal(
            name="creative",
            label="Creative: strong models",
            judging="class",
            output=800,
            also=("writing", "creativity"),
        ),
        Goal(
            name="large",
            label="Large context: wide windows",
            judging="window",
            output=800,
            also=("large-context", "long", "long-context", "context"),
        ),
        Goal(
            name="local",
            label="Local only: models on one's own machines",
            judging="fair",
            local=True,
            also=("local-only", "private", "offline"),
        ),
        Goal(
            name="cheapest",
            label="Cheapest",
            judging="enough",
            weights=Parts(0.1, 0.7, 0.1, 0.1),
            also=("cheap", "cost", "low-cost"),
        ),
        Goal(
            name="fastest",
            label="Fastest, as measured lately",
            judging="enough",
            weights=Parts(0.1, 0.1, 0.7, 0.1),
            also=("fast", "speed", "latency", "low-latency"),
        ),
        Goal(
            name=BALANCED,
            label="Balanced: capability, cost, speed",
            judging="fair",
            also=("chat", "general", "default", "best"),
        ),
    )
}
CHOICES = tuple((goal.name, goal.label) for goal in GOALS.values())
SPELLINGS = {name: goal.name for goal in GOALS.values() for name in (goal.name, *goal.also)}


def goal_named(name: str) -> str | None:
    """The goal of a model's name as apps write it: "" for ``auto``, "code" for ``auto:code`` or ``Auto/Coding``;
    ``None`` for a name that means no goal."""
    folded = name.strip().lower().replace("_", "-")
    if folded == AUTO:
        return ""
    if folded[:5] not in ("auto:", "auto/"):
        return None
    return SPELLINGS.get(folded[5:])


def goal_of(traits: Traits) -> str:
    """The goal of the kind of request."""
    return BALANCED if traits.kind == CHAT else traits.kind


def names() -> tuple[str, ...]:
    """Every name apps may ask for, the one way it is shown: for lists of models and for "did you mean"."""
    return (AUTO, *(f"{AUTO}:{name}" for name in GOALS))


def parts_of(goal: Goal, given: Weights = GOALS_OWN) -> Parts:
    """The goal's weights with those given laid over them, brought to a sum of 1. All of them 0 are the goal's own."""
    if given == GOALS_OWN:
        return goal.weights
    filled = [own if said is None else max(0.0, said) for said, own in zip(given, goal.weights, strict=True)]
    total = sum(filled)
    return Parts(*(one / total for one in filled)) if total > 0 else goal.weights

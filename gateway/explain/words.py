"""A plan in words: what its codes mean to a person."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gateway.explain.reading import entries, named, number, text
from gateway.routing.goals import GOALS
from providers.admin import cells

HOW = {
    "route": "a route",
    "prefix": "its prefix names the provider",
    "exact": "the id of a model",
    "role": "a role at a provider",
    "auto": "scored over all models",
    "default_backend": "the default backend gets it",
}
STRATEGY = {
    "ordered": "The first target that answers is taken.",
    "weighted": "Its targets share the calls by weight.",
    "round_robin": "Its targets take turns.",
    "least_busy": "The target with the fewest calls in flight goes first.",
    "lowest_latency": "The target that was quickest lately goes first.",
    "auto": "Its targets are scored for each request.",
}
GOAL_FROM = {
    "name": "as the name says",
    "route": "as the route says",
    "request": "judged from the request itself",
}
NEEDS = {
    "vision": "sees images",
    "tools": "calls tools",
    "json_schema": "answers by a JSON schema",
    "audio": "hears audio",
}
SESSION = {
    "header": "named by a header",
    "session_id": "named by the app",
    "messages": "known by its first messages",
}
DROPPED = {
    "vision": "does not take images",
    "tools": "does not call tools",
    "json_schema": "does not answer by a JSON schema",
    "audio": "does not hear audio",
    "input": "its context is too small",
    "breaker": "its circuit breaker is open",
    "off": "its provider is off",
    "condition": "the route's conditions are not met",
    "key": "the API key may not call it",
    "exclusive": "another provider has the model for itself",
    "tokens": "no token may be used now",
    "problem": "its provider is not configured",
    "score": "scored lower",
}


def goal_name(goal: str) -> str:
    """``Code``, of ``Code: strong models, those for code first``."""
    known = GOALS.get(goal)
    return known.label.split(":")[0].split(",")[0] if known else goal.replace("_", " ")


def sentence(story: Mapping[str, Any]) -> str:
    """How the choice was made."""
    strategy, goal = text(story, "strategy"), text(story, "goal")
    if len(entries(story, "targets")) == 1 and strategy != "auto":
        return "One target answers to the name; there was nothing to choose."
    said = STRATEGY.get(strategy, "")
    if goal:
        source = GOAL_FROM.get(text(story, "goal_from"), "")
        said += f" It looks for: {goal_name(goal).lower()}{f' ({source})' if source else ''}."
    return said.strip()


def facts(target: Mapping[str, Any]) -> Iterator[str]:
    """What was known of a target: measured lately, and its price."""
    measured = named(target, "measured")
    if (first := number(measured, "first_ms")) is not None:
        yield f"first byte {milliseconds(first)}"
    if (seconds := number(measured, "seconds")) is not None:
        yield f"whole answer {milliseconds(seconds * 1000)}"
    if throughput := number(measured, "throughput"):
        yield f"{throughput:.0f} units/s"
    if (failing := number(measured, "failure_rate")) is not None:
        yield f"{failing:.0%} failed"
    if in_flight := number(measured, "in_flight"):
        yield f"{in_flight:.0f} in flight"
    price = named(target, "price")
    if price:
        shown = ("?" if (one := number(price, unit)) is None else f"${one:g}" for unit in ("input", "output"))
        yield f"{' → '.join(shown)} a million"
    if (weight := number(target, "weight")) not in (None, 1):
        yield f"weight {weight:g}"
    if (tier := number(target, "tier")) is not None:
        yield f"tier {tier:g}"


def after(story: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What would be done next: the rules in force."""
    rules = named(story, "rules")
    if (most := number(rules, "max_attempts")) is not None:
        yield "Attempts at most", f"{most:g}"
    if (again := number(rules, "retries")) is not None:
        yield "All targets tried again", {0: "never", 1: "once"}.get(int(again), f"{again:g} times")
    if deadline := number(rules, "deadline"):
        yield "The whole call may take", milliseconds(deadline * 1000)
    if slow := number(rules, "slow_start"):
        yield "Without a byte the next target is tried after", milliseconds(slow * 1000)
    if rules.get("hedge") is True:
        yield "A slow first target", "is hedged: a second is asked beside it"
    fallbacks = {
        "last_resort": "When all else fails",
        "context_fallback": "Too long for its context",
        "content_fallback": "Refused for its content",
    }
    for name, label in fallbacks.items():
        if found := text(story, name):
            yield label, f"→ {found}"


def milliseconds(value: float) -> str:
    return cells.microseconds(round(value * 1000))

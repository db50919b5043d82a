"""Parameters of a chat that an admin may give a default: what they are called in OpenAI's dialect, and their limits.

Written into a call in the app's dialect by ``filled_in``: only where the app said nothing itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Limits = tuple[float, float]

NUMBERS: Mapping[str, Limits] = {
    "temperature": (0, 2),
    "top_p": (0, 1),
    "presence_penalty": (-2, 2),
    "frequency_penalty": (-2, 2),
}
COUNTS: Mapping[str, Limits] = {"max_tokens": (1, 10_000_000), "top_k": (1, 100_000), "seed": (-(2**63), 2**63 - 1)}
WORDS: Mapping[str, tuple[str, ...]] = {
    "reasoning_effort": ("none", "minimal", "low", "medium", "high", "xhigh"),
    "service_tier": ("auto", "default", "flex", "priority"),
}
NAMES = (*NUMBERS, *COUNTS, *WORDS, "stop")
MOST_STOPS = 16

# Other names of the same thing: where the app used one, it has said what it wants.
SAME = {"max_tokens": ("max_completion_tokens", "max_output_tokens"), "stop": ("stop_sequences",)}
# What Anthropic's dialect calls them; what is not here has no name there.
ANTHROPIC = {"temperature": "temperature", "top_p": "top_p", "top_k": "top_k", "max_tokens": "max_tokens",
             "stop": "stop_sequences"}  # fmt: skip


def parameter_problems(given: Any) -> list[str]:
    """What is wrong with default parameters, as sentences for an admin; empty if nothing."""
    if not isinstance(given, Mapping):
        return ["Write an object: names and values."]
    return [problem for name, value in given.items() if (problem := _problem(name, value))]


def _problem(name: str, value: Any) -> str:
    if name in NUMBERS:
        return _beyond(name, value, NUMBERS[name], whole=False)
    if name in COUNTS:
        return _beyond(name, value, COUNTS[name], whole=True)
    if name in WORDS:
        return "" if value in WORDS[name] else f"{name}: one of {', '.join(WORDS[name])}."
    if name == "stop":
        return "" if _is_stop(value) else f"stop: a text, or a list of up to {MOST_STOPS} texts."
    return f"{name} is no parameter that can have a default; these can: {', '.join(NAMES)}."


def _beyond(name: str, value: Any, limits: Limits, *, whole: bool) -> str:
    low, high = limits
    kinds = (int,) if whole else (int, float)
    if isinstance(value, bool) or not isinstance(value, kinds) or not low <= value <= high:
        return f"{name}: a {'whole number' if whole else 'number'} from {low:g} to {high:g}."
    return ""


def _is_stop(value: Any) -> bool:
    texts = [value] if isinstance(value, str) else value
    return (
        isinstance(texts, list) and 0 < len(texts) <= MOST_STOPS and all(isinstance(one, str) and one for one in texts)
    )


def filled_in(body: dict[str, Any], defaults: Mapping[str, Any], *, dialect: str) -> dict[str, Any]:
    """``body`` with the defaults the app left out, in its own ``dialect`` ("openai" or "anthropic"); the same object
    where there are none."""
    missing = {
        name: value
        for name, value in defaults.items()
        if all(body.get(other) is None for other in (name, *SAME.get(name, ())))
    }
    if dialect == "anthropic":
        missing = {ANTHROPIC[name]: _listed(name, value) for name, value in missing.items() if name in ANTHROPIC}
    return {**body, **missing} if missing else body


def _listed(name: str, value: Any) -> Any:
    return [value] if name == "stop" and isinstance(value, str) else value

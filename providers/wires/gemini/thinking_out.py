"""How hard to think → ``thinkingConfig``, in the words the target's model takes. Only for calls of other dialects.

Source: ai.google.dev/gemini-api/docs/openai, "Thinking": Google's own table of efforts, levels and budgets.
"""

from __future__ import annotations

from typing import Any

from providers.canonical import Call, Thinking
from providers.wires.gemini.families import Traits

LADDER = ("minimal", "low", "medium", "high", "xhigh", "max")
BUDGETS = {"minimal": 1024, "low": 1024, "medium": 8192, "high": 24_576, "xhigh": 32_768, "max": 32_768}
DYNAMIC = -1  # the model decides


def write_thinking(call: Call, traits: Traits, dropped: list[str]) -> dict[str, Any] | None:
    """``None`` where nothing is to be said. Adds to ``dropped`` what the app asked for and will not get."""
    asked = call.thinking
    if asked is None:
        return None
    off = asked.enabled is False or asked.effort == "none" or (asked.budget == 0 and asked.effort is None)
    if traits.thinking == "none":
        if not off:
            dropped.append("reasoning_effort")
        return None
    if off:
        return _off(traits, dropped)
    if asked.effort is not None and asked.effort not in LADDER:
        dropped.append("reasoning_effort")
        return {"includeThoughts": True}
    depth = _level(asked, traits) if traits.thinking == "level" else _budget(asked, traits)
    return {"includeThoughts": True, **depth}


def _off(traits: Traits, dropped: list[str]) -> dict[str, Any]:
    if traits.can_stop:
        return {"thinkingBudget": 0}
    dropped.append("reasoning_effort")  # as little as the model can
    return {"thinkingLevel": traits.levels[0]} if traits.thinking == "level" else {"thinkingBudget": traits.budget[0]}


def _level(asked: Thinking, traits: Traits) -> dict[str, Any]:
    word = asked.effort or _word(asked.budget)
    if word is None:
        return {}
    at_least = LADDER[LADDER.index(word) :]
    return {"thinkingLevel": next((level for level in traits.levels if level in at_least), traits.levels[-1])}


def _word(budget: int | None) -> str | None:
    if budget is None or budget < 0:
        return None
    return "low" if budget <= 2048 else "medium" if budget <= 8192 else "high"


def _budget(asked: Thinking, traits: Traits) -> dict[str, Any]:
    wanted = asked.budget if asked.budget is not None else BUDGETS.get(asked.effort or "")
    if wanted is None or wanted < 0:
        return {"thinkingBudget": DYNAMIC}
    least, most = traits.budget
    return {"thinkingBudget": min(max(wanted, least), most)}

"""How hard to think, and how to sample, in the words the target's model takes. Only for calls of other dialects:
an Anthropic app's own words go out as they came."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from providers.canonical import Call, Reasoning, Thinking, ToolCall
from providers.wires.anthropic.claude import Traits

LEAST_BUDGET = 1024
BUDGETS = {"minimal": 1024, "low": 2048, "medium": 8192, "high": 16_384, "xhigh": 32_768, "max": 32_768}
KINDS = {"enabled": True, "adaptive": True, "disabled": False}
LADDER = ("minimal", "low", "medium", "high", "xhigh", "max")


def write_thinking(
    call: Call, *, traits: Traits, max_tokens: int, dropped: list[str]
) -> tuple[dict[str, Any] | None, str | None]:
    """The ``thinking`` object and the effort to send, ``None`` for what is left out. Adds to ``dropped`` what
    the app asked for and will not get."""
    own = call.extra.get("thinking")
    own = own if isinstance(own, Mapping) else {}
    if isinstance(own.get("type"), str) and own["type"] not in KINDS:
        return dict(own), _level(call.thinking.effort if call.thinking else None, traits)
    asked = call.thinking or _own(own)
    if asked is None:
        return None, None
    if asked.enabled is False or asked.effort == "none" or asked.budget == 0:
        return _off(traits, dropped)
    thinking, effort = _on(call, asked, traits=traits, max_tokens=max_tokens, dropped=dropped)
    if thinking is not None and "display" in own:
        thinking["display"] = own["display"]
    return thinking, effort


def _own(thinking: Mapping[str, Any]) -> Thinking | None:
    """Anthropic's own object, sent by an app of another dialect."""
    if not thinking:
        return None
    budget = thinking.get("budget_tokens")
    enabled = KINDS.get(thinking.get("type", ""))
    return Thinking(enabled=enabled, budget=budget if isinstance(budget, int) and budget > 0 else None)


def _off(traits: Traits, dropped: list[str]) -> tuple[dict[str, Any] | None, str | None]:
    if traits.off == "disabled":
        return {"type": "disabled"}, None
    if traits.off == "never":
        dropped.append("reasoning_effort")
        return None, traits.efforts[0]
    return None, None


def _on(
    call: Call, asked: Thinking, *, traits: Traits, max_tokens: int, dropped: list[str]
) -> tuple[dict[str, Any] | None, str | None]:
    word = asked.effort or _word(asked.budget)
    effort = _level(word, traits)
    if asked.effort and asked.effort not in LADDER:
        dropped.append("reasoning_effort")
        return None, None
    if traits.thinking == "none" or _cannot_think(call, traits):
        if effort is None:
            dropped.append("reasoning_effort")
        return None, effort
    if traits.thinking == "adaptive":
        shown = {"display": "summarized"} if traits.hides_thinking else {}
        return {"type": "adaptive", **shown}, effort
    budget = asked.budget or BUDGETS[word or "medium"]
    fitting = _fitted(budget, max_tokens)
    if fitting is None:
        dropped.append("reasoning_effort")
        return None, effort
    return {"type": "enabled", "budget_tokens": fitting}, effort


def _cannot_think(call: Call, traits: Traits) -> bool:
    """Anthropic answers 400 to thinking beside a forced tool, and (except adaptive) to a tool loop whose
    assistant turn came back without its signed thinking."""
    if call.tools and call.tool_choice and call.tool_choice.mode in ("required", "named"):
        return True
    last = next((m for m in reversed(call.messages) if m.role == "assistant"), None)
    if traits.thinking == "adaptive" or last is None:
        return False
    signed = any(isinstance(p, Reasoning) and (p.signature or p.encrypted) for p in last.parts)
    return not signed and any(isinstance(p, ToolCall) for p in last.parts)


def _fitted(budget: int, max_tokens: int) -> int | None:
    """The budget that leaves room for an answer below ``max_tokens``; ``None`` if there is none."""
    if max_tokens <= LEAST_BUDGET:
        return None
    return max(LEAST_BUDGET, min(budget, max_tokens * 4 // 5))


def _word(budget: int | None) -> str | None:
    if budget is None:
        return None
    return next((word for word in LADDER if budget <= BUDGETS[word]), "max")


def _level(effort: str | None, traits: Traits) -> str | None:
    """The highest level the model has that is no higher than asked for, at least its lowest."""
    if effort not in LADDER or not traits.efforts:
        return None
    at_most = LADDER[: LADDER.index(effort) + 1]
    return next((level for level in reversed(traits.efforts) if level in at_most), traits.efforts[0])


def write_sampling(call: Call, *, traits: Traits, thinking: bool, dropped: list[str]) -> dict[str, Any]:
    """temperature, top_p and top_k as far as the model takes them. Anthropic's temperature ends at 1, its default."""
    asked: dict[str, float | None] = {"temperature": call.temperature, "top_p": call.top_p, "top_k": call.top_k}
    said = {name: value for name, value in asked.items() if value is not None}
    if said.get("top_k", 1) <= 0:
        del said["top_k"]  # the spelling of "off" elsewhere
    sent = {name: value for name, value in said.items() if traits.sampling}
    if sent.get("temperature", 0) > 1 or (thinking and "temperature" in sent):
        del sent["temperature"]
    if thinking:
        sent.pop("top_k", None)
    if "top_p" in sent and ((thinking and sent["top_p"] < 0.95) or (traits.one_sampler and "temperature" in sent)):
        del sent["top_p"]
    dropped.extend(name for name, value in said.items() if name not in sent and (name, value) != ("temperature", 1))
    return sent

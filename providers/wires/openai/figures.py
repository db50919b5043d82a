"""Finish reasons and usage: the vendors' words and conventions ↔ ours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from providers.canonical import Finish, Usage
from providers.vendors.base import Quirks
from providers.wires.openai.codec import mapping

# Beside OpenAI's own: Together eos, Azure's MAI tool_call, Mistral model_length and error, DeepSeek
# insufficient_system_resource, Zhipu sensitive, network_error and model_context_window_exceeded, and other wires' words
# behind OpenAI fronts.
_FINISH = {
    "stop": Finish.STOP,
    "eos": Finish.STOP,
    "end_turn": Finish.STOP,
    "stop_sequence": Finish.STOP,
    "length": Finish.LENGTH,
    "max_tokens": Finish.LENGTH,
    "model_length": Finish.LENGTH,
    "model_context_window_exceeded": Finish.LENGTH,
    "tool_calls": Finish.TOOL_CALLS,
    "tool_call": Finish.TOOL_CALLS,
    "tool_use": Finish.TOOL_CALLS,
    "function_call": Finish.TOOL_CALLS,
    "content_filter": Finish.CONTENT_FILTER,
    "safety": Finish.CONTENT_FILTER,
    "sensitive": Finish.CONTENT_FILTER,
    "refusal": Finish.REFUSAL,
    "error": Finish.ERROR,
    "network_error": Finish.ERROR,
    "insufficient_system_resource": Finish.ERROR,
}
_WORDS = {
    Finish.STOP: "stop",
    Finish.LENGTH: "length",
    Finish.TOOL_CALLS: "tool_calls",
    Finish.CONTENT_FILTER: "content_filter",
    Finish.REFUSAL: "content_filter",
}
OWN_WORDS = frozenset({"stop", "length", "tool_calls", "content_filter", "function_call"})


def read_finish(word: str, *, called: bool = False, refused: bool = False) -> Finish:
    """``called``: the choice holds tool calls. A forced one ends with "stop" at OpenAI, and means tool calls."""
    finish = _FINISH.get(word.lower(), Finish.UNKNOWN)
    if finish is Finish.STOP and called:
        return Finish.TOOL_CALLS
    return Finish.REFUSAL if finish is Finish.STOP and refused else finish


def write_finish(finish: Finish | None, raw: str | None) -> str | None:
    """The word of the OpenAI dialect; ``raw`` itself where it is one."""
    if raw in OWN_WORDS:
        return raw
    return None if finish is None else _WORDS.get(finish, "stop")


def read_usage(given: Any, quirks: Quirks) -> Usage | None:
    """A vendor's usage object; ``None`` for one that counts nothing we know."""
    found = mapping(given)
    if "prompt_tokens" not in found and "completion_tokens" not in found:
        return None
    prompt, completion = mapping(found.get("prompt_tokens_details")), mapping(found.get("completion_tokens_details"))
    reasoning = _count(completion.get("reasoning_tokens")) or _count(found.get("reasoning_tokens"))
    given, output = _count(found.get("prompt_tokens")), _output(found, reasoning, quirks)
    if not given and not output:
        return None  # LocalAI sends zeros for what it did not count
    cached = _first(
        prompt.get("cached_tokens"),
        found.get("prompt_cache_hit_tokens"),  # DeepSeek
        found.get("cached_tokens"),  # Together
        found.get("cache_read_input_tokens"),  # Claude behind an OpenAI front
    )
    return Usage(
        input=given,
        output=output,
        cached_input=min(cached, given),  # Azure's Grok tells more cached input than input
        cache_write_input=_first(prompt.get("cache_write_tokens"), found.get("cache_creation_input_tokens")),
        reasoning=reasoning,
        input_audio=_count(prompt.get("audio_tokens")),
        output_audio=_count(completion.get("audio_tokens")),
        cost_usd=_cost(found),
    )


def usage_in(chunk: Mapping[str, Any], quirks: Quirks) -> Usage | None:
    """A chunk's usage, wherever it stands: Groq's own is in ``x_groq``, Moonshot's in the choice."""
    choices = chunk.get("choices")
    own = (mapping(choice).get("usage") for choice in (choices if isinstance(choices, list) else ()))
    found = (chunk.get("usage"), mapping(chunk.get("x_groq")).get("usage"), *own)
    return next((usage for given in found if (usage := read_usage(given, quirks))), None)


def _output(found: Mapping[str, Any], reasoning: int, quirks: Quirks) -> int:
    output = _count(found.get("completion_tokens"))
    if not quirks.output_excludes_reasoning or not reasoning:
        return output
    total = _count(found.get("total_tokens"))
    # The vendor's own sum decides: newer models of the same vendor may count reasoning in.
    return output if total and total == _count(found.get("prompt_tokens")) + output else output + reasoning


def _count(value: Any) -> int:
    if value is None:
        return 0
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0


def _first(*values: Any) -> int:
    return next((count for count in map(_count, values) if count), 0)


def _cost(found: Mapping[str, Any]) -> float | None:
    """OpenRouter and Vercel: ``cost`` in USD; Perplexity: ``cost.total_cost``; xAI: 1e10 ticks a USD."""
    cost = found.get("cost")
    if isinstance(cost, dict):
        cost = cost.get("total_cost")
    if cost is None and isinstance(found.get("cost_in_usd_ticks"), int):
        cost = found["cost_in_usd_ticks"] / 1e10
    return float(cost) if isinstance(cost, int | float) and not isinstance(cost, bool) else None


def write_usage(usage: Usage) -> dict[str, Any]:
    written: dict[str, Any] = {
        "prompt_tokens": usage.input,
        "completion_tokens": usage.output,
        "total_tokens": usage.input + usage.output,
        "prompt_tokens_details": {"cached_tokens": usage.cached_input, "audio_tokens": usage.input_audio},
        "completion_tokens_details": {"reasoning_tokens": usage.reasoning, "audio_tokens": usage.output_audio},
    }
    if usage.cache_write_input:
        written["prompt_tokens_details"]["cache_write_tokens"] = usage.cache_write_input
    if usage.cost_usd is not None:
        written["cost"] = usage.cost_usd
    return written

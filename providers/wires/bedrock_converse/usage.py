"""Converse's usage ↔ canonical Usage, and its stop reasons ↔ Finish.

Its ``inputTokens`` leaves out what was read from and written to the cache; Usage.input holds all three.
Source: Amazon Bedrock user guide, "Prompt caching for faster model inference".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from providers.canonical import Finish, Usage
from providers.wires.anthropic.codec import without

READ = ("cacheReadInputTokens", "cacheReadInputTokenCount")  # the older name comes beside the new one
WRITTEN = ("cacheWriteInputTokens", "cacheWriteInputTokenCount")
COUNTS = ("inputTokens", "outputTokens", "totalTokens", *READ, *WRITTEN)

FINISHES = {
    "end_turn": Finish.STOP,
    "stop_sequence": Finish.STOP,
    "max_tokens": Finish.LENGTH,
    "model_context_window_exceeded": Finish.LENGTH,
    "tool_use": Finish.TOOL_CALLS,
    "guardrail_intervened": Finish.CONTENT_FILTER,
    "content_filtered": Finish.CONTENT_FILTER,
    "malformed_model_output": Finish.ERROR,
    "malformed_tool_use": Finish.ERROR,
    "refusal": Finish.REFUSAL,
    "pause_turn": Finish.PAUSE,
}
STOP_REASONS = {
    Finish.LENGTH: "max_tokens",
    Finish.TOOL_CALLS: "tool_use",
    Finish.CONTENT_FILTER: "content_filtered",
    Finish.REFUSAL: "content_filtered",
    Finish.ERROR: "malformed_model_output",
}


def read_usage(raw: Any) -> Usage | None:
    """``None`` where the vendor sent none."""
    if not isinstance(raw, Mapping) or not any(name in raw for name in ("inputTokens", "outputTokens")):
        return None
    read = max(_count(raw.get(name)) for name in READ)
    written = max(_count(raw.get(name)) for name in WRITTEN)
    return Usage(
        input=_count(raw.get("inputTokens")) + read + written,
        output=_count(raw.get("outputTokens")),
        cached_input=read,
        cache_write_input=written,
        extra={key: value for key, value in without(raw, *COUNTS).items() if value},
    )


def write_usage(usage: Usage | None) -> dict[str, Any]:
    """Converse's words for ``usage``; zeros where nothing is known, because its SDKs need the field."""
    usage = usage or Usage()
    raw: dict[str, Any] = {
        "inputTokens": max(usage.input - usage.cached_input - usage.cache_write_input, 0),
        "outputTokens": usage.output,
        "totalTokens": usage.input + usage.output,
    }
    if usage.cached_input or usage.cache_write_input:
        raw["cacheReadInputTokens"] = usage.cached_input
        raw["cacheWriteInputTokens"] = usage.cache_write_input
    return raw | {name: usage.extra[name] for name in ("cacheDetails",) if usage.extra.get(name)}


def read_finish(reason: Any, *, calls_tool: bool = False) -> Finish:
    finish = FINISHES.get(reason, Finish.UNKNOWN) if isinstance(reason, str) else Finish.UNKNOWN
    return Finish.TOOL_CALLS if calls_tool and finish is Finish.STOP else finish


def write_finish(finish: Finish | None, raw: str | None) -> str:
    """The stop reason to send; ``raw`` itself where it is one of Converse's."""
    if raw in FINISHES:
        return raw
    return STOP_REASONS.get(finish or Finish.STOP, "end_turn")


def _count(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0

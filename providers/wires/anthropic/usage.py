"""Anthropic's usage ↔ canonical Usage, and its stop reasons ↔ Finish.

Its ``input_tokens`` leaves out what was read from and written to the cache; Usage.input holds all three.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from providers.canonical import Finish, Usage
from providers.wires.anthropic.codec import without

COUNTS = ("input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
BESIDE = ("compaction", "advisor_message")  # iterations that the top-level figures leave out
WRITTEN_BACK = ("cache_creation", "server_tool_use", "service_tier", "inference_geo", "speed")

FINISHES = {
    "end_turn": Finish.STOP,
    "stop_sequence": Finish.STOP,
    "max_tokens": Finish.LENGTH,
    "model_context_window_exceeded": Finish.LENGTH,
    "tool_use": Finish.TOOL_CALLS,
    "pause_turn": Finish.PAUSE,
    "compaction": Finish.PAUSE,
    "refusal": Finish.REFUSAL,
}
STOP_REASONS = {
    Finish.LENGTH: "max_tokens",
    Finish.TOOL_CALLS: "tool_use",
    Finish.CONTENT_FILTER: "refusal",
    Finish.REFUSAL: "refusal",
    Finish.PAUSE: "pause_turn",
}


def merge_usage(before: Mapping[str, Any], now: Any) -> dict[str, Any]:
    """Raw usage of a stream so far. Counts are cumulative; one that a later event leaves out, or sends as null or
    zero, keeps its earlier value."""
    if not isinstance(now, Mapping):
        return dict(before)
    return {**before, **{key: value for key, value in now.items() if _is_said(before, key, value)}}


def _is_said(before: Mapping[str, Any], key: str, value: Any) -> bool:
    return value is not None and not (value == 0 and key in COUNTS and before.get(key))


def read_usage(raw: Any) -> Usage | None:
    """``None`` where the vendor sent none. The passes that compact a conversation and an advisor's are billed beside
    the top-level figures (build-with-claude/compaction, agents-and-tools/tool-use/advisor-tool), so they are added;
    the iterations of the model itself are in them already."""
    if not isinstance(raw, Mapping) or not raw:
        return None
    beside = [i for i in _list(raw.get("iterations")) if i.get("type") in BESIDE]
    fresh, output, read, written = (sum(_count(u.get(name)) for u in (raw, *beside)) for name in COUNTS)
    details = raw.get("output_tokens_details")
    return Usage(
        input=fresh + read + written,
        output=output,
        cached_input=read,
        cache_write_input=written,
        reasoning=_count(details.get("thinking_tokens")) if isinstance(details, Mapping) else 0,
        extra=without(raw, *COUNTS, "output_tokens_details"),
    )


def write_usage(usage: Usage | None) -> dict[str, Any]:
    """Anthropic's words for ``usage``; zeros where nothing is known, because its SDKs need the field."""
    usage = usage or Usage()
    fresh = max(usage.input - usage.cached_input - usage.cache_write_input, 0)
    raw: dict[str, Any] = {
        "input_tokens": fresh,
        "cache_creation_input_tokens": usage.cache_write_input,
        "cache_read_input_tokens": usage.cached_input,
        "output_tokens": usage.output,
    }
    if usage.reasoning:
        raw["output_tokens_details"] = {"thinking_tokens": usage.reasoning}
    return raw | {name: usage.extra[name] for name in WRITTEN_BACK if usage.extra.get(name) is not None}


def read_finish(reason: Any) -> Finish:
    return FINISHES.get(reason, Finish.UNKNOWN) if isinstance(reason, str) else Finish.UNKNOWN


def write_finish(finish: Finish | None, raw: str | None, *, calls_tool: bool) -> str:
    """The stop reason to send. Apps loop on ``tool_use``, so a vendor's "stop" after a tool call becomes that."""
    if raw in FINISHES:
        return raw
    if calls_tool and finish in (Finish.STOP, Finish.UNKNOWN, None):
        return "tool_use"
    return STOP_REASONS.get(finish or Finish.STOP, "end_turn")


def _count(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0


def _list(value: Any) -> list[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []

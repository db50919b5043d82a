"""Usage taken apart into units that are billed, each once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from providers.canonical import Usage

# Where a price is not given, the unit is billed as the next one. An hour-long cache write, a search and a request
# have none: without a price of their own the cost is unknown.
FALLBACK = {
    "cached_input": "input",
    "cache_write": "input",
    "audio_input": "input",
    "audio_output": "output",
    "reasoning": "output",
    "search": "request",
}
UNITS = (
    *("input", "output", "cached_input", "cache_write", "cache_write_1h", "reasoning"),
    *("audio_input", "audio_output", "request", "search", "web_search"),
)


def counts_of(usage: Usage) -> list[tuple[str, int]]:
    """The units of ``usage`` that occurred. Input is split into fresh, cached, written and audio, output into text,
    reasoning and audio, so that nothing is counted twice; parts that exceed their whole are cut to it."""
    if isinstance(billed := usage.extra.get("billed_units"), Mapping):
        return _billed(billed)
    cached = min(usage.cached_input, usage.input)
    written = min(usage.cache_write_input, usage.input - cached)
    fresh = usage.input - cached - written
    audio_in = min(usage.input_audio, fresh)
    audio_out = min(usage.output_audio, usage.output)
    reasoning = min(usage.reasoning, usage.output - audio_out)
    found = [
        ("input", fresh - audio_in),
        ("output", usage.output - audio_out - reasoning),
        ("cached_input", cached),
        ("cache_write", written),
        ("audio_input", audio_in),
        ("audio_output", audio_out),
        ("reasoning", reasoning),
    ]
    if usage.extra:
        found = _with_extra(found, written, usage.extra)
    return [pair for pair in found if pair[1] > 0]


def _billed(units: Mapping[str, Any]) -> list[tuple[str, int]]:
    """Cohere's: what it bills leaves out the prompt it adds itself, which its usage counts."""
    found = [
        ("input", _count(units, "input_tokens")),
        ("output", _count(units, "output_tokens")),
        ("search", _count(units, "search_units")),
    ]
    return [pair for pair in found if pair[1] > 0]


def _with_extra(found: list[tuple[str, int]], written: int, extra: Mapping[str, Any]) -> list[tuple[str, int]]:
    """Anthropic's hour-long cache writes and web searches, and a reranker's search units."""
    long = min(_count(extra, "cache_creation", "ephemeral_1h_input_tokens"), written)
    counts = dict(found)
    counts["cache_write"] = written - long
    counts["cache_write_1h"] = long
    counts["web_search"] = _count(extra, "server_tool_use", "web_search_requests")
    counts["search"] = _count(extra, "search_units")
    return list(counts.items())


def _count(extra: Any, *path: str) -> int:
    for name in path:
        extra = extra.get(name) if isinstance(extra, Mapping) else None
    if isinstance(extra, float) and extra.is_integer():
        extra = int(extra)
    return extra if isinstance(extra, int) and not isinstance(extra, bool) and extra > 0 else 0

"""Status and usage: Responses' words and conventions ↔ ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from providers.canonical import Finish, Usage
from providers.vendors.base import Quirks
from providers.wires.openai import figures
from providers.wires.openai.codec import mapping, string

_REASONS = {
    "max_output_tokens": Finish.LENGTH,
    "max_tokens": Finish.LENGTH,
    "length": Finish.LENGTH,
    "content_filter": Finish.CONTENT_FILTER,
}


def read_finish(response: Mapping[str, Any], *, called: bool, refused: bool) -> tuple[Finish, str]:
    """With the vendor's own word. A response that says nothing of its status is taken to be complete."""
    status = string(response.get("status")) or "completed"
    reason = string(mapping(response.get("incomplete_details")).get("reason"))
    if status == "incomplete" or (reason and status != "completed"):
        return _REASONS.get(reason, Finish.UNKNOWN), reason or status
    if called:
        return Finish.TOOL_CALLS, status
    return Finish.REFUSAL if refused else Finish.STOP, status


def write_finish(finish: Finish | None) -> tuple[str, dict[str, Any] | None]:
    """The status and its incomplete_details."""
    if finish is Finish.LENGTH:
        return "incomplete", {"reason": "max_output_tokens"}
    if finish is Finish.CONTENT_FILTER:
        return "incomplete", {"reason": "content_filter"}
    return "completed", None


def read_usage(response: Mapping[str, Any], quirks: Quirks) -> Usage | None:
    """``None`` for a response that counts nothing we know. Carries the service tier, which prices depend on."""
    given = mapping(response.get("usage"))
    if "input_tokens" not in given and "output_tokens" not in given:
        return figures.read_usage(given, quirks)
    as_chat = {
        **given,
        "prompt_tokens": given.get("input_tokens"),
        "completion_tokens": given.get("output_tokens"),
        "prompt_tokens_details": given.get("input_tokens_details"),
        "completion_tokens_details": given.get("output_tokens_details"),
    }
    usage = figures.read_usage(as_chat, quirks)
    tier = string(response.get("service_tier"))
    return replace(usage, extra={"service_tier": tier}) if usage and tier else usage


def write_usage(usage: Usage | None) -> dict[str, Any] | None:
    if usage is None:
        return None
    details: dict[str, Any] = {"cached_tokens": usage.cached_input, "cache_write_tokens": usage.cache_write_input}
    written: dict[str, Any] = {
        "input_tokens": usage.input,
        "input_tokens_details": details,
        "output_tokens": usage.output,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning},
        "total_tokens": usage.input + usage.output,
    }
    return written | ({} if usage.cost_usd is None else {"cost": usage.cost_usd})

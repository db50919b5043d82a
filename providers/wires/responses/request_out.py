"""Call → a vendor's Responses request, and the pass-through lane's patch. Both end in the vendor's quirks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from providers.canonical import Call, HttpParts, OutputFormat, Target, Thinking, ToolChoice
from providers.vendors.base import ModelFact, Vendor
from providers.wires.openai.codec import encode, mapping, string
from providers.wires.paths import chat_path
from providers.wires.responses.items_out import ItemWriter
from providers.wires.responses.names import INSTRUCTIONS, NAME
from providers.wires.responses.tools_out import refuse_features, write_choice, write_tools

SEALED = "reasoning.encrypted_content"
_CHAT = "/chat/completions"
_UNKNOWN = ("top_k", "seed", "presence_penalty", "frequency_penalty")  # knobs that Responses does not have
_SHARED = (  # fields of chat that Responses calls the same
    *("metadata", "service_tier", "store", "safety_identifier", "prompt_cache_key", "prompt_cache_retention"),
    *("prompt_cache_options", "moderation", "top_logprobs", "truncation"),
)
_READ = {
    "max_completion_tokens",
    "web_search_options",
    "stream_options",
    "tool_choice",
    "verbosity",
    "logprobs",
    "reasoning",
    "thinking",
}
_NEVER_REASONS = re.compile(r"\b(gpt-(3|4)|chatgpt-4o)", re.IGNORECASE)


def write_request(call: Call, target: Target) -> HttpParts:
    """Raises ``UnsupportedFeature`` naming what Responses cannot do."""
    vendor: Vendor = target.vendor
    own = call.wire == NAME
    if not own:
        refuse_features(call)
    items = ItemWriter(call, vendor)
    body: dict[str, Any] = {"model": target.model, "input": items.write()}
    dropped = items.dropped
    body |= _knobs(call)
    if own:
        body = {**call.extra, **body, **_own_fields(call)}
    else:
        body |= _translated(call, target, dropped)
    return _finished(body, target, dropped)


def _knobs(call: Call) -> dict[str, Any]:
    named = {
        "stream": call.stream or None,
        "tools": write_tools(call) or None,
        "parallel_tool_calls": call.parallel_tool_calls,
        "max_output_tokens": call.max_output,
        "temperature": call.temperature,
        "top_p": call.top_p,
        "user": call.user,
    }
    return {name: value for name, value in named.items() if value is not None}


def _own_fields(call: Call) -> dict[str, Any]:
    """Those whose form differs from the Call's, for an app of this dialect."""
    fields: dict[str, Any] = {}
    instructions = next((one for one in call.messages if one.extra.get(INSTRUCTIONS)), None)
    if instructions:
        fields["instructions"] = "".join(getattr(part, "text", "") for part in instructions.parts)
    text = {**mapping(call.extra.get("text")), **_format(call.output_format)}
    if text:
        fields["text"] = text
    if call.tool_choice:
        fields["tool_choice"] = call.extra.get("tool_choice") or _choice(call.tool_choice)
    if call.thinking:
        effort = {"effort": call.thinking.effort} if call.thinking.effort else {}
        fields["reasoning"] = {**call.thinking.extra, **effort}
    return fields


def _translated(call: Call, target: Target, dropped: set[str]) -> dict[str, Any]:
    """The same for an app of another dialect. Nothing is stored at the vendor: sealed thoughts travel with the app."""
    chat = call.extra if call.wire == "openai" else {}
    fact = next((fact for fact in target.vendor.models if fact.id == target.model), None)
    fields: dict[str, Any] = {"store": False, **{name: chat[name] for name in _SHARED if chat.get(name) is not None}}
    include = [SEALED] if _may_reason(fact, target.model) else []
    if chat.get("logprobs"):
        include.append("message.output_text.logprobs")
    if include:
        fields["include"] = include
    text = _format(call.output_format) | ({"verbosity": chat["verbosity"]} if chat.get("verbosity") else {})
    if text:
        fields["text"] = text
    if call.tool_choice:
        fields["tool_choice"] = write_choice(chat.get("tool_choice")) or _choice(call.tool_choice)
    if reasoning := _reasoning(call, fact, dropped):
        fields["reasoning"] = reasoning
    dropped |= {name for name in _UNKNOWN if getattr(call, name) is not None}
    dropped |= call.extra.keys() - fields.keys() - (_READ if chat else set())
    return fields


def _may_reason(fact: ModelFact | None, model: str) -> bool:
    """Models that never reason answer 400 to a request for their sealed reasoning."""
    return (fact is None or fact.reasoning is not False) and not _NEVER_REASONS.search(model)


def _reasoning(call: Call, fact: ModelFact | None, dropped: set[str]) -> dict[str, Any]:
    thinking = call.thinking or Thinking()
    effort = thinking.effort or (_effort(thinking.budget) if thinking.enabled is not False else None)
    if effort and fact and fact.reasoning is False:
        dropped.add("reasoning_effort")
        return {}
    if thinking.enabled is False and not effort:
        dropped.add("thinking")  # which models can stop thinking is not told
    asked = mapping(call.extra.get("reasoning")).get("summary")
    summary = {"summary": asked} if string(asked) else {}
    return {**({"effort": effort} if effort else {}), **summary}


def _effort(budget: int | None) -> str | None:
    if budget is None:
        return None
    return "low" if budget <= 2048 else "medium" if budget <= 8192 else "high"


def _format(given: OutputFormat | None) -> dict[str, Any]:
    if given is None:
        return {}
    if given.kind != "json_schema":
        return {"format": {**given.extra, "type": given.kind}}
    written: dict[str, Any] = {**given.extra, "type": "json_schema", "name": given.name or "answer"}
    written["schema"] = given.schema if given.schema is not None else {"type": "object"}
    if given.strict is not None:
        written["strict"] = given.strict
    return {"format": written}


def _choice(choice: ToolChoice) -> str | dict[str, Any]:
    return {"type": "function", "name": choice.name} if choice.mode == "named" else choice.mode


def patch_request(body: Mapping[str, Any], target: Target) -> HttpParts:
    """``body`` with model and quirks applied; ``body`` itself is not changed."""
    return _finished({**body, "model": target.model}, target, set())


def responses_path(target: Target) -> str:
    """Beside the vendor's chat, or where a vendor of this wire says its chat is."""
    path = chat_path(target)
    way, mark, query = path.partition("?")
    if not way.endswith(_CHAT):
        return path if target.vendor.wire == NAME else "/responses"
    return way.removesuffix(_CHAT) + "/responses" + mark + query


def _finished(body: dict[str, Any], target: Target, dropped: set[str]) -> HttpParts:
    """Applies the quirks of the top level to ``body``, which is ours to change, and encodes it."""
    quirks = target.vendor.quirks
    for name in quirks.drop & body.keys():
        if body.pop(name) is not None:
            dropped.add(name)
    for name, value in quirks.extra_body.items():
        body.setdefault(name, value)
    return HttpParts(path=responses_path(target), content=encode(body), dropped=tuple(sorted(dropped)))

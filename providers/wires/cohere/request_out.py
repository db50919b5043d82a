"""Call → the HTTP parts of a ``/v2/chat`` request, and the little that pass-through changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from providers.canonical import Call, HttpParts, Opaque, OutputFormat, Target, Tool
from providers.errors import RequestRejected, UnsupportedFeature
from providers.wires.cohere.messages_in import NAME
from providers.wires.cohere.messages_out import MessageWriter
from providers.wires.openai.codec import encode
from providers.wires.paths import chat_path

OWN_FIELDS = frozenset(
    {"documents", "citation_options", "safety_mode", "strict_tools", "priority", "raw_prompting", "logprobs"}
)
SEARCH = "web_search_options"  # an empty one asks for a search as well
FEATURES = {  # another dialect's field → what the app would miss
    "top_logprobs": "top_logprobs",
    "web_search_options": "web search",
    "audio": "audio output",
    "response_format": "this response_format",
    "tool_choice": "this tool_choice",
}
HANDLED = frozenset({"modalities", "stream_options", "reasoning", "thinking", "max_completion_tokens"})


def write_request(call: Call, target: Target) -> HttpParts:
    """Raises ``UnsupportedFeature`` naming what Cohere cannot do."""
    dropped: set[str] = set()
    _refuse_features(call)
    fact = _reasons(target)
    writer = MessageWriter(call, thinks=bool(fact), dropped=dropped)
    body: dict[str, Any] = {"model": target.model, "messages": writer.write()}
    body |= _tools(call, dropped)
    body |= _numbers(call)
    if call.output_format:
        body["response_format"] = _output_format(call.output_format, native=call.wire == NAME)
    body |= _thinking(call, dropped, fact)
    if call.stream:
        body["stream"] = True
    return _parts(_extras(call, dropped) | body, target, dropped)


def patch_request(body: Mapping[str, Any], target: Target) -> HttpParts:
    """A Cohere app's own body with the target's model and the vendor's quirks. Does not change ``body``."""
    return _parts({**body, "model": target.model}, target, set())


def _parts(body: dict[str, Any], target: Target, dropped: set[str]) -> HttpParts:
    quirks = target.vendor.quirks
    for name in quirks.drop & body.keys():
        del body[name]
        dropped.add(name)
    for name, theirs in quirks.rename.items():
        if name in body:
            body[theirs] = body.pop(name)
    content = encode(body | quirks.extra_body)
    return HttpParts(path=chat_path(target), content=content, dropped=tuple(sorted(dropped)))


def _refuse_features(call: Call) -> None:
    if call.n is not None and call.n > 1:
        raise UnsupportedFeature("n > 1 is not supported by Cohere", param="n")
    if call.wire == NAME:
        return
    for name, feature in FEATURES.items():
        if call.extra.get(name) or (name == SEARCH and call.extra.get(name) == {}):
            raise UnsupportedFeature(f"{feature} is not supported by Cohere", param=name)
    modalities = call.extra.get("modalities")
    if isinstance(modalities, list) and "audio" in modalities:
        raise UnsupportedFeature("audio output is not supported by Cohere", param="modalities")


def _reasons(target: Target) -> bool | None:
    """Whether the model thinks; ``None``: not known."""
    fact = next((model for model in target.vendor.models if model.id == target.model), None)
    if fact is not None and fact.reasoning is not None:
        return bool(fact.reasoning)
    return True if "reasoning" in target.model else None


def _tools(call: Call, dropped: set[str]) -> dict[str, Any]:
    """Cohere can demand a call, not a named one: that one is then the only tool it is shown."""
    native, choice = call.wire == NAME, call.tool_choice
    tools = list(call.tools)
    if choice and choice.mode == "named":
        tools = [tool for tool in tools if isinstance(tool, Tool) and tool.name == choice.name]
        if not tools:
            raise RequestRejected(
                f"tool_choice names {choice.name!r}, which is not among the tools", param="tool_choice"
            )
    if call.parallel_tool_calls is False:
        dropped.add("parallel_tool_calls")
    written: dict[str, Any] = {"tools": [_tool(tool, native=native) for tool in tools]} if tools else {}
    if tools and not native and any(isinstance(tool, Tool) and tool.strict for tool in tools):
        written["strict_tools"] = True
    if choice and choice.mode != "auto" and (tools or native):
        written["tool_choice"] = "NONE" if choice.mode == "none" else "REQUIRED"
    return written


def _tool(tool: Tool | Opaque, *, native: bool) -> dict[str, Any]:
    if isinstance(tool, Opaque):
        raise UnsupportedFeature(f"{tool.value.get('type', 'such')} tools are not supported by Cohere", param="tools")
    parameters = tool.parameters if native or tool.parameters else {"type": "object", "properties": {}}
    said = {"name": tool.name, "description": tool.description, "parameters": parameters}
    function = {name: value for name, value in said.items() if value is not None}
    extra = dict(tool.extra) if native else {}
    return {**extra, "type": "function", "function": {**(extra.get("function") or {}), **function}}


def _numbers(call: Call) -> dict[str, Any]:
    known = {
        "max_tokens": call.max_output,
        "temperature": call.temperature,
        "p": call.top_p,
        "k": call.top_k,
        "stop_sequences": list(call.stop) or None,
        "seed": call.seed,
        "presence_penalty": call.presence_penalty,
        "frequency_penalty": call.frequency_penalty,
    }
    return {name: value for name, value in known.items() if value is not None}


def _output_format(wanted: OutputFormat, *, native: bool) -> Any:
    if native and "response_format" in wanted.extra:
        return wanted.extra["response_format"]
    if wanted.kind == "text":
        return {"type": "text"}
    return {"type": "json_object", **({"schema": wanted.schema} if wanted.schema else {})}


def _thinking(call: Call, dropped: set[str], thinks: bool | None) -> dict[str, Any]:
    """On or off, and a budget: the words for how hard (low, high …) are lost."""
    asked = call.thinking
    if asked is None:
        return {}
    if call.wire != NAME and thinks is False:
        dropped.add("reasoning_effort")
        return {}
    off = asked.enabled is False or asked.effort == "none" or (asked.budget == 0 and call.wire != NAME)
    if asked.effort and not off:
        dropped.add("reasoning_effort")
    written: dict[str, Any] = {**(asked.extra if call.wire == NAME else {}), "type": "disabled" if off else "enabled"}
    if asked.budget is not None and not off:
        written["token_budget"] = asked.budget
    return {"thinking": written}


def _extras(call: Call, dropped: set[str]) -> dict[str, Any]:
    """Fields beside; of another dialect's those that Cohere has too."""
    if call.wire == NAME:
        return dict(call.extra)
    said = {name: value for name, value in call.extra.items() if value is not None}
    if call.user is not None:
        dropped.add("user")
    ignored = FEATURES.keys() | HANDLED
    dropped |= {name for name in said if name not in OWN_FIELDS and name not in ignored}
    return {name: value for name, value in said.items() if name in OWN_FIELDS}

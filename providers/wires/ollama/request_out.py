"""Call → the HTTP parts of an ``/api/chat`` request, and the little that pass-through changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from providers.canonical import Call, HttpParts, Opaque, Target, Thinking, Tool
from providers.errors import UnsupportedFeature
from providers.wires.ollama.messages_out import options_of, write_messages
from providers.wires.ollama.request_in import NAME
from providers.wires.openai.codec import encode

PATH = "/api/chat"  # the vendor's ``chat_path`` is that of its OpenAI front
OWN_FIELDS = frozenset({"keep_alive", "options", "think", "truncate", "shift", "logprobs", "top_logprobs"})
SEARCH = "web_search_options"  # an empty one asks for a search as well
FEATURES = {  # another dialect's field → what the app would miss
    "web_search_options": "web search",
    "documents": "documents (Cohere's)",
    "audio": "audio output",
    "response_format": "this response_format",
    "tool_choice": "this tool_choice",
}
LEVELS = {"minimal": "low", "xhigh": "high"}


def write_request(call: Call, target: Target) -> HttpParts:
    """Raises ``UnsupportedFeature`` naming what Ollama cannot do."""
    dropped: set[str] = set()
    _refuse_features(call)
    body: dict[str, Any] = {"model": target.model, "messages": write_messages(call, dropped), "stream": call.stream}
    tools = [_tool(tool, native=call.wire == NAME, dropped=dropped) for tool in call.tools]
    if tools and not (call.tool_choice and call.tool_choice.mode == "none"):
        body["tools"] = tools
    if options := _options(call):
        body["options"] = options
    if (wanted := _format(call)) is not None:
        body["format"] = wanted
    if (think := _think(call.thinking, target, dropped)) is not None:
        body["think"] = think
    body = _extras(call, dropped) | body
    return _parts(body, target, dropped)


def patch_request(body: Mapping[str, Any], target: Target) -> HttpParts:
    """An Ollama app's own body with the target's model and the vendor's quirks. Does not change ``body``."""
    return _parts({**body, "model": target.model}, target, set())


def _parts(body: dict[str, Any], target: Target, dropped: set[str]) -> HttpParts:
    quirks = target.vendor.quirks
    for name in quirks.drop & body.keys():
        del body[name]
        dropped.add(name)
    for name, theirs in quirks.rename.items():
        if name in body:
            body[theirs] = body.pop(name)
    return HttpParts(path=PATH, content=encode(body | quirks.extra_body), dropped=tuple(sorted(dropped)))


def _refuse_features(call: Call) -> None:
    if call.n is not None and call.n > 1:
        raise UnsupportedFeature("n > 1 is not supported by Ollama", param="n")
    if call.tool_choice and call.tool_choice.mode in ("required", "named"):
        raise UnsupportedFeature("a forced tool_choice is not supported by Ollama", param="tool_choice")
    if call.wire == NAME:
        return
    for name, feature in FEATURES.items():
        if call.extra.get(name) or (name == SEARCH and call.extra.get(name) == {}):
            raise UnsupportedFeature(f"{feature} is not supported by Ollama", param=name)
    modalities = call.extra.get("modalities")
    if isinstance(modalities, list) and "audio" in modalities:
        raise UnsupportedFeature("audio output is not supported by Ollama", param="modalities")


def _tool(tool: Tool | Opaque, *, native: bool, dropped: set[str]) -> dict[str, Any]:
    if isinstance(tool, Opaque):
        raise UnsupportedFeature(f"{tool.value.get('type', 'such')} tools are not supported by Ollama", param="tools")
    parameters = tool.parameters if native or tool.parameters else {"type": "object", "properties": {}}
    said = {"name": tool.name, "description": tool.description, "parameters": parameters}
    function = {name: value for name, value in said.items() if value is not None}
    if tool.strict:
        dropped.add("tools.strict")
    extra = dict(tool.extra) if native else {}
    return {**extra, "type": "function", "function": {**(extra.get("function") or {}), **function}}


def _options(call: Call) -> dict[str, Any]:
    known = {
        "num_predict": call.max_output,
        "temperature": call.temperature,
        "top_p": call.top_p,
        "top_k": call.top_k,
        "stop": list(call.stop) or None,
        "seed": call.seed,
        "presence_penalty": call.presence_penalty,
        "frequency_penalty": call.frequency_penalty,
    }
    return options_of(call.extra) | {name: value for name, value in known.items() if value is not None}


def _format(call: Call) -> Any:
    wanted = call.output_format
    if wanted is None or wanted.kind == "text":
        return None
    return wanted.schema if wanted.kind == "json_schema" and wanted.schema else "json"


def _think(thinking: Thinking | None, target: Target, dropped: set[str]) -> bool | str | None:
    """True, false or a level. A model that is known not to think answers 400 to any of them but false."""
    if thinking is None:
        return None
    if thinking.enabled is False or thinking.effort == "none" or thinking.budget == 0:
        return False
    fact = next((model for model in target.vendor.models if model.id == target.model), None)
    if fact is not None and fact.reasoning is False:
        dropped.add("reasoning_effort")
        return None
    if thinking.budget is not None:
        dropped.add("thinking.budget")
    if thinking.effort:
        return LEVELS.get(thinking.effort, thinking.effort)
    return True


def _extras(call: Call, dropped: set[str]) -> dict[str, Any]:
    """Fields beside; of another dialect's those that Ollama has too."""
    given = {name: value for name, value in call.extra.items() if name != "options"}
    if call.wire == NAME:
        return given
    said = {name: value for name, value in given.items() if value is not None}
    if call.thinking is None and isinstance(said.get("think"), str | bool):
        kept = {**said}
    else:
        kept = {name: value for name, value in said.items() if name != "think"}
    knobs = {"user": call.user, "parallel_tool_calls": call.parallel_tool_calls is False or None}
    dropped |= {name for name, value in knobs.items() if value is not None}
    ignored = FEATURES.keys() | {"modalities", "stream_options", "reasoning", "thinking", "max_completion_tokens"}
    dropped |= {name for name in kept if name not in OWN_FIELDS and name not in ignored}
    return {name: value for name, value in kept.items() if name in OWN_FIELDS}

"""Call → the HTTP parts of a ``/run/{model}`` request: OpenAI's messages and tools, the model in the path."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from providers.canonical import (
    NOTHING,
    Call,
    File,
    HttpParts,
    Message,
    Opaque,
    OutputFormat,
    Part,
    Refusal,
    Target,
    Text,
    Tool,
    ToolCall,
    ToolResult,
)
from providers.errors import UnsupportedFeature
from providers.templates import segments
from providers.wires.cloudflare.request_in import NAME
from providers.wires.openai.codec import encode
from providers.wires.openai.messages_in import WIRE_NAME as OPENAI
from providers.wires.openai.messages_out import MessageWriter
from providers.wires.text_files import inlined

OWN_FIELDS = frozenset(
    {"raw", "lora", "repetition_penalty", "guided_json", "chat_template_kwargs", "logprobs", "top_logprobs"}
)
SEARCH = "web_search_options"  # an empty one asks for a search as well
FEATURES = {  # another dialect's field → what the app would miss
    "web_search_options": "web search",
    "documents": "documents (Cohere's)",
    "audio": "audio output",
    "response_format": "this response_format",
    "tool_choice": "this tool_choice",
}
HANDLED = frozenset({"modalities", "stream_options", "reasoning", "thinking", "max_completion_tokens"})


def write_request(call: Call, target: Target) -> HttpParts:
    """Raises ``UnsupportedFeature`` naming what Workers AI cannot do."""
    _refuse_features(call)
    dropped: set[str] = set()
    body = _extras(call, dropped)
    body["messages"] = _messages(call, target, dropped)
    body |= _numbers(call) | _tools(call, dropped)
    if wanted := _format(call.output_format):
        body["response_format"] = wanted
    body |= _thinking(call, target, dropped)
    if call.stream:
        body["stream"] = True
    return _parts(body, target, dropped)


def patch_request(body: Mapping[str, Any], target: Target) -> HttpParts:
    """An app's own body with the target's model and the vendor's quirks. Does not change ``body``."""
    return _parts({name: value for name, value in body.items() if name != "model"}, target, set())


def _parts(body: dict[str, Any], target: Target, dropped: set[str]) -> HttpParts:
    quirks = target.vendor.quirks
    for name in quirks.drop & body.keys():
        del body[name]
        dropped.add(name)
    for name, theirs in quirks.rename.items():
        if name in body:
            body[theirs] = body.pop(name)
    path = f"/run/{segments(target.model)}"
    return HttpParts(path=path, content=encode(body | quirks.extra_body), dropped=tuple(sorted(dropped)))


def _refuse_features(call: Call) -> None:
    if call.n is not None and call.n > 1:
        raise UnsupportedFeature("n > 1 is not supported by Workers AI", param="n")
    if call.wire == NAME:
        return
    for name, feature in FEATURES.items():
        if call.extra.get(name) or (name == SEARCH and call.extra.get(name) == {}):
            raise UnsupportedFeature(f"{feature} is not supported by Workers AI", param=name)
    modalities = call.extra.get("modalities")
    if isinstance(modalities, list) and "audio" in modalities:
        raise UnsupportedFeature("audio output is not supported by Workers AI", param="modalities")


def _messages(call: Call, target: Target, dropped: set[str]) -> list[dict[str, Any]]:
    """Content is a string wherever it can be one: the older models' schemas refuse all else."""
    as_openai = replace(call, wire=OPENAI) if call.wire == NAME else call
    if call.wire != NAME:
        as_openai = replace(as_openai, messages=tuple(_readable(message) for message in call.messages))
    writer = MessageWriter(as_openai, target.vendor.quirks)
    written = [{**message, "content": _flat(message.get("content"))} for message in writer.write()]
    dropped |= writer.dropped
    return written


def _readable(message: Message) -> Message:
    """Workers AI knows no files and passes over what it does not know without a word."""
    return replace(message, parts=tuple(_readable_part(part) for part in message.parts))


def _readable_part(part: Part) -> Part:
    match part:
        case ToolResult():
            return replace(part, parts=tuple(_readable_part(inner) for inner in part.parts))
        case File() if (text := inlined(part)) is not None:
            return Text(text=text)
        case Refusal(text=text):
            return Text(text=text)
        case ToolCall():
            return replace(part, extra=NOTHING)  # Google's signatures
        case File():
            raise UnsupportedFeature("file content is not supported by Workers AI", param="messages")
    return part


def _flat(content: Any) -> Any:
    if content is None:
        return ""
    if not isinstance(content, list) or any(block.get("type") != "text" for block in content):
        return content
    return "\n\n".join(block["text"] for block in content)


def _numbers(call: Call) -> dict[str, Any]:
    known = {
        "max_tokens": call.max_output,
        "temperature": call.temperature,
        "top_p": call.top_p,
        "top_k": call.top_k,
        "stop": list(call.stop) or None,
        "seed": call.seed,
        "presence_penalty": call.presence_penalty,
        "frequency_penalty": call.frequency_penalty,
    }
    return {name: value for name, value in known.items() if value is not None}


def _tools(call: Call, dropped: set[str]) -> dict[str, Any]:
    choice = call.tool_choice
    if call.parallel_tool_calls is False:
        dropped.add("parallel_tool_calls")
    if not call.tools or (choice and choice.mode == "none"):
        return {}
    written: dict[str, Any] = {"tools": [_tool(tool, dropped) for tool in call.tools]}
    if choice and choice.mode == "required":
        written["tool_choice"] = "required"
    if choice and choice.mode == "named":
        written["tool_choice"] = {"type": "function", "function": {"name": choice.name}}
    return written


def _tool(tool: Tool | Opaque, dropped: set[str]) -> dict[str, Any]:
    if isinstance(tool, Opaque):
        raise UnsupportedFeature(
            f"{tool.value.get('type', 'such')} tools are not supported by Workers AI", param="tools"
        )
    parameters = tool.parameters or {"type": "object", "properties": {}}
    function: dict[str, Any] = {"name": tool.name, "description": tool.description or "", "parameters": parameters}
    if tool.strict:
        dropped.add("tools.strict")
    return {"type": "function", "function": function}


def _format(wanted: OutputFormat | None) -> dict[str, Any] | None:
    if wanted is None or wanted.kind == "text":
        return None
    if wanted.kind == "json_schema" and wanted.schema:
        return {"type": "json_schema", "json_schema": wanted.schema}
    return {"type": "json_object"}


def _thinking(call: Call, target: Target, dropped: set[str]) -> dict[str, Any]:
    """The level, for a model that is not known to have none; on, off and a budget have no word here."""
    asked = call.thinking
    if asked is None:
        return {}
    fact = next((model for model in target.vendor.models if model.id == target.model), None)
    if asked.effort and not (fact is not None and fact.reasoning is False):
        return {"reasoning_effort": asked.effort}
    dropped.add("reasoning_effort")
    return {}


def _extras(call: Call, dropped: set[str]) -> dict[str, Any]:
    """Fields beside; of another dialect's those that Workers AI has too."""
    if call.wire == NAME:
        return {name: value for name, value in call.extra.items() if name not in HANDLED}
    said = {name: value for name, value in call.extra.items() if value is not None}
    if call.user is not None:
        dropped.add("user")
    ignored = FEATURES.keys() | HANDLED
    dropped |= {name for name in said if name not in OWN_FIELDS and name not in ignored}
    return {name: value for name, value in said.items() if name in OWN_FIELDS}

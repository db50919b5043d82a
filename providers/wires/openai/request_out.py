"""Call → a vendor's chat request, and the pass-through lane's patch. Both end in the vendor's quirks."""

from __future__ import annotations

import re
from typing import Any

from providers.canonical import Call, HttpParts, Opaque, OutputFormat, Target, Thinking, Tool, ToolChoice
from providers.errors import UnsupportedFeature
from providers.vendors.base import ModelFact, Quirks, Vendor
from providers.wires.openai.codec import encode, mapping
from providers.wires.openai.messages_in import WIRE_NAME
from providers.wires.openai.messages_out import (
    MessageWriter,
    as_string,
    kept_call,
    replaced_id,
    replaced_role,
    unwanted_fields,
)
from providers.wires.paths import chat_path

_KNOBS = (
    "parallel_tool_calls",
    "temperature",
    "top_p",
    "top_k",
    "seed",
    "n",
    "presence_penalty",
    "frequency_penalty",
    "user",
)


def write_request(call: Call, target: Target) -> HttpParts:
    """Raises ``UnsupportedFeature`` for a part or a tool that only another wire knows."""
    vendor: Vendor = target.vendor
    messages = MessageWriter(call, vendor.quirks)
    body: dict[str, Any] = {"model": target.model, "messages": messages.write()}
    body |= {name: value for name in _KNOBS if (value := getattr(call, name)) is not None}
    body |= _shape(call)
    dropped = messages.dropped
    if call.wire == WIRE_NAME:
        body = {**call.extra, **body, **{name: call.extra[name] for name in ("tool_choice",) if name in call.extra}}
    else:
        dropped |= set(call.extra)
    if call.thinking:
        body |= _thinking(call, call.thinking, target, dropped)
    return _finished(body, target, dropped)


def _shape(call: Call) -> dict[str, Any]:
    """The fields whose form differs from the Call's."""
    body: dict[str, Any] = {}
    if call.stream:
        body["stream"] = True
        options = mapping(call.extra.get("stream_options")) if call.wire == WIRE_NAME else {}
        if options or call.include_usage:
            body["stream_options"] = {**options, **({"include_usage": True} if call.include_usage else {})}
    if call.max_output is not None:
        body["max_completion_tokens" if "max_completion_tokens" in call.extra else "max_tokens"] = call.max_output
    if call.stop:
        body["stop"] = list(call.stop)
    if call.tools:
        body["tools"] = [_tool(tool, own=call.wire == WIRE_NAME) for tool in call.tools]
    if call.tool_choice:
        body["tool_choice"] = _tool_choice(call.tool_choice)
    if call.output_format:
        body["response_format"] = _output_format(call.output_format, own=call.wire == WIRE_NAME)
    return body


def _tool(tool: Tool | Opaque, *, own: bool) -> dict[str, Any]:
    if isinstance(tool, Opaque):
        if tool.wire != WIRE_NAME:
            kind = tool.value.get("type") or tool.value.get("name") or "unknown"
            raise UnsupportedFeature(
                f"The tool {kind!r} runs at another vendor and cannot be sent over the OpenAI wire."
            )
        return dict(tool.value)
    extra = dict(tool.extra) if own else {}
    function: dict[str, Any] = {**extra.pop("function", {}), "name": tool.name}
    if tool.description is not None:
        function["description"] = tool.description
    if tool.parameters is not None:
        function["parameters"] = tool.parameters
    if tool.strict is not None:
        function["strict"] = tool.strict
    return {**extra, "type": "function", "function": function}


def _tool_choice(choice: ToolChoice) -> str | dict[str, Any]:
    return {"type": "function", "function": {"name": choice.name}} if choice.mode == "named" else choice.mode


def _output_format(given: OutputFormat, *, own: bool) -> dict[str, Any]:
    if given.kind != "json_schema":
        return {**given.extra, "type": given.kind}
    schema: dict[str, Any] = dict(given.extra)
    if given.name or not own:
        schema["name"] = given.name or "answer"
    if given.schema is not None:
        schema["schema"] = given.schema
    if given.strict is not None:
        schema["strict"] = given.strict
    return {"type": "json_schema", "json_schema": schema}


def _fact(vendor: Vendor, model: str) -> ModelFact | None:
    return next((fact for fact in vendor.models if fact.id == model), None)


def _thinking(call: Call, thinking: Thinking, target: Target, dropped: set[str]) -> dict[str, Any]:
    """An effort word. A budget of another wire becomes the nearest; a model known not to reason gets none."""
    if call.wire == WIRE_NAME:  # ``reasoning`` and ``thinking`` ride in extra, as they came
        return {"reasoning_effort": thinking.effort} if thinking.effort and "reasoning" not in call.extra else {}
    vendor: Vendor = target.vendor
    fact = _fact(vendor, target.model)
    effort = thinking.effort or (_effort(thinking.budget) if thinking.enabled is not False else None)
    if effort and fact and fact.reasoning is False:
        dropped.add("reasoning_effort")
        effort = None
    if thinking.enabled is False and not effort and (fact is None or fact.reasoning is not False):
        if not vendor.quirks.thinking_off:
            dropped.add("thinking")  # it may think all the same
        return dict(vendor.quirks.thinking_off)
    return {"reasoning_effort": effort} if effort else {}


def _effort(budget: int | None) -> str | None:
    if budget is None:
        return None
    return "low" if budget <= 2048 else "medium" if budget <= 8192 else "high"


def patch_request(body: dict[str, Any], target: Target) -> HttpParts:
    """``body`` with model, usage option and quirks applied; ``body`` itself is not changed."""
    vendor: Vendor = target.vendor
    quirks, dropped = vendor.quirks, set[str]()
    patched = {**body, "model": target.model}
    if _touches_messages(quirks, body.get("messages")):
        patched["messages"] = [_patched_message(message, quirks, dropped) for message in body.get("messages") or ()]
    return _finished(patched, target, dropped)


def _touches_messages(quirks: Quirks, messages: Any) -> bool:
    """Whether a quirk may change a message. The most common one by far only concerns one role."""
    if quirks.message_drop or quirks.call_drop or quirks.system_role or quirks.tool_call_id_pattern:
        return True
    if quirks.text_as_string and any(isinstance(mapping(one).get("content"), list) for one in messages or ()):
        return True
    return quirks.developer_as_system and any(mapping(one).get("role") == "developer" for one in messages or ())


def _patched_message(message: Any, quirks: Quirks, dropped: set[str]) -> Any:
    """``message`` itself where nothing must change."""
    if not isinstance(message, dict):
        return message
    if unwanted := unwanted_fields(message, quirks):
        message = {name: value for name, value in message.items() if name not in unwanted}
        dropped |= {f"messages.{name}" for name in unwanted}
    role = message.get("role")
    if isinstance(role, str) and (wanted := replaced_role(role, quirks)) != role:
        message = {**message, "role": wanted}
    if quirks.text_as_string and isinstance(message.get("content"), list):
        message = {**message, "content": as_string(message["content"], dropped)}
    if quirks.call_drop and isinstance(calls := message.get("tool_calls"), list):
        message = {**message, "tool_calls": [kept_call(call, quirks, dropped) for call in calls]}
    return _with_ids(message, quirks.tool_call_id_pattern) if quirks.tool_call_id_pattern else message


def _with_ids(message: dict[str, Any], pattern: str) -> dict[str, Any]:
    answered, calls = message.get("tool_call_id"), message.get("tool_calls")
    if isinstance(answered, str) and not re.fullmatch(pattern, answered):
        message = {**message, "tool_call_id": replaced_id(answered, pattern)}
    if isinstance(calls, list) and calls:
        message = {**message, "tool_calls": [_with_id(call, pattern) for call in calls]}
    return message


def _with_id(call: Any, pattern: str) -> Any:
    found = call.get("id") if isinstance(call, dict) else None
    return {**call, "id": replaced_id(found, pattern)} if isinstance(found, str) else call


def _finished(body: dict[str, Any], target: Target, dropped: set[str]) -> HttpParts:
    """Applies the quirks of the top level to ``body``, which is ours to change, and encodes it."""
    vendor: Vendor = target.vendor
    quirks, path = vendor.quirks, chat_path(target)
    if body.get("stream") is True and quirks.usage_in_stream == "option":
        body["stream_options"] = {**mapping(body.get("stream_options")), "include_usage": True}
    for name, wanted in quirks.rename.items():
        if name in body:
            value = body.pop(name)
            body.setdefault(wanted, value)
    for name in quirks.drop & body.keys():
        if body.pop(name) is not None:
            dropped.add(name)
    for name, value in quirks.extra_body.items():
        body.setdefault(name, value)
    return HttpParts(path=path, content=encode(body), dropped=tuple(sorted(dropped)))

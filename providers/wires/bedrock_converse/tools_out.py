"""Tools, the choice among them, and the format of the answer → Converse's words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from providers.canonical import Call, Opaque, OutputFormat, Tool, ToolCall, ToolResult
from providers.errors import UnsupportedFeature
from providers.wires.anthropic.codec import encode, without
from providers.wires.anthropic.schemas import strict_schema
from providers.wires.anthropic.tools_out import JSON_ONLY
from providers.wires.bedrock_converse.blocks_in import NAME
from providers.wires.bedrock_converse.blocks_out import cache_point
from providers.wires.bedrock_converse.media import Block


def write_tool_config(call: Call, dropped: list[str]) -> Block | None:
    """``toolConfig``; ``None`` where there is nothing to call.

    Bedrock wants it wherever the conversation holds a tool's call or result, so tools that an app no longer declares
    are declared from those. Converse has no way to forbid calls: with the choice "none" the tools are left out, and
    where the conversation needs them ``UnsupportedFeature`` is raised.
    """
    used = _used(call)
    tools = list(call.tools)
    if call.tool_choice is not None and call.tool_choice.mode == "none":
        if used:
            raise UnsupportedFeature(
                "tool_choice none after tool calls is not supported by Amazon Bedrock", param="tool_choice"
            )
        return None
    if not tools and call.wire != NAME:
        tools = [Tool(name=name) for name in used]
    if not tools:
        return None
    if call.parallel_tool_calls is False:
        dropped.append("parallel_tool_calls")
    choice = _choice(call)
    written = [block for tool in tools for block in _tool(tool, native=call.wire == NAME)]
    return {"tools": written, **({"toolChoice": choice} if choice else {})}


def _used(call: Call) -> list[str]:
    """The tools the conversation speaks of."""
    parts = [part for message in call.messages for part in message.parts]
    names = [part.name for part in parts if isinstance(part, ToolCall) and part.kind != "server"]
    if not names and any(isinstance(part, ToolResult) for part in parts):
        names = ["unknown_tool"]
    return list(dict.fromkeys(names))


def _tool(tool: Tool | Opaque, *, native: bool) -> list[Block]:
    if isinstance(tool, Opaque):
        if tool.wire != NAME:
            kind = tool.value.get("type") or tool.value.get("name") or "such"
            raise UnsupportedFeature(f"{kind} tools are not supported by Amazon Bedrock", param="tools")
        return [without(tool.value, "type")]
    schema = tool.parameters or {}
    if not native:
        schema = {"type": "object", **schema} if schema else {"type": "object", "properties": {}}
    spec: Block = {"name": tool.name, "inputSchema": {"json": schema}}
    if tool.description or (native and tool.description is not None):
        spec["description"] = tool.description
    if tool.strict is not None and (native or tool.strict):
        spec["strict"] = tool.strict
        spec["inputSchema"] = {"json": schema if native else strict_schema(schema)}
    mark = tool.extra.get("cache_control")
    return [{"toolSpec": spec}, *([cache_point(mark)] if isinstance(mark, Mapping) else [])]


def _choice(call: Call) -> Block | None:
    """``None``: nothing was said, or there is nothing to choose from."""
    choice = call.tool_choice
    if choice is None or not call.tools:
        return None
    if choice.mode == "named":
        return {"tool": {"name": choice.name}}
    return {"any": {}} if choice.mode == "required" else {"auto": {}}


def write_text_format(asked: OutputFormat | None, *, native: bool, system: list[Block], dropped: list[str]) -> Any:
    """``outputConfig.textFormat``. Converse has no free JSON mode: that becomes a line in ``system``, and is named in
    ``dropped`` because nothing enforces it."""
    if asked is None or asked.kind == "text":
        return None
    if asked.kind == "json_object":
        system.append({"text": JSON_ONLY})
        dropped.append("response_format")
        return None
    schema: Mapping[str, Any] = {"type": "object"} if asked.schema is None else asked.schema
    text = json.dumps(schema) if native else encode(strict_schema(schema)).decode()
    described = asked.extra.get("description")
    definition: Block = {"schema": text}
    definition |= {"name": asked.name} if asked.name else {}
    definition |= {"description": described} if isinstance(described, str) else {}
    return {"type": "json_schema", "structure": {"jsonSchema": definition}}

"""Tools, the choice among them, and the format of the answer → Anthropic's words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from providers.canonical import Call, Opaque, OutputFormat, Tool
from providers.errors import UnsupportedFeature
from providers.wires.anthropic.claude import Traits
from providers.wires.anthropic.codec import NAME
from providers.wires.anthropic.schemas import strict_schema

MODES = {"auto": "auto", "required": "any", "none": "none"}
EXTRAS = ("cache_control", "defer_loading", "allowed_callers", "input_examples", "eager_input_streaming")
JSON_ONLY = "Answer with one valid JSON object and nothing else: no text before or after it, no code fence."


def write_tools(call: Call, *, traits: Traits, dropped: list[str]) -> list[dict[str, Any]]:
    """Raises ``UnsupportedFeature`` for a tool only another wire knows."""
    native = call.wire == NAME
    allowed = None if native else _allowed(call.extra.get("tool_choice"))
    return [
        _tool(tool, native=native, traits=traits, dropped=dropped)
        for tool in call.tools
        if allowed is None or isinstance(tool, Opaque) or tool.name in allowed
    ]


def _allowed(choice: Any) -> set[str] | None:
    """The names OpenAI's ``allowed_tools`` choice narrows the tools to; ``None`` where it is not that choice."""
    narrowed = choice.get("allowed_tools") if isinstance(choice, Mapping) else None
    tools = narrowed.get("tools") if isinstance(narrowed, Mapping) else None
    if not isinstance(tools, list):
        return None
    named = [tool.get("function", tool) for tool in tools if isinstance(tool, Mapping)]
    return {tool["name"] for tool in named if isinstance(tool, Mapping) and isinstance(tool.get("name"), str)}


def _tool(tool: Tool | Opaque, *, native: bool, traits: Traits, dropped: list[str]) -> dict[str, Any]:
    if isinstance(tool, Opaque):
        if tool.wire != NAME:
            raise UnsupportedFeature(f"{tool.value.get('type', 'such')} tools are not supported", param="tools")
        return dict(tool.value)
    strict = tool.strict if native or (tool.strict and traits.schema) else None
    written: dict[str, Any] = {"name": tool.name, "input_schema": _input_schema(tool, native, bool(strict))}
    if tool.description is not None:
        written["description"] = tool.description
    if strict is not None:
        written["strict"] = strict
    elif tool.strict:
        dropped.append("tools.strict")
    return written | {k: v for k, v in tool.extra.items() if native or (k in EXTRAS and v is not None)}


def _input_schema(tool: Tool, native: bool, strict: bool) -> Mapping[str, Any]:
    schema = tool.parameters or {}
    if native:
        return schema
    schema = {"type": "object", **schema} if schema else {"type": "object", "properties": {}}
    return strict_schema(schema) if strict else schema


def write_tool_choice(call: Call) -> dict[str, Any] | None:
    """``None`` where nothing was said, or nothing can be chosen from."""
    choice = call.tool_choice
    if not call.tools and call.wire != NAME:
        return None
    if choice is None and call.parallel_tool_calls is not False:
        return None
    written: dict[str, Any] = {"type": "auto"} if choice is None else {"type": MODES.get(choice.mode, "tool")}
    if choice is not None and choice.mode == "named":
        written["name"] = choice.name
    parallel = call.parallel_tool_calls
    if parallel is not None and written["type"] != "none" and (call.wire == NAME or not parallel):
        written["disable_parallel_tool_use"] = not parallel  # Anthropic's default is false
    return written


def write_format(
    asked: OutputFormat | None, *, native: bool, traits: Traits, system: list[dict[str, Any]], dropped: list[str]
) -> dict[str, Any] | None:
    """output_config.format. Anthropic has no free JSON mode: that becomes a line in ``system``, and is named in
    ``dropped`` because nothing enforces it. Raises ``UnsupportedFeature`` where the model takes no schema."""
    if asked is None or asked.kind == "text":
        return None
    if asked.kind == "json_object":
        system.append({"type": "text", "text": JSON_ONLY})
        dropped.append("response_format")
        return None
    if native:
        return {"type": "json_schema", "schema": asked.schema, **asked.extra}
    if not traits.schema:
        raise UnsupportedFeature("response_format json_schema is not supported by this model", param="response_format")
    return {"type": "json_schema", "schema": strict_schema(asked.schema or {"type": "object"})}

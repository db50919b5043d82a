"""Tools, the choice among them, and the format of the answer → Google's words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from providers.canonical import Call, Opaque, Tool
from providers.errors import UnsupportedFeature
from providers.wires.gemini.codec import NAME, plain

MODES = {"auto": "AUTO", "none": "NONE", "required": "ANY", "named": "ANY"}


def write_tools(call: Call, dropped: list[str]) -> list[dict[str, Any]]:
    """One tool of all functions, and Google's own. Raises ``UnsupportedFeature`` for a tool only another wire knows."""
    native = call.wire == NAME
    allowed = None if native else _allowed(call.extra.get("tool_choice"))
    functions: list[dict[str, Any]] = []
    others: list[dict[str, Any]] = []
    for tool in call.tools:
        if isinstance(tool, Opaque):
            others.append(_own(tool))
        elif allowed is None or tool.name in allowed:
            functions.append(_function(tool, native=native, dropped=dropped))
    if not native and call.extra.get("web_search_options") is not None:
        others.append({"googleSearch": {}})
    return [*([{"functionDeclarations": functions}] if functions else []), *others]


def _own(tool: Opaque) -> dict[str, Any]:
    if tool.wire != NAME:
        raise UnsupportedFeature(f"{tool.value.get('type', 'such')} tools are not supported", param="tools")
    return dict(tool.value)


def _allowed(choice: Any) -> set[str] | None:
    """The names OpenAI's ``allowed_tools`` choice narrows the tools to; ``None`` where it is not that choice."""
    tools = plain(plain(choice).get("allowed_tools")).get("tools")
    if not isinstance(tools, list):
        return None
    named = [plain(tool).get("function", tool) for tool in tools]
    return {tool["name"] for tool in named if isinstance(tool, Mapping) and isinstance(tool.get("name"), str)}


def _function(tool: Tool, *, native: bool, dropped: list[str]) -> dict[str, Any]:
    written: dict[str, Any] = {"name": tool.name, **(tool.extra if native else {})}
    if tool.description is not None:
        written["description"] = tool.description
    if "parameters" not in written and tool.parameters:
        written["parametersJsonSchema"] = tool.parameters
    if tool.strict and not native:
        dropped.append("tools.strict")
    return written


def write_choice(call: Call) -> dict[str, Any] | None:
    """``functionCallingConfig``; ``None`` where nothing was said, or nothing can be chosen from."""
    choice = call.tool_choice
    if choice is None or (not call.tools and call.wire != NAME):
        return None
    config: dict[str, Any] = {"mode": MODES[choice.mode]}
    if choice.mode == "named" and choice.name is not None:
        config["allowedFunctionNames"] = [choice.name]
    return config


def write_format(call: Call, dropped: list[str]) -> dict[str, Any]:
    """The fields of generationConfig that shape the answer."""
    asked = call.output_format
    if asked is None:
        return {}
    if asked.kind == "text":
        return {"responseMimeType": "text/plain"} if call.wire == NAME else {}
    written: dict[str, Any] = {"responseMimeType": "application/json"}
    own = plain(call.extra.get("generationConfig")) if call.wire == NAME else {}
    if asked.schema is not None and "responseSchema" not in own:
        written["responseJsonSchema"] = asked.schema
    return written

"""Tools that come and go in a conversation: which of them the model may see now.

A deferred tool is unseen until a result refers to it; system messages add and remove tools.
Source: platform.claude.com agents-and-tools/tool-use/tool-search-tool; Claude Code's own requests.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from providers.canonical import Call, Opaque, Part, Tool, ToolCall, ToolResult
from providers.wires.anthropic.codec import NAME
from providers.wires.anthropic.request_in import read_tool
from providers.wires.anthropic.schemas import is_closed

SEARCH = "tool_search_tool"  # the vendor's own search among deferred tools: where it is missing, all are shown


def visible_tools(call: Call, dropped: list[str]) -> tuple[Tool | Opaque, ...]:
    """The tools of ``call`` for a vendor that knows no deferral. Adds to ``dropped`` what is lost."""
    tools = {_name(tool): tool for tool in call.tools}
    searched = any(_type(tool).startswith(SEARCH) for tool in call.tools)
    seen = {name for name, tool in tools.items() if searched or not _is_deferred(tool)}
    if len(seen) < len(tools) or any(_is_deferred(tool) for tool in call.tools):
        dropped.append("tools.defer_loading")
    for change, value in _changes(part for message in call.messages for part in message.parts):
        if change == "define":
            tool = read_tool(value, "messages.tool")
            tools[_name(tool)] = tool
            seen.add(_name(tool))
        elif change == "show":
            seen.add(value)
        else:
            seen.discard(value)
    shown = [tool for name, tool in tools.items() if name in seen and not _type(tool).startswith(SEARCH)]
    return tuple(_plain(tool, dropped) for tool in shown)


def _plain(tool: Tool | Opaque, dropped: list[str]) -> Tool | Opaque:
    if isinstance(tool, Opaque):
        return tool  # runs at Anthropic: the target's wire refuses it by name
    if tool.strict and not is_closed(tool.parameters):
        dropped.append("tools.strict")  # others refuse a strict schema with an optional field
        tool = replace(tool, strict=None)
    return tool


def _changes(parts: Iterable[Part]) -> Iterator[tuple[str, Any]]:
    """("show" or "hide", a name) or ("define", a tool as it stands in ``tools``)."""
    for part in parts:
        match part:
            case ToolCall(name=name):
                yield "show", name  # its definition was seen, though the reference may be compacted away
            case ToolResult(parts=inner):
                yield from _changes(inner)
            case Opaque(wire=wire, value=value) if wire == NAME:
                yield from _change(value)


def _change(block: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    kind, tool = block.get("type"), block.get("tool")
    if kind == "tool_reference":
        yield "show", str(block.get("tool_name"))
    elif kind == "compaction" and isinstance(changes := block.get("tool_changes"), list):
        for change in changes:
            yield from _change(change) if isinstance(change, Mapping) else ()
    elif kind in ("tool_addition", "tool_removal") and isinstance(tool, Mapping):
        definition = tool.get("definition")
        if kind == "tool_addition" and isinstance(definition, Mapping):
            yield "define", definition
        else:
            yield "show" if kind == "tool_addition" else "hide", str(tool.get("name"))


def _is_deferred(tool: Tool | Opaque) -> bool:
    return (tool.value if isinstance(tool, Opaque) else tool.extra).get("defer_loading") is True


def _type(tool: Tool | Opaque) -> str:
    return str(tool.value.get("type")) if isinstance(tool, Opaque) else ""


def _name(tool: Tool | Opaque) -> str:
    return str(tool.value.get("name") or tool.value.get("type")) if isinstance(tool, Opaque) else tool.name

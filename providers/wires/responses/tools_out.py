"""Tools, their choice, and what another dialect may ask that Responses cannot do."""

from __future__ import annotations

from typing import Any

from providers.canonical import Call, Opaque, Tool
from providers.errors import UnsupportedFeature
from providers.wires.openai.codec import mapping, string
from providers.wires.responses.names import NAME

_FEATURES = {  # fields of chat → what the app would miss
    "audio": "audio output",
    "modalities": "audio output",
    "response_format": "this response_format",
    "prediction": "",
}


def refuse_features(call: Call) -> None:
    """Raises ``UnsupportedFeature`` naming what an app of another dialect would miss."""
    if call.stop:
        raise _missing("stop sequences", "stop")
    if call.n is not None and call.n > 1:
        raise _missing("several choices", "n")
    if call.wire != "openai":
        return
    for name, feature in _FEATURES.items():
        asked = call.extra.get(name)
        if feature and asked and asked != ["text"]:
            raise _missing(feature, name)


def _missing(feature: str, param: str) -> UnsupportedFeature:
    return UnsupportedFeature(f"The Responses API has no {feature}.", param=param)


def write_tools(call: Call) -> list[dict[str, Any]]:
    own = call.wire == NAME
    tools = [_opaque(tool) if isinstance(tool, Opaque) else _function(tool, own=own) for tool in call.tools]
    search = call.extra.get("web_search_options") if call.wire == "openai" else None
    return tools if search is None else [*tools, _search(mapping(search))]


def _search(options: Any) -> dict[str, Any]:
    """Chat's search models search by themselves; here it is a tool. Chat nests the place that Responses keeps flat."""
    tool = {"type": "web_search", **{name: value for name, value in options.items() if value is not None}}
    if (place := mapping(tool.get("user_location"))) and mapping(place.get("approximate")):
        tool["user_location"] = {"type": "approximate", **mapping(place["approximate"])}
    return tool


def _function(tool: Tool, *, own: bool) -> dict[str, Any]:
    """For an app of another dialect ``strict`` is always said: unsaid it means true here, and false there."""
    written: dict[str, Any] = {**(tool.extra if own else {}), "type": "function", "name": tool.name}
    if tool.description is not None:
        written["description"] = tool.description
    if tool.parameters is not None or not own:
        written["parameters"] = tool.parameters or {"type": "object", "properties": {}}
    if tool.strict is not None or not own:
        written["strict"] = bool(tool.strict)
    return written


def _opaque(tool: Opaque) -> dict[str, Any]:
    if tool.wire == NAME:
        return dict(tool.value)
    custom = mapping(tool.value.get("custom"))
    if tool.wire == "openai" and tool.value.get("type") == "custom" and custom:
        return _custom(dict(custom))
    kind = tool.value.get("type") or tool.value.get("name") or "unknown"
    raise UnsupportedFeature(f"The tool {kind!r} runs at another vendor and cannot be sent over the Responses wire.")


def _custom(custom: dict[str, Any]) -> dict[str, Any]:
    """Chat nests what Responses keeps flat."""
    given = mapping(custom.get("format"))
    grammar = mapping(given.get("grammar"))
    if grammar:
        custom["format"] = {**{name: value for name, value in given.items() if name != "grammar"}, **grammar}
    return {"type": "custom", **custom}


def write_choice(given: Any) -> dict[str, Any] | None:
    """A choice that says more than the Call can, from chat's form."""
    choice = mapping(given)
    kind = string(choice.get("type"))
    if kind == "custom":
        return {"type": "custom", **mapping(choice.get("custom"))}
    if kind != "allowed_tools":
        return None
    allowed = mapping(choice.get("allowed_tools"))
    tools = allowed.get("tools")
    named = [_named(mapping(tool)) for tool in (tools if isinstance(tools, list) else ())]
    return {"type": "allowed_tools", "mode": allowed.get("mode", "auto"), "tools": named}


def _named(tool: Any) -> dict[str, Any]:
    kind = string(tool.get("type")) or "function"
    return {"type": kind, "name": mapping(tool.get(kind)).get("name")}

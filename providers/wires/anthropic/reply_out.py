"""A canonical reply → an Anthropic message, whole."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from providers.canonical import Choice, Finish, Opaque, Part, Reasoning, Refusal, Reply, Text, ToolCall
from providers.errors import UnsupportedFeature
from providers.wires.anthropic.blocks_out import tool_input
from providers.wires.anthropic.codec import NAME, encode
from providers.wires.anthropic.usage import write_finish, write_usage

TOOL_EXTRAS = ("caller", "toolset_name")
END_EXTRAS = ("stop_details", "container", "context_management")
NO_CHOICE = Choice(index=0, parts=(), finish=Finish.STOP)


def write_reply(reply: Reply) -> bytes:
    """The first choice as a message: this dialect has no other. Raises ``UnsupportedFeature`` for content it has
    no block for."""
    choice = reply.choices[0] if reply.choices else NO_CHOICE
    message = new_message(reply.id, reply.model)
    message["content"] = [_block(part) for part in choice.parts if not _is_empty(part)]
    calls_tool = any(isinstance(part, ToolCall) for part in choice.parts)
    message["stop_reason"] = write_finish(choice.finish, choice.raw_finish, calls_tool=calls_tool)
    message["stop_sequence"] = choice.extra.get("stop_sequence")
    message["usage"] = write_usage(reply.usage)
    return encode(message | chosen(choice.extra, END_EXTRAS))


def new_message(id: str, model: str) -> dict[str, Any]:
    """A message without content, stop reason and usage. A vendor that sent no id gets one."""
    return {
        "id": id or f"msg_{uuid.uuid4().hex}",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
    }


def chosen(extra: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: extra[name] for name in names if extra.get(name) is not None}


def _is_empty(part: Part) -> bool:
    return isinstance(part, Text | Refusal) and not part.text


def _block(part: Part) -> dict[str, Any]:
    match part:
        case Text() | Refusal():
            return {"type": "text", "text": part.text, **chosen(part.extra, ("citations",))}
        case Reasoning(encrypted=str(data)):
            return redacted(data)
        case Reasoning():
            return {"type": "thinking", "thinking": part.text, "signature": part.signature or ""}
        case ToolCall():
            return tool_use(part.id, part.name, part.extra) | {"input": tool_input(part)}
        case Opaque():
            return opaque(part.wire, part.value)
    raise UnsupportedFeature(f"{type(part).__name__.lower()} content cannot be told in the Anthropic dialect")


def redacted(data: str) -> dict[str, Any]:
    return {"type": "redacted_thinking", "data": data}


def tool_use(id: str, name: str, extra: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "tool_use", "id": id, "name": name, "input": {}, **chosen(extra, TOOL_EXTRAS)}


def opaque(wire: str, value: Mapping[str, Any]) -> dict[str, Any]:
    """Raises ``UnsupportedFeature`` for another wire's part."""
    if wire != NAME:
        raise UnsupportedFeature(f"{value.get('type', 'such')} content cannot be told in the Anthropic dialect")
    return dict(value)

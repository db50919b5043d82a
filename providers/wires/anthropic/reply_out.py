"""A canonical reply → an Anthropic message, whole."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from providers.canonical import Audio, Choice, Finish, Opaque, Part, Reasoning, Refusal, Reply, Text, ToolCall
from providers.wires.anthropic.blocks_out import tool_input
from providers.wires.anthropic.codec import NAME, encode
from providers.wires.anthropic.seals import sealed_call, sealed_thought
from providers.wires.anthropic.usage import write_finish, write_usage

TOOL_EXTRAS = ("caller", "toolset_name")
END_EXTRAS = ("stop_details", "container", "context_management")
NO_CHOICE = Choice(index=0, parts=(), finish=Finish.STOP)


def write_reply(reply: Reply, *, native: bool = False) -> bytes:
    """The first choice as a message: this dialect has no other. ``native``: the reply came in it."""
    choice = reply.choices[0] if reply.choices else NO_CHOICE
    message = new_message(reply.id, reply.model)
    message["content"] = [
        block for part in choice.parts if not _is_empty(part) for block in _blocks(part, native=native)
    ]
    calls_tool = any(block["type"] == "tool_use" for block in message["content"])
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


def _blocks(part: Part, *, native: bool) -> list[dict[str, Any]]:
    match part:
        case Text() | Refusal():
            return [{"type": "text", "text": part.text, **chosen(part.extra, ("citations",))}]
        case Reasoning():
            return [thought(part, native=native)] if part != Reasoning() else []
        case ToolCall(kind="server") if not native:
            return []  # it ran at the vendor: the app must not run it again
        case ToolCall():
            held = sealed_call(part.id, part.extra)
            call = tool_use(part.id, part.name, part.extra) | {"input": tool_input(part)}
            return [call] if held is None else [redacted(held), call]
        case Opaque():
            return opaque(part.wire, part.value)
    return [untold(part)]


def untold(part: object) -> dict[str, Any]:
    """What Anthropic's replies have no place for. The answer is paid for, so it is not thrown away for that."""
    kind = getattr(part, "media_type", None) or type(part).__name__.lower()
    return {"type": "text", "text": f"[The model made {kind} content, which Anthropic's API cannot carry.]"}


def thought(part: Reasoning, *, native: bool) -> dict[str, Any]:
    """``native``: Claude's own, as it came; any other's comes back with what its vendor wants."""
    if not native:
        sealed = sealed_thought(part)
        return {"type": "thinking", "thinking": part.text, "signature": sealed} if part.text else redacted(sealed)
    if part.encrypted is not None:
        return redacted(part.encrypted)
    return {"type": "thinking", "thinking": part.text, "signature": part.signature or ""}


def redacted(data: str) -> dict[str, Any]:
    return {"type": "redacted_thinking", "data": data}


def tool_use(id: str, name: str, extra: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "tool_use", "id": id, "name": name, "input": {}, **chosen(extra, TOOL_EXTRAS)}


def opaque(wire: str, value: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Another wire's part is left out (what a server tool did), but for sound: that was the answer."""
    if wire == NAME:
        return [dict(value)]
    return [untold(Audio(data="", format=""))] if "audio" in value else []

"""A canonical reply → Cohere's v2 reply, whole."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from providers.canonical import Choice, Extra, Finish, Opaque, Part, Reasoning, Refusal, Reply, Text, ToolCall
from providers.wires.cohere.figures import write_finish, write_usage
from providers.wires.cohere.messages_in import NAME
from providers.wires.openai.codec import encode, encode_text, mapping

NO_CHOICE = Choice(index=0, parts=(), finish=Finish.STOP)


def write_reply(reply: Reply) -> bytes:
    """The first choice: this dialect has no other. Parts that only another wire knows are left out."""
    choice = reply.choices[0] if reply.choices else NO_CHOICE
    written = {
        "id": reply.id or str(uuid.uuid4()),
        "message": _message(choice),
        "finish_reason": write_finish(choice.finish, choice.raw_finish),
        "usage": write_usage(reply.usage),
    }
    return encode(written | logprobs_of(choice.extra))


def logprobs_of(extra: Extra) -> dict[str, Any]:
    return {"logprobs": extra["cohere_logprobs"]} if extra.get("cohere_logprobs") else {}


def citations_of(extra: Extra) -> list[Any]:
    found = mapping(extra.get("message")).get("citations")
    return found if isinstance(found, list) else []


def _message(choice: Choice) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant"}
    plan = "".join(part.text for part in choice.parts if isinstance(part, Reasoning) and "tool_plan" in part.extra)
    if plan:
        message["tool_plan"] = plan
    if content := _content(choice.parts):
        message["content"] = content
    if calls := [write_call(part) for part in choice.parts if isinstance(part, ToolCall) and part.kind != "server"]:
        message["tool_calls"] = calls
    if citations := citations_of(choice.extra):
        message["citations"] = citations
    return message


def _content(parts: Sequence[Part]) -> list[dict[str, Any]]:
    blocks: list[dict[str, Any]] = []
    for part in parts:
        match part:
            case Text(text=text) | Refusal(text=text):
                blocks.append({**(part.extra if isinstance(part, Text) else {}), "type": "text", "text": text})
            case Reasoning(text=text) if text and "tool_plan" not in part.extra:
                blocks.append({"type": "thinking", "thinking": text})
            case Opaque(wire=wire, value=value) if wire == NAME:
                blocks.append(dict(value))
    return blocks


def write_call(part: ToolCall) -> dict[str, Any]:
    arguments = encode_text({"input": part.arguments}) if part.kind == "custom" else part.arguments
    return {"id": part.id, "type": "function", "function": {"name": part.name, "arguments": arguments}}

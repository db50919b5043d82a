"""Reply → a Response object, and what its items look like."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from providers.canonical import (
    Choice,
    Extra,
    Finish,
    Image,
    Opaque,
    Part,
    Reasoning,
    Refusal,
    Reply,
    Text,
    ToolCall,
    Usage,
)
from providers.wires.openai.codec import encode, mapping, string
from providers.wires.openai.reply import notes_of
from providers.wires.responses.figures import write_finish, write_usage
from providers.wires.responses.names import ITEM, NAME, PICTURE
from providers.wires.responses.thoughts import CONTENT, SUMMARY, carried


def new_id(prefix: str) -> str:
    return f"{prefix}_{uuid.uuid4().hex}"


def head(response_id: str, model: str, created: int | None) -> dict[str, Any]:
    """A Response without an outcome yet."""
    return {
        "id": response_id or new_id("resp"),
        "object": "response",
        "created_at": created or int(time.time()),
        "status": "in_progress",
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "metadata": {},
        "model": model,
        "output": [],
        "parallel_tool_calls": True,
        "temperature": None,
        "tool_choice": "auto",
        "tools": [],
        "top_p": None,
        "usage": None,
    }


def outcome(finish: Finish | None, output: Sequence[Any], usage: Usage | None) -> dict[str, Any]:
    status, details = write_finish(finish)
    return {"status": status, "incomplete_details": details, "output": output, "usage": write_usage(usage)}


def write_reply(reply: Reply) -> bytes:
    """Parts that only another wire knows are left out: the app could not read them. The dialect has one choice."""
    choice = reply.choices[0] if reply.choices else Choice(index=0, parts=(), finish=None)
    notes = [note for part in choice.parts if isinstance(part, Text) for note in notes_of(part.extra)]
    items = write_items(choice.parts, mapping(choice.extra.get("message")).get("annotations") or notes)
    return encode(head(reply.id, reply.model, reply.created) | outcome(choice.finish, items, reply.usage))


def write_items(parts: Sequence[Part], annotations: Any = None) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    for part in parts:
        if isinstance(part, Text | Refusal):
            if not items or items[-1]["type"] != "message" or ITEM in part.extra:
                items.append(message_item(part.extra))
            items[-1]["content"].append(text_part(part.text) if isinstance(part, Text) else refusal_part(part.text))
        elif isinstance(part, Reasoning):
            items.append(thought_item(part.text, carried(part), part.extra))
        elif isinstance(part, ToolCall) and part.kind != "server":
            items.append(call_item(part.id, part.name, part.arguments, part.kind, part.extra))
        elif isinstance(part, Image) and part.data:
            items.append(picture_item(part.data, part.extra))
        elif isinstance(part, Opaque) and part.wire == NAME:
            items.append(dict(part.value))
    annotate(items, annotations)
    return items


def message_item(extra: Extra, status: str = "completed") -> dict[str, Any]:
    given = {"id": new_id("msg"), **mapping(extra.get(ITEM))}
    return {**given, "type": "message", "role": "assistant", "status": status, "content": []}


def picture_item(data: str, extra: Extra) -> dict[str, Any]:
    """A picture the model made, as the hosted tool's: the one form in which apps of this dialect look for pictures."""
    return {"id": new_id("ig"), **mapping(extra.get(ITEM)), "type": PICTURE, "status": "completed", "result": data}


def text_part(text: str) -> dict[str, Any]:
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


def refusal_part(text: str) -> dict[str, Any]:
    return {"type": "refusal", "refusal": text}


def thought_item(text: str, sealed: str | None, extra: Extra) -> dict[str, Any]:
    """Its text goes out as a summary, which is what apps of this dialect show; the thought itself where it was that."""
    item: dict[str, Any] = {"id": string(extra.get("id")) or new_id("rs"), "type": "reasoning", "summary": []}
    if text and extra.get("type") == "reasoning.text":
        item["content"] = [{"type": CONTENT, "text": text}]
    elif text:
        item["summary"] = [{"type": SUMMARY, "text": text}]
    return {**item, **({"encrypted_content": sealed} if sealed else {})}


def call_item(
    call_id: str, name: str, arguments: str, kind: str, extra: Extra, status: str = "completed"
) -> dict[str, Any]:
    own = {key: extra[key] for key in ("namespace",) if string(extra.get(key))}
    head = {"id": string(extra.get("id")) or new_id("ctc" if kind == "custom" else "fc"), "status": status}
    if kind == "custom":
        return {**head, "type": "custom_tool_call", "call_id": call_id, "name": name, "input": arguments, **own}
    return {**head, "type": "function_call", "call_id": call_id, "name": name, "arguments": arguments, **own}


def annotate(items: Sequence[Mapping[str, Any]], annotations: Any) -> None:
    """Puts what chat tells of the whole message on the last text."""
    texts = [part for item in items for part in item.get("content") or () if part.get("type") == "output_text"]
    if texts and isinstance(annotations, list):
        texts[-1]["annotations"] = [annotation(mapping(one)) for one in annotations]


def annotation(given: Mapping[str, Any]) -> dict[str, Any]:
    inner = given.get("url_citation")
    return {"type": "url_citation", **inner} if isinstance(inner, dict) else dict(given)

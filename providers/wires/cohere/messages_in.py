"""Cohere's messages → canonical ones. What only Cohere knows becomes ``Opaque``."""

from __future__ import annotations

from typing import Any

from providers.canonical import (
    NOTHING,
    Extra,
    File,
    Image,
    Message,
    Opaque,
    Part,
    Reasoning,
    Role,
    Text,
    ToolCall,
    ToolResult,
)
from providers.wires.openai.codec import encode_text
from providers.wires.openai.fields import Fields, expected, reject
from providers.wires.openai.messages_in import split_data_uri

NAME = "cohere"
TOOL_PLAN: Extra = {"tool_plan": True}  # marks reasoning that stood before tool calls, in a field of its own
_ROLES: dict[str, Role] = {"system": "system", "developer": "developer", "user": "user", "assistant": "assistant"}


def read_messages(values: Any) -> tuple[Message, ...]:
    """Raises ``RequestRejected`` naming the malformed field."""
    if not isinstance(values, list):
        expected("messages", list, values)
    if not values:
        reject("messages", "expected at least one message")
    return tuple(_message(Fields(value, f"messages[{index}]")) for index, value in enumerate(values))


def _message(fields: Fields) -> Message:
    role = fields.required("role").lower()
    if role == "tool":
        call_id = fields.required("tool_call_id")
        result = ToolResult(call_id=call_id, parts=tuple(_content(fields)))
        return Message(role="tool", parts=(result,), extra=fields.rest or NOTHING)
    if role not in _ROLES:
        reject(fields.at("role"), f"expected one of {', '.join((*_ROLES, 'tool'))}")
    plan = fields.string("tool_plan")
    parts: list[Part] = [Reasoning(text=plan, extra=TOOL_PLAN)] if plan else []
    parts += _content(fields)
    parts += [_call(Fields(v, f"{fields.at('tool_calls')}[{i}]")) for i, v in enumerate(fields.array("tool_calls"))]
    return Message(role=_ROLES[role], parts=tuple(parts), extra=fields.rest or NOTHING)


def _content(fields: Fields) -> list[Part]:
    value = fields.take("content")
    if value is None or value == "":
        return []
    if isinstance(value, str):
        return [Text(text=value)]
    place = fields.at("content")
    if not isinstance(value, list):
        reject(place, "expected a string or an array of content blocks")
    blocks = [_block(block, f"{place}[{index}]") for index, block in enumerate(value)]
    return [block for block in blocks if block != Text(text="")]


def _block(value: Any, place: str) -> Part:
    fields = Fields(value, place)
    kind = fields.required("type")
    match kind:
        case "text":
            return Text(text=fields.required("text"), extra=fields.rest or NOTHING)
        case "thinking":
            return Reasoning(text=fields.required("thinking"), extra=fields.rest or NOTHING)
        case "image_url":
            return _image(fields)
        case "document":
            return _document(fields, value)
    return Opaque(wire=NAME, value=value)


def _image(fields: Fields) -> Image:
    image = fields.object("image_url") or expected(fields.at("image_url"), dict, None)
    url, detail = image.required("url"), image.string("detail")
    extra = {**fields.rest, **({"image_url": image.rest} if image.rest else {})} or NOTHING
    media_type, data = split_data_uri(url)
    if data is None:
        return Image(url=url, detail=detail, extra=extra)
    return Image(data=data, media_type=media_type, detail=detail, extra=extra)


def _document(fields: Fields, value: Any) -> File:
    """A document's data is text or an object; another wire gets it as text."""
    document = fields.object("document") or expected(fields.at("document"), dict, None)
    name, data = document.string("id"), document.take("data")
    if not isinstance(data, str | dict):
        expected(document.at("data"), dict, data)
    text = data if isinstance(data, str) else encode_text(data)
    return File(text=text, name=name, media_type="text/plain", extra={"block": value})


def _call(fields: Fields) -> ToolCall:
    call_id = fields.required("id")
    fields.string("type")
    function = fields.object("function") or expected(fields.at("function"), dict, None)
    name, arguments = function.required("name"), function.take("arguments")
    if isinstance(arguments, dict):
        arguments = encode_text(arguments)
    if arguments is not None and not isinstance(arguments, str):
        expected(function.at("arguments"), str, arguments)
    return ToolCall(id=call_id, name=name, arguments=arguments or "{}", extra=fields.rest or NOTHING)

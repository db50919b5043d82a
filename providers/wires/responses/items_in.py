"""Input items of a Responses request → Messages. Consecutive items of the model's become one message of parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from providers.canonical import (
    NOTHING,
    Audio,
    File,
    Image,
    Message,
    Opaque,
    Part,
    Refusal,
    Role,
    Text,
    ToolCall,
    ToolResult,
)
from providers.wires.openai.codec import encode_text
from providers.wires.openai.fields import Fields, expected, reject
from providers.wires.openai.messages_in import split_data_uri
from providers.wires.responses.names import CUSTOM_OUTPUT, ITEM, NAME
from providers.wires.responses.thoughts import read_thought

_ROLES: Mapping[str, Role] = {"user": "user", "assistant": "assistant", "system": "system", "developer": "developer"}
_OURS = ("additional_tools", "mcp_approval_response", "compaction_trigger", "item_reference", "configuration_update")


def read_input(value: Any) -> tuple[Message, ...]:
    """Raises ``RequestRejected`` naming the item that is malformed."""
    if isinstance(value, str):
        return (Message(role="user", parts=(Text(text=value),)),)
    if not isinstance(value, list):
        reject("input", "expected a string or an array of items")
    messages: list[Message] = []
    for index, item in enumerate(value):
        message = _item(Fields(item, f"input[{index}]"))
        last = messages[-1] if messages else None
        if last and last.role == message.role == "assistant":
            messages[-1] = Message(role="assistant", parts=(*last.parts, *message.parts))
        else:
            messages.append(message)
    return tuple(messages)


def _item(fields: Fields) -> Message:
    kind = fields.string("type")
    if kind == "message" or (kind is None and "role" in fields.rest):
        return _message(fields)
    if kind in ("function_call", "custom_tool_call"):
        return Message(role="assistant", parts=(_tool_call(fields, kind),))
    if kind in ("function_call_output", CUSTOM_OUTPUT):
        return Message(role="tool", parts=(_tool_result(fields, kind),))
    if kind == "reasoning":
        return Message(role="assistant", parts=(read_thought(fields),))
    if kind is None:
        reject(fields.at("type"), "expected the type of an item")
    role: Role = "user" if kind in _OURS or kind.endswith("_output") else "assistant"
    item = Opaque(wire=NAME, value={"type": kind, **fields.rest})
    return Message(role=role, parts=(item,), extra={ITEM: True} if role == "user" else NOTHING)


def _message(fields: Fields) -> Message:
    role = _ROLES.get(fields.required("role"))
    if role is None:
        reject(fields.at("role"), f"expected one of {', '.join(_ROLES)}")
    parts = _content(fields, "content")
    if role != "assistant":
        return Message(role=role, parts=parts, extra=fields.rest or NOTHING)
    return Message(role=role, parts=_marked(parts, fields.rest))


def _marked(parts: Sequence[Part], item: Mapping[str, Any]) -> tuple[Part, ...]:
    """The first text or refusal says where the item began, and what the item said of itself."""
    first, *others = parts or (Text(text=""),)
    if isinstance(first, Text):
        first = Text(text=first.text, extra={**first.extra, ITEM: item})
    elif isinstance(first, Refusal):
        first = Refusal(text=first.text, extra={**first.extra, ITEM: item})
    return (first, *others)


def _tool_call(fields: Fields, kind: str) -> ToolCall:
    call_id, name = fields.required("call_id"), fields.required("name")
    if kind == "custom_tool_call":
        text = fields.string("input") or ""
        return ToolCall(id=call_id, name=name, arguments=text, kind="custom", extra=fields.rest or NOTHING)
    arguments = fields.take("arguments")
    if isinstance(arguments, dict):  # some apps send the object itself
        arguments = encode_text(arguments)
    if arguments is not None and not isinstance(arguments, str):
        expected(fields.at("arguments"), str, arguments)
    return ToolCall(id=call_id, name=name, arguments=arguments or "{}", extra=fields.rest or NOTHING)


def _tool_result(fields: Fields, kind: str) -> ToolResult:
    call_id, parts = fields.required("call_id"), _content(fields, "output")
    extra = {**fields.rest, **({"type": kind} if kind == CUSTOM_OUTPUT else {})}
    return ToolResult(call_id=call_id, parts=parts, extra=extra or NOTHING)


def _content(fields: Fields, name: str) -> tuple[Part, ...]:
    value = fields.take(name)
    if isinstance(value, str):
        return (Text(text=value),)
    if value is None:
        return ()
    place = fields.at(name)
    if not isinstance(value, list):
        reject(place, "expected a string or an array of content parts")
    return tuple(_part(part, f"{place}[{index}]") for index, part in enumerate(value))


def _part(value: Any, place: str) -> Part:
    fields = Fields(value, place)
    kind = fields.string("type")
    if kind in ("input_text", "output_text", "text"):
        return Text(text=fields.required("text"), extra=fields.rest or NOTHING)
    if kind == "refusal":
        return Refusal(text=fields.required("refusal"), extra=fields.rest or NOTHING)
    if kind == "input_image":
        return _image(fields)
    if kind == "input_file":
        return _file(fields)
    if kind == "input_audio":
        audio = fields.object("input_audio") or expected(fields.at("input_audio"), dict, None)
        return Audio(data=audio.required("data"), format=audio.string("format") or "", extra=fields.rest or NOTHING)
    return Opaque(wire=NAME, value=value)


def _image(fields: Fields) -> Part:
    url, detail = fields.string("image_url"), fields.string("detail")
    if url is None:  # an uploaded file: only this vendor has it
        kept = {"type": "input_image", **fields.rest, **({"detail": detail} if detail else {})}
        return Opaque(wire=NAME, value=kept)
    media_type, data = split_data_uri(url)
    extra = fields.rest or NOTHING
    if data is None:
        return Image(url=url, detail=detail, extra=extra)
    return Image(data=data, media_type=media_type, detail=detail, extra=extra)


def _file(fields: Fields) -> File:
    file_id, name = fields.string("file_id"), fields.string("filename")
    url, raw = fields.string("file_url"), fields.string("file_data")
    if file_id is None and url is None and raw is None:
        reject(fields.place, "expected file_id, file_url or file_data")
    media_type, data = split_data_uri(raw or "")
    return File(
        file_id=file_id,
        url=url,
        data=raw if data is None else data,
        media_type=media_type,
        name=name,
        extra=fields.rest or NOTHING,
    )

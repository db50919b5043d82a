"""Messages and their parts, from OpenAI's chat dialect."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, get_args

from providers.canonical import (
    NOTHING,
    Audio,
    Extra,
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
from providers.wires.openai.reasoning import FIELDS, LISTS, as_parts, read_thoughts, thinking_chunk

WIRE_NAME = "openai"
_ROLES = frozenset(get_args(Role))


def minted_id(*seed: object) -> str:
    """A tool call id made from ``seed`` alone, so that a call and its result agree wherever they are read."""
    return "call_" + hashlib.sha256(repr(seed).encode(errors="replace")).hexdigest()[:24]


def read_messages(values: Any) -> tuple[Message, ...]:
    if not isinstance(values, list):
        expected("messages", list, values)
    if not values:
        reject("messages", "expected at least one message")
    legacy_call = ""  # the id minted for the last function_call, which names its result by function only
    messages = []
    for index, value in enumerate(values):
        fields = Fields(value, f"messages[{index}]")
        if isinstance(fields.rest.get("function_call"), dict):
            legacy_call = minted_id("function_call", index)
        messages.append(_message(fields, legacy_call))
    return tuple(messages)


def _message(fields: Fields, legacy_call: str) -> Message:
    role = fields.required("role")
    if role in ("tool", "function"):
        return _tool_message(fields, role, legacy_call)
    if role not in _ROLES:
        reject(fields.at("role"), f"expected one of {', '.join(sorted(_ROLES))}")
    name = fields.string("name")
    parts = _assistant_parts(fields, legacy_call) if role == "assistant" else _content(fields)
    return Message(role=role, parts=tuple(parts), name=name, extra=fields.rest or NOTHING)  # type: ignore[arg-type]


def _tool_message(fields: Fields, role: str, legacy_call: str) -> Message:
    call_id = legacy_call if role == "function" and legacy_call else fields.required("tool_call_id")
    name = fields.string("name")
    result = ToolResult(call_id=call_id, parts=tuple(_content(fields)), name=name)
    return Message(role="tool", parts=(result,), extra=fields.rest or NOTHING)


def _assistant_parts(fields: Fields, legacy_call: str) -> list[Part]:
    parts: list[Part] = list(as_parts(read_thoughts(fields.rest)))
    for name in (*FIELDS, *LISTS):
        fields.rest.pop(name, None)
    parts += [part for part in _content(fields) if part != Text(text="")]
    if refusal := fields.string("refusal"):
        parts.append(Refusal(text=refusal))
    parts += [_tool_call(call, fields.at("tool_calls"), i) for i, call in enumerate(fields.array("tool_calls"))]
    if function := fields.object("function_call"):
        parts.append(ToolCall(id=legacy_call, name=function.required("name"), arguments=_arguments(function)))
    return parts


def _tool_call(value: Any, place: str, index: int) -> ToolCall:
    fields = Fields(value, f"{place}[{index}]")
    call_id, kind = fields.required("id"), fields.string("type")
    if kind == "custom" or "custom" in fields.rest:
        custom = fields.object("custom") or expected(fields.at("custom"), dict, None)
        name, text = custom.required("name"), custom.string("input") or ""
        return ToolCall(id=call_id, name=name, arguments=text, kind="custom", extra=fields.rest or NOTHING)
    function = fields.object("function") or expected(fields.at("function"), dict, None)
    name, arguments = function.required("name"), _arguments(function)
    return ToolCall(id=call_id, name=name, arguments=arguments, extra=fields.rest or NOTHING)


def _arguments(function: Fields) -> str:
    """JSON text; some apps send the object itself."""
    value = function.take("arguments")
    if isinstance(value, dict):
        return encode_text(value)
    if value is not None and not isinstance(value, str):
        expected(function.at("arguments"), str, value)
    return value or "{}"


def _content(fields: Fields) -> Sequence[Part]:
    value = fields.take("content")
    if isinstance(value, str):
        return (Text(text=value),)
    if value is None:
        return ()
    place = fields.at("content")
    if not isinstance(value, list):
        reject(place, "expected a string or an array of content parts")
    return [_part(part, f"{place}[{index}]") for index, part in enumerate(value)]


def _part(value: Any, place: str) -> Part:
    if isinstance(value, str):
        return Text(text=value)
    fields = Fields(value, place)
    kind = fields.string("type")
    if kind == "text":
        return Text(text=fields.required("text"), extra=fields.rest or NOTHING)
    if kind == "image_url":
        return _image(fields)
    if kind == "input_audio":
        if isinstance(fields.rest.get("input_audio"), str):  # Mistral's spelling
            return Audio(data=fields.required("input_audio"), format="", extra=fields.rest or NOTHING)
        audio = fields.object("input_audio") or expected(fields.at("input_audio"), dict, None)
        return Audio(data=audio.required("data"), format=audio.string("format") or "", extra=fields.rest or NOTHING)
    if kind == "file":
        return _file(fields)
    if kind == "refusal":
        return Refusal(text=fields.required("refusal"), extra=fields.rest or NOTHING)
    if kind in ("thinking", "reasoning"):
        return as_parts([thinking_chunk(fields.rest)])[0]
    return Opaque(wire=WIRE_NAME, value=value)


def _image(fields: Fields) -> Image:
    if isinstance(fields.rest.get("image_url"), str):  # Mistral takes the bare address too
        url, detail, inner = fields.required("image_url"), None, {}
    else:
        image = fields.object("image_url") or expected(fields.at("image_url"), dict, None)
        url, detail, inner = image.required("url"), image.string("detail"), image.rest
    extra: Extra = {**fields.rest, **({"image_url": inner} if inner else {})} or NOTHING
    media_type, data = split_data_uri(url)
    if data is None:
        return Image(url=url, detail=detail, extra=extra)
    return Image(data=data, media_type=media_type, detail=detail, extra=extra)


def _file(fields: Fields) -> File:
    file = fields.object("file") or expected(fields.at("file"), dict, None)
    file_id, name, raw = file.string("file_id"), file.string("filename"), file.string("file_data")
    if file_id is None and raw is None:
        reject(file.place, "expected file_id or file_data")
    media_type, data = split_data_uri(raw or "")
    extra: Extra = {**fields.rest, **({"file": file.rest} if file.rest else {})} or NOTHING
    return File(file_id=file_id, data=raw if data is None else data, media_type=media_type, name=name, extra=extra)


def split_data_uri(url: str) -> tuple[str | None, str | None]:
    """``data:image/png;base64,…`` → media type and base64; ``(None, None)`` for any other address."""
    head, comma, data = url.partition(",")
    if not comma or not head.startswith("data:") or not head.endswith(";base64"):
        return None, None
    media_type = head[5:].partition(";")[0]
    return (media_type, data) if media_type else (None, None)

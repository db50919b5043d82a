"""Ollama's messages → canonical ones. Tool calls and results without ids get the same ones on every reading."""

from __future__ import annotations

from typing import Any

from providers.canonical import NOTHING, Image, Message, Part, Reasoning, Role, Text, ToolCall, ToolResult
from providers.wires.openai.codec import encode_text
from providers.wires.openai.fields import Fields, expected, reject
from providers.wires.openai.messages_in import minted_id

MINTED = "minted_id"  # marks in ``extra`` an id that Ollama never saw
_MAGIC = {"iVBORw0KGgo": "image/png", "/9j/": "image/jpeg", "R0lGOD": "image/gif", "UklGR": "image/webp"}
_ROLES: dict[str, Role] = {"system": "system", "user": "user", "assistant": "assistant"}


def read_messages(values: Any) -> tuple[Message, ...]:
    """Raises ``RequestRejected`` naming the malformed field. No message at all is legal: it loads the model."""
    if values is not None and not isinstance(values, list):
        expected("messages", list, values)
    waiting: list[ToolCall] = []  # calls without a result yet
    messages = []
    for index, value in enumerate(values or ()):
        fields = Fields(value, f"messages[{index}]")
        messages.append(_message(fields, index, waiting))
    return tuple(messages)


def _message(fields: Fields, index: int, waiting: list[ToolCall]) -> Message:
    role = fields.required("role")
    content = fields.string("content") or ""
    if role == "tool":
        return _tool_message(fields, content, waiting)
    if role not in _ROLES:
        reject(fields.at("role"), "expected one of system, user, assistant, tool")
    parts: list[Part] = []
    if thinking := fields.string("thinking"):
        parts.append(Reasoning(text=thinking))
    if content:
        parts.append(Text(text=content))
    parts += _images(fields)
    calls = [_call(Fields(v, f"{fields.at('tool_calls')}[{i}]"), index, i) for i, v in _numbered(fields, "tool_calls")]
    if calls:
        waiting[:] = calls
    return Message(role=_ROLES[role], parts=(*parts, *calls), extra=fields.rest or NOTHING)


def _numbered(fields: Fields, name: str) -> list[tuple[int, Any]]:
    return list(enumerate(fields.array(name)))


def _tool_message(fields: Fields, content: str, waiting: list[ToolCall]) -> Message:
    name, call_id = fields.string("tool_name"), fields.string("tool_call_id")
    extra = NOTHING
    if call_id is None:
        answered = next((call for call in waiting if name in (None, call.name)), None)
        call_id, extra = answered.id if answered else minted_id("ollama", name), {MINTED: True}
        if answered:
            waiting.remove(answered)
    parts: list[Part] = [Text(text=content)] if content else []
    parts += _images(fields)
    result = ToolResult(call_id=call_id, parts=tuple(parts), name=name, extra=extra)
    return Message(role="tool", parts=(result,), extra=fields.rest or NOTHING)


def _images(fields: Fields) -> list[Part]:
    images: list[Part] = []
    for index, data in _numbered(fields, "images"):
        if not isinstance(data, str):
            expected(f"{fields.at('images')}[{index}]", str, data)
        images.append(Image(data=data, media_type=image_type(data)))
    return images


def _call(fields: Fields, message: int, position: int) -> ToolCall:
    call_id = fields.string("id")
    function = fields.object("function") or expected(fields.at("function"), dict, None)
    name, arguments = function.required("name"), function.take("arguments")
    if arguments is not None and not isinstance(arguments, dict | str):
        expected(function.at("arguments"), dict, arguments)
    text = arguments if isinstance(arguments, str) else encode_text(arguments or {})
    extra = {**fields.rest, **({"function": function.rest} if function.rest else {})}
    if not call_id:
        call_id = minted_id("ollama", message, position)
        extra[MINTED] = True
    return ToolCall(id=call_id, name=name, arguments=text or "{}", extra=extra or NOTHING)


def image_type(data: str) -> str | None:
    """What base64 data itself says: Ollama names no type."""
    return next((kind for start, kind in _MAGIC.items() if data.startswith(start)), None)

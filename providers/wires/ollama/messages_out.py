"""Canonical messages → Ollama's: text, base64 images, argument objects. Refuses by name what it has no place for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from providers.canonical import (
    Call,
    File,
    Image,
    Message,
    Opaque,
    Part,
    Reasoning,
    Refusal,
    Text,
    ToolCall,
    ToolResult,
)
from providers.errors import RequestRejected, UnsupportedFeature
from providers.wires.ollama.messages_in import MINTED
from providers.wires.ollama.request_in import NAME
from providers.wires.openai.codec import decode
from providers.wires.openai.messages_in import split_data_uri
from providers.wires.text_files import inlined

Written = dict[str, Any]


def write_messages(call: Call, dropped: set[str]) -> list[Written]:
    """Adds to ``dropped`` what Ollama has no place for. Raises ``UnsupportedFeature``."""
    names = {part.id: part.name for m in call.messages for part in m.parts if isinstance(part, ToolCall)}
    native = call.wire == NAME
    written: list[Written] = []
    for message in call.messages:
        results = [part for part in message.parts if isinstance(part, ToolResult)]
        written += [{**_result(result, names, native=native), **_own(message, native, dropped)} for result in results]
        rest = [part for part in message.parts if not isinstance(part, ToolResult)]
        if rest or not results:
            written.append(_message(message, rest, native=native, dropped=dropped))
    return written


def _own(message: Message, native: bool, dropped: set[str]) -> Mapping[str, Any]:
    if native:
        return message.extra
    dropped |= {f"messages.{name}" for name, value in message.extra.items() if value}
    if message.name:
        dropped.add("messages.name")
    return {}


def _message(message: Message, parts: Sequence[Part], *, native: bool, dropped: set[str]) -> Written:
    role = {"developer": "system", "tool": "user"}.get(message.role, message.role)
    thoughts = [part for part in parts if isinstance(part, Reasoning)]
    calls = [part for part in parts if isinstance(part, ToolCall)]
    written: Written = {"role": role} | _content([part for part in parts if not isinstance(part, Reasoning | ToolCall)])
    if thinking := "\n\n".join(part.text for part in thoughts if part.text):
        written["thinking"] = thinking
    if any(part.signature or part.encrypted for part in thoughts):
        dropped.add("messages.reasoning")  # what only the vendor that thought it could read
    if calls:
        written["tool_calls"] = [_call(part, native=native) for part in calls]
    return written | dict(_own(message, native, dropped))


def _content(parts: Iterable[Part]) -> Written:
    texts: list[str] = []
    images: list[str] = []
    for part in parts:
        match part:
            case Text(text=text) | Refusal(text=text):
                texts.append(text)
            case Image():
                images.append(_image(part))
            case File() if (told := inlined(part)) is not None:
                texts.append(told)
            case _:
                kind = part.value.get("type", "such") if isinstance(part, Opaque) else type(part).__name__.lower()
                raise UnsupportedFeature(f"{kind} content is not supported by Ollama", param="messages")
    return {"content": "\n\n".join(texts), **({"images": images} if images else {})}


def _image(part: Image) -> str:
    if part.data is not None:
        return part.data
    _, data = split_data_uri(part.url or "")
    if data is None:
        raise UnsupportedFeature("images by URL are not supported by Ollama; send their data", param="messages")
    return data


def _call(part: ToolCall, *, native: bool) -> Written:
    if part.kind == "server":
        raise UnsupportedFeature(f"the server tool {part.name!r} is not supported by Ollama", param="messages")
    function = {"name": part.name, "arguments": arguments_of(part)}
    if not native:
        return {"id": part.id, "function": function}
    extra = {name: value for name, value in part.extra.items() if name not in (MINTED, "function")}
    more = part.extra.get("function") or {}
    return {**extra, **({} if MINTED in part.extra else {"id": part.id}), "function": {**more, **function}}


def arguments_of(part: ToolCall) -> Mapping[str, Any]:
    """Arguments as the object Ollama wants. What is no JSON object (a custom tool's text, a model's slip) goes under
    ``input``, so that the model still sees it."""
    if part.kind == "custom":
        return {"input": part.arguments}
    try:
        value = decode(part.arguments or "{}")
    except ValueError:
        value = part.arguments
    return value if isinstance(value, dict) else {"input": value}


def _result(part: ToolResult, names: Mapping[str, str], *, native: bool) -> Written:
    written: Written = {"role": "tool"} | _content(part.parts)
    if part.is_error:
        written["content"] = f"Error: {written['content']}"
    name = part.name or (None if native else names.get(part.call_id))
    if name:
        written["tool_name"] = name
    if MINTED not in part.extra:
        written["tool_call_id"] = part.call_id
    return written


def options_of(extra: Mapping[str, Any]) -> dict[str, Any]:
    """``options`` an app sent beside. Raises ``RequestRejected``."""
    options = extra.get("options")
    if options is not None and not isinstance(options, Mapping):
        raise RequestRejected("Invalid value for 'options': expected an object.", param="options", code="invalid_value")
    return dict(options or {})

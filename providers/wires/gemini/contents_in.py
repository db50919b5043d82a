"""``contents`` as an app sends them → messages. A part only this wire knows becomes ``Opaque``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from providers.canonical import (
    NOTHING,
    Audio,
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
from providers.wires.anthropic.codec import encode, mapping, optional_bool, optional_string, refuse, string, without
from providers.wires.gemini.codec import NAME, camel, minted_id, objects, signed
from providers.wires.gemini.media import AUDIO_FORMATS

ROLES: dict[str, Role] = {"user": "user", "function": "user", "tool": "user", "model": "assistant"}


class ContentReader:
    """Reads contents in order: a functionResponse without an id answers the oldest open call of its name."""

    def __init__(self) -> None:
        self._open: list[tuple[str, str]] = []  # name and id of calls not answered yet

    def read(self, contents: Any) -> tuple[Message, ...]:
        found = objects(contents, "contents")
        if not found:
            raise refuse("contents", "at least one content is required")
        return tuple(self._message(content, path) for content, path in found)

    def system(self, content: Any, path: str) -> Message:
        given = camel(content, path)
        return Message(role="system", parts=self._parts(given, path))

    def _message(self, content: dict[str, Any], path: str) -> Message:
        said = optional_string(content.get("role"), f"{path}.role") or "user"
        role = ROLES.get(said)
        if role is None:
            raise refuse(f"{path}.role", "must be user or model")
        parts = self._parts(content, path)
        if role == "user" and parts and all(isinstance(part, ToolResult) for part in parts):
            role = "tool"
        return Message(role=role, parts=parts, extra=without(content, "role", "parts") or NOTHING)

    def _parts(self, content: dict[str, Any], path: str) -> tuple[Part, ...]:
        return tuple(self._part(part, at) for part, at in objects(content.get("parts", []), f"{path}.parts"))

    def _part(self, part: dict[str, Any], path: str) -> Part:
        optional_string(part.get("thoughtSignature"), f"{path}.thoughtSignature")
        if "functionCall" in part:
            return self._call(part, path)
        if "functionResponse" in part:
            return self._result(part, path)
        if "inlineData" in part:
            return _blob(part, path)
        if "fileData" in part:
            return _file(part, path)
        if "text" in part or part.keys() == {"thoughtSignature"}:
            return _text(part, path)
        if not part:
            raise refuse(path, "must hold text, data or a function call")
        return Opaque(wire=NAME, value=part)

    def _call(self, part: dict[str, Any], path: str) -> ToolCall:
        call = camel(part["functionCall"], f"{path}.functionCall")
        name = string(call.get("name"), f"{path}.functionCall.name")
        call_id = optional_string(call.get("id"), f"{path}.functionCall.id") or minted_id(path)
        arguments = mapping(call.get("args", {}), f"{path}.functionCall.args")
        self._open.append((name, call_id))
        beside = without(part, "functionCall", "thoughtSignature") | _inner(without(call, "name", "id", "args"), "call")
        extra = signed(part.get("thoughtSignature")) | beside
        return ToolCall(id=call_id, name=name, arguments=encode(arguments).decode(), extra=extra or NOTHING)

    def _result(self, part: dict[str, Any], path: str) -> ToolResult:
        where = f"{path}.functionResponse"
        given = camel(part["functionResponse"], where)
        name = string(given.get("name"), f"{where}.name")
        answer = mapping(given.get("response", {}), f"{where}.response")
        call_id = optional_string(given.get("id"), f"{where}.id") or self._answered(name, path)
        self._open = [pair for pair in self._open if pair != (name, call_id)]
        media = [self._part(inner, at) for inner, at in objects(given.get("parts", []), f"{where}.parts")]
        beside = _inner(without(given, "name", "id", "response", "parts"), "result")
        return ToolResult(
            call_id=call_id,
            parts=(Text(text=_told(answer)), *media),
            name=name,
            is_error="error" in answer,
            extra={"response": answer, **without(part, "functionResponse"), **beside},
        )

    def _answered(self, name: str, path: str) -> str:
        return next((call_id for called, call_id in self._open if called == name), minted_id(path))


def _inner(rest: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {name: rest} if rest else {}


def _told(answer: Mapping[str, Any]) -> str:
    """The text of an answer that is nothing but text, else its JSON."""
    for name in ("result", "output", "error"):
        if answer.keys() == {name} and isinstance(answer[name], str):
            return str(answer[name])
    return encode(answer).decode()


def _text(part: dict[str, Any], path: str) -> Part:
    text = string(part.get("text", ""), f"{path}.text")
    if optional_bool(part.get("thought"), f"{path}.thought"):
        signature = part.get("thoughtSignature")
        extra = without(part, "text", "thought", "thoughtSignature") or NOTHING
        return Reasoning(text=text, signature=signature, extra=extra)
    return Text(text=text, extra=without(part, "text") or NOTHING)


def _blob(part: dict[str, Any], path: str) -> Part:
    blob = camel(part["inlineData"], f"{path}.inlineData")
    kind = string(blob.get("mimeType"), f"{path}.inlineData.mimeType")
    data = string(blob.get("data"), f"{path}.inlineData.data")
    data = data.replace("-", "+").replace("_", "/")  # Google takes both alphabets of base64
    name = optional_string(blob.get("displayName"), f"{path}.inlineData.displayName")
    extra = without(part, "inlineData") or NOTHING
    family, _, format = kind.lower().partition("/")
    if family == "image":
        return Image(data=data, media_type=kind, extra=extra)
    if family == "audio" and format in AUDIO_FORMATS:
        return Audio(data=data, format=format, extra=extra)
    return File(data=data, media_type=kind, name=name, extra=extra)


def _file(part: dict[str, Any], path: str) -> Part:
    file = camel(part["fileData"], f"{path}.fileData")
    uri = string(file.get("fileUri"), f"{path}.fileData.fileUri")
    kind = optional_string(file.get("mimeType"), f"{path}.fileData.mimeType")
    name = optional_string(file.get("displayName"), f"{path}.fileData.displayName")
    extra = without(part, "fileData") or NOTHING
    if (kind or "").lower().startswith("image/"):
        return Image(url=uri, media_type=kind, extra=extra)
    return File(url=uri, media_type=kind, name=name, extra=extra)

"""Content blocks as an app sends them → canonical parts. A block only this wire knows becomes ``Opaque``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from providers.canonical import File, Image, Opaque, Part, Reasoning, Text, ToolCall, ToolResult
from providers.wires.anthropic.codec import (
    NAME,
    encode,
    mapping,
    optional_bool,
    optional_string,
    refuse,
    sequence,
    string,
    without,
)


def read_content(content: Any, path: str) -> tuple[Part, ...]:
    """The parts of ``content``, a string or an array of blocks. Raises ``RequestRejected``."""
    if isinstance(content, str):
        return (Text(text=content),)
    blocks = sequence(content, path)
    return tuple(_block(mapping(block, f"{path}.{i}"), f"{path}.{i}") for i, block in enumerate(blocks))


def _block(block: Mapping[str, Any], path: str) -> Part:
    kind = string(block.get("type"), f"{path}.type")
    match kind:
        case "text":
            return Text(text=string(block.get("text"), f"{path}.text"), extra=without(block, "type", "text"))
        case "image":
            return _image(block, path)
        case "document":
            return _document(block, path)
        case "tool_use":
            return _tool_use(block, path)
        case "tool_result":
            return _tool_result(block, path)
        case "thinking":
            return Reasoning(
                text=string(block.get("thinking"), f"{path}.thinking"),
                signature=optional_string(block.get("signature"), f"{path}.signature") or None,
                extra=without(block, "type", "thinking", "signature"),
            )
        case "redacted_thinking":
            data = string(block.get("data"), f"{path}.data")
            return Reasoning(encrypted=data, extra=without(block, "type", "data"))
    return Opaque(wire=NAME, value=block)


def _image(block: Mapping[str, Any], path: str) -> Part:
    source = mapping(block.get("source"), f"{path}.source")
    extra = without(block, "type", "source")
    match source.get("type"):
        case "base64":
            return Image(
                data=string(source.get("data"), f"{path}.source.data"),
                media_type=string(source.get("media_type"), f"{path}.source.media_type"),
                extra=extra,
            )
        case "url":
            return Image(url=string(source.get("url"), f"{path}.source.url"), extra=extra)
    return Opaque(wire=NAME, value=block)  # an uploaded file: its id means nothing to anyone else


def _document(block: Mapping[str, Any], path: str) -> Part:
    source = mapping(block.get("source"), f"{path}.source")
    name = optional_string(block.get("title"), f"{path}.title")
    extra = without(block, "type", "source", "title")
    where = f"{path}.source"
    match source.get("type"):
        case "base64":
            data = string(source.get("data"), f"{where}.data")
            media_type = string(source.get("media_type"), f"{where}.media_type")
            return File(data=data, media_type=media_type, name=name, extra=extra)
        case "text":
            text = string(source.get("data"), f"{where}.data")
            return File(text=text, media_type="text/plain", name=name, extra=extra)
        case "url":
            return File(url=string(source.get("url"), f"{where}.url"), name=name, extra=extra)
        case "file":
            return File(file_id=string(source.get("file_id"), f"{where}.file_id"), name=name, extra=extra)
    return Opaque(wire=NAME, value=block)


def _tool_use(block: Mapping[str, Any], path: str) -> ToolCall:
    return ToolCall(
        id=string(block.get("id"), f"{path}.id"),
        name=string(block.get("name"), f"{path}.name"),
        arguments=encode(mapping(block.get("input"), f"{path}.input")).decode(),
        extra=without(block, "type", "id", "name", "input"),
    )


def _tool_result(block: Mapping[str, Any], path: str) -> ToolResult:
    content = block.get("content")
    return ToolResult(
        call_id=string(block.get("tool_use_id"), f"{path}.tool_use_id"),
        parts=() if content is None else _result_content(content, f"{path}.content"),
        is_error=bool(optional_bool(block.get("is_error"), f"{path}.is_error")),
        extra=without(block, "type", "tool_use_id", "content", "is_error"),
    )


def _result_content(content: Any, path: str) -> tuple[Part, ...]:
    if not isinstance(content, str):
        for index, block in enumerate(sequence(content, path)):
            if isinstance(block, Mapping) and block.get("type") == "tool_result":
                raise refuse(f"{path}.{index}.type", "a tool_result cannot hold a tool_result")
    return read_content(content, path)

"""Converse's content blocks as an app sends them → canonical parts. What only this wire knows becomes ``Opaque``."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from providers.canonical import Audio, File, Image, Opaque, Part, Reasoning, Text, ToolCall, ToolResult
from providers.wires.anthropic.codec import encode, mapping, optional_string, refuse, sequence, string, without
from providers.wires.bedrock_converse.media import media_type_of

NAME = "bedrock_converse"
BLOB = "blob:"  # before what only Bedrock can read: base64 of bytes that are no text


def read_content(content: Any, path: str) -> tuple[Part, ...]:
    """The parts of an array of blocks; a cachePoint becomes ``cache_control`` of the part before it."""
    parts: list[Part] = []
    for index, given in enumerate(sequence(content, path)):
        block = mapping(given, f"{path}.{index}")
        if not _mark(parts, block):
            parts.append(_block(block, f"{path}.{index}"))
    return tuple(parts)


def _mark(parts: list[Part], block: Mapping[str, Any]) -> bool:
    point = block.get("cachePoint")
    if not isinstance(point, Mapping) or not parts or isinstance(parts[-1], Opaque):
        return False
    if "cache_control" in parts[-1].extra:
        return False
    parts[-1] = replace(parts[-1], extra={**parts[-1].extra, "cache_control": cache_control(point)})
    return True


def opaque(block: Mapping[str, Any]) -> Opaque:
    """What only Converse knows, with its kind told as other wires look for it."""
    return Opaque(wire=NAME, value={"type": next(iter(block), "empty"), **block})


def cache_control(point: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "ephemeral", **without(point, "type")}


def _block(block: Mapping[str, Any], path: str) -> Part:
    kind = next(iter(block), "")
    if len(block) != 1:
        raise refuse(path, "must hold exactly one kind of content")
    value, place = block[kind], f"{path}.{kind}"
    match kind:
        case "text":
            return Text(text=string(value, place))
        case "image" | "document" | "video" | "audio":
            return _media(kind, mapping(value, place), place)
        case "toolUse":
            return _tool_use(mapping(value, place), place)
        case "toolResult":
            return _tool_result(mapping(value, place), place)
        case "reasoningContent":
            return _reasoning(mapping(value, place), place)
        case "json":
            return Text(text=encode(value).decode(), extra={"json": True})
        case "citationsContent":
            return read_citations(mapping(value, place))
    return opaque(block)


def _media(kind: str, value: Mapping[str, Any], path: str) -> Part:
    source = mapping(value.get("source"), f"{path}.source")
    short = optional_string(value.get("format"), f"{path}.format") or ""
    data, uri, extra = optional_string(source.get("bytes"), f"{path}.source.bytes"), None, {}
    if (at := source.get("s3Location")) is not None:
        uri = string(mapping(at, f"{path}.source.s3Location").get("uri"), f"{path}.source.s3Location.uri")
        extra = without(at, "uri")
    text = optional_string(source.get("text"), f"{path}.source.text")
    if data is None and uri is None and text is None:
        return opaque({kind: value})  # a document in blocks of its own
    if kind == "image":
        return Image(data=data, url=uri, media_type=f"image/{short}", extra=extra)
    if kind == "audio":
        return opaque({kind: value}) if data is None else Audio(data=data, format=short)
    return File(
        data=data,
        url=uri,
        text=text,
        media_type=media_type_of(kind, short) if short else None,
        name=optional_string(value.get("name"), f"{path}.name"),
        extra=extra | without(value, "format", "name", "source"),
    )


def _tool_use(value: Mapping[str, Any], path: str) -> ToolCall:
    server = value.get("type") == "server_tool_use"
    given = value.get("input")
    return ToolCall(
        id=string(value.get("toolUseId"), f"{path}.toolUseId"),
        name=string(value.get("name"), f"{path}.name"),
        arguments=encode({} if given is None else given).decode(),
        kind="server" if server else "function",
    )


def _tool_result(value: Mapping[str, Any], path: str) -> Part:
    if value.get("type") not in (None, "tool_result"):
        return opaque({"toolResult": value})  # of a tool that ran at the vendor
    for index, inner in enumerate(sequence(value.get("content"), f"{path}.content")):
        if isinstance(inner, Mapping) and "toolResult" in inner:
            raise refuse(f"{path}.content.{index}", "a toolResult cannot hold a toolResult")
    status = optional_string(value.get("status"), f"{path}.status")
    return ToolResult(
        call_id=string(value.get("toolUseId"), f"{path}.toolUseId"),
        parts=read_content(value.get("content"), f"{path}.content"),
        is_error=status == "error",
        extra={"status": status} if status == "success" else {},
    )


def _reasoning(value: Mapping[str, Any], path: str) -> Reasoning:
    if (redacted := value.get("redactedContent")) is not None:
        return Reasoning(encrypted=read_redacted(string(redacted, f"{path}.redactedContent")))
    said = mapping(value.get("reasoningText"), f"{path}.reasoningText")
    return Reasoning(
        text=string(said.get("text"), f"{path}.reasoningText.text"),
        signature=optional_string(said.get("signature"), f"{path}.reasoningText.signature") or None,
    )


def read_redacted(blob: str) -> str:
    """What Anthropic calls ``redacted_thinking.data``: Bedrock wraps that text in base64 once more."""
    try:
        text = base64.b64decode(blob, validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        return BLOB + blob
    return text if text.isprintable() and not text.startswith(BLOB) else BLOB + blob


def write_redacted(encrypted: str) -> str:
    if encrypted.startswith(BLOB):
        return encrypted.removeprefix(BLOB)
    return base64.b64encode(encrypted.encode(errors="surrogatepass")).decode()


def read_citations(value: Mapping[str, Any]) -> Text:
    """The text that is cited, with the citations as Bedrock spells them."""
    pieces = value.get("content")
    found = pieces if isinstance(pieces, list | tuple) else ()
    texts = [piece["text"] for piece in found if isinstance(piece, Mapping) and isinstance(piece.get("text"), str)]
    return Text(text="".join(texts), extra={"citationsContent": without(value, "content")})

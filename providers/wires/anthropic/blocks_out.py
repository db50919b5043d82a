"""Canonical parts → content blocks. Refuses by name what Anthropic has no block for."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from typing import Any

from providers.canonical import Audio, File, Image, Opaque, Part, Reasoning, Refusal, Text, ToolCall, ToolResult
from providers.errors import RequestRejected, UnsupportedFeature
from providers.wires.anthropic.codec import NAME, decode

Block = dict[str, Any]
DATA_URI = re.compile(r"data:(?P<type>[^;,]*)(?:;[^,]*)?,", re.IGNORECASE)
IMAGE_TYPES = frozenset(("image/jpeg", "image/png", "image/gif", "image/webp"))
MAGIC = {"iVBORw0KGgo": "image/png", "/9j/": "image/jpeg", "R0lGOD": "image/gif", "UklGR": "image/webp"}
TOOL_ID = re.compile(r"[a-zA-Z0-9_-]+")


def write_block(part: Part, *, native: bool, dropped: list[str]) -> Block | None:
    """The block for ``part``, ``None`` where nothing is left to send. ``native``: the call came in this dialect, so
    it goes out as it came; else what Anthropic would refuse is left out and named in ``dropped``.

    Raises ``UnsupportedFeature`` and, for data that cannot be read, ``RequestRejected``.
    """
    match part:
        case Text() | Refusal():
            return _text(part.text, part.extra, native=native)
        case Reasoning():
            return _reasoning(part, native=native, dropped=dropped)
        case ToolCall():
            return _tool_use(part, native=native)
        case ToolResult():
            return _tool_result(part, native=native, dropped=dropped)
        case Image():
            return {"type": "image", "source": _image_source(part, native=native), **_kept(part.extra, native=native)}
        case File():
            return _file(part, native=native)
        case Audio():
            raise UnsupportedFeature("audio input is not supported by the Anthropic API", param="messages")
        case Opaque(wire=wire, value=value):
            if wire != NAME:
                raise UnsupportedFeature(f"{value.get('type', 'this')} content is not supported by the Anthropic API")
            return dict(value)


def _kept(extra: Mapping[str, Any], *names: str, native: bool) -> Mapping[str, Any]:
    """Of another dialect's extras only those that mean the same here."""
    names = ("cache_control", *names)
    return extra if native else {name: extra[name] for name in names if extra.get(name) is not None}


def _text(text: str, extra: Mapping[str, Any], *, native: bool) -> Block | None:
    if not native and not text.strip():
        return None  # Anthropic answers 400 to text without a visible character
    return {"type": "text", "text": text, **_kept(extra, native=native)}


def _reasoning(part: Reasoning, *, native: bool, dropped: list[str]) -> Block | None:
    origin = part.extra.get("format")
    foreign = isinstance(origin, str) and not origin.startswith("anthropic")
    detail = not native and origin is None and str(part.extra.get("type")).startswith("reasoning.")
    if part.encrypted and not foreign and not detail:
        return {"type": "redacted_thinking", "data": part.encrypted, **_kept(part.extra, native=native)}
    if native or (part.signature and not foreign):
        signed = {"thinking": part.text, "signature": part.signature or ""}
        return {"type": "thinking", **signed, **(part.extra if native else {})}
    dropped.append("messages.reasoning")
    return None


def tool_id(id: str, *, native: bool) -> str:
    """``id`` in the alphabet Anthropic takes; the same foreign id always becomes the same one."""
    if native or TOOL_ID.fullmatch(id):
        return id
    digest = hashlib.sha256(id.encode(errors="surrogatepass")).hexdigest()[:8]
    return re.sub(r"[^a-zA-Z0-9_-]", "_", id) + "_" + digest


def _tool_use(part: ToolCall, *, native: bool) -> Block:
    extra = _kept(part.extra, native=native)
    given = tool_input(part)
    return {"type": "tool_use", "id": tool_id(part.id, native=native), "name": part.name, "input": given, **extra}


def tool_input(part: ToolCall) -> Mapping[str, Any]:
    """Arguments as the object Anthropic wants. What is no JSON object (a custom tool's text, a model's slip) goes
    under ``input``, so that the model still sees it."""
    if part.kind == "custom":
        return {"input": part.arguments}
    try:
        value = decode(part.arguments or "{}")
    except ValueError:
        value = part.arguments
    return value if isinstance(value, dict) else {"input": value}


def _tool_result(part: ToolResult, *, native: bool, dropped: list[str]) -> Block:
    written = (write_block(inner, native=native, dropped=dropped) for inner in part.parts)
    content = [block for block in written if block is not None]
    block: Block = {"type": "tool_result", "tool_use_id": tool_id(part.call_id, native=native)}
    if content or native:
        block["content"] = content
    if part.is_error:
        block["is_error"] = True
    return block | dict(_kept(part.extra, native=native))


def _image_source(part: Image, *, native: bool) -> Block:
    if part.url is not None and part.url[:5].lower() != "data:":
        return {"type": "url", "url": part.url}
    data, media_type = (part.data or "", part.media_type) if part.url is None else _data_uri(part.url)
    if native:
        return {"type": "base64", "media_type": media_type, "data": data}
    found = next((kind for start, kind in MAGIC.items() if data.startswith(start)), None) or _plain(media_type)
    if found not in IMAGE_TYPES:
        raise UnsupportedFeature(f"{found or 'untyped'} images are not supported by the Anthropic API")
    return {"type": "base64", "media_type": found, "data": data}


def _plain(media_type: str | None) -> str:
    return (media_type or "").partition(";")[0].strip().lower().replace("image/jpg", "image/jpeg")


def _data_uri(uri: str) -> tuple[str, str]:
    """Base64 data and media type of a ``data:`` URI. Raises ``RequestRejected``."""
    head = DATA_URI.match(uri)
    if head is None or ";base64" not in head[0].lower():
        raise RequestRejected("a data: URI must be base64-encoded", param="messages")
    return uri[head.end() :], head["type"].lower()


def _file(part: File, *, native: bool) -> Block:
    data, media_type = part.data, _plain(part.media_type)
    if data is not None and data[:5].lower() == "data:":
        data, media_type = _data_uri(data)
    if not native and data is not None and media_type in IMAGE_TYPES:
        return {"type": "image", "source": _image_source(Image(data=data, media_type=media_type), native=False)}
    block: Block = {"type": "document", "source": _file_source(part, data, media_type or _guess(part, data), native)}
    if part.name is not None:
        block["title"] = part.name
    return block | dict(_kept(part.extra, "citations", "context", native=native))


def _guess(part: File, data: str | None) -> str:
    named_pdf = (part.name or "").lower().endswith(".pdf")
    return "application/pdf" if named_pdf or (data or "").startswith("JVBERi0") else ""


def _file_source(part: File, data: str | None, media_type: str, native: bool) -> Block:
    if part.file_id is not None:
        return {"type": "file", "file_id": part.file_id}
    if part.text is not None:
        return {"type": "text", "media_type": "text/plain", "data": part.text}
    if part.url is not None:
        return {"type": "url", "url": part.url}
    if native or media_type == "application/pdf":
        return {"type": "base64", "media_type": media_type, "data": data}
    if media_type.startswith("text/") or media_type == "application/json":
        return {"type": "text", "media_type": "text/plain", "data": _text_of(data or "")}
    raise UnsupportedFeature(f"{media_type or 'untyped'} files are not supported by the Anthropic API")


def _text_of(data: str) -> str:
    try:
        return base64.b64decode(data, validate=True).decode()
    except (binascii.Error, ValueError):
        raise RequestRejected("a text file must be base64-encoded UTF-8", param="messages") from None

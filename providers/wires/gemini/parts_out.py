"""Canonical parts → Gemini parts. Refuses by name what Google has no part for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from providers.canonical import Audio, File, Image, Opaque, Part, Reasoning, Refusal, Text, ToolCall, ToolResult
from providers.errors import UnsupportedFeature
from providers.wires.anthropic.blocks_out import tool_input
from providers.wires.anthropic.codec import decode, without
from providers.wires.gemini.codec import NAME, is_minted, plain, signature_in
from providers.wires.gemini.media import write_media

GeminiPart = dict[str, Any]
CARRIED = ("extra_content", "thoughtSignature", "call", "result", "response")


def write_part(part: Part, *, native: bool, dropped: list[str]) -> GeminiPart | None:
    """The part, ``None`` where nothing is left to send. ``native``: the call came in this dialect and goes out as it
    came. Tool results have a writer of their own."""
    match part:
        case Text() | Refusal():
            return _text(part, native=native)
        case Reasoning():
            return _reasoning(part, native=native, dropped=dropped)
        case ToolCall():
            return write_call(part, native=native)
        case Image() | Audio() | File():
            if isinstance(part, File) and part.name and part.text is None and not native:
                dropped.append("messages.filename")  # Google has a place for it in replies only
            return {**write_media(part, native=native), **(part.extra if native else {})}
        case Opaque(wire=wire, value=value) if wire == NAME:
            return dict(value)
    kind = part.value.get("type", "this") if isinstance(part, Opaque) else type(part).__name__
    raise UnsupportedFeature(f"{kind} content is not supported by the Gemini API", param="messages")


def _text(part: Text | Refusal, *, native: bool) -> GeminiPart | None:
    signature = signature_in(part.extra)
    if not native and not part.text and signature is None:
        return None  # Google refuses a part that says nothing
    written: GeminiPart = {"text": part.text, **(part.extra if native else {})}
    return {**written, "thoughtSignature": signature} if signature else written


def _reasoning(part: Reasoning, *, native: bool, dropped: list[str]) -> GeminiPart | None:
    if not native:  # Google needs no thoughts back, and another vendor's signature would be refused
        dropped.append("messages.reasoning")
        return None
    signature = {"thoughtSignature": part.signature} if part.signature else {}
    return {"text": part.text, "thought": True, **signature, **part.extra}


def write_call(part: ToolCall, *, native: bool) -> GeminiPart:
    if part.kind == "server":
        raise UnsupportedFeature(f"the server tool {part.name!r} is not known to the Gemini API", param="messages")
    call: dict[str, Any] = {"name": part.name, "args": tool_input(part), **plain(part.extra.get("call"))}
    if part.id and not is_minted(part.id):
        call["id"] = part.id
    signature = signature_in(part.extra)
    written: GeminiPart = {"functionCall": call, **(without(part.extra, *CARRIED) if native else {})}
    return {**written, "thoughtSignature": signature} if signature else written


def write_result(part: ToolResult, name: str, *, nested: bool, native: bool) -> list[GeminiPart]:
    """The functionResponse, and the media that must stand beside it where the model takes none in it."""
    media = [inner for inner in part.parts if not isinstance(inner, Text)]
    written = [made for inner in media if (made := write_part(inner, native=native, dropped=[])) is not None]
    raw = part.extra.get("response") if native else None
    answer = raw if isinstance(raw, Mapping) else _answer(part)
    response: dict[str, Any] = {"name": name, "response": answer, **plain(part.extra.get("result"))}
    if part.call_id and not is_minted(part.call_id):
        response["id"] = part.call_id
    if written and (nested or native):
        response["parts"], written = written, []
    return [{"functionResponse": response, **(without(part.extra, *CARRIED) if native else {})}, *written]


def _answer(part: ToolResult) -> Mapping[str, Any]:
    """An object, as Google wants it: the result's own if it is one, else its text under ``output`` or ``error``."""
    text = "\n".join(inner.text for inner in part.parts if isinstance(inner, Text))
    if part.is_error:
        return {"error": text}
    try:
        value = decode(text) if text.lstrip().startswith("{") else None
    except ValueError:
        value = None
    return value if isinstance(value, dict) else {"output": text}

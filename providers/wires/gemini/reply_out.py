"""A canonical reply → a ``GenerateContentResponse``, whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from providers.canonical import Choice, Image, Opaque, Part, Reasoning, Refusal, Reply, Text, ToolCall
from providers.errors import UnsupportedFeature
from providers.wires.anthropic.codec import encode
from providers.wires.gemini.codec import NAME, signature_in
from providers.wires.gemini.media import write_media
from providers.wires.gemini.parts_out import GeminiPart, write_call
from providers.wires.gemini.usage import write_finish, write_usage

CANDIDATE = frozenset(
    {"avgLogprobs", "citationMetadata", "finishMessage", "groundingMetadata", "safetyRatings", "urlContextMetadata"}
)


def write_reply(reply: Reply) -> bytes:
    """Raises ``UnsupportedFeature`` for content this dialect has no part for."""
    written: dict[str, Any] = {"candidates": [candidate(choice) for choice in reply.choices if not _blocked(choice)]}
    if reply.usage is not None:
        written["usageMetadata"] = write_usage(reply.usage)
    for choice in reply.choices:
        written |= {name: choice.extra[name] for name in ("promptFeedback",) if name in choice.extra}
    if not written["candidates"] and "promptFeedback" in written:
        del written["candidates"]
    return encode(written | head(reply.id, reply.model))


def head(reply_id: str, model: str) -> dict[str, Any]:
    named = {"modelVersion": model, "responseId": reply_id}
    return {name: value for name, value in named.items() if value}


def _blocked(choice: Choice) -> bool:
    return not choice.parts and choice.raw_finish is None and "promptFeedback" in choice.extra


def candidate(choice: Choice) -> dict[str, Any]:
    written: dict[str, Any] = {}
    if parts := write_parts(choice.parts):
        written["content"] = {"role": "model", "parts": parts}
    written["finishReason"] = write_finish(choice.finish, choice.raw_finish)
    return {**written, "index": choice.index, **beside(choice.extra)}


def beside(extra: Mapping[str, Any]) -> dict[str, Any]:
    return {name: extra[name] for name in CANDIDATE if name in extra}


def write_parts(parts: Sequence[Part]) -> list[GeminiPart]:
    return [_part(part) for part in parts]


def _part(part: Part) -> GeminiPart:
    match part:
        case Text() | Refusal():
            return {"text": part.text, **_signature(part.extra)}
        case Image():
            return {**write_media(part, native=True), **_signature(part.extra)}
        case Reasoning():
            signature = part.signature or part.encrypted
            return thought(part.text, signature)
        case ToolCall():
            thinking = {"thought": True} if part.extra.get("thought") is True else {}
            return {**write_call(part, native=False), **thinking}
        case Opaque(wire=wire, value=value) if wire == NAME:
            return dict(value)
    kind = part.value.get("type", "such") if isinstance(part, Opaque) else type(part).__name__.lower()
    raise UnsupportedFeature(f"{kind} content cannot be told in the Gemini dialect")


def thought(text: str, signature: str | None) -> GeminiPart:
    return {"text": text, "thought": True, **({"thoughtSignature": signature} if signature else {})}


def _signature(extra: Mapping[str, Any]) -> dict[str, Any]:
    signature = signature_in(extra)
    return {"thoughtSignature": signature} if signature else {}

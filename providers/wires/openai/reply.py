"""Whole replies: read, written, and tapped in the pass-through lane."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from providers.canonical import (
    Choice,
    Extra,
    Finish,
    Image,
    Opaque,
    Part,
    Reasoning,
    Refusal,
    Reply,
    Target,
    Text,
    ToolCall,
)
from providers.errors import UpstreamError
from providers.vendors.base import Vendor
from providers.wires.base import ReplyFacts
from providers.wires.folding import fold_events
from providers.wires.openai.chunks import ChunkReader
from providers.wires.openai.codec import decode, encode, mapping, string
from providers.wires.openai.figures import read_finish, read_usage, write_finish, write_usage
from providers.wires.openai.mending import Mender, odd_finish
from providers.wires.openai.messages_in import WIRE_NAME
from providers.wires.openai.reasoning import FIELDS, write_reasoning
from providers.wires.openai.stream_in import error_in, garbled, whole_error


def read_reply(body: bytes, target: Target) -> Reply:
    """Raises ``VendorGarbled`` for what cannot be read, and the error of a 200 that holds one."""
    chunk = _checked(body, target.vendor)
    if isinstance(chunk, UpstreamError):
        raise chunk
    chunks = ChunkReader(target.vendor.quirks, whole=True)
    return fold_events([*chunks.read({"id": "", **chunk}), *chunks.end()])


def _checked(body: bytes, vendor: Vendor) -> Mapping[str, Any] | UpstreamError:
    try:
        chunk = decode(body)
    except ValueError:
        return garbled(vendor, "a reply that is no JSON")
    if error := error_in(chunk, "", body, vendor):
        return error
    if not isinstance(chunk, dict) or not isinstance(chunk.get("choices"), list):
        return whole_error(body, vendor)
    return chunk


class _TappedFunction(msgspec.Struct):
    arguments: str | None = None


class _TappedCall(msgspec.Struct):
    id: str | None = None
    function: _TappedFunction | None = None


class _TappedMessage(msgspec.Struct):
    tool_calls: list[_TappedCall] | None = None
    refusal: str | None = None


class _TappedChoice(msgspec.Struct):
    finish_reason: str | None = None
    message: _TappedMessage | None = None


class _Tapped(msgspec.Struct):
    """Of a whole reply only what pass-through must know; all else is skipped without being decoded."""

    choices: list[_TappedChoice]
    model: str | None = None
    usage: dict[str, Any] | None = None
    error: Any = None


_tapped = msgspec.json.Decoder(_Tapped)


def tap_reply(body: bytes, target: Target) -> ReplyFacts:
    """Never raises. Characters are counted only where the vendor sent no usage."""
    try:
        told = _tapped.decode(body)
    except (ValueError, RecursionError):
        return _tap_slowly(body, target)
    usage = read_usage(told.usage, target.vendor.quirks)
    if told.error or usage is None:
        return _tap_slowly(body, target)
    first = told.choices[0] if told.choices else _TappedChoice()
    if not first.finish_reason or any(_odd(choice) for choice in told.choices):
        return _tap_slowly(body, target)
    message = first.message or _TappedMessage()
    finish = read_finish(first.finish_reason, called=bool(message.tool_calls), refused=bool(message.refusal))
    return ReplyFacts(told.model, usage, finish, None)


def _odd(choice: _TappedChoice) -> bool:
    """Whether something in it must be mended before an app sees it."""
    calls = choice.message.tool_calls if choice.message else None
    return odd_finish(choice.finish_reason) or any(not call.id for call in calls or ())


def _tap_slowly(body: bytes, target: Target) -> ReplyFacts:
    try:
        reply = read_reply(body, target)
    except UpstreamError as error:
        return ReplyFacts(None, None, None, error)
    finish = reply.choices[0].finish if reply.choices else None
    characters = sum(_length(part) for choice in reply.choices for part in choice.parts)
    mended = Mender().mended(mapping(decode(body)), part="message")
    through = encode(mended) if mended else None
    return ReplyFacts(reply.model or None, reply.usage, finish, None, characters, through)


def _length(part: Part) -> int:
    if isinstance(part, Text | Reasoning | Refusal):
        return len(part.text)
    return len(part.name) + len(part.arguments) if isinstance(part, ToolCall) else 0


def write_reply(reply: Reply) -> bytes:
    """A ``chat.completion``. Parts that only another wire knows are left out: the app could not read them."""
    written: dict[str, Any] = {
        "id": reply.id or f"chatcmpl-{uuid.uuid4().hex}",
        "object": "chat.completion",
        "created": reply.created or int(time.time()),
        "model": reply.model,
        "choices": [_choice(choice) for choice in reply.choices],
    }
    if reply.usage:
        written["usage"] = write_usage(reply.usage)
    return encode(
        {
            **{name: reply.extra[name] for name in ("system_fingerprint", "service_tier") if name in reply.extra},
            **written,
        }
    )


def _choice(choice: Choice) -> dict[str, Any]:
    return {
        "index": choice.index,
        "message": _message(choice.parts, mapping(choice.extra.get("message"))),
        "logprobs": choice.extra.get("logprobs"),
        "finish_reason": write_finish(choice.finish or Finish.STOP, choice.raw_finish),
    }


def _message(parts: Sequence[Part], beside: Mapping[str, Any]) -> dict[str, Any]:
    texts = [part.text for part in parts if isinstance(part, Text)]
    refusals = [part.text for part in parts if isinstance(part, Refusal)]
    calls = [write_call(part) for part in parts if isinstance(part, ToolCall) and part.kind != "server"]
    notes = [note for part in parts if isinstance(part, Text) for note in notes_of(part.extra)]
    images = [write_image(part) for part in parts if isinstance(part, Image)]
    message: dict[str, Any] = {
        **{name: value for name, value in beside.items() if name not in FIELDS},
        "role": "assistant",
        "content": "".join(texts) if texts or not (calls or refusals) else None,
        "refusal": "".join(refusals) or None,
        **write_reasoning([part for part in parts if isinstance(part, Reasoning)]),
    }
    if notes:
        message["annotations"] = notes
    if images:
        message["images"] = images
    if calls:
        message["tool_calls"] = calls
    for part in parts:
        if isinstance(part, Opaque) and part.wire == WIRE_NAME and isinstance(part.value.get("audio"), dict):
            message["audio"] = _joined_audio(mapping(message.get("audio")), part.value["audio"])
    return message


def _joined_audio(before: Mapping[str, Any], piece: Mapping[str, Any]) -> dict[str, Any]:
    texts = {name: string(before.get(name)) + string(piece.get(name)) for name in ("data", "transcript")}
    return {**before, **piece, **texts}


def write_call(call: ToolCall) -> dict[str, Any]:
    beside = signed_call(call.extra)
    if call.kind == "custom":
        return {"id": call.id, "type": "custom", "custom": {"name": call.name, "input": call.arguments}, **beside}
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}, **beside}


def signed_call(extra: Extra) -> dict[str, Any]:
    """What must come back with a call: Google's thought signature, where Google's own OpenAI API has it."""
    return {"extra_content": extra["extra_content"]} if isinstance(extra.get("extra_content"), Mapping) else {}


def notes_of(extra: Extra) -> list[Any]:
    """The citations of a text, spelled as OpenAI's ``annotations``."""
    found = extra.get("annotations")
    return found if isinstance(found, list) else []


def write_image(part: Image) -> dict[str, Any]:
    """A picture the model made, as OpenRouter and LiteLLM spell it."""
    url = part.url or f"data:{part.media_type or 'image/png'};base64,{part.data or ''}"
    return {"type": "image_url", "image_url": {"url": url}}

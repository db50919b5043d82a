"""Canonical parts → Converse's content blocks. Refuses by name what Converse has no block for."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from providers.canonical import Audio, File, Image, Opaque, Part, Reasoning, Refusal, Text, ToolCall, ToolResult
from providers.errors import UnsupportedFeature
from providers.wires.anthropic.blocks_out import tool_input
from providers.wires.anthropic.codec import decode, without
from providers.wires.anthropic.seals import MARK
from providers.wires.bedrock_converse.blocks_in import NAME, write_redacted
from providers.wires.bedrock_converse.media import Block, Names, write_audio, write_file, write_image

TOOL_ID = re.compile(r"[a-zA-Z0-9_.:-]{1,64}")
IN_RESULTS = ("text", "json", "image", "document", "video", "searchResult")


class BlockWriter:
    """Writes the parts of one call. ``native``: it came in this dialect, so its content goes out as it came; else what
    Converse would refuse is left out and named in ``dropped``."""

    def __init__(self, *, native: bool, dropped: list[str], signs: bool = True) -> None:
        self.native = native
        self.dropped = dropped
        self.signs = signs  # whether the model takes thinking back
        self.names = Names()

    def write(self, part: Part) -> list[Block]:
        """The blocks for ``part``, with its cache point. Raises ``UnsupportedFeature`` or ``RequestRejected``."""
        block = self._block(part)
        if block is None:
            return []
        mark = None if isinstance(part, Opaque) else part.extra.get("cache_control")
        return [block, cache_point(mark)] if isinstance(mark, Mapping) else [block]

    def write_reply_part(self, part: Part) -> list[Block]:
        """The same for a part that a model produced, whatever its arguments look like."""
        if isinstance(part, ToolCall):
            server = {"type": "server_tool_use"} if part.kind == "server" else {}
            return [{"toolUse": {"toolUseId": part.id, "name": part.name, "input": tool_input(part), **server}}]
        return self.write(part)

    def _block(self, part: Part) -> Block | None:
        match part:
            case Text() | Refusal():
                return self._text(part)
            case Reasoning():
                return self._reasoning(part)
            case ToolCall():
                return self._tool_use(part)
            case ToolResult():
                return self._tool_result(part)
            case Image():
                return {"image": write_image(part, native=self.native)}
            case File():
                return write_file(part, self.names, native=self.native)
            case Audio():
                return write_audio(part)
            case Opaque(wire=wire, value=value):
                if wire == NAME:
                    return without(value, "type")
                raise UnsupportedFeature(f"{value.get('type', 'this')} content is not supported by Amazon Bedrock")

    def _text(self, part: Text | Refusal) -> Block | None:
        cited = part.extra.get("citationsContent")
        if isinstance(cited, Mapping):
            return {"citationsContent": {"content": [{"text": part.text}], **cited}}
        if not self.native and not part.text.strip():
            return None  # Bedrock answers 400 to blank text
        return {"text": part.text}

    def _reasoning(self, part: Reasoning) -> Block | None:
        own = self.native or (self.signs and is_claudes(part))
        if part.encrypted and own:
            return {"reasoningContent": {"redactedContent": write_redacted(part.encrypted)}}
        if self.native or (part.signature and own):
            signed = {"signature": part.signature} if part.signature else {}
            return {"reasoningContent": {"reasoningText": {"text": part.text, **signed}}}
        self.dropped.append("messages.reasoning")
        return None

    def _tool_use(self, part: ToolCall) -> Block:
        server = {"type": "server_tool_use"} if part.kind == "server" else {}
        given: Any = decode(part.arguments or "{}") if self.native else tool_input(part)
        id = tool_id(part.id, native=self.native)
        return {"toolUse": {"toolUseId": id, "name": part.name, "input": given, **server}}

    def _tool_result(self, part: ToolResult) -> Block:
        content = [block for inner in part.parts if (block := self._in_result(inner)) is not None]
        if not content and not self.native:
            content = [{"text": "(no output)"}]  # Bedrock answers 400 to a result without content
        result: Block = {"toolUseId": tool_id(part.call_id, native=self.native), "content": content}
        status = "error" if part.is_error else part.extra.get("status")
        return {"toolResult": {**result, **({"status": status} if status in ("error", "success") else {})}}

    def _in_result(self, part: Part) -> Block | None:
        if isinstance(part, Text) and part.extra.get("json"):
            return {"json": decode(part.text)}
        block = self._block(part)
        if block is not None and next(iter(block)) not in IN_RESULTS:
            raise UnsupportedFeature(
                f"{next(iter(block))} in a tool result is not supported by Amazon Bedrock", param="messages"
            )
        return block


def is_claudes(part: Reasoning) -> bool:
    """Whether Claude thought it, as far as it tells: details of another format beside it are another's, and so is what
    the gateway sealed."""
    origin = part.extra.get("format")
    if isinstance(origin, str) and not origin.startswith("anthropic"):
        return False
    return not (part.signature or part.encrypted or "").startswith(MARK)


def cache_point(mark: Mapping[str, Any]) -> Block:
    ttl = mark.get("ttl")
    return {"cachePoint": {"type": "default", **({"ttl": ttl} if ttl else {})}}


def tool_id(id: str, *, native: bool) -> str:
    """``id`` in the alphabet and length Bedrock takes; the same foreign id always becomes the same one."""
    if native or TOOL_ID.fullmatch(id):
        return id
    digest = hashlib.sha256(id.encode(errors="surrogatepass")).hexdigest()[:12]
    return re.sub(r"[^a-zA-Z0-9_.:-]", "_", id)[:48] + "_" + digest

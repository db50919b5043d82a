"""What the model thought, in the four ways the OpenAI dialect carries it.

``reasoning_content`` (or ``reasoning`` …) is plain text; ``thinking_blocks`` is LiteLLM's and
``reasoning_details`` OpenRouter's list, which carry the signatures that must come back unchanged and
repeat the plain text; Mistral puts ``thinking`` chunks into the content.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from providers.canonical import NOTHING, Extra, Reasoning
from providers.wires.openai.codec import mapping, string

FIELDS = ("reasoning_content", "reasoning", "reasoning_text")
LISTS = ("thinking_blocks", "reasoning_details")


class Thought(NamedTuple):
    """A piece of reasoning. Pieces with the same ``block`` belong together until one closes it."""

    block: Hashable
    text: str = ""
    signature: str | None = None
    encrypted: str | None = None
    extra: Extra = NOTHING

    @property
    def closes(self) -> bool:
        return bool(self.signature or self.encrypted)


def read_thoughts(message: Mapping[str, Any], fields: Sequence[str] = FIELDS) -> list[Thought]:
    """The reasoning of a message or delta, its plain text counted once."""
    plain = next((text for name in fields if name not in LISTS and (text := string(message.get(name)))), "")
    found = _blocks(message.get("thinking_blocks"))
    if not any(thought.closes for thought in found):  # where only the details are sealed, they say more
        found = _details(message.get("reasoning_details")) or found
    if not plain or any(thought.text for thought in found):
        return found
    signed = next((at for at, thought in enumerate(found) if thought.signature), None)
    if signed is None:
        return [Thought("plain", plain), *found]
    found[signed] = found[signed]._replace(text=plain)
    return found


def _blocks(value: Any) -> list[Thought]:
    found = []
    for block in value if isinstance(value, list) else ():
        block = mapping(block)
        if block.get("type") == "redacted_thinking":
            found.append(Thought(("redacted", block.get("index")), encrypted=string(block.get("data")) or None))
        else:
            signature = string(block.get("signature")) or None
            found.append(Thought(("block", _hashable(block.get("index"))), string(block.get("thinking")), signature))
    return [thought for thought in found if thought.text or thought.closes]


def _details(value: Any) -> list[Thought]:
    found = []
    for detail in value if isinstance(value, list) else ():
        extra = dict(mapping(detail))
        text = string(extra.pop("text", None)) or string(extra.pop("summary", None))
        signature, data = string(extra.pop("signature", None)), string(extra.pop("data", None))
        block = ("detail", _hashable(extra.get("index")), _hashable(extra.get("type")))
        found.append(Thought(block, text, signature or None, data or None, extra))
    return [thought for thought in found if thought.text or thought.closes]


def _hashable(value: Any) -> Hashable:
    return value if isinstance(value, str | int) else None


def thinking_chunk(chunk: Mapping[str, Any]) -> Thought:
    """A Mistral ``{"type": "thinking", "thinking": [{"type": "text", …}]}`` or a Databricks ``reasoning`` chunk."""
    inner = chunk.get("thinking", chunk.get("summary"))
    if isinstance(inner, str):
        return Thought("chunk", inner, string(chunk.get("signature")) or None)
    pieces = [mapping(piece) for piece in inner] if isinstance(inner, list) else []
    signature = next((sign for piece in (*pieces, chunk) if (sign := string(piece.get("signature")))), None)
    return Thought("chunk", "".join(string(piece.get("text")) for piece in pieces), signature)


def as_parts(thoughts: Iterable[Thought]) -> list[Reasoning]:
    """One part a block: pieces that an app collected from a stream are put together again."""
    parts: list[Reasoning] = []
    last: Thought | None = None
    for thought in thoughts:
        open_block = last is not None and last.block == thought.block and not last.closes
        before = parts.pop() if open_block else Reasoning()
        parts.append(
            Reasoning(
                text=before.text + thought.text,
                signature=thought.signature,
                encrypted=thought.encrypted,
                extra={**before.extra, **thought.extra},
            )
        )
        last = thought
    return parts


def write_thinking(part: Reasoning, *, signed: bool) -> dict[str, Any]:
    """A chunk of Mistral's content. ``signed``: the signature may be the vendor's own."""
    signature = {"signature": part.signature} if signed and part.signature else {}
    return {"type": "thinking", "thinking": [{"type": "text", "text": part.text}], **signature}


def write_reasoning(parts: Sequence[Reasoning], *, field: str = "reasoning_content") -> dict[str, Any]:
    """The fields of an assistant message. ``field`` is the one for plain text; "reasoning_details" where the
    vendor wants all of it there."""
    if field == "reasoning_details":
        return {field: [write_detail(part, index) for index, part in enumerate(parts)]} if parts else {}
    fields: dict[str, Any] = {}
    if text := "".join(part.text for part in parts):
        fields[field] = text
    detailed = [part for part in parts if is_detail(part.extra)]
    blocks = [part for part in parts if not is_detail(part.extra)]
    if detailed:
        fields["reasoning_details"] = [write_detail(part, index) for index, part in enumerate(detailed)]
    if any(part.signature or part.encrypted for part in blocks):
        fields["thinking_blocks"] = [write_block(part) for part in blocks]
    return fields


def is_detail(extra: Extra) -> bool:
    return string(extra.get("type")).startswith("reasoning.")


def write_block(part: Reasoning) -> dict[str, Any]:
    if part.encrypted and not part.text:
        return {"type": "redacted_thinking", "data": part.encrypted}
    return {"type": "thinking", "thinking": part.text, "signature": part.signature or ""}


def write_detail(part: Reasoning, index: int) -> dict[str, Any]:
    kind = string(part.extra.get("type")) if is_detail(part.extra) else ""
    kind = kind or ("reasoning.encrypted" if part.encrypted else "reasoning.text")
    detail: dict[str, Any] = {**(part.extra if is_detail(part.extra) else {"index": index}), "type": kind}
    detail.setdefault("index", index)  # OpenAI's own accumulator joins by it
    if part.encrypted:
        detail["data"] = part.encrypted
    if part.text:
        detail["summary" if kind == "reasoning.summary" else "text"] = part.text
    if part.signature:
        detail["signature"] = part.signature
        detail.setdefault("format", "anthropic-claude-v1")
    return detail

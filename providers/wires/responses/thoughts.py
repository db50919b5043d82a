"""Reasoning items ↔ Reasoning parts.

A part's ``extra`` has the form of OpenRouter's ``reasoning_details``, so that the sealed content comes back to the
vendor by way of an app that speaks OpenAI's chat dialect. Another vendor's signature, for which an item has no place,
is sealed by us. Where the text alone could not give the item's lists again
they ride along as ``summary`` and ``content``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from providers.canonical import Extra, Reasoning
from providers.vendors.base import Vendor
from providers.wires.anthropic.seals import opened_thought, sealed_thought
from providers.wires.openai.codec import mapping, string
from providers.wires.openai.fields import Fields
from providers.wires.responses.names import sealed_format

SUMMARY, CONTENT = "summary_text", "reasoning_text"
BREAK = "\n\n"  # between the pieces of one summary
INDEX = "index"  # of a detail among its like: by it apps of chat put the pieces of one together
_LISTS = ("summary", "content")


def read_thought(fields: Fields) -> Reasoning:
    """An app's item. Raises ``RequestRejected``."""
    sealed = fields.string("encrypted_content")
    lists = {name: fields.array(name) for name in _LISTS}
    for name in _LISTS:
        for index, piece in enumerate(lists[name]):
            Fields(piece, f"{fields.at(name)}[{index}]").required("text")
    kind, text = told(lists)
    kind = "reasoning.encrypted" if sealed else kind
    extra: dict[str, Any] = {**fields.rest, "type": kind}
    if _lists(kind, text) != {name: value for name, value in lists.items() if value or name == "summary"}:
        extra |= lists
    return opened_thought(Reasoning(text=text, encrypted=sealed, extra=extra))


def told(item: Mapping[str, Any]) -> tuple[str, str]:
    """What kind of text an item tells, and the text: the thought itself where there is one, else its summary."""
    content, summary = (_joined(item.get(name)) for name in ("content", "summary"))
    return ("reasoning.text", content) if content else ("reasoning.summary", summary)


def _joined(pieces: Any) -> str:
    return BREAK.join(string(mapping(piece).get("text")) for piece in (pieces if isinstance(pieces, list) else ()))


def _lists(kind: str, text: str) -> dict[str, Any]:
    if not text:
        return {"summary": []}
    if kind == "reasoning.text":
        return {"summary": [], "content": [{"type": CONTENT, "text": text}]}
    return {"summary": [{"type": SUMMARY, "text": text}]}


def reply_extra(item: Mapping[str, Any], slug: str) -> dict[str, Any]:
    """What a vendor's item says beside its text."""
    kind = "reasoning.encrypted" if string(item.get("encrypted_content")) else told(item)[0]
    extra = {"type": kind, "format": string(item.get("format")) or sealed_format(slug)}
    return {**extra, **({"id": item["id"]} if string(item.get("id")) else {})}


def carried(part: Reasoning) -> str | None:
    """What goes to an app as the item's sealed content: the vendor's own, or our seal around a signature."""
    return sealed_thought(part) if part.signature else part.encrypted


def write_own_thought(part: Reasoning) -> dict[str, Any]:
    """The item of a part that came in this dialect."""
    extra = dict(part.extra)
    kind = string(extra.pop("type", None))
    extra.pop(INDEX, None)
    sealed = {"encrypted_content": part.encrypted} if part.encrypted else {}
    return {"type": "reasoning", **_lists(kind, part.text), **extra, **sealed}


def write_thought(part: Reasoning, before: str, vendor: Vendor, *, chat: bool) -> dict[str, Any] | None:
    """The item of a part from another dialect; ``before`` is plain reasoning that came just ahead of a sealed one.
    ``chat``: the dialect is OpenAI's chat, where what is sealed may have lost the name of whose it is. ``None``: the
    vendor could do nothing with it."""
    text = part.text or before
    if part.encrypted and readable(part.extra, vendor, unnamed=chat):
        known = {"id": part.extra["id"]} if string(part.extra.get("id")) else {}
        summary = [{"type": SUMMARY, "text": text}] if text else []
        return {"type": "reasoning", **known, "summary": summary, "encrypted_content": part.encrypted}
    if part.encrypted or not text or "reasoning_content" in vendor.quirks.message_drop:
        return None
    return {"type": "reasoning", "summary": [], "content": [{"type": CONTENT, "text": text}]}


def readable(extra: Extra, vendor: Vendor, *, unnamed: bool) -> bool:
    """Whether the vendor can open what was sealed: only its own, and what is ``unnamed`` where that may be."""
    known = string(extra.get("format"))
    if known in ("", "unknown"):
        return unnamed and string(extra.get("type")).startswith("reasoning.")  # else it is Claude's redacted thinking
    return known == sealed_format(vendor.slug) or vendor.kind == "aggregator"

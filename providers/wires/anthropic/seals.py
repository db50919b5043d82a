"""What another vendor's thought needs to find its way back, sealed into a field that Anthropic's apps return unchanged.

A signature or ``redacted_thinking.data`` that begins with ``MARK`` is ours: Anthropic would refuse it, so it never
goes there. Thinking without any signature is no vendor's either.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from providers.canonical import NOTHING, Extra, Reasoning
from providers.wires.anthropic.codec import decode, encode

MARK = "switchboard1."
CALL = "call"  # of a seal that holds a tool call's extras: the call's id


def seal(value: Mapping[str, Any]) -> str:
    return MARK + base64.urlsafe_b64encode(encode(value)).decode().rstrip("=")


def unseal(text: str | None) -> Mapping[str, Any] | None:
    """What was sealed; empty for a seal that came back damaged, ``None`` for what is no seal."""
    if text is None or not text.startswith(MARK):
        return None
    packed = text[len(MARK) :]
    try:
        value = decode(base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4)))
    except (binascii.Error, ValueError):
        return NOTHING
    return value if isinstance(value, Mapping) else NOTHING


def sealed_thought(part: Reasoning) -> str:
    """A signature (or data, where there is no text) around what the thought's vendor wants back. Claude's own behind
    another vendor's front is sealed too: a bare signature does not tell whose it is."""
    held = {"signature": part.signature, "encrypted": part.encrypted, "extra": dict(part.extra)}
    return seal({name: value for name, value in held.items() if value})


def opened_thought(part: Reasoning) -> Reasoning:
    """``part`` as its vendor sent it; itself where it holds no seal of ours."""
    held = unseal(part.signature if part.signature is not None else part.encrypted)
    if held is None:
        return part
    extra = held.get("extra")
    return replace(
        part,
        signature=_text(held.get("signature")),
        encrypted=_text(held.get("encrypted")),
        extra=extra if isinstance(extra, Mapping) and extra else NOTHING,
    )


def sealed_call(id: str, extra: Extra) -> str | None:
    """For a tool call whose vendor wants a signature back with it (Gemini's thoughts), ``None`` for any other."""
    kept = {key: value for key, value in extra.items() if value and ("signature" in key.lower() or key in CARRIERS)}
    return seal({CALL: id, "extra": kept}) if kept else None


CARRIERS = frozenset({"extra_content"})  # Gemini's OpenAI front keeps its signature in there


def opened_call(part: Reasoning) -> tuple[str, Extra] | None:
    """The id and extras of the tool call that a ``redacted_thinking`` block of ours stands for."""
    held = unseal(part.encrypted)
    if not held:
        return None
    id, extra = held.get(CALL), held.get("extra")
    return (id, extra) if isinstance(id, str) and isinstance(extra, Mapping) else None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None

"""Google's JSON: its two spellings of a field name, marks that travel through other dialects, minted call ids."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from providers.wires.anthropic.codec import mapping, sequence

NAME = "gemini"
MINTED = re.compile(r"call_gemini[0-9a-f]{20}")
_HUMP = re.compile(r"(?<=[a-z0-9])_([a-z0-9])")


def camel(value: Any, path: str) -> dict[str, Any]:
    """The object ``value`` with its own keys in camelCase: Google takes ``inline_data`` for ``inlineData``. Fields
    that are null count as not said. Raises ``RequestRejected``."""
    given = mapping(value, path)
    return {_HUMP.sub(lambda hump: hump[1].upper(), key): item for key, item in given.items() if item is not None}


def objects(value: Any, path: str) -> list[tuple[dict[str, Any], str]]:
    """The objects of an array, each with its path; one alone may stand without its array. Raises
    ``RequestRejected``."""
    given = [value] if isinstance(value, Mapping) else sequence(value, path)
    return [(camel(item, f"{path}[{i}]"), f"{path}[{i}]") for i, item in enumerate(given)]


def minted_id(*seed: object) -> str:
    """A tool call id made from ``seed`` alone; one that ``is_minted`` knows again."""
    return "call_gemini" + hashlib.sha256(repr(seed).encode(errors="replace")).hexdigest()[:20]


def is_minted(call_id: str) -> bool:
    return MINTED.fullmatch(call_id) is not None


def signed(signature: Any) -> dict[str, Any]:
    """Extras that carry a thought signature, spelled as Google's own OpenAI-compatible API does
    (ai.google.dev/gemini-api/docs/thought-signatures)."""
    return {"extra_content": {"google": {"thought_signature": signature}}} if isinstance(signature, str) else {}


def signature_in(extra: Mapping[str, Any]) -> str | None:
    """The thought signature that ``extra`` carries, in either spelling."""
    own = extra.get("thoughtSignature")
    google: Any = extra
    for name in ("extra_content", "google"):
        google = google.get(name) if isinstance(google, Mapping) else None
    found = own or (google.get("thought_signature") if isinstance(google, Mapping) else None)
    return found if isinstance(found, str) and found else None


def dicts(value: Any) -> list[Mapping[str, Any]]:
    """The objects in a vendor's array; nothing where it is none."""
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def plain(value: Any) -> Mapping[str, Any]:
    """``value`` if it is an object, else an empty one."""
    return value if isinstance(value, Mapping) else {}

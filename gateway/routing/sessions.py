"""Which conversation a call is a turn of, and where that conversation was before.

A conversation stays with one target and token while they are well, so that the vendor's prompt cache pays. Which token
that is follows from the session alone (``providers.pool``), and so does the share of a weighted group: every process
comes to the same. What was chosen otherwise is remembered here, in this process.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from hashlib import blake2b
from typing import Any, NamedTuple

MOST_KEPT = 50_000
HALF = 2000  # characters at either end of a text that count: many requests begin with the same template
LONGEST_NAME = 64


class Session(NamedTuple):
    """``id`` as the app or a hash says it; ``source``: header, session_id or messages."""

    id: str
    source: str


def named_session(header: str, session_id: str) -> Session | None:
    """The session as the app names it."""
    if header:
        return Session(_short(header), "header")
    return Session(_short(session_id), "session_id") if session_id else None


def _short(name: str) -> str:
    if len(name) <= LONGEST_NAME:
        return name
    return blake2b(name.encode("utf-8", "replace"), digest_size=LONGEST_NAME // 2).hexdigest()


def conversation(body: Mapping[str, Any]) -> Session | None:
    """By what all its turns begin with: who asks (``user``), the instructions, the first question. ``None`` where there
    is no question."""
    digest = blake2b(digest_size=12)
    digest.update(_text(_user(body)))
    digest.update(_text(body.get("system")))
    messages = body.get("messages")
    if not isinstance(messages, list):
        return None
    for message in messages[:8]:
        if not isinstance(message, dict):
            return None
        digest.update(_text(message.get("content")))
        if message.get("role") == "user":
            return Session(digest.hexdigest(), "messages")
    return None


def _user(body: Mapping[str, Any]) -> Any:
    metadata = body.get("metadata")  # Anthropic's place for it
    return body.get("user") or (metadata.get("user_id") if isinstance(metadata, dict) else None)


def _text(content: Any) -> bytes:
    """What a content is told apart by: both ends of texts, the kind of what else there is."""
    if isinstance(content, str):
        cut = f"{len(content)}:{content[:HALF]}{content[-HALF:]}" if len(content) > 2 * HALF else content
        return cut.encode("utf-8", "replace") + b"\0"
    if isinstance(content, list):
        return b"".join(_part(part) for part in content[:16]) + b"\1"
    return b"\2"


def _part(part: Any) -> bytes:
    if not isinstance(part, dict):
        return b"?"
    text = part.get("text")
    return _text(text) if isinstance(text, str) else str(part.get("type"))[:40].encode("utf-8", "replace")


class Bindings:
    """Session → the target that answered it last. Those longest unused go first."""

    def __init__(self, *, clock: Callable[[], float] = time.time, most: int = MOST_KEPT) -> None:
        self._clock = clock
        self._most = most
        self._kept: OrderedDict[str, tuple[int, str, float]] = OrderedDict()

    def of(self, session: str, *, seconds: float) -> tuple[int, str] | None:
        """Provider id and model, if the last turn was less than ``seconds`` ago."""
        found = self._kept.get(session)
        if found is None or self._clock() - found[2] > seconds:
            return None
        return found[0], found[1]

    def keep(self, session: str, provider_id: int, model: str) -> None:
        self._kept[session] = (provider_id, model, self._clock())
        self._kept.move_to_end(session)
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)

    def __len__(self) -> int:
        return len(self._kept)

"""What a vendor's golden file holds: its answers as it sends them, written by hand, and what the app must get of them.

Each vendor has a file ``tests/golden/vendors/<slug>.py`` with ``GOLDEN = Golden(...)``. The standard question is one
user message "Say hello." with ``max_tokens`` 64; the tool question is "What is the weather in Paris?" with the tool
``get_weather(city: string)``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """An answer as the vendor sends it. ``body``: an object is sent as JSON, text and bytes as they are; ``frames``
    are the pieces of a stream, in order, each whole (``data: …\\n\\n``, an NDJSON line, an AWS event)."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    frames: Sequence[bytes | str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Chat:
    """A chat vendor's five answers. A broken stream is ``stream`` cut after ``broken_after`` frames."""

    whole: Sent
    stream: Sent
    tool_call: Sent
    text: str = "Hello there."  # of ``whole`` and of ``stream``
    reasoning: str = ""  # of ``whole`` and of ``stream``
    usage: tuple[int, int] | None = (9, 3)  # input, output of both, as the app gets them; None: the vendor sends none
    arguments: Mapping[str, Any] = field(default_factory=lambda: {"city": "Paris"})  # of ``get_weather``
    stream_path: str | None = None  # where it differs from ``path``
    broken_after: int = 2
    no_tools: bool = False  # the target cannot take tools: the app is told so (``tool_call`` is never sent)
    sent_body: Mapping[str, Any] | None = None  # the standard question as the vendor must receive it, whole; None: any
    stream_sent: Mapping[str, Any] | None = None  # the same for it streamed, with usage asked for
    tool_sent: Mapping[str, Any] | None = None  # fields the tool question must hold as the vendor receives it


@dataclass(frozen=True, slots=True, kw_only=True)
class Embeddings:
    """Asked for two texts, "first" and "second"."""

    whole: Sent | Sequence[Sent]  # several where the vendor takes one input a request
    path: str
    model: str = ""  # where it is not the one that chats
    vectors: Sequence[Sequence[float]] = ((0.5, -0.25), (0.125, 1.0))
    input_usage: int | None = 4
    sent_body: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rerank:
    """Asked which of "Paris is a city.", "Berlin is a city." answers "Where is the Louvre?"."""

    whole: Sent
    path: str
    model: str = ""  # where it is not the one that chats
    order: Sequence[int] = (0, 1)
    scores: Sequence[float] = (0.9, 0.1)
    sent_body: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Golden:
    """``token`` is what an admin stores. ``path`` is where chat is asked (with its query), below the base URL;
    ``sent_headers`` (lower-case names) must come with every request, credential and all. ``exchanges``: the answers of
    a token service that is asked first, by whole URL."""

    model: str
    path: str = "/chat/completions"
    token: str = "golden-token"
    settings: Mapping[str, str] = field(default_factory=dict)
    sent_headers: Mapping[str, str] = field(default_factory=lambda: {"authorization": "Bearer golden-token"})
    exchanges: Mapping[str, Sent] = field(default_factory=dict)
    chat: Chat | None = None
    embeddings: Embeddings | None = None
    rerank: Rerank | None = None
    unauthorized: Sent = Sent(status=401, body={"error": {"message": "Incorrect API key provided."}})
    unauthorized_words: str = ""  # of its message that the app must see
    rate_limited: Sent = Sent(status=429, headers={"retry-after": "7"}, body={"error": {"message": "Slow down."}})
    retry_after: int | None = 7  # whole seconds the app must be told; None: the gateway's own

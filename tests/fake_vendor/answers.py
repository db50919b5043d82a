"""What the fake vendor can be told to do, as data."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One scripted answer. Times are seconds.

    ``body`` replaces what the dialect would make of text, reasoning, tools and usage. ``usage`` is
    (input, output), ``None`` for a vendor that sends none. ``cut`` sends the body in pieces of so many bytes
    (frame by frame for 0) and ``delay`` waits between pieces. ``reset_after`` resets the connection after so many
    pieces; ``hang`` waits until the client leaves. ``content_length`` is a lie the server tells.
    """

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    text: str = "Hello from the fake vendor."
    reasoning: str = ""
    tools: tuple[tuple[str, str], ...] = ()  # name, arguments
    usage: tuple[int, int] | None = (7, 5)
    wait: float = 0
    cut: int = 0
    delay: float = 0
    hang: Literal["", "before headers", "mid-stream"] = ""
    reset_after: int | None = None
    content_length: int | None = None
    terminated: bool = True  # [DONE] or message_stop is sent


def failing(status: int, *, headers: tuple[tuple[str, str], ...] = (), body: bytes | None = None) -> Answer:
    """An error answer; the dialect makes the body that its vendor sends for ``status``."""
    return Answer(status=status, headers=headers, body=body)


def rate_limited(retry_after: float | None = 2) -> Answer:
    """A 429, with Retry-After unless that is ``None``."""
    return failing(429, headers=() if retry_after is None else (("retry-after", f"{retry_after:g}"),))


def html(status: int) -> Answer:
    """What a load balancer in front of a vendor sends."""
    page = f"<html><head><title>{status}</title></head><body><h1>{status}</h1></body></html>"
    return failing(status, headers=(("content-type", "text/html"),), body=page.encode())


def error_with_200() -> Answer:
    """A status that says yes around a body that says no."""
    return Answer(body=json.dumps({"error": {"message": "The upstream model failed.", "code": 502}}).encode())


HANGS = Answer(hang="before headers")
HANGS_MID_STREAM = Answer(hang="mid-stream")
RESETS = Answer(reset_after=2)


def parsed(content: bytes) -> Any:
    """``content`` as JSON, ``None`` if it is none."""
    try:
        return json.loads(content)
    except ValueError:
        return None

"""What the fake vendor can be told to do, as data."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Literal

Hang = Literal["", "before headers", "after headers", "mid-stream", "after the end"]
Reset = Literal["", "before headers", "in headers"]
Chunking = Literal["", "bad size", "cut", "no end"]
Waiting = Literal["seconds", "date", "milliseconds"]

USUAL = "Hello from the fake vendor."


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One scripted answer. Times are seconds.

    ``body`` replaces what the dialect would make of text, reasoning, tools and usage; ``frames`` are sent as a stream
    whether it was asked for or not; ``raw`` is sent instead of HTTP. ``usage`` is (input, output), ``None`` for a
    vendor that sends none. ``retry_after`` is told the way ``waiting`` says.

    ``wait`` comes before the headers, ``pause`` behind them. ``cut`` sends the body in pieces of so many bytes (frame
    by frame for 0) and ``delay`` waits between pieces. After so many pieces ``reset_after`` resets the connection,
    ``stops_after`` ends the body as if all were well, and ``error_after`` sends the dialect's error event and ends.
    ``reset`` breaks the connection before there is a body; ``hang`` waits until the client leaves.

    ``content_length`` is a lie the server tells, and closes; if it ``lingers``, it leaves the connection open.
    ``chunking`` breaks a stream's chunks: a size that is no number, a chunk cut short, an end that never comes.
    """

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    retry_after: float | None = None
    waiting: Waiting = "seconds"
    body: bytes | None = None
    frames: tuple[bytes, ...] = ()
    raw: bytes | None = None
    text: str = USUAL
    reasoning: str = ""
    tools: tuple[tuple[str, str], ...] = ()  # name, arguments
    usage: tuple[int, int] | None = (7, 5)
    wait: float = 0
    pause: float = 0
    cut: int = 0
    delay: float = 0
    hang: Hang = ""
    reset: Reset = ""
    reset_after: int | None = None
    stops_after: int | None = None
    error_after: int | None = None
    content_length: int | None = None
    lingers: bool = False
    chunking: Chunking = ""
    terminated: bool = True  # [DONE] or message_stop is sent


def failing(status: int, *, headers: tuple[tuple[str, str], ...] = (), body: bytes | None = None) -> Answer:
    """An error answer; the dialect makes the body that its vendor sends for ``status``."""
    return Answer(status=status, headers=headers, body=body)


def rate_limited(retry_after: float | None = 2, *, waiting: Waiting = "seconds") -> Answer:
    """A 429, with Retry-After unless that is ``None``."""
    return Answer(status=429, retry_after=retry_after, waiting=waiting)


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

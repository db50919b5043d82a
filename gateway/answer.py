"""What a lean view returns: a status, headers and bytes, ready for the ASGI server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol

import msgspec

from providers.errors import SwitchboardError

JSON = (b"content-type", b"application/json")
EVENT_STREAM = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-cache"),
    (b"x-accel-buffering", b"no"),  # nginx would hold a stream back otherwise
)
LONGEST_WAIT = 86_400.0  # seconds: a vendor that says more means something else
encode = msgspec.json.Encoder().encode

Headers = tuple[tuple[bytes, bytes], ...]


class Body(Protocol):
    """A streamed body. The door calls ``aclose`` once, whether it iterated to the end, in part or not at all."""

    def __aiter__(self) -> AsyncIterator[bytes]: ...

    async def aclose(self) -> None: ...


class Answer:
    """A reply on its way out."""

    __slots__ = ("body", "headers", "status")

    def __init__(self, status: int, body: bytes | Body, headers: Headers = (JSON,)) -> None:
        self.status = status
        self.body = body
        self.headers = headers


def error_headers(error: SwitchboardError) -> Headers:
    """JSON, where the error comes from, and a Retry-After in whole seconds where it has one; a 429 always has."""
    wait = error.retry_after
    if wait is None and error.status == 429:
        wait = 1.0
    if wait is None:
        return (JSON, *error.where)
    return (JSON, *error.where, (b"retry-after", b"%d" % max(1, -int(-min(wait, LONGEST_WAIT) // 1))))

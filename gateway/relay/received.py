"""An answer on its way in, whoever holds it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from providers.errors import UpstreamError
from providers.vendors import Answered

MOST_ERROR_BYTES = 1024 * 1024


class Received(Protocol):
    """``providers.http.Upstream``, or what stands for one."""

    @property
    def status(self) -> int: ...
    @property
    def headers(self) -> Mapping[str, str]: ...

    def adopt(self) -> None: ...

    async def next(self) -> bytes | None: ...

    async def read(self) -> bytes: ...

    async def close(self) -> None: ...


class Whole:
    """An answer that was read already."""

    def __init__(self, answer: Answered) -> None:
        self.status = answer.status
        self.headers: Mapping[str, str] = answer.headers
        self._body: bytes | None = answer.body

    def adopt(self) -> None:
        return None

    async def next(self) -> bytes | None:
        body, self._body = self._body, None
        return body

    async def read(self) -> bytes:
        return await self.next() or b""

    async def close(self) -> None:
        return None


async def as_far_as_it_goes(upstream: Received) -> bytes:
    """The body of an error, or what came of it: the status alone tells more than that the rest was missing."""
    body = bytearray()
    try:
        while len(body) < MOST_ERROR_BYTES and (piece := await upstream.next()) is not None:
            body += piece
    except UpstreamError:
        pass
    return bytes(body)

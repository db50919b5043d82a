"""One HTTP/1.1 connection of the fake vendor, on bare sockets: a proper server would not break its own answers."""

from __future__ import annotations

import asyncio
import socket
import struct
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from tests.fake_vendor.answers import parsed

TASK_NAME = "fake vendor"  # so that a test that counts tasks can leave ours out
RESET = struct.pack("ii", 1, 0)  # SO_LINGER: closing sends RST, and what was not sent is thrown away


@dataclass(slots=True)
class Received:
    """A request as it came. ``headers`` has lower-case names. ``at`` and ``finished_at`` are monotonic seconds: its
    last byte came, and the last byte of its answer was handed to the socket. ``sent_before``: bytes that the connection
    had carried to the client by then."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    connection: Connection = field(repr=False)
    at: float = field(default_factory=time.monotonic)
    finished_at: float | None = None
    sent_before: int = 0
    fault: str = ""  # the name of what the schedule had for it

    @property
    def json(self) -> Any:
        return parsed(self.body)

    @property
    def token(self) -> str:
        """The credential, whichever way it travelled."""
        bearer = self.headers.get("authorization", "").removeprefix("Bearer ")
        return self.headers.get("x-api-key", "") or bearer

    @property
    def answer_sent(self) -> int:
        """Bytes of its answer so far, while it is open."""
        return self.connection.bytes_sent - self.sent_before

    @property
    def open(self) -> bool:
        """Whether the client still waits: nothing ended the answer, and nobody closed the connection."""
        return self.finished_at is None and self.connection.closed_at is None


class Connection(asyncio.Protocol):
    """``opened_at`` and ``closed_at`` are monotonic seconds; ``closed_at`` is ``None`` while it is open, and
    ``closed_by`` says who ended it."""

    def __init__(self, opened: Callable[[Connection], None], answer: Callable[[Received], Awaitable[None]]) -> None:
        self._opened = opened
        self._answer = answer
        self._buffer = bytearray()
        self._task: asyncio.Task[None] | None = None
        self.transport: asyncio.Transport
        self.opened_at = time.monotonic()
        self.closed_at: float | None = None
        self.closed_by: Literal["", "client", "vendor"] = ""
        self.bytes_sent = 0
        self.requests = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._opened(self)

    def connection_lost(self, error: Exception | None) -> None:
        self.closed_at = time.monotonic()
        self.closed_by = self.closed_by or "client"
        if self._task:
            self._task.cancel()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        self._next()

    def write(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        self.bytes_sent += len(data)
        self.transport.write(data)

    def close(self) -> None:
        """Ends the connection behind what was written."""
        self.closed_by = self.closed_by or "vendor"
        self.transport.close()

    def reset(self) -> None:
        """Breaks the connection: the client sees it cut, not ended."""
        self.closed_by = self.closed_by or "vendor"
        self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        self.transport.abort()

    def _next(self) -> None:
        if self._task is not None and not self._task.done():
            return
        request = self._take()
        if request is not None:
            self.requests += 1
            self._task = asyncio.get_running_loop().create_task(self._serve(request), name=TASK_NAME)

    async def _serve(self, request: Received) -> None:
        await self._answer(request)
        request.finished_at = time.monotonic()
        if self._buffer and not self.transport.is_closing():
            asyncio.get_running_loop().call_soon(self._next)

    def _take(self) -> Received | None:
        """The next whole request out of the buffer."""
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return None
        first, *lines = self._buffer[:end].decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        length = int(headers.get("content-length", 0))
        start = end + 4
        if len(self._buffer) < start + length:
            return None
        body = bytes(self._buffer[start : start + length])
        del self._buffer[: start + length]
        method, path, _ = first.split(" ", 2)
        return Received(method, path, headers, body, self, sent_before=self.bytes_sent)

"""Many slow streams open at once: what each costs in memory, and how many threads the server has meanwhile.

A small client on raw sockets, so that it costs the load's core next to nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import urlsplit

import msgspec

from tests.benchmarks.processes import Server, Use

OPENING_SECONDS = 60.0
ENDING_SECONDS = 60.0
AT_A_TIME = 50  # connections being opened
FIRST_WORD = b"word0"


class Held(msgspec.Struct, frozen=True):
    """Memory in bytes of the idle server, with all streams open, and after their end. ``whole`` streams ended well."""

    asked: int
    opened: int
    whole: int
    before: int
    during: int
    after: int
    threads_before: int
    threads: int

    @property
    def kb_per_stream(self) -> float:
        return (self.during - self.before) / max(self.opened, 1) / 1024


class Stream:
    """One request and its answer, kept as bytes until its end."""

    def __init__(self, request: bytes, *, address: tuple[str, int]) -> None:
        self._request, self._address = request, address
        self.running = asyncio.Event()
        self.is_whole = False

    async def run(self, opening: asyncio.Semaphore) -> None:
        async with opening:
            reader, writer = await asyncio.open_connection(*self._address)
            writer.write(self._request)
        received = b""
        try:
            while not received.endswith(b"0\r\n\r\n"):
                data = await reader.read(65536)
                if not data:
                    return
                received += data
                if FIRST_WORD in received:
                    self.running.set()
            self.is_whole = received.startswith(b"HTTP/1.1 200") and b"[DONE]" in received
        finally:
            writer.close()


def hold(url: str, *, headers: Mapping[str, str], body: str, server: Server, count: int) -> Held:
    """Opens ``count`` streams at once and reads them to their end; the upstream decides how long that takes."""
    return asyncio.run(_hold(url, request=_request(url, headers, body), server=server, count=count))


async def _hold(url: str, *, request: bytes, server: Server, count: int) -> Held:
    parts = urlsplit(url)
    assert parts.hostname and parts.port
    before = server.use()
    opening = asyncio.Semaphore(AT_A_TIME)
    streams = [Stream(request, address=(parts.hostname, parts.port)) for _ in range(count)]
    tasks = [asyncio.ensure_future(stream.run(opening)) for stream in streams]
    opened = await _within(OPENING_SECONDS, [stream.running.wait for stream in streams])
    during = await _most(server)
    await asyncio.wait(tasks, timeout=ENDING_SECONDS)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await asyncio.sleep(1)
    after = server.use()
    return Held(
        asked=count,
        opened=opened,
        whole=sum(stream.is_whole for stream in streams),
        before=before.memory,
        during=during.memory,
        after=after.memory,
        threads_before=before.threads,
        threads=during.threads,
    )


async def _within(seconds: float, waits: list[Callable[[], Awaitable[object]]]) -> int:
    """How many came true in time."""
    waiting = [asyncio.ensure_future(wait()) for wait in waits]
    done, late = await asyncio.wait(waiting, timeout=seconds)
    for task in late:
        task.cancel()
    return len(done)


async def _most(server: Server, looks: int = 4) -> Use:
    """The use at its highest memory, over two seconds."""
    seen = []
    for _ in range(looks):
        seen.append(server.use())
        await asyncio.sleep(0.5)
    return max(seen, key=lambda use: use.memory)


def _request(url: str, headers: Mapping[str, str], body: str) -> bytes:
    parts = urlsplit(url)
    fields = {"Host": parts.netloc, "Content-Type": "application/json", "Content-Length": str(len(body.encode()))}
    lines = [f"POST {parts.path} HTTP/1.1", *(f"{name}: {value}" for name, value in {**fields, **headers}.items())]
    return "\r\n".join([*lines, "", body]).encode()

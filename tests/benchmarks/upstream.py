"""The mock upstream: an HTTP/1.1 server on one loop that does as little as it can. ``… upstream PORT``

A body's ``"stream": true`` gets a stream, each chunk its own write with the loop's turn between two; a model with
``slow`` in its name gets one chunk a second.
"""

from __future__ import annotations

import asyncio
import sys
from typing import cast

import msgspec
import uvloop

from tests.benchmarks import answers

HOST = "127.0.0.1"
SLOW_PAUSE = 1.0  # seconds
OPENAI_WHOLE = answers.openai_reply()
OPENAI_STREAMS = {
    (slow, usage): answers.openai_stream(chunks=answers.SLOW_CHUNKS if slow else answers.CHUNKS, usage=usage)
    for slow in (False, True)
    for usage in (False, True)
}
ANTHROPIC_WHOLE = answers.anthropic_reply()
ANTHROPIC_STREAMS = {
    slow: answers.anthropic_stream(chunks=answers.SLOW_CHUNKS if slow else answers.CHUNKS) for slow in (False, True)
}


class StreamOptions(msgspec.Struct):
    include_usage: bool | None = None


class Asked(msgspec.Struct):
    """What of a request's body matters here."""

    model: str = ""
    stream: bool | None = None
    stream_options: StreamOptions | None = None


_decode = msgspec.json.Decoder(Asked).decode


def answer(path: bytes, body: bytes) -> tuple[bytes, list[bytes], float]:
    """A whole response, or the chunks of a stream and the seconds to wait between them."""
    if path.endswith(b"/models"):
        return answers.MODELS, [], 0.0
    is_openai = path.endswith(b"/chat/completions")
    if not is_openai and not path.endswith(b"/messages"):
        return answers.NOT_FOUND, [], 0.0
    try:
        asked = _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return answers.BAD_REQUEST, [], 0.0
    if not asked.stream:
        return OPENAI_WHOLE if is_openai else ANTHROPIC_WHOLE, [], 0.0
    slow = "slow" in asked.model
    usage = bool(asked.stream_options and asked.stream_options.include_usage)
    chunks = OPENAI_STREAMS[slow, usage] if is_openai else ANTHROPIC_STREAMS[slow]
    return b"", chunks, SLOW_PAUSE if slow else 0.0


def take_request(buffer: bytes) -> tuple[bytes, bytes, int] | None:
    """The path and body of the first request in ``buffer`` and its length, or None while it isn't whole.
    Raises ``ValueError`` if it is none."""
    end = buffer.find(b"\r\n\r\n")
    if end < 0:
        return None
    head = buffer[:end].lower()
    path = head.split(b" ", 2)[1] if head.count(b" ", 0, head.find(b"\r\n")) >= 2 else b""
    if b"\r\ntransfer-encoding: chunked" in head:
        taken = _take_chunked(buffer, end + 4)
        return taken and (path, *taken)
    start = head.find(b"\r\ncontent-length:")
    length = int(head[start + 17 :].split(b"\r\n", 1)[0]) if start >= 0 else 0
    total = end + 4 + length
    return (path, buffer[end + 4 : total], total) if len(buffer) >= total else None


def _take_chunked(buffer: bytes, at: int) -> tuple[bytes, int] | None:
    parts = []
    while (end := buffer.find(b"\r\n", at)) >= 0:
        size = int(buffer[at:end].split(b";", 1)[0], 16)
        if len(buffer) < end + 2 + size + 2:
            return None
        parts.append(buffer[end + 2 : end + 2 + size])
        at = end + 2 + size + 2
        if not size:
            return b"".join(parts), at
    return None


class Connection(asyncio.Protocol):
    """One keep-alive connection; a request that comes while a stream runs waits for its end."""

    def __init__(self) -> None:
        self._buffer = b""
        self._streaming: asyncio.Task[None] | None = None
        self._writable = asyncio.Event()
        self._writable.set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._streaming:
            self._streaming.cancel()

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._streaming:
            self._serve()

    def _serve(self) -> None:
        while self._buffer and not self._streaming:
            try:
                taken = take_request(self._buffer)
            except ValueError:
                self._transport.close()
                return
            if taken is None:
                return
            path, body, length = taken
            self._buffer = self._buffer[length:]
            whole, chunks, pause = answer(path, body)
            if whole:
                self._transport.write(whole)
            else:
                self._streaming = asyncio.get_running_loop().create_task(self._stream(chunks, pause))

    async def _stream(self, chunks: list[bytes], pause: float) -> None:
        self._transport.write(answers.STREAM_HEAD)
        for chunk in chunks:
            self._transport.write(chunk)
            await asyncio.sleep(pause)
            await self._writable.wait()
        self._transport.write(answers.STREAM_END)
        self._streaming = None
        self._serve()


async def serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Connection, HOST, port, backlog=2048)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))

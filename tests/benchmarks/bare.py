"""The reference: what uvicorn and aiohttp do on one core when nothing is decided, checked or written down.

Started as ``uvicorn tests.benchmarks.bare:app`` with ``BARE_UPSTREAM`` naming the upstream.
"""

from __future__ import annotations

import os
from typing import Any

import aiohttp


class PassThrough:
    """An ASGI application that sends a request's path, body and content type on, and the answer back as it comes."""

    def __init__(self, upstream: str) -> None:
        self._upstream = upstream
        self._session: aiohttp.ClientSession | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._pass(scope["method"], scope["path"], await _body(receive), send)

    async def _pass(self, method: str, path: str, body: bytes, send: Any) -> None:
        assert self._session is not None
        headers = {"content-type": "application/json"}
        async with self._session.request(method, self._upstream + path, data=body, headers=headers) as response:
            kind = response.headers["content-type"].encode()
            start = {"type": "http.response.start", "status": response.status}
            if kind == b"text/event-stream":
                await send({**start, "headers": [(b"content-type", kind)]})
                async for chunk in response.content.iter_any():
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
                await send({"type": "http.response.body"})
            else:
                whole = await response.read()
                length = (b"content-length", b"%d" % len(whole))
                await send({**start, "headers": [(b"content-type", kind), length]})
                await send({"type": "http.response.body", "body": whole})

    async def _live(self, receive: Any, send: Any) -> None:
        await receive()
        connector = aiohttp.TCPConnector(limit=0)
        self._session = aiohttp.ClientSession(connector=connector, auto_decompress=False)
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._session.close()
        await send({"type": "lifespan.shutdown.complete"})


async def _body(receive: Any) -> bytes:
    parts = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


app = PassThrough(os.environ.get("BARE_UPSTREAM", ""))

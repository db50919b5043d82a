"""The lean door: an ASGI handler for ``/v1/*``, ``/healthz`` and ``/readyz``, without sessions, CSRF or signals.

Django's own handler spools bodies to files and takes a thread-sensitive context; this one keeps the
body in memory up to ``MAX_BODY_BYTES`` and watches for the caller leaving from the first byte.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from django.urls import Resolver404, get_resolver

from gateway.answer import Answer
from gateway.api.envelopes import refusal, wire_of
from gateway.api.request import DoorRequest
from gateway.errors import BadRequest, BodyTooLarge, NotReady, UnknownPath
from gateway.exchange import uuid7
from gateway.runtime import Runtime
from providers.errors import SwitchboardError

log = logging.getLogger("switchboard.api")

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

LEAN_PREFIXES = ("/v1/",)
LEAN_PATHS = frozenset({"/v1", "/healthz", "/readyz"})
DISCARD_SECONDS = 10.0  # for the rest of a body that is too large


def is_lean(path: str) -> bool:
    return path.startswith(LEAN_PREFIXES) or path in LEAN_PATHS


class Gone(Exception):
    """The caller left before its request was whole."""


class LeanDoor:
    """``urlconf`` names the module with the lean addresses."""

    def __init__(self, runtime: Runtime, *, max_body_bytes: int, urlconf: str = "gateway.api.urls") -> None:
        self.runtime = runtime
        self.max_body_bytes = max_body_bytes
        self._urlconf = urlconf
        self._fixed: dict[str, Callable[..., Awaitable[Answer]]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request_id = uuid7()
        try:
            content = await self._read(scope, receive)
        except Gone:
            return
        except SwitchboardError as error:
            if isinstance(error, BodyTooLarge):
                await _discard(receive)
            await _send(_refusal(error, request_id, scope["path"]), request_id, send, close=True)
            return
        task = asyncio.current_task()
        assert task is not None
        watch = asyncio.get_running_loop().create_task(_cancel_when_gone(receive, task))
        try:
            answer = await self._answer(scope, content, request_id)
            await _send(answer, request_id, send)
        except asyncio.CancelledError:
            if not watch.done():
                raise  # the server is stopping
        finally:
            watch.cancel()

    async def _answer(self, scope: Scope, content: bytes, request_id: str) -> Answer:
        try:
            view, kwargs = self._resolve(scope["path"])
            return await view(DoorRequest(scope, content, id=request_id, runtime=self.runtime), **kwargs)
        except SwitchboardError as error:
            return _refusal(error, request_id, scope["path"])
        except Exception as error:  # Django's own refusals of a malformed request end here
            log.error("unforeseen error at the door", exc_info=error)
            return _refusal(BadRequest("The request is malformed."), request_id, scope["path"])

    def _resolve(self, path: str) -> tuple[Callable[..., Awaitable[Answer]], dict[str, Any]]:
        view = self._fixed.get(path)
        if view is not None:
            return view, {}
        try:
            match = get_resolver(self._urlconf).resolve(path)
        except Resolver404:
            raise UnknownPath(f"There is nothing at {path[:200]}.") from None
        if not match.kwargs:
            self._fixed[path] = match.func
        return match.func, match.kwargs

    async def _read(self, scope: Scope, receive: Receive) -> bytes:
        """The whole body. Raises ``BodyTooLarge`` as soon as that is known, ``Gone``, or ``NotReady``."""
        if not self.runtime.ready:
            raise NotReady("Switchboard is starting or stopping; try again in a moment.", retry_after=1)
        pieces: list[bytes] = []
        size = 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise Gone
            piece = message.get("body", b"")
            if piece:
                pieces.append(piece)
                size += len(piece)
                if size > self.max_body_bytes:
                    raise BodyTooLarge(f"The body is larger than {self.max_body_bytes} bytes.")
            if not message.get("more_body"):
                return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _refusal(error: SwitchboardError, request_id: str, path: str) -> Answer:
    """In the dialect of the API that ``path`` belongs to."""
    return refusal(error, request_id, wire_name=wire_of(path))


async def _discard(receive: Receive) -> None:
    """Drops the rest of a body. Closing over unread bytes resets the connection, and most clients only look for an
    answer when theirs is out: the refusal would never be read."""
    try:
        async with asyncio.timeout(DISCARD_SECONDS):
            while (await receive()).get("more_body"):
                pass
    except TimeoutError:
        return


async def _cancel_when_gone(receive: Receive, task: asyncio.Task[Any]) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    task.cancel()


async def _send(answer: Answer, request_id: str, send: Send, *, close: bool = False) -> None:
    headers = [*answer.headers, (b"x-request-id", request_id.encode())]
    body = answer.body
    if close:
        headers.append((b"connection", b"close"))  # the rest of the body was not read
    if isinstance(body, bytes):
        headers.append((b"content-length", b"%d" % len(body)))
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": body})
        return
    try:
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        async for piece in body:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
    finally:
        await body.aclose()

"""The site's door: Django's, for bodies no larger than the API's. Its own handler spools a body of any size to a file
before it asks who sent it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from gateway.api.envelopes import refusal
from gateway.errors import BodyTooLarge
from gateway.exchange import uuid7

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class SiteDoor:
    def __init__(self, site: Callable[..., Awaitable[None]], *, max_body_bytes: int) -> None:
        self.site = site
        self.max_body_bytes = max_body_bytes

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        size = 0
        answered = False

        async def counted() -> Message:
            """For the site, a caller whose body is too large has left."""
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            return message if size <= self.max_body_bytes else {"type": "http.disconnect"}

        async def sent(message: Message) -> None:
            nonlocal answered
            answered = True
            await send(message)

        await self.site(scope, counted, sent)
        if size > self.max_body_bytes and not answered:
            await _refuse(self.max_body_bytes, send)


async def _refuse(most: int, send: Send) -> None:
    error = BodyTooLarge(f"The body is larger than {most:,} bytes.")
    answer = refusal(error, uuid7(), wire_name="openai")
    headers = [*answer.headers, (b"connection", b"close")]  # the rest of the body was not read
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})

"""An app that makes one call, as an ASGI server would pass it on, and notes all that came of it."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass, field
from typing import Any, Literal

from gateway.api.door import LeanDoor

PATHS = {"openai": "/v1/chat/completions", "anthropic": "/v1/messages"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One call. The app leaves after so many seconds or pieces of the answer, and takes ``reads`` seconds over each."""

    model: str = "m1"
    dialect: Literal["openai", "anthropic"] = "openai"
    stream: bool = False
    leaves_after: float | None = None
    leaves_after_pieces: int | None = None
    reads: float = 0


@dataclass(slots=True, eq=False)
class App:
    """Times are monotonic seconds. ``secret`` is its API key, which tells its exchange from others."""

    number: int
    asked: Asked
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    pieces: list[bytes] = field(default_factory=list)
    whole: bool = False  # the server said that the answer is over
    began_at: float = 0
    first_at: float = 0
    left_at: float = 0
    ended_at: float = 0
    failure: BaseException | None = None  # out of the door: it has none to let out
    gone: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def secret(self) -> str:
        return f"sk-sb-chaos-{self.number}"

    @property
    def name(self) -> str:
        """Of its API key."""
        return f"app {self.number}"

    @property
    def says(self) -> str:
        return f"I am {self.name}"

    @property
    def body(self) -> bytes:
        return b"".join(self.pieces)

    def leave(self) -> None:
        if not self.left_at and not self.ended_at:
            self.left_at = time.monotonic()
            self.gone.set()

    async def call(self, door: LeanDoor) -> None:
        """Returns when the door is done with it, whatever came. Only the end of the test raises."""
        self.began_at = time.monotonic()
        timer = None
        if self.asked.leaves_after is not None:
            timer = asyncio.get_running_loop().call_later(self.asked.leaves_after, self.leave)
        inbox = [{"type": "http.request", "body": self._content(), "more_body": False}]

        async def receive() -> dict[str, Any]:
            if inbox:
                return inbox.pop()
            await self.gone.wait()
            return {"type": "http.disconnect"}

        try:
            await door(self._scope(), receive, self._take)
        except Exception as failure:
            self.failure = failure
        finally:
            self.ended_at = time.monotonic()
            if timer is not None:
                timer.cancel()

    async def _take(self, message: Any) -> None:
        """What the server sends; after the app left it goes nowhere, as with uvicorn."""
        if self.left_at:
            return
        assert not self.whole, f"{message['type']} behind the end of the answer"
        if message["type"] == "http.response.start":
            assert not self.status, "a second start"
            self.status = message["status"]
            self.headers = {name.decode(): value.decode() for name, value in message["headers"]}
            return
        assert self.status, "a body before its start"
        if message.get("body"):
            self.first_at = self.first_at or time.monotonic()
            self.pieces.append(message["body"])
        self.whole = not message.get("more_body", False)
        await asyncio.sleep(self.asked.reads)
        if self.asked.leaves_after_pieces is not None and len(self.pieces) >= self.asked.leaves_after_pieces:
            self.leave()
            await asyncio.sleep(0)

    def _content(self) -> bytes:
        messages = [{"role": "user", "content": self.says}]
        body: dict[str, Any] = {"model": self.asked.model, "messages": messages, "stream": self.asked.stream}
        if self.asked.dialect == "anthropic":
            body["max_tokens"] = 100
        return json.dumps(body).encode()

    def _scope(self) -> dict[str, Any]:
        path = PATHS[self.asked.dialect]
        return {
            "type": "http",
            "method": "POST",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "headers": [
                (b"host", b"localhost"),
                (b"content-type", b"application/json"),
                (b"authorization", f"Bearer {self.secret}".encode()),
            ],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 4000),
            "scheme": "http",
            "http_version": "1.1",
        }

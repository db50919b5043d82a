"""The fake vendor: a real HTTP server on a free port that does what its script says and notes what it saw."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from tests.fake_vendor.answers import Answer, failing
from tests.fake_vendor.connection import Connection, Received
from tests.fake_vendor.dialects import Anthropic, Dialect, OpenAI

PATHS: dict[str, Dialect] = {"/v1/chat/completions": OpenAI(), "/v1/messages": Anthropic()}
REASONS = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found", 429: "Too Many Requests"}


@dataclass(slots=True)
class _Rule:
    answer: Answer
    token: str | None
    model: str | None
    path: str | None
    times: int | None

    def fits(self, request: Received, path: str, model: Any) -> bool:
        return (
            self.times != 0
            and self.token in (None, request.token)
            and self.model in (None, model)
            and self.path in (None, path)
        )

    @property
    def weight(self) -> int:
        return (self.token is not None) + (self.model is not None) + (self.path is not None)


class FakeVendor:
    """Use it as ``async with FakeVendor() as vendor`` in the test's own loop, or ``with in_thread() as vendor``."""

    def __init__(self, *, models: Sequence[str] = ("fake-large", "fake-small"), page_size: int = 1000) -> None:
        self.models = list(models)
        self.page_size = page_size  # of the model list in Anthropic's dialect
        self.requests: list[Received] = []
        self.connections: list[Connection] = []
        self._rules: list[_Rule] = []
        self._server: asyncio.Server | None = None

    # --- what a test says and asks --------------------------------------------------------------

    @property
    def port(self) -> int:
        assert self._server is not None
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    @property
    def root(self) -> str:
        """The address without a path: Anthropic's base URL."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """The base URL, with ``/v1``."""
        return f"{self.root}/v1"

    def script(
        self,
        answer: Answer,
        *,
        token: str | None = None,
        model: str | None = None,
        path: str | None = None,
        times: int | None = None,
    ) -> None:
        """``answer`` for requests with that credential, model and path (``None``: any), so many ``times``. The rule
        that says most wins, then the latest."""
        self._rules.append(_Rule(answer, token, model, path, times))

    @property
    def open_connections(self) -> int:
        return sum(1 for connection in self.connections if connection.closed_at is None)

    def calls(self, path: str = "/v1/chat/completions") -> list[Received]:
        return [request for request in self.requests if request.path.partition("?")[0] == path]

    async def until_closed(self, connection: Connection, *, within: float = 2.0) -> float:
        """Waits for the client to close ``connection``; gives the monotonic moment. Raises ``TimeoutError``."""
        until = time.monotonic() + within
        while connection.closed_at is None:
            if time.monotonic() > until:
                raise TimeoutError(f"the connection was still open after {within:g} s")
            await asyncio.sleep(0.002)
        return connection.closed_at

    async def until_called(self, count: int = 1, *, within: float = 2.0) -> None:
        """Waits until ``count`` requests have come. Raises ``TimeoutError``."""
        async with asyncio.timeout(within):
            while len(self.requests) < count:
                await asyncio.sleep(0.002)

    # --- running --------------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: Connection(self.connections.append, self._answer), "127.0.0.1", 0
        )
        return self

    async def __aexit__(self, *exc: object) -> None:
        assert self._server is not None
        self._server.close()
        for connection in self.connections:
            if connection.closed_at is None:
                connection.transport.abort()
        await asyncio.sleep(0)

    # --- answering ------------------------------------------------------------------------------

    async def _answer(self, request: Received) -> None:
        self.requests.append(request)
        url = urlsplit(request.path)
        asked = request.json if isinstance(request.json, dict) else {}
        dialect = PATHS.get(url.path) or (Anthropic() if "anthropic-version" in request.headers else OpenAI())
        answer = self._chosen(request, url.path, asked.get("model"))
        if answer is None:
            answer = self._unscripted(request, url.path, url.query)
        if answer.wait:
            await asyncio.sleep(answer.wait)
        if answer.hang == "before headers":
            await asyncio.Event().wait()
        await _send(request.connection, answer, dialect, asked)

    def _chosen(self, request: Received, path: str, model: Any) -> Answer | None:
        fitting = [rule for rule in self._rules if rule.fits(request, path, model)]
        if not fitting:
            return None
        rule = max(reversed(fitting), key=lambda one: one.weight)
        if rule.times is not None:
            rule.times -= 1
        return rule.answer

    def _unscripted(self, request: Received, path: str, query: str) -> Answer:
        if path == "/v1/models":
            return self._model_list(request, query)
        return Answer() if path in PATHS and request.method == "POST" else failing(404)

    def _model_list(self, request: Received, query: str) -> Answer:
        if "anthropic-version" not in request.headers:
            rows = [{"id": one, "object": "model", "created": 1735689600, "owned_by": "fake"} for one in self.models]
            return Answer(body=json.dumps({"object": "list", "data": rows}).encode())
        asked = parse_qs(query)
        size = min(self.page_size, int(asked.get("limit", ["20"])[0]))
        after = asked.get("after_id", [""])[0]
        start = self.models.index(after) + 1 if after in self.models else 0
        page = self.models[start : start + size]
        body = {
            "data": [{"type": "model", "id": one, "display_name": one} for one in page],
            "has_more": start + size < len(self.models),
            "first_id": page[0] if page else None,
            "last_id": page[-1] if page else None,
        }
        return Answer(body=json.dumps(body).encode())


async def _send(connection: Connection, answer: Answer, dialect: Dialect, asked: dict[str, Any]) -> None:
    streamed = bool(asked.get("stream")) and answer.status == 200 and answer.body is None
    pieces = _pieces(answer, dialect, asked, streamed=streamed)
    kind = "text/event-stream" if streamed else "application/json"
    headers = {"content-type": kind, **{name.lower(): value for name, value in answer.headers}}
    if streamed and answer.content_length is None:
        headers["transfer-encoding"] = "chunked"
    else:
        length = answer.content_length
        headers["content-length"] = str(sum(map(len, pieces)) if length is None else length)
    head = f"HTTP/1.1 {answer.status} {REASONS.get(answer.status, 'Status')}\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    connection.write(head.encode() + b"\r\n")
    chunked = headers.get("transfer-encoding") == "chunked"
    for index, piece in enumerate(pieces):
        if answer.reset_after is not None and index >= min(answer.reset_after, len(pieces) - 1):
            await asyncio.sleep(0.01)  # what was written leaves first: a reset throws unsent bytes away
            connection.reset()
            return
        if answer.hang and index >= len(pieces) // 2:
            await asyncio.Event().wait()
        connection.write(b"%x\r\n%s\r\n" % (len(piece), piece) if chunked else piece)
        if answer.delay:
            await asyncio.sleep(answer.delay)
    if chunked:
        connection.write(b"0\r\n\r\n")
    if answer.content_length is not None:
        connection.transport.close()


def _pieces(answer: Answer, dialect: Dialect, asked: dict[str, Any], *, streamed: bool) -> list[bytes]:
    if streamed:
        frames = dialect.frames(answer, asked)
    elif answer.body is not None:
        frames = [answer.body]
    else:
        frames = [dialect.whole(answer, asked) if answer.status == 200 else dialect.error(answer.status)]
    if not answer.cut:
        return frames
    whole = b"".join(frames)
    return [whole[at : at + answer.cut] for at in range(0, len(whole), answer.cut)]


@contextmanager
def in_thread(vendor: FakeVendor | None = None) -> Iterator[FakeVendor]:
    """A fake vendor with a thread and event loop of its own, for tests that block."""
    vendor = vendor or FakeVendor()
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="fake-vendor", daemon=True)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(vendor.__aenter__(), loop).result(5)
        yield vendor
    finally:
        asyncio.run_coroutine_threadsafe(vendor.__aexit__(), loop).result(5)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.close()

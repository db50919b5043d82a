"""The fake vendor: a real HTTP server on a free port that does what its script says and notes what it saw."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from tests.fake_vendor.answers import USUAL, Answer, failing
from tests.fake_vendor.connection import Connection, Received
from tests.fake_vendor.dialects import Anthropic, Dialect, OpenAI
from tests.fake_vendor.faults import Schedule
from tests.fake_vendor.sending import send

PATHS: dict[str, Dialect] = {"/v1/chat/completions": OpenAI(), "/v1/messages": Anthropic()}


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
    """Use it as ``async with FakeVendor() as vendor`` in the test's own loop, or ``with in_thread() as vendor``.

    ``schedule`` says what goes wrong with each call, and may be changed at any time; what it has no fault for is
    answered by the script. With ``echo`` the text of usual answers begins with the call's last message, so that a
    test can tell whose answer it is. ``page_size`` is that of the model list in Anthropic's dialect."""

    def __init__(
        self, *, models: Sequence[str] = ("fake-large", "fake-small"), page_size: int = 1000, echo: bool = False
    ) -> None:
        self.models = list(models)
        self.page_size = page_size
        self.echo = echo
        self.schedule: Schedule | None = None
        self.requests: list[Received] = []
        self.connections: list[Connection] = []
        self._rules: list[_Rule] = []
        self._server: asyncio.Server | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._port = 0  # once known, it stays

    # --- what a test says and asks --------------------------------------------------------------

    @property
    def port(self) -> int:
        assert self._port, "it was not started"
        return self._port

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

    @property
    def open_requests(self) -> list[Received]:
        """Those whose answer is not over and whose client did not leave."""
        return [request for request in self.requests if request.open]

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
        await self.come_back()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.die()

    async def die(self) -> None:
        """As a process that is killed: connections are reset, new ones are refused."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for connection in self.connections:
            if connection.closed_at is None:
                connection.reset()
        await asyncio.sleep(0)

    async def come_back(self) -> None:
        """Listens, after ``die`` at the same address."""
        if self._server is None:
            loop = self._loop = asyncio.get_running_loop()
            self._server = await loop.create_server(
                lambda: Connection(self.connections.append, self._answer), "127.0.0.1", self._port
            )
            self._port = self._server.sockets[0].getsockname()[1]

    def switch(self, *, on: bool) -> None:
        """``come_back`` or ``die``, for tests that block while it runs ``in_thread``."""
        assert self._loop is not None
        asyncio.run_coroutine_threadsafe(self.come_back() if on else self.die(), self._loop).result(5)

    # --- answering ------------------------------------------------------------------------------

    async def _answer(self, request: Received) -> None:
        self.requests.append(request)
        url = urlsplit(request.path)
        asked = request.json if isinstance(request.json, dict) else {}
        dialect = PATHS.get(url.path) or (Anthropic() if "anthropic-version" in request.headers else OpenAI())
        answer = self._scheduled(request, url.path, asked) or self._chosen(request, url.path, asked.get("model"))
        if answer is None:
            answer = self._unscripted(request, url.path, url.query)
        if self.echo and answer.text == USUAL:
            answer = replace(answer, text=echoed(asked))
        await send(request.connection, answer, dialect, asked)

    def _scheduled(self, request: Received, path: str, asked: dict[str, Any]) -> Answer | None:
        fault = self.schedule.next() if self.schedule is not None and path in PATHS else None
        if fault is None:
            return None
        request.fault = fault.name
        return fault.of(stream=bool(asked.get("stream")))

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


def echoed(asked: dict[str, Any]) -> str:
    """The text that a vendor with ``echo`` answers: the last message first."""
    last = (asked.get("messages") or [{}])[-1].get("content", "")
    said = last if isinstance(last, str) else "".join(part.get("text", "") for part in last)
    return f"{said}, said the app. {USUAL}"


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

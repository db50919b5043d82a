"""A gateway without a database or network: its snapshot is given, its vendor is a function.

pytest-django forbids database access to tests that do not ask for it, so every test over this harness
also shows that the lean door does no SQL.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from gateway.api.door import LeanDoor
from gateway.budgets.book import Budgets
from gateway.exchange import Exchange
from gateway.ledger import Ledger
from gateway.models import hash_key
from gateway.routing.compiled import CompiledRoute, Routes, RoutingFacts
from gateway.routing.rules import Rules
from gateway.runtime import Runtime
from gateway.snapshot import KeyFacts, Snapshot, TeamFacts
from providers.catalogue import ANONYMOUS, Catalogue, CompiledProvider, CompiledToken
from providers.compiling import with_secret
from providers.http import HttpClients, Timeouts
from providers.pool import Pool
from providers.vendors import vendor
from providers.wires import wire

Vendor = Callable[[httpx.Request], Awaitable[httpx.Response]]
SECRET = "sk-sb-test"
ONE_ROUND = Rules(retries=0, sticky="off")  # no test waits for a retry, or stays with a token, that it did not ask for


class FakeNetwork(httpx.AsyncBaseTransport):
    """Every request goes to ``answer``; keeps what was sent and counts the replies that were closed."""

    def __init__(self, answer: Vendor) -> None:
        self.answer = answer
        self.requests: list[httpx.Request] = []
        self.closed = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return await self.answer(request)


class Pieces(httpx.AsyncByteStream):
    """A body in the pieces given; a number waits that many seconds, an exception is raised."""

    def __init__(
        self, pieces: Iterable[bytes | float | Exception], *, on_close: Callable[[], None] | None = None
    ) -> None:
        self.pieces = list(pieces)
        self.on_close = on_close

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self.pieces:
            if isinstance(piece, Exception):
                raise piece
            if isinstance(piece, float):
                await asyncio.sleep(piece)
            else:
                yield piece

    async def aclose(self) -> None:
        if self.on_close is not None:
            self.on_close()


def reply(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> httpx.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return httpx.Response(
        status, headers={"content-type": "application/json", **(headers or {})}, stream=Pieces([content])
    )


def stream(*pieces: bytes | float | Exception, on_close: Callable[[], None] | None = None) -> httpx.Response:
    return httpx.Response(200, headers={"content-type": "text/event-stream"}, stream=Pieces(pieces, on_close=on_close))


def completion(text: str = "Hello!", **more: Any) -> dict[str, Any]:
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "m1-2026",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 5, "completion_tokens": 7, "total_tokens": 12},
        **more,
    }


def frame(body: Any) -> bytes:
    return b"data: " + json.dumps(body).encode() + b"\n\n"


def chunk(text: str | None = None, finish: str | None = None, **more: Any) -> bytes:
    delta = {} if text is None else {"content": text}
    choices = [{"index": 0, "delta": delta, "finish_reason": finish}]
    return frame(
        {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "m1", "choices": choices, **more}
    )


USAGE = {"prompt_tokens": 5, "completion_tokens": 7, "total_tokens": 12}
DONE = b"data: [DONE]\n\n"


def provider(
    name: str = "acme",
    *,
    vendor_slug: str = "openai_compatible",
    tokens: Sequence[str] = ("t1",),
    models: Iterable[str] = ("m1",),
    timeouts: Timeouts = Timeouts(first_byte=2, silence=2, total=10),
    **more: Any,
) -> CompiledProvider:
    facts = vendor(vendor_slug)
    made = tuple(
        with_secret(CompiledToken(id=number, fingerprint=f"fp-{secret}"), secret, facts, more.get("settings", {}))
        for number, secret in enumerate(tokens, start=1)
    )
    return CompiledProvider(
        **{
            "id": abs(hash(name)),
            "name": name,
            "vendor": facts,
            "wire": wire(facts.wire),
            "dispatch": "pooled",
            "base_url": f"http://{name}.test/v1",
            "headers": (("content-type", "application/json"), *facts.headers.items()),
            "timeouts": timeouts,
            "tokens": made or (ANONYMOUS,),
            "models": frozenset(models),
            **more,
        }
    )


@dataclass
class Taken:
    """A ledger consumer that keeps what it is given."""

    name: str = "taken"
    rows: list[Exchange] = field(default_factory=list)

    def take(self, batch: Sequence[Exchange]) -> None:
        self.rows.extend(batch)


@dataclass
class Response:
    status: int
    headers: dict[str, str]
    body: bytes
    pieces: list[bytes]

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Gateway:
    """The door, its runtime, and the exchanges it journaled."""

    def __init__(self, runtime: Runtime, network: FakeNetwork, taken: Taken) -> None:
        self.runtime = runtime
        self.network = network
        self.door = LeanDoor(runtime, max_body_bytes=100_000)
        self._taken = taken

    async def call(
        self,
        path: str = "/v1/chat/completions",
        body: Any = None,
        *,
        method: str = "POST",
        key: str | None = SECRET,
        headers: Iterable[tuple[bytes, bytes]] = (),
        leave_after: Callable[[list[bytes]], bool] | float | None = None,
    ) -> Response:
        """One request. ``leave_after``: seconds, or what the pieces so far must be like, until the app hangs up."""
        content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        given = list(headers)
        usual = [(b"host", b"localhost"), (b"content-type", b"application/json")]
        sent_headers = [one for one in usual if one[0] not in dict(given)] + given
        if key is not None:
            sent_headers.append((b"authorization", f"Bearer {key}".encode()))
        path, _, query = path.partition("?")
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "headers": sent_headers,
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 4000),
            "scheme": "http",
            "http_version": "1.1",
        }
        gone = asyncio.Event()
        inbox: list[dict[str, Any]] = [{"type": "http.request", "body": content, "more_body": False}]
        answer = Response(0, {}, b"", [])

        async def receive() -> dict[str, Any]:
            if inbox:
                return inbox.pop(0)
            await gone.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                answer.status = message["status"]
                answer.headers = {name.decode(): value.decode() for name, value in message["headers"]}
            elif message.get("body"):
                answer.pieces.append(message["body"])
                if callable(leave_after) and leave_after(answer.pieces):
                    gone.set()
                    await asyncio.sleep(0)

        timer = None
        if isinstance(leave_after, float):
            timer = asyncio.get_running_loop().call_later(leave_after, gone.set)
        await self.door(scope, receive, send)
        if timer is not None:
            timer.cancel()
        answer.body = b"".join(answer.pieces)
        return answer

    async def chat(self, *, model: str = "m1", stream: bool = False, **more: Any) -> Response:
        call = {key: more.pop(key) for key in ("key", "headers", "leave_after") if key in more}
        body: dict[str, Any] = {"model": model, "messages": [{"role": "user", "content": "Hi"}], **more}
        if stream:
            body["stream"] = True
        return await self.call(body=body, **call)

    def rows(self) -> list[Exchange]:
        """Everything that was journaled as closed so far; ends the ledger."""
        self.runtime.ledger.stop()
        return self._taken.rows


def key_facts(**more: Any) -> KeyFacts:
    plain = KeyFacts(1, "app", 1, True, 0.0, frozenset({"inference"}), ())
    return plain._replace(**more)


@asynccontextmanager
async def gateway(
    tmp_path: Path,
    answer: Vendor,
    *providers: CompiledProvider,
    keys: Mapping[str, KeyFacts] | None = None,
    cooldown: float = 60,
    anonymous_access: str = "",
    store_content: bool = False,
    clients: HttpClients | None = None,
    rules: Rules = ONE_ROUND,
    routes: Sequence[CompiledRoute] = (),
    seed: int = 1,
    policies: Mapping[str, Any] | None = None,
    redis: Any = None,
    budgets: Budgets | None = None,
    **settings: Any,
) -> AsyncIterator[Gateway]:
    """``clients`` replaces the function that answers; ``policies`` are limits, spending, guardrails and caching of the
    snapshot; ``settings`` are those of ``RoutingFacts``."""
    taken = Taken()
    network = FakeNetwork(answer)
    ledger = Ledger(tmp_path / "journal", consumers=[taken], segment_bytes=1 << 20, fsync_ms=1000)
    runtime = Runtime(
        ledger=ledger,
        clients=clients or HttpClients(transport=network),
        pool=Pool(cooldown=cooldown),
        anonymous_access=anonymous_access,
        redis=redis,
    )
    runtime.live.random.seed(seed)
    if budgets is not None:
        runtime.budgets = budgets
    given = providers or (provider(),)
    runtime.snapshots.current = Snapshot(
        version=1,
        catalogue=Catalogue(providers={one.name: one for one in given}),
        teams={1: TeamFacts(1, "research", store_content)},
        routes=Routes(routes=tuple(routes), facts=RoutingFacts(rules=rules, **settings)),
        **(policies or {}),
    )
    runtime.snapshots.keys = {hash_key(secret): facts for secret, facts in (keys or {SECRET: key_facts()}).items()}
    ledger.start()
    if policies:
        await runtime.start_policies()
    runtime.ready = True
    try:
        yield Gateway(runtime, network, taken)
    finally:
        if policies:
            await runtime.stop_policies()
        ledger.stop()

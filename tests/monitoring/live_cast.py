"""The cast of the live log's tests: exchanges, people with sessions, and a viewer at the socket."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator
from channels.layers import InMemoryChannelLayer, channel_layers, get_channel_layer
from django.contrib.auth import get_user_model
from django.db import connections
from django.test import Client

from gateway.exchange import Attempt, Exchange, uuid7
from gateway.models import Team
from monitoring.live import feed
from monitoring.live.routing import websocket_application
from monitoring.log_writer import LogWriter
from monitoring.models import RequestLog

HOST = "127.0.0.1:4000"
ORIGIN = f"http://{HOST}"


def exchange(**changes: Any) -> Exchange:
    fields: dict[str, Any] = {
        "id": uuid7(),
        "started_at": time.time_ns() // 1000,
        "endpoint": "/v1/chat/completions",
        "api_key_id": 1,
        "api_key": "shop",
        "requested_model": "ext-openai-gpt-4o",
        "provider": "openai",
        "model": "gpt-4o",
        "token": "fp-1234abcd",
        "status": 200,
        "ended_by": "done",
        "input": 12,
        "output": 34,
        "usage_basis": "vendor",
        "latency_us": 250_500,
        "first_byte_us": 80_000,
        "attempts": [Attempt(provider="openai", model="gpt-4o", token="fp-1234abcd", status=200, duration_us=250_000)],
        "content": b"sealed prompt",
    }
    return Exchange(**{**fields, **changes})


def log_row(**changes: Any) -> RequestLog:
    """A row of the log, written as the gateway's are."""
    told = exchange(**{"content": b"", **changes})
    LogWriter().take([told])
    return RequestLog.objects.get(id=told.id)


def person(name: str, *, teams: list[Team] | None = None, staff: bool = False, password: str | None = None) -> Any:
    user = get_user_model().objects.create_user(name, password=password, is_staff=staff)
    user.teams.set(teams or [])
    return user


def session_of(user: Any) -> str:
    """The cookie of a fresh session."""
    client = Client()
    client.force_login(user)
    return client.cookies["sessionid"].value


class Viewer:
    """Someone at the socket. ``next`` gives the next message, read. (Channels' own communicator needs daphne.)"""

    def __init__(
        self, session: str = "", *, origin: str = ORIGIN, path: str = "/ws/logs/", application: Any = None
    ) -> None:
        headers = [(b"host", HOST.encode()), (b"origin", origin.encode())]
        if session:
            headers.append((b"cookie", f"sessionid={session}".encode()))
        scope = {"type": "websocket", "path": path, "query_string": b"", "headers": headers, "subprotocols": []}
        self.socket = ApplicationCommunicator(application or websocket_application, scope)

    async def connect(self) -> bool:
        """Whether the socket was accepted."""
        await self.socket.send_input({"type": "websocket.connect"})
        event = await self.socket.receive_output(timeout=5)
        return bool(event["type"] == "websocket.accept")

    async def next(self, *, timeout: float = 5) -> dict[str, Any]:
        event = await self.socket.receive_output(timeout=timeout)
        message: dict[str, Any] = json.loads(event["text"])
        return message

    async def next_rows(self) -> dict[str, Any]:
        while (message := await self.next())["type"] != "rows":
            pass
        return message

    async def hears_nothing(self) -> bool:
        return bool(await self.socket.receive_nothing(timeout=0.3))

    async def closed(self) -> int:
        """The code the server closes with, whatever comes before."""
        while (event := await self.socket.receive_output(timeout=5))["type"] != "websocket.close":
            pass
        return int(event.get("code", 1000))

    async def say(self, text: str) -> None:
        await self.socket.send_input({"type": "websocket.receive", "text": text})

    async def leave(self) -> None:
        await self.socket.send_input({"type": "websocket.disconnect", "code": 1001})
        await self.socket.wait(timeout=5)


@asynccontextmanager
async def live_feed() -> AsyncIterator[feed.Feed]:
    """The process's feed, on a fresh in-memory layer."""
    with in_memory_layer():
        await feed.start()
        running = feed.current()
        assert running is not None
        try:
            yield running
        finally:
            await feed.stop()


@contextmanager
def in_memory_layer() -> Iterator[InMemoryChannelLayer]:
    """Whatever the settings say; a layer is bound to the loop of one test."""
    layer = InMemoryChannelLayer()
    channel_layers.backends = {"default": layer}
    try:
        yield layer
    finally:
        channel_layers.backends = {}


async def close_connections() -> None:
    """Those of the thread that asynchronous code reaches the database through: an open one keeps PostgreSQL's test
    database from being dropped."""
    await sync_to_async(connections.close_all)()


class RecordingLayer:
    """A channel layer that only remembers what was sent to which group; ``fails`` makes it refuse."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, dict[str, Any]]] = []
        self.fails = False

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        if self.fails:
            raise ConnectionError("the layer is away")
        self.sent.append((group, json.loads(message["text"])))

    def to(self, group: str) -> list[dict[str, Any]]:
        return [message for name, message in self.sent if name == group]

    async def wait_for(self, count: int) -> None:
        async with asyncio.timeout(5):
            while len(self.sent) < count:
                await asyncio.sleep(0.01)


def members_of(group: str) -> int:
    """How many channels the in-memory layer knows in this group."""
    return len(get_channel_layer().groups.get(group, {}))

"""A golden case through the whole gateway: a real HTTP server sends the vendor's bytes, an app reads what comes out."""

from __future__ import annotations

import importlib
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from posixpath import normpath
from typing import Any

import httpx

from providers.http import HttpClients
from providers.http.transport import make_transport
from providers.vendors import all_vendors, vendor
from tests.fake_vendor import Answer, FakeVendor, Received
from tests.gateway.harness import Gateway, gateway, provider
from tests.golden.case import Golden, Sent

BASE = "/base"  # part of every base URL here, so that a path that forgets it is noticed
TOOL = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather of a city.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
HELLO = [{"role": "user", "content": "Say hello."}]
WEATHER = [{"role": "user", "content": "What is the weather in Paris?"}]


def slugs() -> list[str]:
    return sorted(slug for slug, facts in all_vendors().items() if facts.kind != "simulation")


def golden(slug: str) -> Golden | None:
    try:
        module = importlib.import_module(f"tests.golden.vendors.{slug}")
    except ModuleNotFoundError:
        return None
    found: Golden = module.GOLDEN
    return found


class Routed(httpx.AsyncBaseTransport):
    """The network, but for the token services a case names: those answer here."""

    def __init__(self, exchanges: dict[str, Sent]) -> None:
        self._exchanges = exchanges
        self._network = make_transport("", connect=5, ssl=None)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        sent = self._exchanges.get(str(request.url))
        if sent is None:
            return await self._network.handle_async_request(request)
        return httpx.Response(sent.status, headers=dict(sent.headers), content=_body(sent))

    async def aclose(self) -> None:
        await self._network.aclose()


@dataclass(frozen=True, slots=True)
class Stage:
    case: Golden
    vendor: FakeVendor
    gateway: Gateway

    def play(self, *answers: Sent, cut_after: int | None = None) -> None:
        """The next answers of the vendor, in order. ``cut_after`` frames the connection breaks."""
        for sent in reversed(answers):
            self.vendor.script(_answer(sent, cut_after), times=1)

    async def ask(self, **body: Any) -> Any:
        question = {"model": self.case.model, "messages": HELLO, "max_tokens": 64, **body}
        return await self.gateway.call(body=question)

    def last(self) -> Received:
        return self.vendor.requests[-1]

    def check_sent(self, path: str) -> None:
        """Where the vendor was asked, and with what headers."""
        request = self.last()
        assert request.path == (normpath(BASE + path) if "/../" in path else BASE + path)
        for name, value in self.case.sent_headers.items():
            assert request.headers.get(name) == value, name


@asynccontextmanager
async def stage(slug: str, folder: Path) -> AsyncIterator[Stage]:
    case = golden(slug)
    assert case is not None, f"tests/golden/vendors/{slug}.py is missing"
    facts = vendor(slug)
    defaults = {setting.name: setting.default for setting in facts.settings if setting.default}
    settings = {**defaults, **case.settings}
    network = Routed(dict(case.exchanges))
    clients = HttpClients(transport=network)
    async with FakeVendor() as fake:
        account = provider(
            "golden",
            vendor_slug=slug,
            tokens=(case.token,) if case.token else (),
            models=models_of(case),
            settings=settings,
            base_url=fake.root + BASE,
            headers=_headers(facts, settings),
        )
        try:
            async with gateway(folder, _never, account, clients=clients) as here:
                yield Stage(case, fake, here)
        finally:
            await clients.aclose()
            await network.aclose()


def models_of(case: Golden) -> tuple[str, ...]:
    others = {one.model for one in (case.embeddings, case.rerank) if one and one.model}
    return (case.model, *sorted(others - {case.model}))


def _headers(facts: Any, settings: dict[str, str]) -> tuple[tuple[str, str], ...]:
    chosen = [(one.header, settings[one.name]) for one in facts.settings if one.header and settings.get(one.name)]
    return (("content-type", "application/json"), *facts.headers.items(), *chosen)


async def _never(_: httpx.Request) -> httpx.Response:
    raise AssertionError("the network is real here")


def _answer(sent: Sent, cut_after: int | None) -> Answer:
    headers = tuple(sent.headers.items())
    if sent.frames:
        frames = tuple(one.encode() if isinstance(one, str) else one for one in sent.frames)
        return Answer(status=sent.status, headers=headers, frames=frames, reset_after=cut_after)
    return Answer(status=sent.status, headers=headers, body=_body(sent))


def _body(sent: Sent) -> bytes:
    if isinstance(sent.body, bytes):
        return sent.body
    return sent.body.encode() if isinstance(sent.body, str) else json.dumps(sent.body).encode()


def contains(whole: Any, part: Any) -> bool:
    """Whether everything ``part`` says stands in ``whole`` too."""
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(name in whole and contains(whole[name], part[name]) for name in part)
    if isinstance(part, Sequence) and not isinstance(part, str):
        return (
            isinstance(whole, list)
            and len(whole) == len(part)
            and all(contains(one, other) for one, other in zip(whole, part, strict=True))
        )
    return bool(whole == part)

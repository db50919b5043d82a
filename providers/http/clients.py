"""Connections to vendors, of one event loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import NamedTuple, Protocol

import httpx
from multidict import CIMultiDict
from yarl import URL

from providers.canonical import HttpParts
from providers.errors import BadConfiguration
from providers.http.transport import NETWORK_ERRORS, Received, Sent, make_transport, unreachable
from providers.http.upstream import Upstream
from providers.http.watch import Timeouts, Watch
from providers.vendors import LocalAnswer

MOST_ADDRESSES = 10_000  # paths may hold model names, and apps may invent those
MOST_HEADER_SETS = 1000

Headers = tuple[tuple[str, str], ...]


class Endpoint(Protocol):
    """What sending needs to know of a provider."""

    @property
    def name(self) -> str: ...
    @property
    def base_url(self) -> str: ...
    @property
    def headers(self) -> tuple[tuple[str, str], ...]: ...
    @property
    def timeouts(self) -> Timeouts: ...
    @property
    def proxy(self) -> str: ...
    @property
    def answers(self) -> LocalAnswer | None: ...


class Begun(NamedTuple):
    """An answer whose status line came."""

    status: int
    headers: Mapping[str, str]
    body: AsyncIterator[bytes]
    close: Callable[[], Awaitable[None]]


class HttpClients:
    """Connections to vendors, of one event loop. ``transport`` replaces the network in tests."""

    def __init__(self, *, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._given = transport
        self._transports: dict[tuple[str, float], httpx.AsyncBaseTransport] = {}
        self._headers: dict[tuple[Headers, ...], CIMultiDict[str]] = {}
        self._urls: dict[str, tuple[httpx.URL, URL]] = {}
        self._ssl = None if transport else httpx.create_ssl_context()

    async def send(self, provider: Endpoint, parts: HttpParts, *, auth: Headers = ()) -> Upstream:
        """Sends and waits for the status line.

        Raises ``VendorUnreachable``, ``VendorTimeout``, ``VendorGarbled`` (no HTTP) or ``BadConfiguration``
        (an address or proxy that cannot be used). A status of any kind is an answer, not an error.
        """
        ask = self._respond if provider.answers is None else self._answer_here
        watch = Watch(provider.name, provider.timeouts)
        try:
            watch.wait()
            status, headers, body, close = await ask(provider, parts, auth)
        except asyncio.CancelledError as cancelled:
            watch.stop()
            raise watch.took(cancelled) from None
        except BaseException:
            watch.stop()
            raise
        watch.began(provider.timeouts.silence)
        return Upstream(provider.name, status, headers, body, close, watch)

    async def _respond(self, provider: Endpoint, parts: HttpParts, auth: Headers) -> Begun:
        url, target = self._address(provider, parts.path)
        transport = self._transport(provider)
        fields = self._fields(provider.name, (provider.headers, parts.headers, auth))
        try:
            response = await transport.handle_async_request(Sent(parts.method, url, target, fields, parts.content))
        except (*NETWORK_ERRORS, ValueError) as error:
            raise unreachable(provider.name, error) from error
        body = response.pieces() if isinstance(response, Received) else response.aiter_bytes()
        return Begun(response.status_code, response.headers, body, response.aclose)

    async def aclose(self) -> None:
        for transport in self._transports.values():
            await transport.aclose()
        self._transports.clear()

    async def _answer_here(self, provider: Endpoint, parts: HttpParts, auth: Headers) -> Begun:
        """From a vendor inside this process."""
        assert provider.answers is not None
        headers = {name.lower(): value for name, value in (*provider.headers, *parts.headers, *auth)}
        reply = await provider.answers(parts, headers)
        close = getattr(reply.body, "aclose", _nothing_to_close)
        return Begun(reply.status, {name.lower(): value for name, value in reply.headers}, reply.body, close)

    def _address(self, provider: Endpoint, path: str) -> tuple[httpx.URL, URL]:
        """The address as httpx and as aiohttp take it. Raises ``BadConfiguration``."""
        whole = path if "://" in path else provider.base_url + path
        address = self._urls.get(whole)
        if address is None:
            if len(self._urls) > MOST_ADDRESSES:
                self._urls.clear()
            address = self._urls[whole] = _parse(provider.name, whole)
        return address

    def _fields(self, name: str, groups: tuple[Headers, ...]) -> CIMultiDict[str]:
        """The headers of a call, made once for each set of them. Raises ``BadConfiguration``."""
        fields = self._headers.get(groups)
        if fields is None:
            if not all(one.isascii() and one.isprintable() for group in groups for pair in group for one in pair):
                raise BadConfiguration(f"{name}: a token or setting holds characters that no header can carry.")
            if len(self._headers) > MOST_HEADER_SETS:
                self._headers.clear()
            fields = self._headers[groups] = CIMultiDict(pair for group in groups for pair in group)
        return fields

    def _transport(self, provider: Endpoint) -> httpx.AsyncBaseTransport:
        if self._given is not None:
            return self._given
        key = (provider.proxy, provider.timeouts.connect)
        transport = self._transports.get(key)
        if transport is None:
            transport = make_transport(provider.proxy, connect=provider.timeouts.connect, ssl=self._ssl)
            self._transports[key] = transport
        return transport


async def _nothing_to_close() -> None:
    return None


def _parse(name: str, whole: str) -> tuple[httpx.URL, URL]:
    try:
        url, target = httpx.URL(whole), URL(whole)
    except (httpx.InvalidURL, ValueError):
        raise BadConfiguration(f"{name}: the base URL cannot be used.") from None
    if url.scheme not in ("http", "https") or not url.host or not target.host:
        raise BadConfiguration(f"{name} has no usable base URL.")
    return url, target

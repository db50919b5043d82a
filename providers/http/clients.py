"""Connections to vendors, of one event loop."""

from __future__ import annotations

import asyncio
from typing import Protocol

import httpx
from yarl import URL

from providers.canonical import HttpParts
from providers.errors import BadConfiguration
from providers.http.transport import NETWORK_ERRORS, make_transport, unreachable
from providers.http.upstream import Upstream
from providers.http.watch import Timeouts, Watch
from providers.vendors import LocalAnswer

MOST_ADDRESSES = 10_000  # paths may hold model names, and apps may invent those


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


class HttpClients:
    """Connections to vendors, of one event loop. ``transport`` replaces the network in tests."""

    def __init__(self, *, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._given = transport
        self._transports: dict[str, httpx.AsyncBaseTransport] = {}
        self._urls: dict[str, tuple[httpx.URL, URL]] = {}
        self._ssl = None if transport else httpx.create_ssl_context()

    async def send(self, provider: Endpoint, parts: HttpParts, *, auth: tuple[tuple[str, str], ...] = ()) -> Upstream:
        """Sends and waits for the status line.

        Raises ``VendorUnreachable``, ``VendorTimeout``, ``VendorGarbled`` (no HTTP) or ``BadConfiguration``
        (an address or proxy that cannot be used). A status of any kind is an answer, not an error.
        """
        headers = [*provider.headers, *parts.headers, *auth]
        if provider.answers is not None:
            return await self._local(provider, parts, headers)
        watch = Watch(provider.name, provider.timeouts)
        try:
            watch.wait()
            response = await self._respond(provider, parts, headers)
        except asyncio.CancelledError as cancelled:
            watch.stop()
            raise watch.took(cancelled) from None
        except BaseException:
            watch.stop()
            raise
        watch.began(provider.timeouts.silence)
        encoded = response.headers.get("content-encoding", "identity") != "identity"
        body = response.aiter_bytes() if encoded else aiter(response.stream)  # type: ignore[arg-type]
        return Upstream(provider.name, response.status_code, response.headers, body, response.aclose, watch)

    async def _respond(self, provider: Endpoint, parts: HttpParts, headers: list[tuple[str, str]]) -> httpx.Response:
        transport = self._transport(provider.proxy)
        try:
            url, target = self._address(provider, parts.path)
            request = httpx.Request(
                parts.method,
                url,
                headers=headers,
                content=parts.content,
                extensions={"timeout": {"connect": provider.timeouts.connect}, "target": target},
            )
            return await transport.handle_async_request(request)
        except UnicodeEncodeError:
            raise BadConfiguration(
                f"{provider.name}: a token or setting holds characters no header can carry."
            ) from None
        except (*NETWORK_ERRORS, ValueError) as error:
            raise unreachable(provider.name, error) from error

    async def aclose(self) -> None:
        for transport in self._transports.values():
            await transport.aclose()
        self._transports.clear()

    async def _local(self, provider: Endpoint, parts: HttpParts, headers: list[tuple[str, str]]) -> Upstream:
        assert provider.answers is not None
        watch = Watch(provider.name, provider.timeouts)
        try:
            watch.wait()
            reply = await provider.answers(parts, {name.lower(): value for name, value in headers})
        except asyncio.CancelledError as cancelled:
            watch.stop()
            raise watch.took(cancelled) from None
        except BaseException:
            watch.stop()
            raise
        watch.began(provider.timeouts.silence)
        close = getattr(reply.body, "aclose", _nothing_to_close)
        names = {name.lower(): value for name, value in reply.headers}
        return Upstream(provider.name, reply.status, names, reply.body, close, watch)

    def _address(self, provider: Endpoint, path: str) -> tuple[httpx.URL, URL]:
        """The address as httpx and as aiohttp take it. Raises ``BadConfiguration``."""
        whole = path if "://" in path else provider.base_url + path
        address = self._urls.get(whole)
        if address is None:
            if len(self._urls) > MOST_ADDRESSES:
                self._urls.clear()
            address = self._urls[whole] = _parse(provider.name, whole)
        return address

    def _transport(self, proxy: str) -> httpx.AsyncBaseTransport:
        if self._given is not None:
            return self._given
        transport = self._transports.get(proxy)
        if transport is None:
            transport = self._transports[proxy] = make_transport(proxy, self._ssl)
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

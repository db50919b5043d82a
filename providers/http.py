"""The one module that knows the HTTP client: sends what a wire wrote, gives back what came.

httpx is the interface, aiohttp the engine (httpx-aiohttp): httpx's own pool falls over at a few
hundred calls in flight. Clients are bound to an event loop, so whoever has a loop of its own makes
and closes its own ``HttpClients``.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import NamedTuple, Protocol
from urllib.parse import urlsplit

import aiohttp
import httpx
from aiohttp_socks import ProxyConnector
from httpx_aiohttp import AiohttpTransport

from providers.canonical import HttpParts
from providers.errors import BadConfiguration, Retry, StreamBroken, VendorGarbled, VendorTimeout, VendorUnreachable
from providers.vendors import LocalAnswer

MAX_REPLY_BYTES = 64 * 1024 * 1024
NETWORK_ERRORS = (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, aiohttp.ClientError, OSError)
KEEPALIVE_SECONDS = 15  # below the 60 s most load balancers allow: a call never rides on a connection about to close


class Timeouts(NamedTuple):
    """Seconds: to connect, until the reply begins, without a byte in the middle of it, and in all."""

    connect: float = 10
    first_byte: float = 300
    silence: float = 120
    total: float = 1800


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


class Watch:
    """One timer for a whole attempt: it cancels the waiting task when the vendor is silent too long. A timer for each
    read would cost more than the read."""

    __slots__ = ("_due", "_expired", "_handle", "_limit", "_loop", "_name", "_phase", "_task", "_total_due", "_waiting")

    def __init__(self, name: str, timeouts: Timeouts) -> None:
        self._loop = asyncio.get_running_loop()
        self._name = name
        self._phase = f"did not begin to answer within {timeouts.first_byte:g} s"
        self._limit = timeouts.first_byte
        now = self._loop.time()
        self._due = now + timeouts.first_byte
        self._total_due = now + timeouts.total
        self._expired = ""
        self._waiting = False
        self._task = asyncio.current_task()
        self._handle = self._loop.call_at(min(self._due, self._total_due), self._check)

    def wait(self) -> None:
        """The task waits for the vendor from here on."""
        self._due = self._loop.time() + self._limit
        self._waiting = True

    def heard(self) -> None:
        """Bytes came; from here on the app may be the slow one."""
        self._waiting = False

    def began(self, silence: float) -> None:
        """The status line came: from now on ``silence`` seconds are the limit."""
        self._waiting = False
        self._limit = silence
        self._phase = f"sent nothing for {silence:g} s"

    def stop(self) -> None:
        self._handle.cancel()

    def took(self, cancelled: asyncio.CancelledError) -> VendorTimeout:
        """What to raise for a cancellation that reached the waiting task. Raises ``cancelled`` again if the app's leaving or
        the server's end was behind it."""
        if not self._expired or self._task is None or self._task.uncancel() > 0:
            raise cancelled
        return VendorTimeout(f"{self._name} {self._expired}.")

    def _check(self) -> None:
        """Lets an app that reads slowly have its time, up to the time in all."""
        now = self._loop.time()
        if now >= self._total_due:
            self._expire("took longer than it may in all")
        elif not self._waiting:
            self._handle = self._loop.call_at(min(now + max(self._limit, 0.05), self._total_due), self._check)
        elif now >= self._due:
            self._expire(self._phase)
        else:
            self._handle = self._loop.call_at(min(self._due, self._total_due), self._check)

    def _expire(self, why: str) -> None:
        self._expired = why
        if self._task is not None:
            self._task.cancel()


class Upstream:
    """An answer being received. Read it with ``read`` or ``next``, and always ``close`` it."""

    __slots__ = ("_body", "_close", "_watch", "headers", "provider", "status")

    def __init__(
        self,
        provider: str,
        status: int,
        headers: Mapping[str, str],
        body: AsyncIterator[bytes],
        close: _Close,
        watch: Watch,
    ) -> None:
        self.provider = provider
        self.status = status
        self.headers = headers
        self._body = body
        self._close = close
        self._watch = watch

    async def next(self) -> bytes | None:
        """The next bytes as they came, ``None`` at the end. Raises ``VendorTimeout`` after the silence limit and
        ``StreamBroken`` if the connection broke."""
        watch = self._watch
        watch.wait()
        try:
            piece = await anext(self._body, None)
        except asyncio.CancelledError as cancelled:
            raise watch.took(cancelled) from None
        except NETWORK_ERRORS as error:
            raise StreamBroken(
                f"{self.provider} broke the connection in the middle of its answer.", vendor_status=self.status
            ) from error
        watch.heard()
        return piece

    async def read(self, limit: int = MAX_REPLY_BYTES) -> bytes:
        """The whole body. Raises as ``next``, and ``VendorGarbled`` for a body over ``limit`` bytes."""
        pieces: list[bytes] = []
        size = 0
        while (piece := await self.next()) is not None:
            pieces.append(piece)
            size += len(piece)
            if size > limit:
                raise VendorGarbled(
                    f"{self.provider} answered with more than {limit} bytes.", vendor_status=self.status
                )
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    async def chunks(self) -> AsyncIterator[bytes]:
        while (piece := await self.next()) is not None:
            yield piece

    async def close(self) -> None:
        """Gives the connection back if the body was read to its end, else closes it at once."""
        self._watch.stop()
        await self._close()


class _Close(Protocol):
    async def __call__(self) -> None: ...


class HttpClients:
    """Connections to vendors, of one event loop. ``transport`` replaces the network in tests."""

    def __init__(self, *, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._given = transport
        self._transports: dict[str, httpx.AsyncBaseTransport] = {}
        self._sessions: list[aiohttp.ClientSession] = []
        self._urls: dict[str, httpx.URL] = {}
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
            request = httpx.Request(
                parts.method,
                self._url(provider, parts.path),
                headers=headers,
                content=parts.content,
                extensions={"timeout": {"connect": provider.timeouts.connect}},
            )
            return await transport.handle_async_request(request)
        except UnicodeEncodeError:
            raise BadConfiguration(
                f"{provider.name}: a token or setting holds characters no header can carry."
            ) from None
        except (*NETWORK_ERRORS, ValueError) as error:
            raise _unreachable(provider.name, error) from error

    async def aclose(self) -> None:
        for session in self._sessions:
            await session.close()
        self._sessions.clear()
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
        watch.began(provider.timeouts.silence)
        close = getattr(reply.body, "aclose", _nothing_to_close)
        names = {name.lower(): value for name, value in reply.headers}
        return Upstream(provider.name, reply.status, names, reply.body, close, watch)

    def _url(self, provider: Endpoint, path: str) -> httpx.URL:
        whole = path if "://" in path else provider.base_url + path
        url = self._urls.get(whole)
        if url is None:
            try:
                url = httpx.URL(whole)
            except httpx.InvalidURL as error:
                raise BadConfiguration(f"{provider.name}: the base URL cannot be used ({error}).") from None
            if url.scheme not in ("http", "https") or not url.host:
                raise BadConfiguration(f"{provider.name} has no usable base URL.")
            if len(self._urls) > 10_000:
                self._urls.clear()
            self._urls[whole] = url
        return url

    def _transport(self, proxy: str) -> httpx.AsyncBaseTransport:
        if self._given is not None:
            return self._given
        transport = self._transports.get(proxy)
        if transport is None:
            transport = self._transports[proxy] = self._make_transport(proxy)
        return transport

    def _make_transport(self, proxy: str) -> httpx.AsyncBaseTransport:
        options = {"limit": 0, "keepalive_timeout": KEEPALIVE_SECONDS, "ssl": self._ssl, "ttl_dns_cache": 60}
        http_proxy: httpx.Proxy | None = None
        try:
            if urlsplit(proxy).scheme.startswith("socks"):
                connector: aiohttp.BaseConnector = ProxyConnector.from_url(proxy, **options)
            else:
                connector = aiohttp.TCPConnector(**options)  # type: ignore[arg-type]
                http_proxy = httpx.Proxy(proxy) if proxy else None
        except (ValueError, httpx.InvalidURL):
            raise BadConfiguration("The proxy address cannot be used; write http://… or socks5://….") from None
        session = aiohttp.ClientSession(
            connector=connector, cookie_jar=aiohttp.DummyCookieJar(), skip_auto_headers=["User-Agent", "Accept"]
        )
        self._sessions.append(session)
        return AiohttpTransport(client=session, proxy=http_proxy, verify=self._ssl or True)


async def _nothing_to_close() -> None:
    return None


def _unreachable(name: str, error: Exception) -> VendorUnreachable | VendorTimeout | VendorGarbled:
    """The tree's error for a call that got no status line. httpx-aiohttp calls a closed connection a connect timeout,
    so the cause decides."""
    cause = error.__cause__
    if isinstance(cause, aiohttp.ServerDisconnectedError | ConnectionResetError):
        gone = VendorUnreachable(f"{name} closed the connection without answering.")
        gone.retry = Retry.SAME_TOKEN  # a kept-alive connection that had gone stale looks just like this
        return gone
    if isinstance(error, aiohttp.ClientResponseError) or isinstance(cause, aiohttp.ClientPayloadError):
        return VendorGarbled(f"{name} did not answer in HTTP.")
    if isinstance(cause, aiohttp.ServerTimeoutError):
        return VendorTimeout(f"{name} could not be connected to in time.")
    if isinstance(error, httpx.ProxyError):
        return VendorUnreachable(f"{name} could not be reached: its proxy refused the connection.")
    reason = getattr(cause, "os_error", None)
    return VendorUnreachable(f"{name} could not be reached ({_words(reason or cause or error)}).")


def _words(error: BaseException) -> str:
    """What went wrong, without addresses: a base URL may hold a credential."""
    return getattr(error, "strerror", None) or type(error).__name__

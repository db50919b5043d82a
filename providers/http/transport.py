"""httpx's interface over an aiohttp session, and what can go wrong with it.

httpx-aiohttp does the same in twice the time: it looks each header up by name and parses the address for each call, and
httpx's constructors copy what stays the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import aiohttp
import httpx
from aiohttp_socks import ProxyConnectionError, ProxyConnector, ProxyError, ProxyTimeoutError
from multidict import CIMultiDict
from yarl import URL

from providers.errors import BadConfiguration, Retry, VendorGarbled, VendorTimeout, VendorUnreachable

SOCKS_ERRORS = (ProxyError, ProxyConnectionError, ProxyTimeoutError, asyncio.IncompleteReadError)  # of no other family
NETWORK_ERRORS = (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, aiohttp.ClientError, OSError, *SOCKS_ERRORS)
KEEPALIVE_SECONDS = 15  # below the 60 s most load balancers allow: a call never rides on a connection about to close
PIECE_BYTES = 64 * 1024


class Sent(httpx.Request):
    """httpx's request without its constructor's work (20 µs of copying headers, which are the same from call to call).
    ``target`` and ``fields`` are the address and the headers as aiohttp takes them."""

    def __init__(self, method: str, url: httpx.URL, target: URL, fields: CIMultiDict[str], content: bytes) -> None:
        self.method = method
        self.url = url
        self.target = target
        self.fields = fields
        self.extensions = {}
        self._content = content

    @property
    def headers(self) -> httpx.Headers:  # type: ignore[override]
        """For transports that are not ours: a test's."""
        return httpx.Headers(list(self.fields.items()))

    @property
    def stream(self) -> httpx.ByteStream:  # type: ignore[override]
        return httpx.ByteStream(self._content)


class Received(httpx.Response):
    """httpx's response without its constructor's work. Its headers are aiohttp's, which are looked up without regard to
    case; it is read through ``pieces``."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self.status_code = response.status
        self.headers = response.headers  # type: ignore[assignment]
        self._reply = response

    def pieces(self) -> AsyncIterator[bytes]:
        if self.headers.get("content-encoding", "identity") != "identity":
            return self._decoded()
        return self._raw()

    async def aclose(self) -> None:
        """Gives the connection back if the body was read to its end, else closes it."""
        self._reply.release()

    async def _raw(self) -> AsyncIterator[bytes]:
        read = self._reply.content.read
        while piece := await read(PIECE_BYTES):
            yield piece

    async def _decoded(self) -> AsyncIterator[bytes]:
        """For a vendor that compresses though it was asked not to."""
        whole = httpx.Response(200, headers=self._reply.raw_headers, stream=_Stream(self._raw()))
        async for piece in whole.aiter_bytes():
            yield piece


class _Stream(httpx.AsyncByteStream):
    def __init__(self, pieces: AsyncIterator[bytes]) -> None:
        self._pieces = pieces

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._pieces


class AiohttpTransport(httpx.AsyncBaseTransport):
    """One session, over one proxy or none."""

    def __init__(self, session: aiohttp.ClientSession, *, proxy: str = "", connect: float) -> None:
        self.session = session
        self._timeout = aiohttp.ClientTimeout(total=None, sock_connect=connect)  # the other limits are Watch's
        self._proxy = URL(proxy) if urlsplit(proxy).scheme.startswith("http") else None

    async def handle_async_request(self, request: httpx.Request) -> Received:
        assert isinstance(request, Sent)
        return Received(
            await self.session.request(
                request.method,
                request.target,
                headers=request.fields,
                data=request.content or None,
                allow_redirects=False,
                timeout=self._timeout,
                proxy=self._proxy,
            )
        )

    async def aclose(self) -> None:
        await self.session.close()


def make_transport(proxy: str, *, connect: float, ssl: object) -> AiohttpTransport:
    """Raises ``BadConfiguration`` for a proxy that cannot be used."""
    options = {"limit": 0, "keepalive_timeout": KEEPALIVE_SECONDS, "ssl": ssl, "ttl_dns_cache": 60}
    try:
        scheme = urlsplit(proxy).scheme
        if scheme.startswith("socks"):
            connector: aiohttp.BaseConnector = ProxyConnector.from_url(proxy, **options)
        elif proxy and (scheme not in ("http", "https") or not URL(proxy).host):
            raise ValueError(scheme)
        else:
            connector = aiohttp.TCPConnector(**options)  # type: ignore[arg-type]
    except ValueError:
        raise BadConfiguration("The proxy address cannot be used; write http://… or socks5://….") from None
    session = aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),  # a vendor's cookie would tie one token's calls to another's
        skip_auto_headers=["User-Agent", "Accept"],
        auto_decompress=False,
        raise_for_status=False,
    )
    return AiohttpTransport(session, proxy=proxy, connect=connect)


def unreachable(name: str, error: Exception) -> VendorUnreachable | VendorTimeout | VendorGarbled:
    """The tree's error for a call that got no status line."""
    if isinstance(error, aiohttp.ServerDisconnectedError | ConnectionResetError):
        gone = VendorUnreachable(f"{name} closed the connection without answering.")
        gone.retry = Retry.SAME_TOKEN  # a kept-alive connection that had gone stale looks just like this
        return gone
    if isinstance(error, aiohttp.ServerTimeoutError | httpx.TimeoutException | ProxyTimeoutError):
        return VendorTimeout(f"{name} could not be connected to in time.")
    proxied = (aiohttp.ClientHttpProxyError, aiohttp.ClientProxyConnectionError, httpx.ProxyError, *SOCKS_ERRORS)
    if isinstance(error, proxied):
        return VendorUnreachable(f"{name} could not be reached: its proxy refused the connection.")
    if isinstance(error, aiohttp.ClientResponseError | aiohttp.ClientPayloadError):
        return VendorGarbled(f"{name} did not answer in HTTP.")
    reason = getattr(error, "os_error", None) or error
    return VendorUnreachable(f"{name} could not be reached ({_words(reason)}).")


def _words(error: BaseException) -> str:
    """What went wrong, without addresses: a base URL may hold a credential."""
    return getattr(error, "strerror", None) or type(error).__name__

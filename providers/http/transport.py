"""httpx's request on an aiohttp session, and what can go wrong with it.

httpx-aiohttp does the same in twice the time: it looks each header up by name and parses the address for each call.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import lru_cache
from urllib.parse import urlsplit

import aiohttp
import httpx
from aiohttp_socks import ProxyConnector
from multidict import CIMultiDict
from yarl import URL

from providers.errors import BadConfiguration, Retry, VendorGarbled, VendorTimeout, VendorUnreachable

NETWORK_ERRORS = (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, aiohttp.ClientError, OSError)
KEEPALIVE_SECONDS = 15  # below the 60 s most load balancers allow: a call never rides on a connection about to close
PIECE_BYTES = 64 * 1024


@lru_cache(maxsize=256)
def _timeout(connect: float | None) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(total=None, sock_connect=connect)  # the other limits are Watch's


class Body(httpx.AsyncByteStream):
    """The reply's bytes as they come; closing it before its end closes the connection."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        read = self._response.content.read
        while piece := await read(PIECE_BYTES):
            yield piece

    async def aclose(self) -> None:
        self._response.release()


class AiohttpTransport(httpx.AsyncBaseTransport):
    """One session, over one proxy or none. ``request.extensions["target"]`` is the address as aiohttp takes it."""

    def __init__(self, session: aiohttp.ClientSession, *, proxy: str = "") -> None:
        self.session = session
        parts = urlsplit(proxy)
        self._proxy = URL(proxy) if parts.scheme.startswith("http") else None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self.session.request(
            request.method,
            request.extensions["target"],
            headers=CIMultiDict(request.headers.multi_items()),
            data=request.content or None,
            allow_redirects=False,
            timeout=_timeout(request.extensions["timeout"]["connect"]),
            proxy=self._proxy,
        )
        return httpx.Response(response.status, headers=response.raw_headers, stream=Body(response), request=request)

    async def aclose(self) -> None:
        await self.session.close()


def make_transport(proxy: str, ssl: object) -> AiohttpTransport:
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
    return AiohttpTransport(session, proxy=proxy)


def unreachable(name: str, error: Exception) -> VendorUnreachable | VendorTimeout | VendorGarbled:
    """The tree's error for a call that got no status line."""
    if isinstance(error, aiohttp.ServerDisconnectedError | ConnectionResetError):
        gone = VendorUnreachable(f"{name} closed the connection without answering.")
        gone.retry = Retry.SAME_TOKEN  # a kept-alive connection that had gone stale looks just like this
        return gone
    if isinstance(error, aiohttp.ServerTimeoutError | httpx.TimeoutException):
        return VendorTimeout(f"{name} could not be connected to in time.")
    if isinstance(error, aiohttp.ClientHttpProxyError | aiohttp.ClientProxyConnectionError | httpx.ProxyError):
        return VendorUnreachable(f"{name} could not be reached: its proxy refused the connection.")
    if isinstance(error, aiohttp.ClientResponseError | aiohttp.ClientPayloadError):
        return VendorGarbled(f"{name} did not answer in HTTP.")
    reason = getattr(error, "os_error", None) or error
    return VendorUnreachable(f"{name} could not be reached ({_words(reason)}).")


def _words(error: BaseException) -> str:
    """What went wrong, without addresses: a base URL may hold a credential."""
    return getattr(error, "strerror", None) or type(error).__name__

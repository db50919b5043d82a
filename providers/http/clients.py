"""Connections to vendors, of one event loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import NamedTuple

import httpx
from multidict import CIMultiDict
from yarl import URL

from providers.canonical import HttpParts
from providers.credential import Credential
from providers.errors import BadConfiguration
from providers.http.endpoint import Bare, Endpoint, whole_address
from providers.http.grants import Grants
from providers.http.signing import signed
from providers.http.transport import (
    NETWORK_ERRORS,
    AiohttpTransport,
    Received,
    Sent,
    make_transport,
    unreachable,
)
from providers.http.upstream import Upstream
from providers.http.watch import Timeouts, Watch
from providers.vendors import Answered, Ask, Headers

TRACE_HEADER = "traceparent"  # the last of a call's own headers, where it has one
MOST_ADDRESSES = 10_000  # paths may hold model names, and apps may invent those
MOST_HEADER_SETS = 1000
MOST_GRANT_BYTES = 1024 * 1024
EXCHANGE_PATIENCE = 30.0  # seconds for an exchange, whatever the provider allows its calls
LISTED = frozenset({"anthropic-beta"})  # headers whose value is a list: the app's, the wire's and the credential's


class Begun(NamedTuple):
    """An answer whose status line came."""

    status: int
    headers: Mapping[str, str]
    body: AsyncIterator[bytes]
    close: Callable[[], Awaitable[None]]


class HttpClients:
    """Connections to vendors, of one event loop. Tests give a ``transport`` for the network, and ``grants``."""

    def __init__(self, *, transport: httpx.AsyncBaseTransport | None = None, grants: Grants | None = None) -> None:
        self._given = transport
        self._transports: dict[tuple[str, float], httpx.AsyncBaseTransport] = {}
        self._headers: dict[tuple[Headers, ...], CIMultiDict[str]] = {}
        self._urls: dict[str, tuple[httpx.URL, URL]] = {}
        self._grants = grants or Grants()
        self._ssl = None if transport else httpx.create_ssl_context()

    def send(
        self,
        provider: Endpoint,
        parts: HttpParts,
        *,
        auth: Headers = (),
        credential: Credential | None = None,
        timeouts: Timeouts | None = None,
    ) -> Awaitable[Upstream]:
        """Sends and waits for the status line.

        Raises ``VendorUnreachable``, ``VendorTimeout``, ``VendorGarbled`` (no HTTP) or ``BadConfiguration``
        (an address or proxy that cannot be used). A status of any kind is an answer, not an error. ``credential``: its
        headers are made first; that raises what its exchange does. ``timeouts`` hold in place of the provider's own.
        """
        limits = timeouts or provider.timeouts
        if credential is not None:
            return self._send_granted(provider, parts, auth, credential, limits)
        return self._send(provider, parts, auth, limits)

    async def _send(self, provider: Endpoint, parts: HttpParts, auth: Headers, limits: Timeouts) -> Upstream:
        ask = self._respond if provider.answers is None else self._answer_here
        watch = Watch(provider.name, limits)
        try:
            watch.wait()
            status, headers, body, close = await ask(provider, parts, auth)
        except asyncio.CancelledError as cancelled:
            watch.stop()
            raise watch.took(cancelled) from None
        except BaseException:
            watch.stop()
            raise
        watch.began(limits.silence)
        return Upstream(provider.name, status, headers, body, close, watch)

    async def _respond(self, provider: Endpoint, parts: HttpParts, auth: Headers) -> Begun:
        url, target = self._address(provider, parts.path)
        transport = self._transport(provider)
        trace = auth[-1] if auth and auth[-1][0] == TRACE_HEADER else None
        fields = self._fields(provider.name, (provider.headers, parts.headers, auth[:-1] if trace else auth))
        if trace is not None:  # another one each call: kept with the rest, it would push them out
            fields = CIMultiDict(fields)
            fields[TRACE_HEADER] = trace[1]
        try:
            response = await transport.handle_async_request(Sent(parts.method, url, target, fields, parts.content))
        except (*NETWORK_ERRORS, ValueError) as error:
            raise unreachable(provider.name, error) from error
        body = response.pieces() if isinstance(response, Received) else response.aiter_bytes()
        return Begun(response.status_code, response.headers, body, response.aclose)

    async def _send_granted(
        self, provider: Endpoint, parts: HttpParts, auth: Headers, credential: Credential, limits: Timeouts
    ) -> Upstream:
        """With headers made from ``credential``. A grant that the vendor refuses before its time is made anew, once."""
        for again in (True, False):
            grant = await self._grants.of(credential, self._asker(provider)) if credential.auth.exchange else None
            upstream = await self._send(*signed(provider, parts, auth, credential, grant), limits)
            if grant is None or grant.expires_at is None or not again or not _outlived(upstream):
                break
            if not self._grants.forget(credential, grant):
                break
            await upstream.close()
        return upstream

    def _asker(self, provider: Endpoint) -> Ask:
        """For exchanges: to any address, with nothing of the provider's own in it."""
        patience = Timeouts(*(min(limit, EXCHANGE_PATIENCE) for limit in provider.timeouts))
        bare = Bare(f"{provider.name}'s token service", patience, provider.proxy)

        async def ask(parts: HttpParts) -> Answered:
            upstream = await self._send(bare, parts, (), patience)
            try:
                return Answered(upstream.status, upstream.headers, await upstream.read(MOST_GRANT_BYTES))
            finally:
                await upstream.close()

        return ask

    def connections(self) -> tuple[int, int]:
        """Open connections to vendors: idle, and in use."""
        sessions = [one.session for one in self._transports.values() if isinstance(one, AiohttpTransport)]
        found = [session.connector for session in sessions if session.connector is not None]
        idle = sum(len(some) for one in found for some in one._conns.values())
        return idle, sum(len(one._acquired) for one in found)

    async def aclose(self) -> None:
        await self._grants.aclose()
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
        whole = whole_address(provider, path)
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
            fields = self._headers[groups] = _merged(groups)
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


def _outlived(upstream: Upstream) -> bool:
    """Whether the vendor refused what was granted: with a 401, or as AWS does."""
    if upstream.status == 403:
        return upstream.headers.get("x-amzn-errortype", "").startswith(("ExpiredToken", "UnrecognizedClient"))
    return upstream.status == 401


def _merged(groups: tuple[Headers, ...]) -> CIMultiDict[str]:
    """A later group's header replaces an earlier one's, but a list of betas is joined: Anthropic takes one line."""
    fields: CIMultiDict[str] = CIMultiDict()
    for name, value in (pair for group in groups for pair in group):
        before = fields.get(name)
        listed = before is not None and name.lower() in LISTED
        fields[name] = f"{before},{value}" if listed else value
    return fields


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

"""Sending: timeouts, broken connections, proxies and closing, against a raw server on this machine."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from providers.canonical import HttpParts
from providers.errors import BadConfiguration, Retry, StreamBroken, VendorGarbled, VendorTimeout, VendorUnreachable
from providers.http import HttpClients, Timeouts
from providers.vendors import LocalAnswer

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
PARTS = HttpParts(path="/chat", content=b"{}")


@dataclass(frozen=True)
class Acme:
    """An endpoint as the catalogue would compile it."""

    base_url: str
    name: str = "acme"
    headers: tuple[tuple[str, str], ...] = (("content-type", "application/json"), ("accept-encoding", "identity"))
    timeouts: Timeouts = Timeouts(connect=1, first_byte=0.3, silence=0.3, total=5)
    proxy: str = ""
    answers: LocalAnswer | None = None


@asynccontextmanager
async def server(handler: Handler) -> AsyncIterator[str]:
    async def guarded(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await handler(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    running = await asyncio.start_server(guarded, "127.0.0.1", 0)
    port = running.sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        running.close()


@asynccontextmanager
async def clients() -> AsyncIterator[HttpClients]:
    made = HttpClients()
    try:
        yield made
    finally:
        await made.aclose()


async def read_request(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    await reader.readexactly(2)
    return head


async def test_a_reply_comes_whole_and_the_connection_is_used_again() -> None:
    connections = 0

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        while True:
            head = await read_request(reader)
            assert b"authorization: Bearer s3cret" in head and b"accept-encoding: identity" in head
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nx-thing: a\r\n\r\nok")

    async with server(handler) as url, clients() as http:
        for _ in range(3):
            upstream = await http.send(Acme(url), PARTS, auth=(("authorization", "Bearer s3cret"),))
            assert (upstream.status, upstream.headers["x-thing"], await upstream.read()) == (200, "a", b"ok")
            await upstream.close()
    assert connections == 1


async def test_a_vendor_that_does_not_begin_is_a_timeout() -> None:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(30)

    async with server(handler) as url, clients() as http:
        with pytest.raises(VendorTimeout, match="did not begin"):
            await http.send(Acme(url), PARTS)


async def test_silence_in_the_middle_is_a_timeout_but_a_slow_reader_is_not() -> None:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\none")
        await writer.drain()
        await asyncio.sleep(30)

    async with server(handler) as url, clients() as http:
        upstream = await http.send(Acme(url), PARTS)
        assert await upstream.next() == b"one"
        await asyncio.sleep(0.7)  # the app is slow: more than the silence limit
        with pytest.raises(VendorTimeout, match="sent nothing for"):
            await upstream.next()
        await upstream.close()


async def test_the_time_in_all_ends_a_reply_that_drips() -> None:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n")
        while True:
            writer.write(b".")
            await writer.drain()
            await asyncio.sleep(0.05)

    dripping = Timeouts(connect=1, first_byte=1, silence=1, total=0.4)
    async with server(handler) as url, clients() as http:
        upstream = await http.send(Acme(url, timeouts=dripping), PARTS)
        with pytest.raises(VendorTimeout, match="in all"):
            await upstream.read()
        await upstream.close()


async def test_a_cancellation_from_outside_stays_a_cancellation() -> None:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(30)

    async with server(handler) as url, clients() as http:
        sending = asyncio.ensure_future(http.send(Acme(url), PARTS))
        await asyncio.sleep(0.1)
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending


async def test_closing_an_unread_reply_closes_the_connection_at_once() -> None:
    closed = asyncio.Event()

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\none\r\n")
        await reader.read()
        closed.set()

    async with server(handler) as url, clients() as http:
        upstream = await http.send(Acme(url), PARTS)
        assert await upstream.next() == b"one"
        await upstream.close()
        await asyncio.wait_for(closed.wait(), 0.1)


async def send_and_read(http: HttpClients, url: str) -> bytes:
    upstream = await http.send(Acme(url), PARTS)
    try:
        return await upstream.read()
    finally:
        await upstream.close()


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"", VendorUnreachable),
        (b"SSH-2.0-OpenSSH_9.2\r\n", VendorGarbled),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf", StreamBroken),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nha", StreamBroken),
        (b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 4\r\n\r\nnope", StreamBroken),
    ],
)
async def test_a_broken_answer_is_an_error_of_the_tree(answer: bytes, error: type[Exception]) -> None:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(answer)
        await writer.drain()

    async with server(handler) as url, clients() as http:
        with pytest.raises(error) as caught:
            await send_and_read(http, url)
    if not answer:
        assert caught.value.retry is Retry.SAME_TOKEN, "a stale kept-alive connection looks just like this"  # type: ignore[attr-defined]


async def test_a_vendor_nobody_listens_for_is_unreachable_and_its_address_is_not_told() -> None:
    async with clients() as http:
        with pytest.raises(VendorUnreachable) as caught:
            await http.send(Acme("http://user:s3cret@127.0.0.1:1/v1"), PARTS)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("url", ["", "ftp://host/v1", "http://", "not a url", "http://[::bad/v1"])
async def test_an_unusable_address_is_a_configuration_error(url: str) -> None:
    async with clients() as http:
        with pytest.raises(BadConfiguration):
            await http.send(Acme(url), PARTS)


@pytest.mark.parametrize("secret", ["line\nbreak", "sn\u00f6wman \u2603", "nul\x00"])
async def test_a_token_no_header_can_carry_is_refused_without_being_told(secret: str) -> None:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")

    async with server(handler) as url, clients() as http:
        with pytest.raises((BadConfiguration, VendorUnreachable)) as caught:
            await http.send(Acme(url), PARTS, auth=(("authorization", f"Bearer {secret}"),))
    assert secret not in str(caught.value)


async def test_a_call_goes_through_an_http_proxy() -> None:
    asked = []

    async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append((await read_request(reader)).split(b"\r\n")[0])
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nproxy")

    async with server(proxy) as url, clients() as http:
        upstream = await http.send(Acme("http://vendor.invalid/v1", proxy=url.removesuffix("/v1")), PARTS)
        assert await upstream.read() == b"proxy"
        await upstream.close()
    assert asked == [b"POST http://vendor.invalid/v1/chat HTTP/1.1"]


async def test_a_call_goes_through_a_socks5_proxy_which_resolves_the_name() -> None:
    asked = []

    async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        greeting = await reader.readexactly(2)
        await reader.readexactly(greeting[1])
        writer.write(b"\x05\x00")
        head = await reader.readexactly(5)
        asked.append(await reader.readexactly(head[4]))
        await reader.readexactly(2)
        writer.write(b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00")
        await read_request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nsocks")

    async with server(proxy) as url, clients() as http:
        address = url.removesuffix("/v1").replace("http://", "socks5://")
        upstream = await http.send(Acme("http://vendor.invalid/v1", proxy=address), PARTS)
        assert await upstream.read() == b"socks"
        await upstream.close()
    assert asked == [b"vendor.invalid"]


@pytest.mark.parametrize("proxy", ["nonsense", "gopher://x:1", "socks5://"])
async def test_an_unusable_proxy_is_a_configuration_error(proxy: str) -> None:
    async with clients() as http:
        with pytest.raises(BadConfiguration, match="proxy"):
            await http.send(Acme("http://127.0.0.1:1/v1", proxy=proxy), PARTS)


@pytest.mark.parametrize(
    "answer", [b"\x05\x00\x05\x05\x00\x01\x00\x00\x00\x00\x00\x00", b"HTTP/1.1 400 no\r\n\r\n", b""]
)
async def test_a_socks_proxy_that_refuses_is_named_as_such(answer: bytes) -> None:
    async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(3)
        writer.write(answer)
        writer.close()

    async with server(proxy) as url, clients() as http:
        address = url.removesuffix("/v1").replace("http://", "socks5://")
        with pytest.raises(VendorUnreachable, match="proxy"):
            await http.send(Acme("http://vendor.invalid/v1", proxy=address), PARTS)


async def test_a_socks_proxy_that_is_away_is_named_as_such() -> None:
    async with clients() as http:
        with pytest.raises(VendorUnreachable, match="proxy"):
            await http.send(Acme("http://vendor.invalid/v1", proxy="socks5://127.0.0.1:1"), PARTS)

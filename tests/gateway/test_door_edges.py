"""The lean door under odd requests: headers, methods, bodies too large over a real socket, anonymous callers."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
import uvicorn

from tests.gateway.harness import Gateway, completion, gateway, reply

BODY = b'{"model":"m1","messages":[{"role":"user","content":"Hi"}]}'


async def hello(request: httpx.Request) -> httpx.Response:
    return reply(completion())


@asynccontextmanager
async def served(one: Gateway) -> AsyncIterator[int]:
    """The door behind the real HTTP server; gives its port."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(one.door, loop="asyncio", http="httptools", lifespan="off", log_config=None)
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    task = asyncio.ensure_future(server._serve([listener]))
    while not server.started:
        await asyncio.sleep(0.005)
    try:
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        await task


async def exchange(port: int, *requests: bytes) -> bytes:
    """What a plain client reads that sends ``requests`` over one connection and then waits for its end."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for request in requests:
        writer.write(request)
        await writer.drain()
    async with asyncio.timeout(5):
        got = await reader.read()
    writer.close()
    return got


def head(length: int | None, *more: str) -> bytes:
    lines = ["POST /v1/chat/completions HTTP/1.1", "host: x", "content-type: application/json", *more]
    lines += ["authorization: Bearer sk-sb-test"]
    lines.append("transfer-encoding: chunked" if length is None else f"content-length: {length}")
    return "\r\n".join([*lines, "", ""]).encode()


async def test_a_chunked_body_and_the_next_call_on_the_same_connection(tmp_path: Path) -> None:
    async with gateway(tmp_path, hello) as one, served(one) as port:
        chunked = head(None) + b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY)
        refused = head(3) + b"{x}"
        last = head(len(BODY), "connection: close") + BODY
        got = await exchange(port, chunked, refused, last)
    assert [got.count(b"HTTP/1.1 %d" % status) for status in (200, 400)] == [2, 1]


async def test_an_app_that_waits_for_the_word_to_go_on_gets_it(tmp_path: Path) -> None:
    async with gateway(tmp_path, hello) as one, served(one) as port:
        got = await exchange(port, head(len(BODY), "expect: 100-continue", "connection: close"), BODY)
    assert got.startswith(b"HTTP/1.1 100") and b"HTTP/1.1 200" in got


@pytest.mark.parametrize("chunked", [True, False])
async def test_an_app_with_too_large_a_body_reads_why(tmp_path: Path, chunked: bool) -> None:
    """Its whole body was written before it reads: a connection reset by unread bytes would take the answer away."""
    size = 8_000_000
    async with gateway(tmp_path, hello) as one, served(one) as port:
        start = head(None) + b"%x\r\n" % size if chunked else head(size)
        got = await exchange(port, start, b" " * size, b"\r\n0\r\n\r\n" if chunked else b"")
    assert got.startswith(b"HTTP/1.1 413") and b"connection: close" in got.lower()


@pytest.mark.parametrize("hops", [b"0" * 5000, b"9" * 5000, b"-1", b"", b"1,1", b"\xff"])
async def test_an_odd_hop_header_is_a_refusal_and_no_crash(tmp_path: Path, hops: bytes) -> None:
    async with gateway(tmp_path, hello) as one:
        got = await one.chat(headers=[(b"x-switchboard-hop", hops)])
        assert (got.status, got.json["error"]["code"]) == (508, "loop_detected")


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "PUT", "DELETE", "BREW"])
@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/models", "/healthz"])
async def test_other_methods_are_answered(tmp_path: Path, method: str, path: str) -> None:
    async with gateway(tmp_path, hello) as one:
        got = await one.call(path, method=method)
        assert got.status == (200 if method == "HEAD" and path != "/v1/chat/completions" else 405)


@pytest.mark.parametrize("path", ["/v1/\x00", "/v1/a\nb", "/v1/models/" + "x" * 70_000, "/v1/\ufffd\u2028", "/v1"])
async def test_odd_paths_are_not_found(tmp_path: Path, path: str) -> None:
    async with gateway(tmp_path, hello) as one:
        got = await one.call(path, method="GET")
        assert got.status == 404 and len(got.body) < 2000


@pytest.mark.parametrize(
    "header",
    [
        (b"x-forwarded-for", b"203.0.113.7"),
        (b"forwarded", b"for=203.0.113.7"),
        (b"x-real-ip", b"203.0.113.7"),
        (b"via", b"1.1 proxy"),
        (b"origin", b"https://evil.example"),
    ],
)
async def test_who_comes_through_a_proxy_or_a_web_page_is_not_local(
    tmp_path: Path, header: tuple[bytes, bytes]
) -> None:
    async with gateway(tmp_path, hello, anonymous_access="on") as one:
        assert (await one.chat(key="dummy")).status == 200
        assert (await one.chat(key="dummy", headers=[header])).status == 401

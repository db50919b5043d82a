"""An app that hangs up: its upstream call is closed at once, and what was produced is booked."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fake_vendor import FakeVendor, in_thread
from tests.fake_vendor.answers import HANGS, HANGS_MID_STREAM, Answer
from tests.server.running import KEY, Server, acme, running

CLOSED_WITHIN = 0.1  # seconds


@pytest.fixture(scope="module")
def vendor() -> Iterator[FakeVendor]:
    with in_thread() as made:
        yield made


@pytest.fixture(scope="module")
def server(vendor: FakeVendor, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(Path(tmp_path_factory.mktemp("leaving")), **acme(vendor.url)) as started:
        yield started


def begin(server: Server, model: str, *, stream: bool) -> socket.socket:
    body = json.dumps({"model": model, "messages": [{"role": "user", "content": "Hi"}], "stream": stream}).encode()
    head = (
        f"POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer {KEY}\r\n"
        f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=10)
    connection.sendall(head.encode() + body)
    return connection


def wait_until(check: object, *, within: float = 10) -> None:
    end = time.monotonic() + within
    while not check():  # type: ignore[operator]
        assert time.monotonic() < end, f"not within {within:g} s"
        time.sleep(0.005)


@pytest.mark.parametrize(
    ("name", "answer", "stream"),
    [
        ("whole-before-the-first-byte", HANGS, False),
        ("stream-before-the-first-byte", HANGS, True),
        ("middle-of-a-stream", HANGS_MID_STREAM, True),
        ("middle-of-a-flood", Answer(text="word " * 5000, delay=0.002), True),
    ],
)
def test_the_upstream_is_closed_within_a_tenth_of_a_second(
    server: Server, vendor: FakeVendor, name: str, answer: Answer, stream: bool
) -> None:
    model = f"openai_compatible:{name}"
    vendor.script(answer, model=name)
    for _ in range(3):
        asked = len(vendor.calls())
        app = begin(server, model, stream=stream)
        wait_until(lambda asked=asked: len(vendor.calls()) > asked)
        upstream = vendor.calls()[-1].connection
        if name.startswith("middle"):
            received = b""
            while received.count(b"data: ") < 3:
                received += app.recv(65536)
        left = time.monotonic()
        app.close()
        wait_until(lambda upstream=upstream: upstream.closed_at is not None)
        assert upstream.closed_at is not None
        assert upstream.closed_at - left < CLOSED_WITHIN
    wait_until(lambda: booked(server, name) == 3)
    rows = server.query(f"SELECT ended_by, status, output FROM monitoring_requestlog WHERE model = '{name}'")
    assert {row[:2] for row in rows} == {("cancelled", 499)}
    assert all((row[2] > 0) == name.startswith("middle") for row in rows)  # type: ignore[operator]


def booked(server: Server, name: str) -> int:
    return len(server.query(f"SELECT 1 FROM monitoring_requestlog WHERE model = '{name}'"))

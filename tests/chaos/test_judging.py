"""The judge itself: what it lets pass and what it does not. And that faults are on the wire what their names say."""

from __future__ import annotations

import asyncio
import json

import pytest

from tests.chaos.app import App, Asked
from tests.chaos.judging import Ending, expected, judge
from tests.fake_vendor import BY_NAME, FAULTS, Chances, FakeVendor, Listed

JSON = {"content-type": "application/json", "x-request-id": "1"}
SSE = {"content-type": "text/event-stream; charset=utf-8", "x-request-id": "1"}
ERROR = {"message": "No.", "type": "upstream_error", "param": None, "code": "provider_error"}
DONE = b"data: [DONE]\n\n"


def got(status: int, body: bytes, headers: dict[str, str] = JSON, *, whole: bool = True, stream: bool = False) -> App:
    app = App(1, Asked(stream=stream), status=status, headers=headers, pieces=[body], whole=whole)
    app.ended_at = 1
    return app


def completion(text: str, **more: object) -> bytes:
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    return json.dumps({"object": "chat.completion", "choices": [choice], **more}).encode()


def chunk(text: str, finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": finish}
    return frame({"choices": [choice]})


def frame(body: object) -> bytes:
    return b"data: " + json.dumps(body).encode() + b"\n\n"


TEXT = expected(App(1, Asked()))
FAILED = frame({"error": ERROR})


@pytest.mark.parametrize(
    ("app", "ending"),
    [
        (got(200, completion(TEXT)), Ending.ANSWERED),
        (got(502, json.dumps({"error": ERROR}).encode()), Ending.REFUSED),
        (got(429, json.dumps({"error": ERROR}).encode(), {**JSON, "retry-after": "2"}), Ending.REFUSED),
        (got(200, chunk(TEXT, "stop") + DONE, SSE, stream=True), Ending.STREAMED),
        (got(200, chunk(TEXT[:9]) + FAILED + DONE, SSE, stream=True), Ending.BROKE),
    ],
)
def test_what_is_well_or_clearly_wrong_passes(app: App, ending: Ending) -> None:
    assert judge(app) is ending


@pytest.mark.parametrize(
    "app",
    [
        got(0, b""),
        got(200, completion(TEXT), whole=False),
        got(200, completion("I am app 2, said the app.")),
        got(200, json.dumps({"error": ERROR}).encode()),
        got(502, b"<html>Bad gateway</html>"),
        got(502, json.dumps({"error": {"message": "", "type": "x", "code": "y", "param": None}}).encode()),
        got(500, json.dumps({"error": {**ERROR, "code": "internal_error"}}).encode()),
        got(429, json.dumps({"error": ERROR}).encode()),
        got(200, chunk(TEXT, "stop"), SSE, stream=True),
        got(200, chunk(TEXT) + DONE, SSE, stream=True),
        got(200, chunk(TEXT[:9], "stop") + DONE, SSE, stream=True),
        got(200, chunk(TEXT, "stop") + DONE + DONE, SSE, stream=True),
        got(200, chunk(TEXT[:9]) + FAILED, SSE, stream=True),
        got(200, chunk(TEXT[:9]) + FAILED + FAILED + DONE, SSE, stream=True),
        got(200, chunk(TEXT[:9]) + FAILED + chunk(TEXT[9:]) + DONE, SSE, stream=True),
        got(200, chunk(TEXT[:9]) + chunk(TEXT) + FAILED + DONE, SSE, stream=True),
        got(200, chunk(TEXT[:9]) + b'data: {"choices"', SSE, stream=True),
        got(200, b"", SSE, stream=True),
    ],
)
def test_what_no_app_should_see_does_not_pass(app: App) -> None:
    with pytest.raises((AssertionError, ValueError, KeyError)):
        judge(app)


def test_what_the_door_lets_out_does_not_pass() -> None:
    app = got(200, completion(TEXT))
    app.failure = RuntimeError("out")
    with pytest.raises(AssertionError, match="let out"):
        judge(app)


async def exchange(vendor: FakeVendor, *, stream: bool = False) -> bytes:
    """What a bare client gets of one call, until the vendor ends it or has been silent for a while. A reset is told."""
    reader, writer = await asyncio.open_connection("127.0.0.1", vendor.port)
    body = json.dumps({"model": "m1", "stream": stream, "messages": [{"role": "user", "content": "Hi"}]}).encode()
    writer.write(b"POST /v1/chat/completions HTTP/1.1\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body))
    received = b""
    try:
        async with asyncio.timeout(0.06):
            while piece := await reader.read(65536):
                received += piece
            received += b"(closed)"
    except ConnectionResetError:
        received += b"(reset)"
    except TimeoutError:
        received += b"(open)"
    finally:
        writer.close()
    return received


@pytest.mark.parametrize(
    ("name", "stream", "starts", "ends"),
    [
        ("429 with Retry-After in seconds", False, b"HTTP/1.1 429", b"(open)"),
        ("reset before the headers", False, b"(reset)", b"(reset)"),
        ("closed before the headers", False, b"(closed)", b"(closed)"),
        ("reset in the headers", False, b"HTTP/1.1 200", b"(reset)"),
        ("reset in the body", False, b"HTTP/1.1 200", b"(reset)"),
        ("reset in a late frame", True, b"HTTP/1.1 200", b"(reset)"),
        ("hangs before the headers", False, b"(open)", b"(open)"),
        ("hangs behind the headers", True, b"HTTP/1.1 200", b"\r\n\r\n(open)"),
        ("hangs in the middle", True, b"HTTP/1.1 200", b"\n\n\r\n(open)"),
        ("hangs at the end", True, b"HTTP/1.1 200", b"data: [DONE]\n\n\r\n(open)"),
        ("half an answer that ends well", True, b"HTTP/1.1 200", b"0\r\n\r\n(open)"),
        ("a chunk cut short", True, b"HTTP/1.1 200", b"\n\n(closed)"),
        ("chunks without an end", True, b"HTTP/1.1 200", b"data: [DONE]\n\n\r\n(closed)"),
        ("promises more than it sends", False, b"HTTP/1.1 200", b"}(closed)"),
        ("promises less than it sends", False, b"HTTP/1.1 200", b"}(closed)"),
        ("promises less and goes on", False, b"HTTP/1.1 200", b"}(open)"),
        ("no HTTP", False, b"\x15\x03\x01", b"(closed)"),
        ("204", False, b"HTTP/1.1 204", b"(open)"),
        ("an error in the stream", True, b"HTTP/1.1 200", b"0\r\n\r\n(open)"),
        ("starts too late", False, b"(open)", b"(open)"),
    ],
)
async def test_a_fault_is_on_the_wire_what_its_name_says(name: str, stream: bool, starts: bytes, ends: bytes) -> None:
    async with FakeVendor() as vendor:
        vendor.schedule = Listed([BY_NAME[name]])
        received = await exchange(vendor, stream=stream)
        assert received.startswith(starts) and received.endswith(ends), received
        (request,) = vendor.requests
        assert request.fault == name
        assert (b"[DONE]" in await exchange(vendor, stream=True)) and vendor.requests[1].fault == ""


async def test_a_vendor_that_dies_refuses_and_comes_back_where_it_was() -> None:
    async with FakeVendor() as vendor:
        vendor.schedule = Listed([BY_NAME["hangs behind the headers"]])
        cut = asyncio.create_task(exchange(vendor))
        await vendor.until_called()
        await asyncio.sleep(0.01)
        assert len(vendor.open_requests) == 1
        await vendor.die()
        assert (await cut).endswith(b"(reset)") and not vendor.open_requests and not vendor.open_connections
        assert vendor.connections[0].closed_by == "vendor"
        with pytest.raises(ConnectionRefusedError):
            await exchange(vendor)
        await vendor.come_back()
        assert b"HTTP/1.1 200" in await exchange(vendor)
        await asyncio.sleep(0.01)
        assert vendor.connections[-1].closed_by == "client"


def test_a_schedule_is_the_same_each_time_and_has_its_shares() -> None:
    chosen = [Chances({FAULTS[0]: 0.25, FAULTS[1]: 0.5}, seed=7) for _ in range(2)]
    first, again = ([one.next() for _ in range(2000)] for one in chosen)
    assert first == again
    assert 400 < first.count(FAULTS[0]) < 600 and 900 < first.count(FAULTS[1]) < 1100
    listed, round_ = Listed([FAULTS[0], None]), Listed([FAULTS[0], None], again=True)
    assert [listed.next() for _ in range(4)] == [FAULTS[0], None, None, None]
    assert [round_.next() for _ in range(4)] == [FAULTS[0], None, FAULTS[0], None]


def test_faults_have_names_of_their_own() -> None:
    assert len(BY_NAME) == len(FAULTS) > 50

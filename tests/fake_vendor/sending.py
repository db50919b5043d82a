"""How an answer goes out on a connection, with everything that may be wrong with it."""

from __future__ import annotations

import asyncio
import time
from email.utils import formatdate
from typing import Any

from tests.fake_vendor.answers import Answer
from tests.fake_vendor.connection import Connection
from tests.fake_vendor.dialects import Dialect

REASONS = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found", 429: "Too Many Requests"}
LEAVES_FIRST = 0.01  # seconds that what was written has to leave: a reset throws unsent bytes away


async def send(connection: Connection, answer: Answer, dialect: Dialect, asked: dict[str, Any]) -> None:
    """Returns when the answer is over; one that hangs is cancelled when the client leaves."""
    if answer.wait:
        await asyncio.sleep(answer.wait)
    if answer.hang == "before headers":
        await _forever()
    if answer.reset == "before headers":
        connection.reset()
    elif answer.raw is not None:
        connection.write(answer.raw)
        connection.close()
    else:
        await _send(connection, answer, dialect, asked)


async def _send(connection: Connection, answer: Answer, dialect: Dialect, asked: dict[str, Any]) -> None:
    asked_for = bool(asked.get("stream")) and answer.status == 200 and answer.body is None
    streamed = bool(answer.frames) or asked_for
    pieces = _pieces(answer, dialect, asked, streamed=streamed)
    headers = _headers(answer, sum(map(len, pieces)), streamed=streamed)
    head = f"HTTP/1.1 {answer.status} {REASONS.get(answer.status, 'Status')}\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in headers.items()) + "\r\n"
    if answer.reset == "in headers":
        connection.write(head.encode()[: len(head) // 2])
        await _break(connection)
        return
    connection.write(head.encode())
    if answer.hang == "after headers":
        await _forever()
    await asyncio.sleep(answer.pause)
    if await _send_pieces(connection, answer, pieces, chunked="transfer-encoding" in headers):
        await _end(connection, answer, chunked="transfer-encoding" in headers)


def _headers(answer: Answer, size: int, *, streamed: bool) -> dict[str, str]:
    kind = "text/event-stream" if streamed else "application/json"
    headers = {"content-type": kind, **{name.lower(): value for name, value in answer.headers}}
    if answer.retry_after is not None:
        headers |= _retry_after(answer, answer.retry_after)
    if (streamed or answer.chunking) and answer.content_length is None:
        headers["transfer-encoding"] = "chunked"
    else:
        headers["content-length"] = str(size if answer.content_length is None else answer.content_length)
    return headers


def _retry_after(answer: Answer, seconds: float) -> dict[str, str]:
    match answer.waiting:
        case "seconds":
            return {"retry-after": f"{seconds:g}"}
        case "date":
            return {"retry-after": formatdate(time.time() + seconds, usegmt=True)}
        case "milliseconds":
            return {"retry-after-ms": f"{seconds * 1000:g}"}


async def _send_pieces(connection: Connection, answer: Answer, pieces: list[bytes], *, chunked: bool) -> bool:
    """Whether the answer's end is still to come."""
    for index, piece in enumerate(pieces):
        if answer.reset_after is not None and index >= min(answer.reset_after, len(pieces) - 1):
            await _break(connection)
            return False
        if answer.chunking == "cut" and index >= len(pieces) // 2:
            connection.write(b"%x\r\n%s" % (len(piece) + 100, piece))
            connection.close()
            return False
        if answer.chunking == "bad size" and index >= len(pieces) // 2:
            connection.write(b"zz\r\n" + piece + b"\r\n")
            return False
        if answer.hang == "mid-stream" and index >= len(pieces) // 2:
            await _forever()
        connection.write(b"%x\r\n%s\r\n" % (len(piece), piece) if chunked else piece)
        if answer.delay:
            await asyncio.sleep(answer.delay)
    return True


async def _end(connection: Connection, answer: Answer, *, chunked: bool) -> None:
    if answer.hang == "after the end":
        await _forever()
    if answer.chunking == "no end":
        connection.close()
    elif chunked:
        connection.write(b"0\r\n\r\n")
    if answer.content_length is not None and not answer.lingers:
        connection.close()


async def _break(connection: Connection) -> None:
    await asyncio.sleep(LEAVES_FIRST)
    connection.reset()


async def _forever() -> None:
    await asyncio.Event().wait()


def _pieces(answer: Answer, dialect: Dialect, asked: dict[str, Any], *, streamed: bool) -> list[bytes]:
    frames = _frames(answer, dialect, asked, streamed=streamed)
    if streamed and answer.error_after is not None:
        frames = [*frames[: answer.error_after], dialect.error_event()]
    if answer.cut:
        whole = b"".join(frames)
        frames = [whole[at : at + answer.cut] for at in range(0, len(whole), answer.cut)]
    return frames if answer.stops_after is None else frames[: answer.stops_after]


def _frames(answer: Answer, dialect: Dialect, asked: dict[str, Any], *, streamed: bool) -> list[bytes]:
    if answer.frames:
        return list(answer.frames)
    if streamed:
        return dialect.frames(answer, asked)
    if answer.body is not None:
        return [answer.body]
    return [dialect.whole(answer, asked) if answer.status == 200 else dialect.error(answer.status)]

"""Replies that take several requests: the vendor answers with where the reply will be, and is asked until it is there.

Whatever ends it early (the app left, a limit passed, the stream broke) is told the vendor in the background: what
nobody reads would be worked on, and billed, to its end.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any, NamedTuple

from gateway.relay.received import Received, Whole
from providers.canonical import HttpParts, Target
from providers.errors import VendorTimeout
from providers.vendors import Answered
from providers.wires.base import FollowingWire

log = logging.getLogger("switchboard.relay")

ABANDON_SECONDS = 30.0  # that stopping may take, beyond the time the call itself had

_background: set[asyncio.Task[None]] = set()  # the loop itself holds its tasks weakly


class Route(NamedTuple):
    """Where the requests of one attempt go. ``send`` takes how many seconds a request may last in all, ``left`` tells
    how many the attempt still has."""

    wire: FollowingWire
    target: Target
    base_url: str
    stream: bool
    send: Callable[[HttpParts, float], Awaitable[Received]]
    left: Callable[[], float]


async def followed(route: Route, parts: HttpParts) -> Received:
    """The answer that is the reply, or the first without success. Raises ``VendorTimeout`` when no time is left."""
    answer = last = await _first(route, parts)
    turn = 0
    try:
        while _success(answer):
            last = answer
            step = route.wire.follow(answer, route.target, base_url=route.base_url, stream=route.stream, turn=turn)
            if step is None:
                return Whole(answer)
            await _pause(step.pause, route)
            upstream = await route.send(step.parts, route.left())
            if step.streams:
                return Followed(upstream, route, last)
            answer = await _read(upstream)
            turn += 1
    except BaseException:
        _abandon(route, last)
        raise
    if turn:
        _abandon(route, last)
    return Whole(answer)


async def _first(route: Route, parts: HttpParts) -> Answered:
    """The answer that names what was begun. It is waited for even if the app leaves: only it tells what to stop."""
    asking = asyncio.ensure_future(_asked(route, parts))
    try:
        return await asyncio.shield(asking)
    except asyncio.CancelledError:
        _in_background(_abandon_once_known(route, asking))
        raise


async def _asked(route: Route, parts: HttpParts) -> Answered:
    return await _read(await route.send(parts, route.left()))


async def _read(upstream: Received) -> Answered:
    try:
        return Answered(upstream.status, upstream.headers, await upstream.read())
    finally:
        await upstream.close()


async def _pause(seconds: float, route: Route) -> None:
    left = route.left()
    await asyncio.sleep(max(0.0, min(seconds, left)))
    if left <= seconds:
        raise VendorTimeout(f"{route.target.provider} took longer than it may in all.")


def _success(answer: Answered) -> bool:
    return 200 <= answer.status < 300


def _abandon(route: Route, answer: Answered) -> None:
    if not _success(answer):
        return
    parts = route.wire.abandon(answer, route.target, base_url=route.base_url)
    if parts is not None:
        _in_background(_tell(route, parts))


async def _abandon_once_known(route: Route, asking: asyncio.Future[Answered]) -> None:
    _abandon(route, await asking)


async def _tell(route: Route, parts: HttpParts) -> None:
    upstream = await route.send(parts, ABANDON_SECONDS)
    await upstream.close()


def _in_background(work: Coroutine[Any, Any, None]) -> None:
    task = asyncio.ensure_future(_quietly(work))
    _background.add(task)
    task.add_done_callback(_background.discard)


async def _quietly(work: Coroutine[Any, Any, None]) -> None:
    try:
        await work
    except Exception as error:
        log.info("what nobody waits for could not be stopped (%s)", type(error).__name__)


class Followed:
    """The stream that an earlier answer named. Closed before its end, that is abandoned."""

    def __init__(self, upstream: Received, route: Route, named_by: Answered) -> None:
        self.status = upstream.status
        self.headers: Mapping[str, str] = upstream.headers
        self._upstream = upstream
        self._route = route
        self._named_by = named_by
        self._over = False

    def adopt(self) -> None:
        self._upstream.adopt()

    async def next(self) -> bytes | None:
        piece = await self._upstream.next()
        if piece is None and 200 <= self.status < 300:
            self._over = True
        return piece

    async def read(self) -> bytes:
        pieces: list[bytes] = []
        while (piece := await self.next()) is not None:
            pieces.append(piece)
        return b"".join(pieces)

    async def close(self) -> None:
        if not self._over:
            self._over = True
            _abandon(self._route, self._named_by)
        await self._upstream.close()

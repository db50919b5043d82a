"""A call that the answer cache answers: booked without usage, and let out like any other answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator

from gateway.answer import EVENT_STREAM, JSON, Answer
from gateway.cache.found import Found
from gateway.inbound import Inbound
from gateway.relay.headers import attempt_headers
from gateway.relay.opening import open_exchange
from gateway.relay.outgoing import Outgoing
from gateway.relay.screened import Screened
from gateway.relay.settle import Settlement
from gateway.runtime import Runtime
from providers.errors import SwitchboardError


async def replay(runtime: Runtime, inbound: Inbound, found: Found, screened: Screened) -> Answer:
    """Raises what a guardrail says of the answer. Stored content is that of the call that made it."""
    exchange = open_exchange(inbound)
    exchange.verdicts = screened.verdicts
    journal = runtime.ledger.journal
    settlement = Settlement(exchange, journal, request_size=0, content=None, started=inbound.began)
    outgoing = screened.outgoing(None)
    found.book(exchange)
    try:
        if found.entry.stream:
            pieces = Pieces(found, outgoing, settlement, inbound)
            return Answer(200, pieces, (*EVENT_STREAM, *attempt_headers(exchange), *found.headers()))
        body = found.body if outgoing is None else await outgoing.whole(found.body)
    except SwitchboardError as error:
        settlement.failed(error)
        raise
    except asyncio.CancelledError:
        settlement.cancelled()
        raise
    settlement.replayed()
    return Answer(200, body, (JSON, *attempt_headers(exchange), *found.headers()))


class Pieces:
    """A stream that was kept, as fast as the app reads it."""

    def __init__(self, found: Found, outgoing: Outgoing | None, settlement: Settlement, inbound: Inbound) -> None:
        self._settlement = settlement
        self._inbound = inbound
        self._generator = self._each(found, outgoing)

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._generator

    async def aclose(self) -> None:
        await self._generator.aclose()
        self._settlement.cancelled()

    async def _each(self, found: Found, outgoing: Outgoing | None) -> AsyncGenerator[bytes, None]:
        """The call is booked before the last piece leaves."""
        waiting = b""
        try:
            for piece in found.pieces:
                if waiting:
                    yield waiting
                waiting = piece if outgoing is None else await outgoing.piece(piece)
            if outgoing is not None:
                waiting += await outgoing.ending(b"")
        except SwitchboardError as error:
            self._settlement.failed(error)
            yield self._inbound.operation.write_stream_error(error, request_id=self._inbound.id)
            return
        self._settlement.replayed()
        if waiting:
            yield waiting

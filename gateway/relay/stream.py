"""A stream on its way to the app: first frame, frames, ending; booked whichever way it ends."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator
from typing import TYPE_CHECKING

from gateway.errors import GuardrailBlocked, GuardrailFailed
from gateway.relay.received import Received
from providers.errors import StreamBroken, SwitchboardError, VendorGarbled
from providers.http import MAX_REPLY_BYTES
from providers.wires import StreamTap

if TYPE_CHECKING:
    from gateway.relay.attempt import Trial

log = logging.getLogger("switchboard.relay")

DRAIN_SECONDS = 0.2  # after the terminator a vendor has this long to end its body, or the connection is not used again


def unreadable(provider: str, error: Exception) -> VendorGarbled:
    """For a reply that a wire stumbled over: the vendor's doing, and another target may do better."""
    log.error("a reply of %s could not be read (%s)", provider, type(error).__name__)
    log.debug("where it could not be read", exc_info=error)  # may quote the vendor's words, which nobody cleared
    return VendorGarbled(f"{provider} sent a reply that cannot be read.")


class Streaming:
    """Owns the upstream and the lease from the first frame on."""

    def __init__(self, trial: Trial, upstream: Received, tap: StreamTap) -> None:
        self.trial = trial
        self.settlement = trial.context.settlement
        self.outgoing = trial.context.outgoing
        self.upstream = upstream
        self.tap = tap
        self._first = b""
        self._generator = self._pieces()
        self._ended = False  # the upstream closed
        self._silent = 0  # bytes that came since the tap let something through

    async def begin(self) -> None:
        """Reads up to the first frame. Raises what the vendor said instead; nothing has reached the app yet."""
        tap = self.tap
        held: list[bytes] = []
        while not tap.started and not tap.done:
            data = await self.upstream.next()
            held.append(self._fed(data))
            if tap.error is not None:
                raise tap.error
            if data is None:
                break
        if not tap.started and not tap.done:
            raise StreamBroken("The vendor closed the stream before it began.", vendor_status=self.upstream.status)
        self._first = b"".join(held)

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._generator

    async def aclose(self) -> None:
        """Also for a stream that nobody began to read: the app may leave before the first byte is sent."""
        await self._generator.aclose()
        self._left()
        await self.upstream.close()

    async def _pieces(self) -> AsyncGenerator[bytes, None]:
        """The bytes for the app. However it ends, the ending is booked before the last of them leaves."""
        tap, settlement, outgoing = self.tap, self.settlement, self.outgoing
        piece = self._first
        self.upstream.adopt()  # an attempt in a race began in a task of its own
        try:
            while True:
                if piece and outgoing is not None:
                    piece = await outgoing.piece(piece)
                if piece:
                    yield piece
                if tap.error is not None:
                    raise tap.error
                if tap.done or self._ended:
                    break
                piece = self._fed(await self.upstream.next())
                settlement.note(tap.usage, tap.output_chars)
            tail = tap.end()
            if outgoing is not None:
                tail = await outgoing.ending(tail)
        except (asyncio.CancelledError, GeneratorExit):
            self._left()
            raise
        except (GuardrailBlocked, GuardrailFailed) as error:
            told = self._stopped(error)
            await self.upstream.close()
            yield told
            return
        except SwitchboardError as error:
            told = self._broke(error)
            await self.upstream.close()  # now: the app may take its time over what is left
            yield told
            return
        except Exception as error:
            told = self._broke(unreadable(self.trial.attempt.provider, error))
            await self.upstream.close()
            yield told
            return
        self._done()
        yield tail
        await self._drain()

    def _fed(self, data: bytes | None) -> bytes:
        if data is None:
            self._ended = True
            return self.tap.close()
        piece = self.tap.feed(data)
        self._silent = 0 if piece else self._silent + len(data)
        if self._silent > MAX_REPLY_BYTES:
            raise VendorGarbled(
                f"{self.trial.attempt.provider} sent more than {MAX_REPLY_BYTES} bytes without a frame."
            )
        return piece

    def _done(self) -> None:
        tap = self.tap
        self.trial.succeeded(tap.usage)
        self.settlement.done(tap.usage, output_chars=tap.output_chars, finish=tap.finish)

    def _broke(self, error: SwitchboardError) -> bytes:
        tap, operation = self.tap, self.trial.context.operation
        self.trial.failed(error, verdict="stop: the answer had begun")
        self.settlement.failed(error, usage=tap.usage, output_chars=tap.output_chars)
        return operation.write_stream_error(error, request_id=self.settlement.exchange.request_id)

    def _stopped(self, error: SwitchboardError) -> bytes:
        """By a guardrail: the vendor did well, and bills what it sent."""
        tap, operation = self.tap, self.trial.context.operation
        self.trial.abandoned("stop: a guardrail", tap.usage)
        self.settlement.failed(error, usage=tap.usage, output_chars=tap.output_chars)
        return operation.write_stream_error(error, request_id=self.settlement.exchange.request_id)

    def _left(self) -> None:
        """The app left: what was produced is booked, nothing is awaited."""
        if self.settlement.closed:
            return
        tap = self.tap
        self.trial.abandoned("cancelled")
        self.settlement.cancelled(tap.usage, output_chars=tap.output_chars)

    async def _drain(self) -> None:
        """Reads to the end of the body, so that the connection can carry the next call."""
        if self._ended:
            return
        try:
            async with asyncio.timeout(DRAIN_SECONDS):
                while await self.upstream.next() is not None:
                    pass
        except (TimeoutError, SwitchboardError):
            return

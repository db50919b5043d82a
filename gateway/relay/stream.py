"""A stream on its way to the app: first frame, frames, ending; booked whichever way it ends."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator

from gateway.exchange import Attempt
from gateway.inbound import Inbound
from gateway.relay.settle import Settlement
from gateway.relay.translation import TranslatingTap
from gateway.routing.names import Planned
from gateway.runtime import Runtime
from providers.catalogue import CompiledProvider
from providers.errors import StreamBroken, SwitchboardError, VendorGarbled
from providers.http import MAX_REPLY_BYTES, Upstream
from providers.pool import Lease
from providers.secrecy import clear, secrets_of
from providers.wires import StreamTap, Wire

log = logging.getLogger("switchboard.relay")

DRAIN_SECONDS = 0.2  # after the terminator a vendor has this long to end its body, or the connection is not used again


def make_tap(inbound: Inbound, planned: Planned) -> StreamTap:
    """The pass-through tap where both sides speak one wire, else the translating one."""
    vendor = planned.provider.wire
    if vendor is inbound.wire:
        return vendor.stream_tap(planned.target, include_usage=inbound.include_usage)
    return TranslatingTap(inbound.wire, vendor, inbound.call, planned.target)


def unreadable(provider: str, error: Exception) -> VendorGarbled:
    """For a reply that a wire stumbled over: the vendor's doing, and another target may do better."""
    log.error("a reply of %s could not be read", provider, exc_info=error)
    return VendorGarbled(f"{provider} sent a reply that cannot be read.")


class Streaming:
    """Owns the upstream and the lease from the first frame on."""

    def __init__(
        self,
        runtime: Runtime,
        settlement: Settlement,
        upstream: Upstream,
        tap: StreamTap,
        lease: Lease,
        attempt: Attempt,
        wire: Wire,
        *,
        provider: CompiledProvider,
    ) -> None:
        self.runtime = runtime
        self.settlement = settlement
        self.upstream = upstream
        self.tap = tap
        self.lease = lease
        self.attempt = attempt
        self.wire = wire
        self.provider = provider
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
            self.settlement.first_byte()
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
        tap, settlement, content = self.tap, self.settlement, self.settlement.content
        piece = self._first
        try:
            while True:
                if piece:
                    if content is not None:
                        content.add(piece)
                    yield piece
                if tap.error is not None:
                    raise tap.error
                if tap.done or self._ended:
                    break
                piece = self._fed(await self.upstream.next())
                settlement.note(tap.usage, tap.output_chars)
        except (asyncio.CancelledError, GeneratorExit):
            self._left()
            raise
        except SwitchboardError as error:
            yield self._broke(error)
            return
        except Exception as error:
            yield self._broke(unreadable(self.attempt.provider, error))
            return
        tail = tap.end()
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
            raise VendorGarbled(f"{self.attempt.provider} sent more than {MAX_REPLY_BYTES} bytes without a frame.")
        return piece

    def _done(self) -> None:
        tap = self.tap
        self.runtime.pool.release(self.lease)
        self._stop_clock()
        self.settlement.done(tap.usage, output_chars=tap.output_chars, finish=tap.finish)

    def _broke(self, error: SwitchboardError) -> bytes:
        tap = self.tap
        clear(error, secrets_of(self.provider, self.lease.token))
        self.runtime.pool.release(self.lease, error)
        self._stop_clock()
        self.attempt.error, self.attempt.verdict = error.code, "stop: the answer had begun"
        error.provider = self.attempt.provider  # type: ignore[attr-defined]
        self.settlement.failed(error, usage=tap.usage, output_chars=tap.output_chars)
        return self.wire.write_stream_error(error, request_id=self.settlement.exchange.request_id)

    def _left(self) -> None:
        """The app left: what was produced is booked, nothing is awaited."""
        if self.settlement.closed:
            return
        tap = self.tap
        self.runtime.pool.abandon(self.lease)
        self._stop_clock()
        self.settlement.cancelled(tap.usage, output_chars=tap.output_chars)

    def _stop_clock(self) -> None:
        self.attempt.duration_us = self.settlement.elapsed_us() - self.attempt.started_us

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

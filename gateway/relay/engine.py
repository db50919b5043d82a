"""The attempt loop: read this first. One call goes from target to target and token to token until one answers.

    for each target of the plan:
        lease a token → attempt → on an error, by its verdict: same token | next token | next target | stop

The exchange is opened in the journal before the first upstream byte, and closed before the last byte of
the answer leaves. Cancellation (the app left) closes the upstream at once and books what was produced.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from urllib.parse import quote

from gateway.answer import EVENT_STREAM, JSON, Answer, Headers
from gateway.events import exchange_opened
from gateway.exchange import Attempt, Exchange
from gateway.inbound import Inbound
from gateway.relay.content import Content
from gateway.relay.settle import Settlement
from gateway.relay.stream import Streaming, make_tap, unreadable
from gateway.routing.names import Planned
from gateway.runtime import Runtime
from providers.canonical import HttpParts
from providers.catalogue import HOP_HEADER
from providers.errors import RateLimited, Retry, SwitchboardError, UpstreamError, VendorFailed
from providers.http import Upstream
from providers.pool import Lease
from providers.secrecy import clear, secrets_of

MOST_ATTEMPTS = 12  # over all targets and tokens: a pool of a hundred dead tokens must not hold a call for minutes
MOST_ERROR_BYTES = 1024 * 1024
PRINTABLE = "".join(map(chr, range(0x20, 0x7F)))


async def relay(runtime: Runtime, inbound: Inbound, plan: Sequence[Planned], *, content: bytes) -> Answer:
    """Answers a call. Raises the error of the last attempt; every ending is booked."""
    exchange = _open_exchange(inbound)
    runtime.ledger.journal.open(exchange)
    exchange_opened.tell(exchange)
    kept = Content(content) if inbound.caller.team.store_content else None
    settlement = Settlement(exchange, runtime.ledger.journal, request_size=inbound.size, content=kept)
    try:
        return await Relay(runtime, inbound, settlement).over(plan)
    except SwitchboardError as error:
        settlement.failed(error)
        raise
    except asyncio.CancelledError:
        settlement.cancelled()
        raise
    except BaseException:
        settlement.failed(SwitchboardError("Switchboard failed on this request."))
        raise


def refused(runtime: Runtime, inbound: Inbound, error: SwitchboardError) -> None:
    """Books a call that never got to a target, so that its key's owner finds it in the log."""
    exchange = _open_exchange(inbound)
    Settlement(exchange, runtime.ledger.journal, request_size=inbound.size, content=None).failed(error)


def _open_exchange(inbound: Inbound) -> Exchange:
    key, team = inbound.caller.key, inbound.caller.team
    return Exchange(
        id=inbound.id,
        started_at=time.time_ns() // 1000,
        request_id=inbound.id,
        endpoint=inbound.endpoint,
        api_key_id=key.id,
        api_key=key.name,
        team_id=team.id,
        team=team.name,
        requested_model=inbound.model,
        stream=inbound.stream,
        attempts=[],
    )


class Relay:
    """One call on its way through its plan."""

    def __init__(self, runtime: Runtime, inbound: Inbound, settlement: Settlement) -> None:
        self.runtime = runtime
        self.inbound = inbound
        self.settlement = settlement
        self.exchange = settlement.exchange

    async def over(self, plan: Sequence[Planned]) -> Answer:
        last: SwitchboardError | None = None
        for planned in plan:
            try:
                return await self._at(planned)
            except SwitchboardError as error:
                last = error
                if error.retry is Retry.NEVER or len(self.exchange.attempts) >= MOST_ATTEMPTS:
                    raise
        assert last is not None, "a plan has at least one target"
        raise last

    async def _at(self, planned: Planned) -> Answer:
        """One target, token after token. Raises what the last token met, with the pool's shortest wait."""
        tried: set[int] = set()
        again = True
        last: SwitchboardError | None = None
        while len(self.exchange.attempts) < MOST_ATTEMPTS:
            lease = self.runtime.pool.lease(planned.provider, tried=tried)
            if lease is None:
                break
            try:
                return await self._with(planned, lease)
            except SwitchboardError as error:
                last = error
                if error.retry is Retry.SAME_TOKEN and again:
                    again = False
                    continue
                tried.add(lease.token.id)
                if error.retry is not Retry.NEXT_TOKEN:
                    raise
        if last is None:
            raise VendorFailed(f"{planned.provider.name} has no token that may be used.")
        if isinstance(last, RateLimited):
            last.retry_after = self.runtime.pool.shortest_rest(planned.provider) or last.retry_after
        raise last

    async def _with(self, planned: Planned, lease: Lease) -> Answer:
        attempt = self._begin(planned, lease)
        try:
            answer = await self._attempt(planned, lease, attempt)
        except SwitchboardError as error:
            self._failed(planned, lease, attempt, error)
            raise
        except BaseException:
            self.runtime.pool.abandon(lease)
            attempt.duration_us = self.settlement.elapsed_us() - attempt.started_us
            raise
        return answer

    def _begin(self, planned: Planned, lease: Lease) -> Attempt:
        exchange, provider, model = self.exchange, planned.provider, planned.target.model
        exchange.provider, exchange.vendor = provider.name, provider.vendor.slug
        exchange.model, exchange.wire = model, provider.vendor.wire
        exchange.token = lease.token.fingerprint
        attempt = Attempt(
            provider=provider.name,
            model=model,
            token=lease.token.fingerprint,
            started_us=self.settlement.elapsed_us(),
            reason=planned.reason,
        )
        exchange.attempts.append(attempt)
        return attempt

    def _failed(self, planned: Planned, lease: Lease, attempt: Attempt, error: SwitchboardError) -> None:
        clear(error, secrets_of(planned.provider, lease.token))
        vendor = planned.provider.vendor
        testable = bool(vendor.probe_path or (vendor.models_path and vendor.models_need_token))
        self.runtime.pool.release(lease, error, testable=testable)
        error.provider = planned.provider.name  # type: ignore[attr-defined]
        attempt.duration_us = self.settlement.elapsed_us() - attempt.started_us
        attempt.error, attempt.verdict = error.code, error.retry.value
        attempt.reason = error.message[:300]

    async def _attempt(self, planned: Planned, lease: Lease, attempt: Attempt) -> Answer:
        parts = self._write(planned)
        try:
            return await self._asked(planned, lease, attempt, parts)
        except SwitchboardError:
            raise
        except Exception as error:
            raise unreadable(planned.provider.name, error) from error

    async def _asked(self, planned: Planned, lease: Lease, attempt: Attempt, parts: HttpParts) -> Answer:
        auth = lease.token.auth
        if planned.provider.may_lead_back:
            auth = (*auth, (HOP_HEADER, str(self.inbound.hops + 1)))
        upstream = await self.runtime.clients.send(planned.provider, parts, auth=auth)
        attempt.status = upstream.status
        keep = False
        try:
            if not 200 <= upstream.status < 300:
                raise await self._read_error(planned, upstream)
            if self.inbound.stream:
                answer = await self._stream(planned, lease, attempt, upstream)
                keep = True  # closed by the stream's own ending
                return answer
            return await self._whole(planned, lease, attempt, upstream)
        finally:
            if not keep:
                await upstream.close()

    def _write(self, planned: Planned) -> HttpParts:
        inbound, wire = self.inbound, planned.provider.wire
        if wire is inbound.wire:
            parts = wire.patch_request(inbound.body, planned.target)
        else:
            parts = wire.write_request(inbound.call, planned.target)
        self.exchange.dropped = ",".join(parts.dropped)
        return parts

    async def _read_error(self, planned: Planned, upstream: Upstream) -> SwitchboardError:
        body = await _as_far_as_it_goes(upstream)
        return planned.provider.wire.read_error(upstream.status, upstream.headers, body, planned.target)

    async def _whole(self, planned: Planned, lease: Lease, attempt: Attempt, upstream: Upstream) -> Answer:
        body = await upstream.read()
        self.settlement.first_byte()
        wire, settlement = planned.provider.wire, self.settlement
        facts = wire.tap_reply(body, planned.target)
        if facts.error is not None:
            raise facts.error
        if wire is not self.inbound.wire:
            body = self.inbound.wire.write_reply(wire.read_reply(body, planned.target))
        self.runtime.pool.release(lease)
        attempt.duration_us = settlement.elapsed_us() - attempt.started_us
        if settlement.content is not None:
            settlement.content.add(body)
        settlement.done(facts.usage, output_chars=facts.output_chars, finish=facts.finish)
        return Answer(200, body, (JSON, *self._headers()))

    async def _stream(self, planned: Planned, lease: Lease, attempt: Attempt, upstream: Upstream) -> Answer:
        """Waits for the first frame, so that a vendor that fails at once can still be replaced."""
        tap = make_tap(self.inbound, planned)
        streaming = Streaming(
            self.runtime, self.settlement, upstream, tap, lease, attempt, self.inbound.wire, provider=planned.provider
        )
        await streaming.begin()
        return Answer(200, streaming, (*EVENT_STREAM, *self._headers()))

    def _headers(self) -> Headers:
        exchange = self.exchange
        return (
            (b"x-switchboard-provider", exchange.provider.encode()),
            (b"x-switchboard-model", _header_value(exchange.model)),
            (b"x-switchboard-attempts", b"%d" % len(exchange.attempts)),
        )


async def _as_far_as_it_goes(upstream: Upstream) -> bytes:
    """The body of an error, or what came of it: the status alone tells more than that the rest was missing."""
    body = bytearray()
    try:
        while len(body) < MOST_ERROR_BYTES and (piece := await upstream.next()) is not None:
            body += piece
    except UpstreamError:
        pass
    return bytes(body)


def _header_value(text: str) -> bytes:
    """A model id as a header value: what HTTP does not allow there is percent-encoded, as UTF-8."""
    if text.isascii() and text.isprintable():
        return text.encode()
    return quote(text, safe=PRINTABLE, errors="replace").encode()

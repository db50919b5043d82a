"""The requests of one attempt on their way out, within the time it has."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import cast

from gateway import trace
from gateway.exchange import Attempt
from gateway.relay.context import Context
from gateway.relay.following import Route, followed
from gateway.relay.received import Received
from gateway.routing.targets import Planned
from providers.canonical import HttpParts
from providers.catalogue import HOP_HEADER
from providers.errors import VendorTimeout
from providers.http import TRACE_HEADER, Timeouts, Upstream
from providers.pool import Lease
from providers.wires.base import FollowingWire

LEAST = 0.001  # seconds: a limit of nothing would be none


class Sending:
    __slots__ = ("attempt", "context", "lease", "limits", "planned")

    def __init__(self, context: Context, planned: Planned, lease: Lease, attempt: Attempt) -> None:
        self.context = context
        self.planned = planned
        self.lease = lease
        self.attempt = attempt
        self.limits = self._limits()

    async def send(self, parts: HttpParts) -> Received:
        """Waits for the status line. Raises as ``HttpClients.send``."""
        upstream: Received
        if hasattr(self.planned.wire, "follow"):
            upstream = await self._followed(parts)
        elif self.lease.token.credential is not None:
            upstream = await self._exchanged(parts)
        else:
            upstream = await self._ask(parts, self.limits)
        if not self.attempt.verdict:  # else it is booked already
            self.attempt.status = upstream.status
        self.context.runtime.pool.heard(self.lease, upstream.headers)
        return upstream

    def _limits(self) -> Timeouts | None:
        """The provider's own limits cut to what the call has left; ``None`` where they hold as they are."""
        own, left = self.planned.provider.timeouts, max(self.context.left, LEAST)
        if left >= own.total:
            return None
        return Timeouts(own.connect, min(own.first_byte, left), min(own.silence, left), left)

    async def _exchanged(self, parts: HttpParts) -> Upstream:
        """Where headers are made over the network first, that takes from the same time."""
        limit = (self.limits or self.planned.provider.timeouts).total
        try:
            async with asyncio.timeout(limit):
                return await self._ask(parts, self.limits)
        except TimeoutError:
            raise VendorTimeout(f"{self.planned.provider.name} did not begin to answer within {limit:g} s.") from None

    async def _followed(self, parts: HttpParts) -> Received:
        """For a wire whose reply takes several requests: they share the time of one attempt."""
        provider = self.planned.provider
        limits = self.limits or provider.timeouts

        def left() -> float:
            spent = (self.context.settlement.elapsed_us() - self.attempt.started_us) / 1e6
            return limits.total - spent

        async def send(asked: HttpParts, seconds: float) -> Received:
            return await self._ask(asked, limits._replace(total=seconds))

        wire = cast(FollowingWire, self.planned.wire)
        route = Route(wire, self.planned.target, provider.base_url, self.context.operation.stream, send, left)
        return await followed(route, parts)

    def _ask(self, parts: HttpParts, limits: Timeouts | None) -> Awaitable[Upstream]:
        token, provider = self.lease.token, self.planned.provider
        auth = token.auth
        if provider.may_lead_back:
            auth = (*auth, (HOP_HEADER, str(self.context.inbound.hops + 1)))
        if self.context.inbound.trace:
            auth = (*auth, (TRACE_HEADER, self._traceparent()))
        return self.context.runtime.clients.send(
            provider, parts, auth=auth, credential=token.credential, timeouts=limits
        )

    def _traceparent(self) -> str:
        """The span of this attempt is the vendor's parent where it is told of; else the app's own is."""
        if not self.context.runtime.traces:
            return self.context.inbound.trace
        exchange = self.context.settlement.exchange
        number = next(place for place, one in enumerate(exchange.attempts) if one is self.attempt)
        return trace.child(self.context.inbound.trace, exchange.id, number)

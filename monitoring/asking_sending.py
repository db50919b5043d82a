"""The requests of one call outside the gateway's door, on the loop that runs it alone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast

from gateway.exchange import Attempt
from gateway.operations.base import Bodies, Done
from gateway.operations.chat import Chat
from gateway.relay.following import Route, followed
from gateway.relay.received import Received, as_far_as_it_goes
from gateway.relay.stream import unreadable
from gateway.routing.targets import Planned
from providers.canonical import HttpParts
from providers.catalogue import HOP_HEADER, CompiledToken
from providers.errors import SwitchboardError, VendorTimeout
from providers.http import HttpClients, Timeouts
from providers.wires.base import FollowingWire


class Sending:
    """``attempt`` is told its status and when the first byte came, ``dropped`` the knobs that the target does not know.
    ``elapsed_us``: since the call began."""

    def __init__(
        self,
        planned: Planned,
        operation: Chat,
        token: CompiledToken,
        attempt: Attempt,
        *,
        elapsed_us: Callable[[], int],
    ) -> None:
        self.planned = planned
        self.operation = operation
        self.token = token
        self.attempt = attempt
        self.dropped = ""
        self._elapsed_us = elapsed_us

    async def over(self, patience: float) -> Done:
        """The answer, within ``patience`` seconds. Raises what the vendor's error is."""
        name = self.planned.provider.name
        clients = HttpClients()
        try:
            async with asyncio.timeout(patience):
                (parts,) = self.operation.write(self.planned)
                self.dropped = ",".join(parts.dropped)
                return await self._read(await self._sent(clients, parts, patience))
        except TimeoutError:
            raise VendorTimeout(f"{name} did not answer within {patience:g} s.") from None
        except SwitchboardError:
            raise
        except Exception as error:
            raise unreadable(name, error) from error
        finally:
            await clients.aclose()

    async def _sent(self, clients: HttpClients, parts: HttpParts, patience: float) -> Received:
        provider, token, wire = self.planned.provider, self.token, self.planned.wire
        limits = Timeouts(*(min(limit, patience) for limit in provider.timeouts))
        auth = (*token.auth, (HOP_HEADER, "1")) if provider.may_lead_back else token.auth

        async def send(asked: HttpParts, seconds: float) -> Received:
            within = limits._replace(total=max(0.001, min(limits.total, seconds)))
            return await clients.send(provider, asked, auth=auth, credential=token.credential, timeouts=within)

        def left() -> float:
            return patience - (self._elapsed_us() - self.attempt.started_us) / 1e6

        if hasattr(wire, "follow"):  # its answer takes several requests
            following = cast(FollowingWire, wire)
            return await followed(Route(following, self.planned.target, provider.base_url, False, send, left), parts)
        return await send(parts, patience)

    async def _read(self, received: Received) -> Done:
        try:
            self.attempt.status = received.status
            if not 200 <= received.status < 300:
                body = await as_far_as_it_goes(received)
                raise self.planned.wire.read_error(received.status, received.headers, body, self.planned.target)
            self.attempt.first_byte_us = max(1, self._elapsed_us() - self.attempt.started_us)
            return self.operation.read(Bodies([(await received.read(), received.headers)]), self.planned)
        finally:
            await received.close()

"""The one room that knows the HTTP client: sends what a wire wrote, gives back what came.

httpx is the interface, aiohttp the engine: httpx's own pool falls over at a few hundred calls in flight.
Clients are bound to an event loop, so whoever has a loop of its own makes and closes its own ``HttpClients``.
"""

from httpx import AsyncBaseTransport as Transport

from providers.http.clients import TRACE_HEADER, HttpClients
from providers.http.endpoint import Endpoint
from providers.http.upstream import MAX_REPLY_BYTES, Upstream
from providers.http.watch import Timeouts

__all__ = ["MAX_REPLY_BYTES", "TRACE_HEADER", "Endpoint", "HttpClients", "Timeouts", "Transport", "Upstream"]

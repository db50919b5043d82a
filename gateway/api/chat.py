"""``POST /v1/chat/completions``, whole and streamed."""

from __future__ import annotations

from typing import Any

from gateway.answer import Answer
from gateway.api.base import AsyncAPIView, read_json
from gateway.errors import LoopDetected
from gateway.inbound import Inbound
from gateway.policy import admit
from gateway.relay.engine import refused, relay
from gateway.routing.plan import plan
from providers.catalogue import HOP_HEADER
from providers.errors import SwitchboardError

MOST_HOPS = 4  # Switchboards in front of Switchboards; more is a loop
HOP_META = "HTTP_" + HOP_HEADER.upper().replace("-", "_")


class ChatCompletions(AsyncAPIView):
    async def post(self, request: Any) -> Answer:
        hops = count_hops(request)
        body = read_json(request)
        inbound = Inbound(
            body,
            wire_name="openai",
            endpoint="chat.completions",
            caller=request.user,
            size=len(request.content),
            id=request.id,
            hops=hops,
        )
        try:
            targets = admit(inbound, plan(request.runtime.snapshots.current, inbound.model))
        except SwitchboardError as error:
            refused(request.runtime, inbound, error)
            raise
        return await relay(request.runtime, inbound, targets, content=request.content)


def count_hops(request: Any) -> int:
    """How many Switchboards this call came through. Raises ``LoopDetected`` for too many."""
    hops: str = request.META.get(HOP_META, "0")
    if not (hops.isascii() and hops.isdigit()) or len(hops) > 4 or int(hops) >= MOST_HOPS:
        raise LoopDetected("This call came through Switchboard too often; a provider's address leads back here.")
    return int(hops)

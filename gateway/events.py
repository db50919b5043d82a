"""What the gateway tells whoever listens, in process and on the event loop. Nobody here knows who listens."""

from __future__ import annotations

from gateway.exchange import Exchange
from providers.topic import Topic

__all__ = ["Topic", "exchange_closed", "exchange_opened"]

exchange_opened: Topic[Exchange] = Topic("exchange_opened")
exchange_closed: Topic[Exchange] = Topic("exchange_closed")

"""Where ``GET /v1/usage`` gets what a key used: the request log belongs to monitoring, which registers how to ask it.
Without it the figures are not told, and all else is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple


class KeyUsage(NamedTuple):
    """What an API key's calls were in a span of time. ``cost_nano``: nano-dollars of those whose cost is known;
    ``unknown``: how many are not. ``saved_nano``: what answers out of the cache had cost when they were made."""

    requests: int = 0
    input: int = 0
    output: int = 0
    cost_nano: int = 0
    unknown: int = 0
    saved_nano: int = 0


Ask = Callable[[int, datetime], KeyUsage]  # key id (0: the anonymous one) and since when; blocking, in any thread


class UsageSource:
    """Holds the one that is registered."""

    def __init__(self) -> None:
        self.ask: Ask | None = None

    def register(self, ask: Ask) -> None:
        self.ask = ask


usage_source = UsageSource()

"""How a call may be tried, and what holds for all of routing. Times are in seconds. Plain values: no database."""

from __future__ import annotations

from typing import NamedTuple


class Rules(NamedTuple):
    """Of one call. ``retries``: rounds over targets that failed in a way that may pass; ``slow_start`` 0 is off;
    ``sticky`` is off, named or conversation (``gateway.models.RoutingSettings.Sticky``)."""

    max_attempts: int = 12
    retries: int = 1
    backoff_base: float = 0.25
    backoff_cap: float = 8.0
    deadline: float = 1800.0
    slow_start: float = 0.0
    hedge: bool = False
    sticky: str = "conversation"


class Weights(NamedTuple):
    """What each part of a score counts; ``None`` is the goal's own."""

    capability: float | None = None
    cost: float | None = None
    performance: float | None = None
    availability: float | None = None


USUAL_RULES = Rules()
GOALS_OWN = Weights()

"""What the health watch tells in process, after the commit and in the thread that watched. Listeners return at once."""

from __future__ import annotations

from dataclasses import dataclass

from monitoring.health.board import State
from providers.topic import Topic


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthChange:
    """``before`` is ``None`` for a target that was not watched until now."""

    before: State | None
    after: State


health_changed: Topic[HealthChange] = Topic("health_changed")

"""What is known of the health of providers and models, for pages, the API, alerts and metrics."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

HEALTHY, DEGRADED, DOWN, UNKNOWN, OFF = "healthy", "degraded", "down", "unknown", "off"


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """How a provider, or one model of it, is. ``signal`` is what told: traffic, breaker, probe, test or "". ``reason``
    is in words, without secrets."""

    provider: str
    model: str  # "": the provider as a whole
    status: str  # one of the five above
    since: datetime | None
    reason: str
    signal: str
    checked_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """A stretch in which it was not healthy. ``ended_at`` is ``None`` while it lasts. ``fallbacks``: requests that
    another target answered meanwhile."""

    provider: str
    model: str
    status: str  # degraded or down: the worst it was
    began_at: datetime
    ended_at: datetime | None
    reason: str
    signal: str
    fallbacks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Uptime:
    """``share``: of the time in which it was watched, how much it was not down, 0 to 1; ``None`` if never watched.
    ``mean_recovery_s``: seconds from down to healthy, over the outages that ended; ``None`` without any."""

    provider: str
    model: str
    share: float | None
    outages: int
    down_s: float
    mean_recovery_s: float | None
    fallbacks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One probe or paid test. ``kind``: probe (free), test (a token's), paid. ``ok`` is ``None`` where it cannot tell."""

    provider: str
    model: str
    kind: str
    at: datetime
    ok: bool | None
    status: int
    message: str
    latency_ms: int
    cost_nano: int


def states(*, models: bool = False) -> list[State]:
    """Every provider there is, by name; with ``models``, also every model that was seen ill or used in the last day."""
    raise NotImplementedError


def outages(*, since: datetime, provider: str = "", most: int = 200) -> list[Outage]:
    """Those that lasted into or began after ``since``, the newest first."""
    raise NotImplementedError


def uptimes(*, since: datetime, until: datetime, provider: str = "", models: bool = False) -> list[Uptime]:
    raise NotImplementedError


def checks(*, provider: str = "", since: datetime | None = None, most: int = 100) -> list[Check]:
    """The newest first."""
    raise NotImplementedError

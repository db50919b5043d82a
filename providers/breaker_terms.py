"""The words of circuit breakers: states, rules, what is told of them, and what an error says about a vendor."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from providers.errors import Fault, ProviderUnavailable, SwitchboardError, UpstreamError


class State(StrEnum):
    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


CLOSED, OPEN, HALF_OPEN = State.CLOSED, State.OPEN, State.HALF_OPEN


class BreakerRules(NamedTuple):
    """When breakers open and close. ``window``, ``open_seconds`` and ``longest`` are seconds."""

    window: float = 60
    minimum: int = 10  # calls in the window before a breaker may open
    rate: float = 0.5  # share of them that failed
    open_seconds: float = 15  # the first time; doubles with each failed probe
    longest: float = 300
    probes: int = 2  # calls at once while half-open, and successes that close
    unreachable_in_a_row: int = 5  # failed connections without an answer between them open too; 0: never


class Blocked(NamedTuple):
    """Why no call may begin now. ``until``: seconds since the epoch; ``model``: "" if the whole provider is blocked."""

    reason: str
    until: float
    model: str


class BreakerNow(NamedTuple):
    """A breaker for people. ``since`` and ``until`` (of an open one) are seconds since the epoch, 0 if there is none;
    ``failures`` of ``calls`` within the window."""

    state: State
    reason: str
    since: float
    until: float
    failures: int
    calls: int


class Transition(NamedTuple):
    """One change of state, or, from another process, the state to take over. ``at`` is the time of the clock,
    ``changed_at`` orders news; ``wait``: the seconds it was opened for last."""

    provider_id: int
    model: str
    before: State
    after: State
    reason: str
    at: float
    until: float
    wait: float
    changed_at: float


BUSY = frozenset({408, 425, 429})  # of the 4xx, those that tell of the vendor's state and not of the request


def vendor_failed(error: SwitchboardError | None) -> bool | None:
    """Whether an attempt that ended so shows a vendor that fails; ``None`` if it tells nothing of that: our account's
    business, or what never reached the vendor."""
    if error is None:
        return False
    if error.fault is Fault.VENDOR:
        if isinstance(error, ProviderUnavailable):  # a breaker's own word must not keep it open
            return None
        return not _refused(error)
    return False if error.fault is Fault.CALLER and vendor_spoke(error) else None


def _refused(error: SwitchboardError) -> bool:
    """Whether the vendor is there and said no, in words of its own: a bare 404 for a model that an app made up."""
    status = getattr(error, "vendor_status", None) or 0
    return 400 <= status < 500 and status not in BUSY


def vendor_spoke(error: SwitchboardError | None) -> bool:
    """Whether the vendor answered. What is refused here, before anything was sent, has no vendor's status."""
    return isinstance(error, UpstreamError) and bool(error.vendor_status)

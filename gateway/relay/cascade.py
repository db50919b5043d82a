"""When every target failed: which of the errors the app gets, and who may be asked once more."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence

from gateway.exchange import Attempt
from gateway.routing.targets import Planned
from providers.errors import (
    Fault,
    LargerThanLimit,
    RateLimited,
    StreamBroken,
    SwitchboardError,
    VendorFailed,
    VendorOverloaded,
    VendorUnreachable,
)

PASSING = (VendorOverloaded, VendorFailed, VendorUnreachable, StreamBroken, RateLimited)
MOST_NAMED = 12

Met = tuple[Planned, SwitchboardError]


def may_pass(error: SwitchboardError, *, longest: float) -> bool:
    """Whether the same target may do better after a wait of up to ``longest`` seconds. A reply that came garbled or too
    late is paid for: it is not asked for again there."""
    if error.billed is not None or isinstance(error, LargerThanLimit) or not isinstance(error, PASSING):
        return False
    return error.retry_after is None or error.retry_after <= longest


def soonest(errors: Iterable[SwitchboardError]) -> float | None:
    """The shortest wait a vendor asked for, ``None`` if one asked for none."""
    waits = [error.retry_after for error in errors]
    return None if None in waits else min((wait for wait in waits if wait is not None), default=None)


def due(met: Iterable[Met], wait: float) -> list[Planned]:
    """Those who asked for no longer wait than this: the others are left alone for a round."""
    return [planned for planned, error in met if (error.retry_after or 0.0) <= wait]


def telling(
    met: Sequence[Met],
    attempts: Sequence[Attempt],
    *,
    asked: Container[SwitchboardError],
    chosen: SwitchboardError | None = None,
) -> SwitchboardError:
    """The error that says most, unless one was ``chosen``: the last that was not for what the app asked, which another
    target could do; it names every attempt. ``asked``: errors that an attempt met."""
    errors = [error for _, error in met]
    chosen = chosen or next((error for error in reversed(errors) if error.fault is not Fault.CALLER), errors[-1])
    told = tuple(_tried(attempts)) + tuple(_skipped(met, asked))
    if len(told) > 1 and not chosen.attempts:
        chosen.attempts = told
        listed = "; ".join(f"{number}. {one}" for number, one in enumerate(told[:MOST_NAMED], start=1))
        first = chosen.message.rstrip()
        stop = "" if first.endswith((".", "!", "?", "…", "。")) else "."
        chosen.message = f"{first}{stop} Nothing answered: {listed}."
    return chosen


def _tried(attempts: Iterable[Attempt]) -> Iterable[str]:
    for one in attempts:
        status = f" {one.status}" if one.status else ""
        yield f"{one.provider}:{one.model}{status} {one.error or 'cancelled'}"


def _skipped(met: Iterable[Met], asked: Container[SwitchboardError]) -> Iterable[str]:
    """Targets that were not asked at all: resting tokens, an open breaker, no room."""
    for planned, error in met:
        if error not in asked:
            yield f"{planned.provider.name}:{planned.model} not asked, {error.code}"

"""What the end of a call means for its token: nothing, a rest, a suspension, or that it is well again. No I/O.

Only what is the account's fault counts, by weight (``POINTS``): five points within the last ten calls suspend, so five
rejected credentials do, or ten denied accesses; limits never do by themselves, they rest. Two rejections within a
minute suspend at once. Each process counts its own calls; what came of it is shared.
"""

from __future__ import annotations

from providers.condition import CALLS, LONGEST_REST, PROBATION, RETIRED, STREAK, SUSPENDED, Condition
from providers.errors import (
    AccessDenied,
    CredentialInvalid,
    Fault,
    LargerThanLimit,
    QuotaExceeded,
    RateLimited,
    SwitchboardError,
    UpstreamError,
)

REJECTED_TWICE_WITHIN = 60.0  # seconds: one 401 may be the vendor's hiccup, two are the credential's fault
POINTS: tuple[tuple[type[SwitchboardError], float], ...] = (
    (LargerThanLimit, 0.0),  # the request's doing: the token neither rests nor counts a point
    (CredentialInvalid, 1.0),
    (QuotaExceeded, 1.0),
    (AccessDenied, 0.5),  # may be the model's or the region's alone
    (RateLimited, 0.25),
)
FAILS = 0.5  # points from which a trial has failed
WORKED_LATELY = 600.0  # seconds in which a denied access is the model's, not the account's: apps name what they like


def points_of(error: SwitchboardError) -> float:
    return next((points for kind, points in POINTS if isinstance(error, kind)), 0.0)


def says_nothing(error: SwitchboardError) -> bool:
    """Whether the vendor was in trouble, or never asked: no word about the token either way."""
    return error.fault is not Fault.CALLER and not vendor_refused(error)


def vendor_refused(error: SwitchboardError) -> bool:
    """Whether the vendor looked at the request and refused it."""
    return isinstance(error, UpstreamError) and 0 < (error.vendor_status or 0) < 500


def worked(condition: Condition, *, now: float) -> bool:
    """After a call that was answered; gives whether that is news. A suspended token needs ``STREAK`` of them."""
    condition.rejected_at = 0
    condition.scores(0)
    if condition.standing == RETIRED:
        return False
    if condition.standing:
        return _proves_itself(condition, now=now)
    if condition.reason and condition.resting_until <= now:
        condition.reason = ""
        condition.changes(now)
        return True
    return False


def _proves_itself(condition: Condition, *, now: float) -> bool:
    condition.streak += 1
    if condition.streak >= STREAK:
        condition.recovers(now=now)
        return True
    if condition.standing == SUSPENDED:
        condition.on_probation(now=now)
        return True
    return False


def failed(condition: Condition, error: SwitchboardError, *, now: float, testable: bool) -> bool:
    """After a call that failed for the account's reasons; gives whether that is news. ``testable``: the vendor tells
    for free whether a credential is good, so a rejected one is left alone until that was done."""
    if condition.standing == RETIRED or _heard_before(condition, error):
        return False
    if isinstance(error, AccessDenied) and now - condition.worked_at < WORKED_LATELY:
        return False
    points = points_of(error)
    if condition.standing:
        return _fails_again(condition, error, points, now=now, testable=testable)
    many = condition.scores(points)
    if isinstance(error, CredentialInvalid):
        return _rejected(condition, error, many, now=now, testable=testable)
    if many and points >= FAILS:
        condition.rejected_at = 0  # a free test of the credential would not tell whether it is over
        condition.suspends(_often(error), now=now, testable=False)
        return True
    return False


def _heard_before(condition: Condition, error: SwitchboardError) -> bool:
    """Many calls waited for one exchange: that is one refusal."""
    again = error.refusal is not None and error.refusal is condition.refusal
    condition.refusal = error.refusal
    return again


def _fails_again(condition: Condition, error: SwitchboardError, points: float, *, now: float, testable: bool) -> bool:
    """Only a trial that was due makes it longer; calls on their way, or without another token, say nothing new."""
    if points < FAILS:
        return False
    condition.streak = 0
    if condition.standing != PROBATION:
        return False
    rejected = isinstance(error, CredentialInvalid)
    condition.rejected_at = now if rejected else 0
    condition.suspends(f"Tried again: {error.message}", now=now, testable=testable and rejected)
    return True


def _rejected(condition: Condition, error: SwitchboardError, many: bool, *, now: float, testable: bool) -> bool:
    twice = bool(condition.rejected_at) and now - condition.rejected_at <= REJECTED_TWICE_WITHIN
    condition.rejected_at = now
    if twice or many:
        condition.suspends(_often(error) if not twice else error.message, now=now, testable=testable)
    else:
        condition.reason = error.message[:500]
        condition.changes(now)
    return True


def _often(error: SwitchboardError) -> str:
    return f"Failed too often in its last {CALLS} calls: {error.message}"


def rests(condition: Condition, error: SwitchboardError, *, now: float, cooldown: float, alone: bool) -> bool:
    """After a limit: as long as the vendor says, else ``cooldown`` seconds; gives whether it rests. A token that is
    ``alone`` rests only as long as the vendor says: there is no other to go to, and apps go on hearing the vendor."""
    wait = error.retry_after
    if wait is None and not alone:
        wait = cooldown
    if cooldown <= 0 or not wait or wait <= 0 or condition.standing == RETIRED:
        return False
    condition.rests(now + min(wait, LONGEST_REST), error.message, now=now)
    return True


def settles(
    condition: Condition, error: SwitchboardError | None, expected: int, usage: int | None, *, at: float, now: float
) -> None:
    """Corrects the usage that was expected of a call begun ``at`` by what it was, in units; ``None`` is unknown, and a
    call that the vendor refused cost nothing."""
    if usage is None and error is not None and vendor_refused(error):
        usage = 0
    if usage is not None and condition.usage_minute is not None:
        condition.usage_minute.correct(usage - expected, at=at, now=now)

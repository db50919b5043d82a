"""What a process knows of one token, and the words and moves of a token's life. No I/O.

healthy ─ limited ─▸ cooling (until a time, then healthy again by itself)
healthy ─ rejected twice in a minute, or FAILURES of the last CALLS ─▸ suspended (until a time)
suspended ─ its time is up, one call tries it ─▸ probation ─ works twice ─▸ healthy
                                                 probation ─ fails ─▸ suspended, twice as long
any ─ by hand ─▸ retired ─ by hand ─▸ healthy
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import NamedTuple

from providers.catalogue import NO_LIMITS, CompiledToken
from providers.minute import Minute
from providers.quota import Quota

HEALTHY, COOLING, SUSPENDED, PROBATION, RETIRED = "healthy", "cooling", "suspended", "probation", "retired"
WELL = ""  # the standing of a token that is neither suspended nor on probation nor retired

FAILURES = 5.0  # points, within …
CALLS = 10  # … the last calls that said anything of the account
STREAK = 2  # calls that must work before a suspended token is trusted again
FIRST_WAIT = 600.0  # seconds a suspended token is left alone; doubles with each suspension in a row
TESTED_WAIT = 3600.0  # the first wait where a free test is due before that
LONGEST_REST = 24 * 3600.0
SKEW = 300.0  # seconds by which the clocks of two processes may differ
STEP = 0.001  # seconds: news is at least so much later than what it follows
NEVER = float("inf")
SOON = 1.0  # seconds to tell who waits for the end of a call, which nobody knows


class Change(NamedTuple):
    """A token's state after a move, as other processes shall know it. Times are seconds since the epoch, 0 for none.
    ``stands``: the move was one of its standing, and not only of its rest or reason."""

    health: str
    resting_until: float
    reason: str
    rejected_at: float
    probation_at: float
    suspensions: int
    at: float
    changed_at: float
    stands: bool
    by_hand: bool


@dataclass(slots=True)
class Condition:
    """What is known of a token. Times are seconds since the epoch, 0 for never; ``changed_at`` orders news from other
    processes. ``standing`` and ``resting_until`` are independent: a token on probation may rest too."""

    in_flight: int = 0
    last_used: float = 0
    resting_until: float = 0
    standing: str = WELL
    probation_at: float = 0  # when a suspended token may be tried
    suspensions: int = 0  # in a row
    trying: int = 0  # calls under way that try it
    streak: int = 0  # calls in a row that worked, since it was suspended
    rejected_at: float = 0
    worked_at: float = 0  # when a call with it was answered last, in this process
    refusal: object | None = None  # the exchange that failed last
    points: deque[float] | None = None  # of the last calls, oldest first; None while there was nothing to count
    rotated_at: float = 0
    salt: int = 0  # its number in rendezvous hashing; 0: to be made
    reason: str = ""
    quota: Quota | None = None
    listen_at: float = 0  # headers are read again from then on
    quota_due: float = 0  # when it may be written again
    requests_minute: Minute | None = None
    usage_minute: Minute | None = None
    requests: int = 0  # since they were last written
    failures: int = 0
    changed_at: float = 0
    stands: bool = False  # its standing was changed since that was last kept to be written
    by_hand: bool = False  # somebody's word waits to be written: it counts more than what processes find

    def word(self, now: float) -> str:
        """What ``TokenState.health`` holds."""
        if self.standing:
            return self.standing
        return COOLING if self.resting_until > now else HEALTHY

    def changes(self, now: float) -> None:
        """Something new is known. It is later than what it follows, whatever the clock of the other process said; in
        whole microseconds, so that it comes back from the table as it was."""
        self.changed_at = round(max(now, self.changed_at + STEP), 6)

    def snapshot(self, now: float) -> Change:
        return Change(
            health=self.word(now),
            resting_until=self.resting_until,
            reason=self.reason,
            rejected_at=self.rejected_at,
            probation_at=self.probation_at,
            suspensions=self.suspensions,
            at=now,
            changed_at=self.changed_at,
            stands=self.stands,
            by_hand=self.by_hand,
        )

    # --- moves: each leaves it to the caller to write the change down --------------------------

    def rests(self, until: float, reason: str, *, now: float) -> None:
        self.resting_until = max(self.resting_until, until)
        self.reason = reason[:500]
        self.changes(now)

    def suspends(self, reason: str, *, now: float, testable: bool) -> None:
        """Out for a while, twice as long as the last time. ``testable``: a free test will tell sooner."""
        self.suspensions += 1
        self.standing, self.stands = SUSPENDED, True
        self.probation_at = now + suspension(self.suspensions, testable=testable)
        self.streak = 0
        self.points = None
        self.reason = reason[:500]
        self.changes(now)

    def on_probation(self, *, now: float) -> None:
        self.standing, self.stands = PROBATION, True
        self.changes(now)

    def recovers(self, *, now: float) -> None:
        """It works again: what was held against it is forgotten. A rest goes on."""
        self.standing, self.stands = WELL, True
        self.probation_at = self.rejected_at = 0
        self.suspensions = self.streak = 0
        self.points = None
        if self.resting_until <= now:
            self.reason = ""
        self.changes(now)

    def retires(self, reason: str, *, now: float) -> None:
        self.standing, self.stands = RETIRED, True
        self.probation_at = 0
        self.reason = reason[:500]
        self.by_hand = True
        self.changes(now)

    def scores(self, points: float) -> bool:
        """Counts a call; whether that makes it too many. ``points``: 0 where the vendor took the credential."""
        if self.points is None:
            if not points:
                return False
            self.points = deque(maxlen=CALLS)
        self.points.append(points)
        total = sum(self.points)
        if not total:
            self.points = None
        return total >= FAILURES


def suspension(count: int, *, testable: bool = False) -> float:
    """Seconds that the ``count``-th suspension in a row lasts: 10 minutes, doubling, at most a day."""
    first = TESTED_WAIT if testable else FIRST_WAIT
    return min(first * 2.0 ** min(max(count, 1) - 1, 20), LONGEST_REST)


def limited(token: CompiledToken) -> bool:
    """Whether an admin set a limit of any kind. The comparison is what every lease pays."""
    return token.limits is not NO_LIMITS and token.limits != NO_LIMITS


def expired(token: CompiledToken, now: float) -> bool:
    return 0 < token.expires_at <= now


def hindrance(token: CompiledToken, condition: Condition, *, now: float, units: int = 0) -> float:
    """Seconds until ``token`` may be used by the rules: 0 for now, ``NEVER`` if waiting alone does not help. ``units``:
    the usage that the call is expected to cost."""
    if condition.standing:
        if condition.standing == RETIRED or condition.trying:
            return NEVER
        if condition.standing == SUSPENDED and condition.probation_at > now:
            return NEVER
    return NEVER if expired(token, now) else pause(token, condition, now=now, units=units)


def pause(token: CompiledToken, condition: Condition, *, now: float, units: int = 0) -> float:
    """Seconds that its rest and its limits ask for; 0 for none."""
    wait = max(condition.resting_until - now, 0.0)
    if wait > LONGEST_REST + SKEW:
        wait = 0.0  # nobody rests for so long: the clock was set back since
    limits = token.limits
    if limits.in_flight and condition.in_flight >= limits.in_flight:
        wait = max(wait, SOON)
    if limits.requests_per_minute and condition.requests_minute is not None:
        wait = max(wait, condition.requests_minute.wait(1, limit=limits.requests_per_minute, now=now))
    if limits.usage_per_minute and condition.usage_minute is not None:
        wait = max(wait, condition.usage_minute.wait(max(units, 1), limit=limits.usage_per_minute, now=now))
    return wait


def count(token: CompiledToken, condition: Condition, *, now: float, units: int) -> None:
    """Counts a call against the limits that ``token`` has."""
    if token.limits.requests_per_minute:
        condition.requests_minute = condition.requests_minute or Minute()
        condition.requests_minute.add(1, now=now)
    if token.limits.usage_per_minute:
        condition.usage_minute = condition.usage_minute or Minute()
        condition.usage_minute.add(units, now=now)

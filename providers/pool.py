"""The token pool: which credential a call gets, which rests, which is out; shared through TokenState rows.

Runs on the event loop and never awaits: a lease is a handful of comparisons. What changed is noted
and written in batches (``providers.token_store``); what other processes wrote comes back through ``merge``.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from providers.catalogue import CompiledProvider, CompiledToken
from providers.errors import CredentialInvalid, Fault, QuotaExceeded, RateLimited, SwitchboardError, UpstreamError

REJECTED_TWICE_WITHIN = 60.0  # seconds: one 401 may be the vendor's hiccup, two are the credential's fault
PROBATION_AFTER = 600.0  # seconds until a rejected token that cannot be tested for free is tried on a call
LONGEST_REST = 24 * 3600.0


@dataclass(slots=True)
class Condition:
    """What is known of a token. Times are seconds since the epoch; ``changed_at`` orders news from other processes."""

    in_flight: int = 0
    resting_until: float = 0
    rejected_at: float = 0
    invalid: bool = False
    probation_at: float = 0  # 0: comes back only when tested good
    probation_wait: float = PROBATION_AFTER
    reason: str = ""
    last_used: float = 0
    requests: int = 0  # since they were last written
    failures: int = 0
    changed_at: float = 0

    def word(self, now: float) -> str:
        """healthy, cooling or invalid: what ``TokenState.health`` holds."""
        if self.invalid:
            return "invalid"
        return "cooling" if self.resting_until > now else "healthy"

    def changes(self, now: float) -> None:
        """Something new is known. It is later than what it follows, whatever the clock of the other process said."""
        self.changed_at = max(now, self.changed_at + 0.001)


@dataclass(slots=True, frozen=True)
class Lease:
    """One token, for one attempt. Give it back with ``Pool.release``."""

    token: CompiledToken
    condition: Condition
    alone: bool  # nothing to rotate to
    on_probation: bool = False


class Pool:
    """All tokens of all providers, as this process sees them. ``cooldown``: seconds a token rests after a refusal
    without Retry-After; 0 never rests one. ``clock`` gives seconds since the epoch."""

    def __init__(self, *, cooldown: float = 60.0, clock: Callable[[], float] = time.time) -> None:
        self.cooldown = cooldown
        self.clock = clock
        self.conditions: dict[int, Condition] = {}
        self.dirty: set[int] = set()

    def condition(self, token_id: int) -> Condition:
        found = self.conditions.get(token_id)
        if found is None:
            found = self.conditions[token_id] = Condition()
        return found

    def lease(self, provider: CompiledProvider, *, tried: Iterable[int] = ()) -> Lease | None:
        """The least busy token that may be used, ``None`` if every one was tried already.

        Raises ``RateLimited`` with the shortest wait if all that are left rest.
        """
        now = self.clock()
        if len(provider.tokens) == 1:
            return self._lease_only(provider, provider.tokens[0], tried, now)
        best: tuple[int, float] | None = None
        chosen: CompiledToken | None = None
        usable = 0
        wait = 0.0
        for token in provider.tokens:
            condition = self.condition(token.id)
            if condition.invalid and not 0 < condition.probation_at <= now:
                continue
            usable += 1
            if token.id in tried:
                continue
            if condition.resting_until > now:
                left = condition.resting_until - now
                wait = min(wait, left) if wait else left
                continue
            busy = (condition.in_flight, condition.last_used)
            if best is None or busy < best:
                best, chosen = busy, token
        if chosen is not None:
            return self._take(chosen, now, alone=usable == 1)
        if wait and not tried:
            raise resting(provider, wait)
        if usable == 0 and not tried:
            return self._take(self._least_recent(provider), now, alone=True)
        return None

    def release(self, lease: Lease, error: SwitchboardError | None = None, *, testable: bool = True) -> None:
        """Gives a token back with what came of it. ``testable``: the vendor has a free authenticated call, so a
        rejected token waits for its test; else it gets probation."""
        condition = lease.condition
        condition.in_flight -= 1
        if lease.token.id == 0:
            return
        condition.requests += 1
        self.dirty.add(lease.token.id)
        now = self.clock()
        if error is None:
            self._worked(condition, now)
        elif isinstance(error, CredentialInvalid):
            condition.failures += 1
            self._rejected(lease, error, now, testable=testable)
        elif isinstance(error, RateLimited | QuotaExceeded):
            condition.failures += 1
            self._refused(condition, error, now, alone=lease.alone)
        elif error.fault is Fault.CALLER or (isinstance(error, UpstreamError) and 0 < (error.vendor_status or 0) < 500):
            pass  # the vendor knew the credential and refused something else, or was never asked
        else:
            condition.failures += 1

    def abandon(self, lease: Lease) -> None:
        """Gives a token back of which nothing was learnt (the app left)."""
        lease.condition.in_flight -= 1

    def shortest_rest(self, provider: CompiledProvider) -> float:
        """Seconds until a resting token of ``provider`` may be used; 0 if none rests."""
        now = self.clock()
        waits = [self.condition(token.id).resting_until - now for token in provider.tokens]
        return min((wait for wait in waits if wait > 0), default=0.0)

    def _lease_only(
        self, provider: CompiledProvider, token: CompiledToken, tried: Iterable[int], now: float
    ) -> Lease | None:
        if token.id in tried:
            return None
        condition = self.condition(token.id)
        if condition.resting_until > now:
            raise resting(provider, condition.resting_until - now)
        return self._take(token, now, alone=True)

    def _take(self, token: CompiledToken, now: float, *, alone: bool) -> Lease:
        condition = self.condition(token.id)
        condition.in_flight += 1
        condition.last_used = now
        if condition.invalid and 0 < condition.probation_at <= now:
            condition.probation_at = now + condition.probation_wait  # one call tries it, not all at once
            return Lease(token, condition, alone, on_probation=True)
        return Lease(token, condition, alone)

    def _least_recent(self, provider: CompiledProvider) -> CompiledToken:
        return min(provider.tokens, key=lambda token: self.condition(token.id).last_used)

    def _worked(self, condition: Condition, now: float) -> None:
        condition.rejected_at = 0
        if condition.invalid or condition.reason:
            condition.invalid = False
            condition.probation_at = 0
            condition.probation_wait = PROBATION_AFTER
            condition.reason = ""
            condition.changes(now)

    def _rejected(self, lease: Lease, error: SwitchboardError, now: float, *, testable: bool) -> None:
        condition = lease.condition
        twice = condition.rejected_at and now - condition.rejected_at <= REJECTED_TWICE_WITHIN
        condition.rejected_at = now
        condition.changes(now)
        if condition.invalid:
            if lease.on_probation:  # the other calls that were on their way only say the same again
                condition.probation_wait = min(condition.probation_wait * 2, LONGEST_REST)
                condition.probation_at = 0 if testable else now + condition.probation_wait
        elif twice:
            condition.invalid = True
            condition.probation_at = 0 if testable else now + condition.probation_wait
        condition.reason = error.message[:500]

    def _refused(self, condition: Condition, error: SwitchboardError, now: float, *, alone: bool) -> None:
        if self.cooldown <= 0:
            return
        wait = error.retry_after
        if wait is None:
            if alone:
                return  # nothing to rotate to: the vendor's refusals go on reaching the app
            wait = self.cooldown
        if wait <= 0:
            return
        condition.resting_until = max(condition.resting_until, now + min(wait, LONGEST_REST))
        condition.reason = error.message[:500]
        condition.changes(now)


def resting(provider: CompiledProvider, wait: float) -> RateLimited:
    """The refusal of a pool that is all resting."""
    error = RateLimited(
        f"Every token of {provider.name} is resting; the first is back in {wait:.0f} s.", retry_after=max(wait, 1.0)
    )
    error.provider = provider.name
    return error

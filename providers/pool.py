"""The token pool: which credential a call gets, which rests, which is out; shared through TokenState rows.

Runs on the event loop and never awaits: a lease is a handful of comparisons. What changed is noted
and written in batches (``providers.token_store``); what other processes wrote comes back through ``merge``.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping

import msgspec

from providers import token_life
from providers.catalogue import NO_LIMITS, CompiledProvider, CompiledToken
from providers.condition import (
    LONGEST_REST,
    NEVER,
    RETIRED,
    STEP,
    SUSPENDED,
    WELL,
    Change,
    Condition,
    count,
    expired,
    hindrance,
    limited,
    pause,
)
from providers.errors import QuotaExceeded, RateLimited, SwitchboardError
from providers.hearing import hears, rests_until_renewed
from providers.token_choice import least_busy, resting, steadiest


class Lease(msgspec.Struct, gc=False):
    """One token, for one attempt. Give it back with ``Pool.release`` or ``Pool.abandon``; a second time does nothing.
    ``alone``: there is nothing to rotate to. ``on_probation``: the call tries a suspended token."""

    provider: CompiledProvider
    token: CompiledToken
    condition: Condition
    alone: bool
    on_probation: bool
    units: int
    at: float  # seconds since the epoch
    held: bool = True

    def __repr__(self) -> str:
        return f"Lease({self.provider.name}, {self.token.fingerprint})"


class Pool:
    """All tokens of all providers, as this process sees them. ``cooldown``: seconds a token rests after a refusal
    without Retry-After; 0 never rests one. ``clock`` gives seconds since the epoch."""

    def __init__(self, *, cooldown: float = 60.0, clock: Callable[[], float] = time.time) -> None:
        self.cooldown = cooldown
        self.clock = clock
        self.conditions: dict[int, Condition] = {}  # by token; of an anonymous one by its provider's negative id
        self.dirty: set[int] = set()
        self.quotas: set[int] = set()  # tokens whose quota was told and not yet written
        self.moves: dict[int, list[Change]] = {}  # by token, oldest first, not yet written
        self.look_at = 0.0  # when the store looks at all pools again

    def condition(self, token_id: int) -> Condition:
        found = self.conditions.get(token_id)
        if found is None:
            found = self.conditions[token_id] = Condition()
        return found

    # --- leasing -------------------------------------------------------------------------------

    def lease(
        self, provider: CompiledProvider, *, tried: Iterable[int] = (), session: str = "", units: int = 0
    ) -> Lease | None:
        """A token that may be used: the one that ``session`` (a conversation) stays with, else the least busy; ``None``
        if every one was tried already, is retired or has expired. ``units``: the usage that the call is expected to
        cost. If all are suspended, the one that was left alone longest is tried.

        Raises ``RateLimited`` with the shortest wait if all that are left rest or are at a limit.
        """
        now = self.clock()
        if len(provider.tokens) == 1:
            return self._lease_only(provider, provider.tokens[0], tried, now, units)
        conditions, free, others, wait = self.conditions, [], 0, NEVER
        for token in provider.tokens:
            condition = conditions.get(token.id) or self.condition(token.id)
            if condition.standing or condition.resting_until > now or token.expires_at or token.limits != NO_LIMITS:
                left = hindrance(token, condition, now=now, units=units)
                if left:
                    others += left < NEVER
                    wait = left if left < wait and token.id not in tried else wait
                    continue
            others += 1
            if token.id not in tried:
                free.append((token, condition))
        if free:
            chosen = steadiest(free, session, now=now) if session else least_busy(free, now=now)
            return self._take(provider, *chosen, now, units, alone=others == 1)
        if tried:
            return None
        if wait < NEVER:
            raise resting(provider, wait)
        return self._last_resort(provider, now, units)

    def _lease_only(
        self, provider: CompiledProvider, token: CompiledToken, tried: Iterable[int], now: float, units: int
    ) -> Lease | None:
        if token.id in tried:
            return None
        key = token.id or -provider.id
        condition = self.conditions.get(key) or self.condition(key)
        if condition.standing or condition.resting_until > now or token.expires_at or limited(token):
            if condition.standing == RETIRED or expired(token, now):
                return None
            wait = pause(token, condition, now=now, units=units)
            if wait:
                raise resting(provider, wait)
        return self._take(provider, token, condition, now, units, alone=True)

    def _last_resort(self, provider: CompiledProvider, now: float, units: int) -> Lease | None:
        """All are out: a suspended one is tried all the same, so that the app hears the vendor and the pool comes back
        by itself."""
        out = [(token, self.condition(token.id)) for token in provider.tokens if not expired(token, now)]
        left = [one for one in out if one[1].standing != RETIRED]
        if not left:
            return None
        waits = [pause(token, condition, now=now, units=units) for token, condition in left]
        free = [one for one, wait in zip(left, waits, strict=True) if not wait]
        if not free:
            raise resting(provider, min(waits))
        return self._take(provider, *min(free, key=lambda one: one[1].last_used), now, units, alone=True)

    def _take(
        self,
        provider: CompiledProvider,
        token: CompiledToken,
        condition: Condition,
        now: float,
        units: int,
        *,
        alone: bool,
    ) -> Lease:
        condition.in_flight += 1
        condition.last_used = now
        tries = condition.standing != WELL
        if tries:
            condition.trying += 1
            if condition.standing == SUSPENDED and condition.probation_at <= now:
                condition.on_probation(now=now)
                self._note(token.id, condition, now)
        if limited(token):
            count(token, condition, now=now, units=units)
        return Lease(provider, token, condition, alone, tries, units, now)

    # --- giving back ---------------------------------------------------------------------------

    def release(
        self,
        lease: Lease,
        error: SwitchboardError | None = None,
        *,
        testable: bool = True,
        usage: int | None = None,
    ) -> None:
        """Gives a token back with what came of it. ``testable``: the vendor has a free authenticated call, so a
        rejected token waits for its test. ``usage``: input and output units, where they are known."""
        if not self._returned(lease):
            return
        condition, token = lease.condition, lease.token
        if token.id == 0:
            return
        condition.requests += 1
        self.dirty.add(token.id)
        now = self.clock()
        if condition.usage_minute is not None:
            token_life.settles(condition, error, lease.units, usage, at=lease.at, now=now)
        if error is not None:
            self._failed(lease, error, now, testable=testable)
            return
        condition.worked_at = now
        if (condition.reason or condition.standing or condition.points) and token_life.worked(condition, now=now):
            self._note(token.id, condition, now)

    def abandon(self, lease: Lease, *, usage: int | None = None) -> None:
        """Gives a token back of which nothing was learnt (the app left). ``usage``: units that were used until then."""
        if self._returned(lease) and usage is not None and lease.condition.usage_minute is not None:
            token_life.settles(lease.condition, None, lease.units, usage, at=lease.at, now=self.clock())

    def heard(self, lease: Lease, headers: Mapping[str, str]) -> None:
        """Takes what a reply's headers (small letters) say of what is left. A token of which they say that nothing is
        rests until there is more, if there is another to go to. For good replies and bad ones; never raises."""
        condition, token_id = lease.condition, lease.token.id
        now = self.clock()
        if now < condition.listen_at or not token_id or not hears(condition, headers, now=now):
            return
        self.quotas.add(token_id)
        if self.cooldown > 0 and not lease.alone and rests_until_renewed(condition, now=now):
            self._note(token_id, condition, now)

    def _returned(self, lease: Lease) -> bool:
        if not lease.held:
            return False
        lease.held = False
        lease.condition.in_flight -= 1
        if lease.on_probation:
            lease.condition.trying -= 1
        return True

    def _failed(self, lease: Lease, error: SwitchboardError, now: float, *, testable: bool) -> None:
        condition, news = lease.condition, False
        if not token_life.points_of(error):
            if token_life.says_nothing(error):
                condition.failures += 1
            else:
                condition.scores(0)  # the vendor knew the credential and refused something else
            return
        condition.failures += 1
        if isinstance(error, RateLimited | QuotaExceeded):
            news = token_life.rests(condition, error, now=now, cooldown=self.cooldown, alone=lease.alone)
        if token_life.failed(condition, error, now=now, testable=testable) or news:
            self._note(lease.token.id, condition, now)

    # --- by hand -------------------------------------------------------------------------------

    def rest(self, token_id: int, seconds: float, reason: str) -> None:
        """Puts a token to rest, by somebody's word."""
        now, condition = self.clock(), self.condition(token_id)
        condition.by_hand = True
        condition.rests(now + min(max(seconds, 0.0), LONGEST_REST), reason, now=now)
        self._note(token_id, condition, now)

    def retire(self, token_id: int, reason: str) -> None:
        """Takes a token out until somebody revives it."""
        now, condition = self.clock(), self.condition(token_id)
        condition.retires(reason, now=now)
        self._note(token_id, condition, now)

    def revive(self, token_id: int) -> None:
        """Ends a rest, a suspension or a retirement, by somebody's word."""
        now, condition = self.clock(), self.condition(token_id)
        condition.by_hand = True
        condition.resting_until = 0
        condition.recovers(now=now)
        self._note(token_id, condition, now)

    def rotate(self, provider: CompiledProvider) -> CompiledToken | None:
        """Sends the token that was used last behind all others, for a while: its conversations move on, and only some
        come back. Gives it, or ``None`` for a provider with nothing to rotate."""
        if len(provider.tokens) < 2:
            return None
        token = max(provider.tokens, key=lambda one: self.condition(one.id).last_used)
        self.turned(token.id, max(self.clock(), self.condition(token.id).rotated_at + STEP))
        self.dirty.add(token.id)
        return token

    def turned(self, token_id: int, at: float) -> None:
        """A token was sent to the back at that moment (seconds since the epoch), here or elsewhere."""
        condition = self.condition(token_id)
        if at > condition.rotated_at:
            condition.rotated_at = round(at, 3)  # the same number in every process: it is part of the hash
            condition.salt = 0
            condition.last_used = max(condition.last_used, at)

    # --- questions -----------------------------------------------------------------------------

    def shortest_rest(self, provider: CompiledProvider) -> float:
        """Seconds until a token of ``provider`` that rests or is at a limit may be used; 0 if there is none."""
        now = self.clock()
        waits = (hindrance(token, self.condition(token.id), now=now) for token in provider.tokens if token.id)
        return min((wait for wait in waits if 0 < wait < NEVER), default=0.0)

    def in_flight(self, provider: CompiledProvider) -> int:
        """Calls under way with ``provider``'s tokens, from this process."""
        found = (self.conditions.get(token.id or -provider.id) for token in provider.tokens)
        return sum(one.in_flight for one in found if one is not None)

    def usable(self, provider: CompiledProvider) -> tuple[int, int]:
        """How many tokens may be used now, and of how many: retired and expired ones are not counted, unless there are
        no others. With all suspended it says 0, but a lease still tries one."""
        now, usable, every = self.clock(), 0, 0
        for token in provider.tokens:
            condition = self.conditions.get(token.id or -provider.id)
            if condition is None or not (condition.standing or condition.resting_until > now or limited(token)):
                gone, free = expired(token, now), True
            else:
                gone = condition.standing == RETIRED or expired(token, now)
                free = not hindrance(token, condition, now=now)
            usable += free and not gone
            every += not gone
        return usable, every or len(provider.tokens)

    def _note(self, token_id: int, condition: Condition, now: float) -> None:
        """Keeps a move to be written; the later of two that leave the same health says all."""
        moves = self.moves.setdefault(token_id, [])
        change, condition.stands = condition.snapshot(now), False
        if moves and (last := moves[-1]).health == change.health:
            moves[-1] = change._replace(stands=change.stands or last.stands, by_hand=change.by_hand or last.by_hand)
        else:
            moves.append(change)
        self.dirty.add(token_id)

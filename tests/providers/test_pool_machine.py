"""Two pools of one provider, sharing what they learn through a store of rows: whatever happens to their calls, nothing
is over its limit, a call gets a token or a true wait, no token is out for good, and both agree once they exchanged."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, multiple, rule

from providers import token_store
from providers.catalogue import CompiledProvider, TokenLimits
from providers.condition import LONGEST_REST, RETIRED, SUSPENDED
from providers.errors import (
    AccessDenied,
    CredentialInvalid,
    QuotaExceeded,
    RateLimited,
    RequestRejected,
    SwitchboardError,
    VendorFailed,
    VendorTimeout,
)
from providers.history import moment, seconds
from providers.models import Token, TokenState
from providers.pool import Lease, Pool
from tests.providers.pooling import Clock, provider

SIZE, IN_FLIGHT, REQUESTS, USAGE = 3, 2, 8, 500
LIMITS = TokenLimits(in_flight=IN_FLIGHT, requests_per_minute=REQUESTS, usage_per_minute=USAGE)
OUTCOMES = st.sampled_from(
    [
        None,
        None,
        RateLimited("limited", vendor_status=429),
        RateLimited("limited", vendor_status=429, retry_after=3),
        QuotaExceeded("empty", vendor_status=429, retry_after=20),
        QuotaExceeded("empty for good", vendor_status=402, retry_after=0),
        CredentialInvalid("bad", vendor_status=401),
        AccessDenied("no", vendor_status=403),
        VendorFailed("500", vendor_status=500),
        VendorTimeout("slow"),
        RequestRejected("nonsense", vendor_status=400),
    ]
)
HEADERS = st.fixed_dictionaries(
    {
        "x-ratelimit-remaining-requests": st.sampled_from(["0", "1", "40", "x"]),
        "x-ratelimit-limit-requests": st.just("50"),
        "x-ratelimit-reset-requests": st.sampled_from(["0s", "2s", "7m", "now"]),
    }
)


@dataclass
class Store:
    """The table, without a database: what ``token_store`` does to a row, done to rows in memory."""

    rows: dict[int, TokenState] = field(default_factory=dict)

    def exchange(self, pool: Pool) -> None:
        batch = token_store.collect(pool)
        now = moment(pool.clock())
        assert now is not None
        for token_id, note in batch.tokens.items():
            row = self.rows.setdefault(token_id, TokenState(token_id=token_id))
            token_store._apply(note, row, Token(pk=token_id, provider_id=1), now)
        token_store.merge(pool, list(self.rows.values()))


@pytest.fixture(autouse=True)
def _no_table(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one question that the rows are not enough for: was there a rest a moment ago?"""
    no_rows = SimpleNamespace(filter=lambda **_: SimpleNamespace(exists=lambda: False))
    monkeypatch.setattr(token_store, "ProviderEvent", SimpleNamespace(objects=no_rows))


class Pools(RuleBasedStateMachine):
    leases = Bundle("leases")

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.provider: CompiledProvider = provider(SIZE, limits=LIMITS)
        self.pools = [Pool(clock=self.clock), Pool(clock=self.clock)]
        self.store = Store()
        self.open: list[tuple[int, Lease]] = []
        self.began: dict[tuple[int, int], list[float]] = {}

    @rule(
        target=leases, which=st.integers(0, 1), session=st.sampled_from(["", "a", "b", "c"]), units=st.integers(0, 300)
    )
    def lease(self, which: int, session: str, units: int) -> Any:
        pool = self.pools[which]
        try:
            lease = pool.lease(self.provider, session=session, units=units)
        except RateLimited as refusal:
            self.the_wait_is_true(pool, refusal, units)
            return multiple()
        if lease is None:
            assert all(pool.condition(one.id).standing == RETIRED for one in self.provider.tokens)
            return multiple()
        assert lease.condition.standing != RETIRED
        assert lease.condition.resting_until <= self.clock.now
        self.began.setdefault((which, lease.token.id), []).append(self.clock.now)
        self.open.append((which, lease))
        return which, lease

    def the_wait_is_true(self, pool: Pool, refusal: RateLimited, units: int) -> None:
        """A second later than it says, some token may be used, unless it was calls under way that were in the way."""
        assert refusal.retry_after is not None and 1 <= refusal.retry_after <= LONGEST_REST
        now = self.clock.now
        self.clock.now = now + refusal.retry_after + 0.001
        conditions = [pool.condition(one.id) for one in self.provider.tokens]
        try:
            free = pool.lease(self.provider, units=units)
            assert free is not None
            pool.abandon(free, usage=0)
            assert free.condition.requests_minute is not None
            free.condition.requests_minute.correct(-1, at=self.clock.now, now=self.clock.now)
        except RateLimited:
            assert any(one.in_flight >= IN_FLIGHT for one in conditions)
        finally:
            self.clock.now = now

    @rule(
        held=consumes(leases), error=OUTCOMES, testable=st.booleans(), usage=st.one_of(st.none(), st.integers(0, 300))
    )
    def release(self, held: Any, error: SwitchboardError | None, testable: bool, usage: int | None) -> None:
        which, lease = held
        self.pools[which].release(lease, error, testable=testable, usage=usage)
        self.pools[which].release(lease, error)
        self.open.remove(held)

    @rule(held=consumes(leases))
    def abandon(self, held: Any) -> None:
        self.pools[held[0]].abandon(held[1])
        self.open.remove(held)

    @rule(held=leases, headers=HEADERS)
    def hear(self, held: Any, headers: dict[str, str]) -> None:
        self.pools[held[0]].heard(held[1], headers)

    @rule(seconds=st.sampled_from([0.2, 1.0, 5.0, 30.0, 61.0, 700.0, 4000.0]))
    def wait(self, seconds: float) -> None:
        self.clock.now += seconds

    @rule(
        which=st.integers(0, 1),
        token=st.integers(1, SIZE),
        what=st.sampled_from(["rest", "retire", "revive", "rotate"]),
    )
    def by_hand(self, which: int, token: int, what: str) -> None:
        pool = self.pools[which]
        match what:
            case "rest":
                pool.rest(token, 45, "by hand")
            case "retire":
                pool.retire(token, "by hand")
            case "revive":
                pool.revive(token)
            case _:
                pool.rotate(self.provider)

    @rule(which=st.integers(0, 1))
    def exchange(self, which: int) -> None:
        self.store.exchange(self.pools[which])

    @rule()
    def all_exchange(self) -> None:
        """Once each has written and read, all say the same of every token, and conversations have one home."""
        for pool in (*self.pools, *self.pools):
            self.store.exchange(pool)
        one, two = self.pools
        for token in self.provider.tokens:
            assert known(one, token.id) == known(two, token.id)
            row = self.store.rows.get(token.id)
            if row is not None:
                assert seconds(row.rotated_at) == pytest.approx(one.condition(token.id).rotated_at, abs=1e-4)
                word = one.condition(token.id).standing
                assert not word or row.health == word

    @rule()
    def a_day_later_every_token_is_tried_again(self) -> None:
        """A single error never disables one for good, and no number of them does."""
        now = self.clock.now
        self.clock.now += 2 * LONGEST_REST
        for pool in self.pools:
            for token in self.provider.tokens:
                condition = pool.condition(token.id)
                if condition.standing == RETIRED or condition.trying or condition.in_flight >= IN_FLIGHT:
                    continue
                lease = pool.lease(self.provider, tried={one.id for one in self.provider.tokens} - {token.id})
                assert lease is not None and lease.token.id == token.id
                pool.abandon(lease, usage=0)
        self.clock.now = now
        for pool in self.pools:
            for token in self.provider.tokens:  # as if it had not been
                pool.condition(token.id).requests_minute = None
                pool.condition(token.id).usage_minute = None
        self.began.clear()

    @invariant()
    def calls_are_counted_and_never_more_than_allowed(self) -> None:
        for which, pool in enumerate(self.pools):
            for token in self.provider.tokens:
                condition = pool.condition(token.id)
                held = sum(1 for at, lease in self.open if at == which and lease.token.id == token.id)
                assert condition.in_flight == held <= IN_FLIGHT
                assert 0 <= condition.trying <= held
                began = self.began.get((which, token.id), [])
                assert sum(at > self.clock.now - 60 for at in began) <= REQUESTS
            usable, every = pool.usable(self.provider)
            assert 0 <= usable <= every <= SIZE

    @invariant()
    def a_suspended_token_has_a_time_at_which_it_is_tried(self) -> None:
        for pool in self.pools:
            for condition in pool.conditions.values():
                if condition.standing == SUSPENDED:
                    assert 0 < condition.probation_at <= self.clock.now + LONGEST_REST


def known(pool: Pool, token_id: int) -> tuple[object, ...]:
    """What must be the same in every process."""
    one = pool.condition(token_id)
    return one.standing, round(one.resting_until, 3), round(one.probation_at, 3), one.suspensions, one.rotated_at


TestPools = Pools.TestCase
TestPools.settings = settings(max_examples=50, stateful_step_count=40, deadline=None)

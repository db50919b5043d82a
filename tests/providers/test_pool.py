"""The token pool, without a database: time is a number the test holds."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from providers.catalogue import ANONYMOUS, CompiledProvider, CompiledToken
from providers.errors import (
    AccessDenied,
    CredentialInvalid,
    QuotaExceeded,
    RateLimited,
    RequestRejected,
    VendorFailed,
    VendorTimeout,
)
from providers.pool import PROBATION_AFTER, Lease, Pool
from providers.vendors import Vendor


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def provider(tokens: int) -> CompiledProvider:
    vendor = Vendor(slug="acme", name="Acme", kind="cloud")
    return CompiledProvider(
        id=1,
        name="acme",
        vendor=vendor,
        wire=None,  # type: ignore[arg-type]
        enabled=True,
        tokens=tuple(CompiledToken(id=n, fingerprint=f"f{n}") for n in range(1, tokens + 1)),
    )


def pool_of(cooldown: float = 60.0) -> tuple[Pool, Clock]:
    clock = Clock()
    return Pool(cooldown=cooldown, clock=clock), clock


def refuse(pool: Pool, acme: CompiledProvider, error: Exception, *, testable: bool = True) -> int:
    lease = pool.lease(acme)
    assert lease is not None
    pool.release(lease, error, testable=testable)  # type: ignore[arg-type]
    return lease.token.id


def test_a_limited_token_rests_for_the_cooldown_and_the_next_one_is_used() -> None:
    pool, clock = pool_of()
    acme = provider(2)
    first = refuse(pool, acme, RateLimited("slow down", vendor_status=429))
    for _ in range(3):
        lease = pool.lease(acme)
        assert lease is not None and lease.token.id != first
        pool.release(lease)
    clock.now += 61
    used = {pool.lease(acme).token.id, pool.lease(acme).token.id}  # type: ignore[union-attr]
    assert used == {1, 2}


def test_retry_after_decides_how_long_a_token_rests() -> None:
    pool, clock = pool_of()
    acme = provider(2)
    refuse(pool, acme, QuotaExceeded("empty", vendor_status=429, retry_after=5))
    assert pool.shortest_rest(acme) == pytest.approx(5)
    clock.now += 6
    assert pool.shortest_rest(acme) == 0


def test_a_pool_that_is_all_resting_answers_429_with_the_shortest_wait() -> None:
    pool, _ = pool_of()
    acme = provider(2)
    refuse(pool, acme, RateLimited("a", retry_after=30))
    refuse(pool, acme, RateLimited("b", retry_after=7))
    with pytest.raises(RateLimited) as refusal:
        pool.lease(acme)
    assert refusal.value.retry_after == pytest.approx(7)


def test_a_lone_token_rests_only_as_long_as_the_vendor_says() -> None:
    pool, clock = pool_of()
    acme = provider(1)
    refuse(pool, acme, RateLimited("no wait given", vendor_status=429))
    refuse(pool, acme, RateLimited("nine seconds", vendor_status=429, retry_after=9))
    with pytest.raises(RateLimited):
        pool.lease(acme)
    clock.now += 10
    assert pool.lease(acme) is not None


def test_a_cooldown_of_zero_never_rests_a_token() -> None:
    pool, _ = pool_of(cooldown=0)
    acme = provider(2)
    refuse(pool, acme, RateLimited("a", retry_after=30))
    refuse(pool, acme, RateLimited("b", retry_after=30))
    assert pool.lease(acme) is not None


def test_one_401_takes_no_token_out_but_two_within_a_minute_do() -> None:
    pool, clock = pool_of()
    acme = provider(2)
    rejected = CredentialInvalid("bad key", vendor_status=401)
    first = refuse(pool, acme, rejected)
    assert not pool.condition(first).invalid
    clock.now += 61
    pool.condition(3 - first).last_used = clock.now + 1  # so that the first is chosen again
    assert refuse(pool, acme, rejected) == first
    assert not pool.condition(first).invalid, "the first 401 was more than a minute ago"
    clock.now += 1
    pool.condition(3 - first).last_used = clock.now + 1
    assert refuse(pool, acme, rejected) == first
    assert pool.condition(first).invalid


def test_refusals_of_a_model_region_or_content_are_never_the_tokens_fault() -> None:
    pool, _ = pool_of()
    acme = provider(2)
    for error in (AccessDenied("not in your region", vendor_status=403), RequestRejected("no", vendor_status=400)):
        for _ in range(5):
            refuse(pool, acme, error)
    assert not any(condition.invalid or condition.resting_until for condition in pool.conditions.values())


def test_a_rejected_token_without_a_free_test_comes_back_by_probation() -> None:
    pool, clock = pool_of()
    acme = provider(2)
    pool.condition(2).in_flight = 1  # token 1 is the less busy one
    for _ in range(2):
        assert refuse(pool, acme, CredentialInvalid("bad", vendor_status=401), testable=False) == 1
    assert pool.lease(acme).token.id == 2  # type: ignore[union-attr]
    clock.now += 601
    trial = pool.lease(acme)
    assert trial is not None and trial.token.id == 1 and trial.on_probation
    pool.release(trial)
    assert not pool.condition(1).invalid


def test_a_rejected_lone_token_is_still_tried_so_that_the_app_hears_the_vendor() -> None:
    pool, _ = pool_of()
    acme = provider(1)
    for _ in range(4):
        refuse(pool, acme, CredentialInvalid("bad", vendor_status=401))
    assert pool.condition(1).invalid
    assert pool.lease(acme) is not None


def test_a_vendor_without_keys_leases_the_anonymous_token_for_ever() -> None:
    pool, _ = pool_of()
    acme = CompiledProvider(
        id=1,
        name="acme",
        vendor=Vendor(slug="acme", name="Acme", kind="local"),
        wire=None,  # type: ignore[arg-type]
        enabled=True,
        tokens=(ANONYMOUS,),
    )
    for error in (RateLimited("x", retry_after=60), CredentialInvalid("y"), VendorFailed("z"), None):
        lease = pool.lease(acme)
        assert lease is not None
        pool.release(lease, error)
    assert pool.condition(0).in_flight == 0


def lease_or_none(pool: Pool, acme: CompiledProvider) -> Lease | None:
    """A lease, or nothing where what is not rejected rests."""
    try:
        return pool.lease(acme)
    except RateLimited:
        return None


OUTCOMES = st.sampled_from(
    [
        None,
        RateLimited("limited"),
        RateLimited("limited", retry_after=3),
        QuotaExceeded("empty", retry_after=20),
        CredentialInvalid("bad", vendor_status=401),
        VendorFailed("500", vendor_status=500),
        VendorTimeout("slow"),
        AccessDenied("no", vendor_status=403),
        "abandon",
    ]
)


@settings(max_examples=150, deadline=None)
@given(
    size=st.integers(1, 4),
    testable=st.booleans(),
    steps=st.lists(st.tuples(OUTCOMES, st.floats(0, 90), st.booleans()), max_size=40),
)
def test_whatever_happens_leases_are_counted_and_refusals_name_a_wait(
    size: int, testable: bool, steps: list[tuple[object, float, bool]]
) -> None:
    pool, clock = pool_of()
    acme = provider(size)
    open_leases = []
    for outcome, pause, hold in steps:
        clock.now += pause
        if all(pool.condition(token.id).resting_until > clock.now for token in acme.tokens):
            with pytest.raises(RateLimited) as refusal:
                pool.lease(acme)
            assert refusal.value.retry_after is not None and refusal.value.retry_after >= 1
            continue
        lease = lease_or_none(pool, acme)
        if lease is None:
            assert any(pool.condition(token.id).resting_until > clock.now for token in acme.tokens)
            assert any(pool.condition(token.id).invalid for token in acme.tokens)
            continue
        assert lease.condition.resting_until <= clock.now
        if hold:
            open_leases.append(lease)
        elif outcome == "abandon":
            pool.abandon(lease)
        else:
            pool.release(lease, outcome, testable=testable)  # type: ignore[arg-type]
    assert sum(condition.in_flight for condition in pool.conditions.values()) == len(open_leases)
    for lease in open_leases:
        pool.release(lease)
    assert all(condition.in_flight == 0 for condition in pool.conditions.values())
    clock.now += 25 * 3600
    assert pool.lease(acme) is not None, "no sequence of errors takes the last token out for good"


def test_refusals_of_calls_already_on_their_way_do_not_lengthen_the_probation() -> None:
    pool, clock = pool_of()
    acme = provider(2)
    leases = [pool.lease(acme, tried={2}) for _ in range(10)]
    for lease in leases:
        assert lease is not None
        pool.release(lease, CredentialInvalid("no", vendor_status=401), testable=False)
    condition = pool.condition(1)
    assert condition.invalid and condition.probation_at - clock() == pytest.approx(PROBATION_AFTER)

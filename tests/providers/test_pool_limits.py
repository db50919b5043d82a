"""What an admin allows a token, and what its vendor's headers say is left: neither is overrun, and waits are true."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from providers.catalogue import TokenLimits
from providers.errors import RateLimited, VendorTimeout
from providers.minute import Minute
from tests.providers.pooling import leased, pool_of, provider, refuse, work


def test_a_token_with_all_its_calls_under_way_is_passed_over() -> None:
    pool, _ = pool_of()
    acme = provider(2, limits=TokenLimits(in_flight=2))
    running = [leased(pool, acme) for _ in range(4)]
    assert sorted(lease.token.id for lease in running) == [1, 1, 2, 2]
    assert pool.usable(acme) == (0, 2)
    with pytest.raises(RateLimited) as refusal:
        pool.lease(acme)
    assert refusal.value.retry_after == 1
    pool.abandon(running[0])
    assert leased(pool, acme).token.id == running[0].token.id


@pytest.mark.parametrize("size", [1, 2])
def test_requests_per_minute_are_kept_and_the_wait_is_true(size: int) -> None:
    pool, clock = pool_of()
    acme = provider(size, limits=TokenLimits(requests_per_minute=3))
    for _ in range(3 * size):
        work(pool, acme)
        clock.now += 1
    with pytest.raises(RateLimited) as refusal:
        pool.lease(acme)
    wait = refusal.value.retry_after
    assert wait is not None and 50 < wait <= 61
    assert pool.shortest_rest(acme) == pytest.approx(wait)
    clock.now += wait - 0.01
    with pytest.raises(RateLimited):
        pool.lease(acme)
    clock.now += 0.02
    assert pool.lease(acme) is not None


def test_usage_is_counted_as_expected_and_corrected_when_it_is_known() -> None:
    pool, _ = pool_of()
    acme = provider(1, limits=TokenLimits(usage_per_minute=1000))
    first = leased(pool, acme, units=900)
    with pytest.raises(RateLimited):
        pool.lease(acme, units=200)
    pool.release(first, usage=100)
    second = leased(pool, acme, units=800)
    pool.release(second, usage=1500)
    with pytest.raises(RateLimited):
        pool.lease(acme, units=1)


def test_a_refused_call_cost_nothing_and_one_nobody_knows_of_costs_what_was_expected() -> None:
    pool, _ = pool_of()
    acme = provider(1, limits=TokenLimits(usage_per_minute=1000))
    pool.release(leased(pool, acme, units=900), RateLimited("slow", vendor_status=429))
    pool.release(leased(pool, acme, units=900), VendorTimeout("no answer"))
    with pytest.raises(RateLimited):
        pool.lease(acme, units=200)
    pool.abandon(leased(pool, acme, units=50), usage=100)
    with pytest.raises(RateLimited):
        pool.lease(acme, units=1)


def test_a_call_larger_than_the_limit_goes_when_nothing_else_does() -> None:
    pool, clock = pool_of()
    acme = provider(1, limits=TokenLimits(usage_per_minute=1000))
    pool.release(leased(pool, acme, units=10))
    with pytest.raises(RateLimited):
        pool.lease(acme, units=5000)
    clock.now += 62
    assert pool.lease(acme, units=5000) is not None


@settings(max_examples=200, deadline=None)
@given(
    limit=st.integers(1, 20),
    calls=st.lists(st.tuples(st.floats(0, 20), st.integers(1, 8)), max_size=60),
)
def test_no_sixty_seconds_hold_more_than_the_limit_and_the_wait_ends_it(
    limit: int, calls: list[tuple[float, int]]
) -> None:
    minute, now, counted = Minute(), 1_000_000.0, []
    for pause, count in calls:
        now += pause
        count = min(count, limit)
        wait = minute.wait(count, limit=limit, now=now)
        if wait:
            assert minute.wait(count, limit=limit, now=now + wait - 0.01) > 0
            now += wait + 0.001
            assert minute.wait(count, limit=limit, now=now) == 0
        minute.add(count, now=now)
        counted.append((now, count))
        assert sum(n for at, n in counted if at > now - 60) <= limit


def test_taking_back_never_goes_below_nothing() -> None:
    minute = Minute()
    minute.add(5, now=100)
    minute.correct(-9, at=100, now=101)
    minute.correct(-9, at=40, now=101)
    assert minute.total(101) == 0


# --- the vendor's own limits --------------------------------------------------------------------


def test_a_token_with_nothing_left_rests_until_there_is_more() -> None:
    pool, clock = pool_of()
    acme = provider(2)
    lease = leased(pool, acme, 1)
    pool.heard(lease, {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "6m0s"})
    pool.release(lease)
    assert pool.shortest_rest(acme) == pytest.approx(360)
    assert {work(pool, acme) for _ in range(3)} == {2}
    assert pool.condition(1).quota is not None and pool.condition(1).quota.requests_left == 0
    clock.now += 361
    assert work(pool, acme, 1) == 1


def test_a_reset_far_away_is_looked_at_again_after_an_hour() -> None:
    pool, _ = pool_of()
    acme = provider(2)
    pool.heard(leased(pool, acme, 1), {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "2000000"})
    assert pool.shortest_rest(acme) == pytest.approx(3600)


def test_the_only_token_goes_on_until_the_vendor_refuses() -> None:
    pool, _ = pool_of()
    acme = provider(1)
    pool.heard(leased(pool, acme), {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "60"})
    assert pool.lease(acme) is not None


def test_headers_are_looked_at_now_and_then_and_always_when_little_is_left() -> None:
    pool, clock = pool_of()
    acme = provider(2)
    lease = leased(pool, acme, 1)

    def told(left: int) -> int | None:
        limits = {"x-ratelimit-limit-tokens": "1000", "x-ratelimit-remaining-tokens": str(left)}
        pool.heard(lease, limits)
        quota = pool.condition(1).quota
        return quota.usage_left if quota else None

    assert [told(900), told(800)] == [900, 900]
    clock.now += 1.1
    assert [told(40), told(30), told(20)] == [40, 30, 20]


def test_headers_that_tell_nothing_change_nothing() -> None:
    pool, _ = pool_of()
    acme = provider(2)
    pool.heard(leased(pool, acme, 1), {"content-type": "application/json", "x-ratelimit-remaining": "many"})
    assert pool.condition(1).quota is None and not pool.quotas


def test_a_429_rests_a_token_however_much_is_said_to_be_left() -> None:
    pool, _ = pool_of()
    acme = provider(2)
    refuse(pool, acme, RateLimited("slow", retry_after=12), 1)
    pool.heard(leased(pool, acme, 2), {"x-ratelimit-remaining": "5", "x-ratelimit-limit": "10"})
    assert pool.shortest_rest(acme) == pytest.approx(12)

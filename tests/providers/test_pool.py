"""The token pool, without a database: time is a number the test holds."""

from __future__ import annotations

import pytest

from providers.catalogue import ANONYMOUS, CompiledProvider
from providers.condition import FIRST_WAIT, LONGEST_REST, TESTED_WAIT
from providers.errors import (
    AccessDenied,
    CredentialInvalid,
    QuotaExceeded,
    RateLimited,
    RequestRejected,
    SwitchboardError,
    VendorFailed,
)
from providers.vendors import Vendor
from tests.providers.pooling import leased, pool_of, provider, refuse, work


def rejected() -> CredentialInvalid:
    return CredentialInvalid("bad key", vendor_status=401)


# --- cooling -----------------------------------------------------------------------------------


def test_a_limited_token_rests_for_the_cooldown_and_the_next_one_is_used() -> None:
    pool, clock = pool_of()
    acme = provider(2)
    first = refuse(pool, acme, RateLimited("slow down", vendor_status=429))
    assert {work(pool, acme) for _ in range(3)} == {3 - first}
    assert pool.condition(first).word(clock()) == "cooling"
    clock.now += 61
    assert {leased(pool, acme).token.id, leased(pool, acme).token.id} == {1, 2}
    assert pool.condition(first).word(clock()) == "healthy"


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


# --- suspension --------------------------------------------------------------------------------


def test_one_401_takes_no_token_out_but_two_within_a_minute_do() -> None:
    pool, clock = pool_of()
    acme = provider(2)
    refuse(pool, acme, rejected(), 1)
    clock.now += 61
    refuse(pool, acme, rejected(), 1)
    assert pool.condition(1).word(clock()) == "healthy", "the first 401 was more than a minute ago"
    clock.now += 1
    refuse(pool, acme, rejected(), 1)
    assert pool.condition(1).word(clock()) == "suspended"
    assert {work(pool, acme) for _ in range(5)} == {2}


def test_five_rejections_of_ten_calls_suspend_however_many_minutes_lie_between() -> None:
    pool, clock = pool_of()
    acme = provider(2)
    for n in range(5):
        assert pool.condition(1).word(clock()) == "healthy", f"after {n}"
        work(pool, acme, 1)
        clock.now += 120
        refuse(pool, acme, rejected(), 1)
        clock.now += 120
    assert pool.condition(1).word(clock()) == "suspended"
    assert pool.condition(1).reason.endswith("bad key")


def test_four_of_ten_do_not() -> None:
    pool, clock = pool_of()
    acme = provider(2)
    for _ in range(20):
        refuse(pool, acme, QuotaExceeded("empty", vendor_status=402, retry_after=0), 1)
        refuse(pool, acme, QuotaExceeded("empty", vendor_status=402, retry_after=0), 1)
        for _ in range(3):
            work(pool, acme, 1)
        clock.now += 1
    assert pool.condition(1).word(clock()) == "healthy"


@pytest.mark.parametrize(
    ("error", "calls"),
    [
        (QuotaExceeded("empty", vendor_status=402, retry_after=0), 5),
        (AccessDenied("not here", vendor_status=403), 10),
        (RateLimited("slow", vendor_status=429, retry_after=0), None),
        (VendorFailed("500", vendor_status=500), None),
        (RequestRejected("no", vendor_status=400), None),
    ],
)
def test_how_many_calls_in_a_row_suspend_depends_on_whose_fault_it_is(
    error: SwitchboardError, calls: int | None
) -> None:
    pool, clock = pool_of()
    acme = provider(2)
    for _ in range(calls - 1 if calls else 50):
        refuse(pool, acme, error, 1)
    assert pool.condition(1).word(clock()) == "healthy"
    if calls:
        refuse(pool, acme, error, 1)
        assert pool.condition(1).word(clock()) == "suspended"


def test_limits_add_to_what_else_speaks_against_a_token() -> None:
    pool, clock = pool_of()
    acme = provider(2)
    for error in (*[QuotaExceeded("empty", retry_after=0)] * 4, *[RateLimited("slow", retry_after=0)] * 4):
        refuse(pool, acme, error, 1)
    assert pool.condition(1).word(clock()) == "healthy", "a limit alone is never the last straw"
    refuse(pool, acme, QuotaExceeded("empty", retry_after=0), 1)
    assert pool.condition(1).word(clock()) == "suspended"


def test_many_calls_told_of_one_failed_exchange_are_one_refusal() -> None:
    pool, clock = pool_of()
    acme = provider(1)
    exchange = object()
    for _ in range(3):
        error = rejected()
        error.refusal = exchange
        refuse(pool, acme, error)
    assert pool.condition(1).word(clock()) == "healthy"
    again = rejected()
    again.refusal = object()
    clock.now += 1
    refuse(pool, acme, again)
    assert pool.condition(1).word(clock()) == "suspended"


# --- probation ---------------------------------------------------------------------------------


def test_a_suspended_token_is_tried_by_one_call_at_a_time_and_two_good_ones_bring_it_back() -> None:
    pool, clock = pool_of()
    acme = provider(2)
    for _ in range(2):
        refuse(pool, acme, rejected(), 1)
    clock.now += FIRST_WAIT - 1
    assert work(pool, acme) == 2
    clock.now += 2
    trial = leased(pool, acme)
    assert trial.token.id == 1 and trial.on_probation and pool.condition(1).word(clock()) == "probation"
    assert [leased(pool, acme).token.id for _ in range(3)] == [2, 2, 2], "the others wait for what comes of it"
    pool.release(trial)
    assert pool.condition(1).word(clock()) == "probation", "once is not enough"
    assert work(pool, acme) == 1
    assert pool.condition(1).word(clock()) == "healthy" and pool.condition(1).suspensions == 0


@pytest.mark.parametrize(("testable", "first"), [(False, FIRST_WAIT), (True, TESTED_WAIT)])
def test_each_failed_trial_doubles_the_wait_up_to_a_day(testable: bool, first: float) -> None:
    pool, clock = pool_of()
    acme = provider(2)
    for _ in range(2):
        refuse(pool, acme, rejected(), 1, testable=testable)
    wait = first
    for _ in range(12):
        assert pool.condition(1).probation_at - clock() == pytest.approx(wait)
        clock.now += wait + 1
        refuse(pool, acme, rejected(), 1, testable=testable)
        wait = min(wait * 2, LONGEST_REST)
    assert wait == LONGEST_REST


def test_a_trial_that_the_vendor_could_not_answer_says_nothing_and_the_next_call_tries_again() -> None:
    pool, clock = pool_of()
    acme = provider(2)
    for _ in range(2):
        refuse(pool, acme, rejected(), 1)
    clock.now += FIRST_WAIT + 1
    for error in (VendorFailed("500", vendor_status=500), RequestRejected("no", vendor_status=400)):
        work(pool, acme, 2)
        clock.now += 1
        assert refuse(pool, acme, error) == 1
        assert pool.condition(1).word(clock()) == "probation" and pool.condition(1).suspensions == 1
    pool.abandon(leased(pool, acme, 1))
    assert leased(pool, acme, 1).on_probation


def test_refusals_of_calls_already_on_their_way_do_not_lengthen_a_suspension() -> None:
    pool, clock = pool_of()
    acme = provider(2)
    leases = [leased(pool, acme, 1) for _ in range(10)]
    for lease in leases:
        pool.release(lease, rejected(), testable=False)
    condition = pool.condition(1)
    assert condition.suspensions == 1 and condition.probation_at - clock() == pytest.approx(FIRST_WAIT)


def test_calls_on_their_way_that_are_answered_after_all_bring_it_back() -> None:
    pool, clock = pool_of()
    acme = provider(2)
    leases = [leased(pool, acme, 1) for _ in range(4)]
    for lease, error in zip(leases, [rejected(), rejected(), None, None], strict=True):
        pool.release(lease, error)
    assert pool.condition(1).word(clock()) == "healthy"


def test_the_last_token_is_tried_though_suspended_so_that_the_app_hears_the_vendor() -> None:
    for size in (1, 3):
        pool, clock = pool_of()
        acme = provider(size)
        for token in acme.tokens:
            for _ in range(2):
                refuse(pool, acme, rejected(), token.id)
        assert pool.usable(acme) == (0, size)
        before = [pool.condition(token.id).probation_at for token in acme.tokens]
        tried = []
        for _ in range(size * 2):
            clock.now += 1
            tried.append(refuse(pool, acme, rejected()))
        assert set(tried) == {token.id for token in acme.tokens}, "the one left alone longest comes first"
        assert [pool.condition(token.id).probation_at for token in acme.tokens] == before
        assert [work(pool, acme) for _ in range(2)] == [tried[size]] * 2, "one that works is preferred at once"
        assert pool.usable(acme) == (1, size)


# --- by hand and by date -----------------------------------------------------------------------


def test_a_retired_token_is_never_leased_and_a_success_under_way_does_not_bring_it_back() -> None:
    pool, clock = pool_of()
    acme = provider(2)
    running = [leased(pool, acme, 1) for _ in range(3)]
    pool.retire(1, "old")
    for lease in running:
        pool.release(lease)
    assert pool.condition(1).word(clock()) == "retired"
    assert {work(pool, acme) for _ in range(4)} == {2}
    assert pool.usable(acme) == (1, 1)
    pool.retire(2, "old too")
    assert pool.lease(acme) is None and pool.usable(acme) == (0, 2)
    clock.now += 30 * 86400
    assert pool.lease(acme) is None
    pool.revive(1)
    assert work(pool, acme) == 1


def test_a_lone_retired_token_is_not_leased_either() -> None:
    pool, _ = pool_of()
    pool.retire(1, "old")
    assert pool.lease(provider(1)) is None


def test_an_expired_token_is_not_leased_and_is_again_when_its_date_was_moved() -> None:
    pool, clock = pool_of()
    for size in (1, 2):
        soon = provider(size, expires_at=clock() + 10)
        assert work(pool, soon)
        clock.now += 10
        assert pool.lease(soon) is None and pool.usable(soon) == (0, size)
        assert pool.lease(provider(size, expires_at=clock() + 10)) is not None


def test_a_rest_by_hand_ends_by_itself_or_by_hand() -> None:
    pool, clock = pool_of(cooldown=0)
    acme = provider(2)
    pool.rest(1, 600, "maintenance")
    assert {work(pool, acme) for _ in range(3)} == {2}
    assert pool.condition(1).word(clock()) == "cooling" and pool.condition(1).reason == "maintenance"
    clock.now += 601
    assert work(pool, acme) == 1
    pool.rest(1, 600, "again")
    pool.revive(1)
    assert pool.condition(1).word(clock()) == "healthy"


# --- leases ------------------------------------------------------------------------------------


def test_a_lease_given_back_twice_counts_once() -> None:
    pool, _ = pool_of()
    acme = provider(2)
    lease = leased(pool, acme)
    pool.release(lease)
    pool.release(lease, rejected())
    pool.abandon(lease)
    assert pool.in_flight(acme) == 0 and pool.condition(lease.token.id).requests == 1
    assert not pool.condition(lease.token.id).rejected_at


def test_a_vendor_without_keys_leases_the_anonymous_token_for_ever_each_provider_for_itself() -> None:
    pool, _ = pool_of()
    local = [
        CompiledProvider(
            id=n,
            name=f"local{n}",
            vendor=Vendor(slug="acme", name="Acme", kind="local"),
            wire=None,  # type: ignore[arg-type]
            tokens=(ANONYMOUS,),
        )
        for n in (1, 2)
    ]
    for error in (RateLimited("x", retry_after=60), rejected(), VendorFailed("z"), None):
        pool.release(leased(pool, local[0]), error)
    lease = leased(pool, local[0])
    pool.heard(lease, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "60"})
    assert (pool.in_flight(local[0]), pool.in_flight(local[1])) == (1, 0)
    assert pool.usable(local[0]) == (1, 1) and not pool.dirty and not pool.quotas


def test_no_secret_is_in_what_a_lease_shows() -> None:
    pool, _ = pool_of()
    assert repr(leased(pool, provider(1))) == "Lease(acme, f1)"

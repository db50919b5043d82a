"""Circuit breakers, without a database: time is a number the test holds."""

from __future__ import annotations

import pytest

from providers.breaker import BreakerRules, Breakers, Pass, State
from providers.errors import (
    AccessDenied,
    BadConfiguration,
    ContextTooLong,
    CredentialInvalid,
    ModelNotServed,
    ProviderUnavailable,
    QuotaExceeded,
    RateLimited,
    RequestRejected,
    StreamBroken,
    SwitchboardError,
    UnsupportedFeature,
    VendorFailed,
    VendorGarbled,
    VendorOverloaded,
    VendorTimeout,
    VendorUnreachable,
)

ACME = 1
DOWN = VendorFailed("HTTP 500", vendor_status=500)
REFUSED = VendorUnreachable("connection refused")
LIMITED = RateLimited("slow down", vendor_status=429)
REJECTED = RequestRejected("no such field", vendor_status=400)


class Clock:
    def __init__(self, now: float = 1_000_000_020.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def breakers_of(**rules: float) -> tuple[Breakers, Clock]:
    clock = Clock()
    return Breakers(BreakerRules()._replace(**rules), clock=clock), clock


def begin(breakers: Breakers, model: str = "gpt") -> Pass:
    taken = breakers.enter(ACME, model)
    assert taken is not None
    return taken


def call(breakers: Breakers, error: SwitchboardError | None = None, *, model: str = "gpt", times: int = 1) -> None:
    for _ in range(times):
        breakers.leave(begin(breakers, model), error)


def opened(**rules: float) -> tuple[Breakers, Clock]:
    """A provider and its model, both open."""
    breakers, clock = breakers_of(**rules)
    call(breakers, DOWN, times=10)
    assert breakers.state(ACME).state is breakers.state(ACME, "gpt").state is State.OPEN
    return breakers, clock


def states(breakers: Breakers, *models: str) -> list[str]:
    return [str(breakers.state(ACME, model).state) for model in models]


# --- opening --------------------------------------------------------------------------------------


def test_a_breaker_opens_by_its_failure_rate_and_not_below_the_minimum_of_calls() -> None:
    breakers, _ = breakers_of()
    call(breakers, DOWN, times=9)
    assert states(breakers, "", "gpt") == ["closed", "closed"]
    call(breakers, DOWN)
    assert states(breakers, "", "gpt") == ["open", "open"]
    assert breakers.enter(ACME, "gpt") is None and breakers.enter(ACME, "another") is None


def test_a_share_of_failures_below_the_rate_never_opens() -> None:
    breakers, clock = breakers_of(rate=0.5)
    for _ in range(60):
        call(breakers)
        call(breakers, DOWN)
        call(breakers)
        clock.now += 1
    assert states(breakers, "", "gpt") == ["closed", "closed"]
    now = breakers.state(ACME, "gpt")
    assert 0.3 < now.failures / now.calls < 0.4


def test_failures_that_lie_longer_ago_than_the_window_are_forgotten() -> None:
    breakers, clock = breakers_of()
    call(breakers, DOWN, times=9)
    clock.now += 60
    call(breakers, DOWN)
    assert states(breakers, "", "gpt") == ["closed", "closed"]
    assert (breakers.state(ACME).failures, breakers.state(ACME).calls) == (1, 1)


@pytest.mark.parametrize(
    "error", [DOWN, VendorOverloaded("x"), REFUSED, VendorTimeout("x"), VendorGarbled("x"), StreamBroken("x")]
)
def test_what_is_the_vendors_fault_is_a_failure(error: SwitchboardError) -> None:
    breakers, _ = breakers_of(unreachable_in_a_row=0)
    call(breakers, error, times=10)
    assert states(breakers, "gpt") == ["open"]


@pytest.mark.parametrize(
    "error",
    [None, REJECTED, ContextTooLong("long", vendor_status=400), ModelNotServed("no such model", vendor_status=404)],
)
def test_a_refusal_the_vendor_spoke_is_a_success(error: SwitchboardError | None) -> None:
    breakers, _ = breakers_of()
    call(breakers, error, times=10)
    now = breakers.state(ACME, "gpt")
    assert (now.failures, now.calls) == (0, 10)


@pytest.mark.parametrize(
    "error",
    [
        LIMITED,
        QuotaExceeded("empty", vendor_status=429),
        CredentialInvalid("bad", vendor_status=401),
        AccessDenied("no", vendor_status=403),
        UnsupportedFeature("never sent"),
        BadConfiguration("never sent"),
        ProviderUnavailable("a breaker is open"),
        RequestRejected("refused here, never sent"),
    ],
)
def test_our_accounts_business_and_what_was_never_sent_count_as_neither(error: SwitchboardError) -> None:
    breakers, _ = breakers_of()
    call(breakers, error, times=20)
    assert breakers.state(ACME, "gpt").calls == breakers.state(ACME).calls == 0


def test_an_abandoned_call_counts_as_neither() -> None:
    breakers, _ = breakers_of()
    breakers.leave(begin(breakers), DOWN, abandoned=True)
    assert breakers.state(ACME, "gpt").calls == 0


def test_refused_connections_in_a_row_open_below_the_minimum() -> None:
    breakers, _ = breakers_of()
    call(breakers, REFUSED, times=4)
    call(breakers, LIMITED)  # somebody is there
    call(breakers, REFUSED, times=4)
    call(breakers)
    assert states(breakers, "", "gpt") == ["closed", "closed"]
    breakers, clock = breakers_of()
    call(breakers, REFUSED, times=4)
    clock.now += 1
    breakers.leave(begin(breakers), abandoned=True)
    call(breakers, UnsupportedFeature("never sent"))
    call(breakers, REFUSED)
    assert states(breakers, "", "gpt") == ["open", "open"]
    assert breakers.state(ACME).reason.startswith("5 connections in a row failed")


def test_refused_connections_spread_over_more_than_the_window_do_not_open() -> None:
    breakers, clock = breakers_of()
    for _ in range(12):
        call(breakers, REFUSED)
        clock.now += 20
    assert states(breakers, "", "gpt") == ["closed", "closed"]


def test_a_provider_that_fails_with_all_its_models_opens_for_all() -> None:
    breakers, _ = breakers_of()
    for model in "abcde":
        call(breakers, DOWN, model=model, times=2)
    assert states(breakers, "", "a", "e") == ["open", "closed", "closed"]
    blocked = breakers.blocked(ACME, "never called")
    assert blocked is not None and blocked.model == "" and "10 of 10 calls" in blocked.reason


def test_one_broken_model_does_not_take_the_others_with_it() -> None:
    breakers, _ = breakers_of()
    call(breakers, model="fine", times=3)
    call(breakers, DOWN, model="broken", times=10)
    assert states(breakers, "", "broken", "fine") == ["closed", "open", "closed"]
    assert breakers.blocked(ACME, "fine") is None
    call(breakers, DOWN, model="fine", times=3)
    assert states(breakers, "") == ["open"], "now it is more than one"


def test_calls_without_a_model_have_the_providers_breaker() -> None:
    breakers, _ = breakers_of()
    call(breakers, DOWN, model="", times=10)
    assert states(breakers, "") == ["open"] and breakers.state(ACME).calls == 10
    assert breakers.enter(ACME, "gpt") is None


# --- coming back ----------------------------------------------------------------------------------


def test_an_open_breaker_is_tried_with_probes_after_its_time_and_closes_when_they_are_answered() -> None:
    breakers, clock = opened()
    clock.now += 14.9
    assert breakers.enter(ACME, "gpt") is None
    clock.now += 0.1
    assert breakers.blocked(ACME, "gpt") is None
    first, second = begin(breakers), begin(breakers)
    assert breakers.enter(ACME, "gpt") is None, "two probes at once"
    blocked = breakers.blocked(ACME, "gpt")
    assert blocked is not None and clock.now < blocked.until < clock.now + 5
    breakers.leave(first)
    assert states(breakers, "", "gpt") == ["half_open", "half_open"]
    breakers.leave(second, REJECTED)
    assert states(breakers, "", "gpt") == ["closed", "closed"]
    assert breakers.state(ACME).calls == 0, "it begins anew"


def test_each_failed_probe_doubles_the_wait_up_to_the_longest() -> None:
    breakers, clock = breakers_of(longest=50)
    call(breakers, DOWN, times=10)
    waits = []
    for _ in range(4):
        blocked = breakers.blocked(ACME, "gpt")
        assert blocked is not None
        waits.append(round(blocked.until - clock.now, 3))
        clock.now = blocked.until
        call(breakers, REFUSED)
    assert waits == [15, 30, 50, 50]
    clock.now += 50
    call(breakers, times=2)
    call(breakers, DOWN, times=10)
    blocked = breakers.blocked(ACME, "gpt")
    assert blocked is not None and blocked.until - clock.now == pytest.approx(15), "closed, it begins at the first wait"


def test_the_probes_of_a_model_that_stays_broken_do_not_hold_up_the_others() -> None:
    breakers, clock = opened()
    clock.now += 15
    call(breakers, DOWN)
    assert states(breakers, "", "gpt") == ["half_open", "open"]
    call(breakers, model="fine", times=2)
    assert states(breakers, "", "gpt") == ["closed", "open"]


def test_a_probe_that_nobody_answers_at_the_address_opens_the_provider_as_well() -> None:
    breakers, clock = opened()
    clock.now += 15
    call(breakers, REFUSED)
    assert states(breakers, "", "gpt") == ["open", "open"]


def test_who_is_blocked_twice_waits_for_the_later() -> None:
    breakers, clock = opened()
    clock.now += 15
    call(breakers, REFUSED)  # both for 30 s
    breakers.reset(ACME)
    for model in "abcde":
        call(breakers, DOWN, model=model, times=2)  # the provider for 15 s
    blocked, other = breakers.blocked(ACME, "gpt"), breakers.blocked(ACME, "a")
    assert blocked is not None and other is not None
    assert (blocked.model, blocked.until - clock.now) == ("gpt", 30)
    assert (other.model, other.until - clock.now) == ("", 15)


def test_answers_of_an_earlier_try_do_not_close() -> None:
    breakers, clock = opened()
    clock.now += 15
    call(breakers)
    call(breakers, REFUSED)
    clock.now += 30
    call(breakers)
    assert states(breakers, "", "gpt") == ["half_open", "half_open"]


def test_what_was_refused_before_another_process_closed_it_does_not_count() -> None:
    breakers, clock = breakers_of()
    call(breakers, REFUSED, times=5)
    for one in breakers.drain():
        breakers.adopt(one._replace(after=State.CLOSED, until=0, wait=0, changed_at=clock.now + 1))
    call(breakers, REFUSED, times=4)
    assert states(breakers, "", "gpt") == ["closed", "closed"]


def test_a_failed_probe_of_a_model_that_was_well_opens_the_provider_again() -> None:
    breakers, clock = opened()
    clock.now += 15
    call(breakers, DOWN, model="fine")
    assert states(breakers, "", "fine") == ["open", "closed"]
    assert breakers.state(ACME).until == clock.now + 30


def test_an_abandoned_or_limited_probe_frees_its_slot() -> None:
    breakers, clock = opened()
    clock.now += 15
    for _ in range(20):
        breakers.leave(begin(breakers), abandoned=True)
        breakers.leave(begin(breakers), LIMITED)
    assert states(breakers, "", "gpt") == ["half_open", "half_open"]


def test_a_probe_that_never_comes_back_loses_its_slot_and_may_still_answer() -> None:
    breakers, clock = opened()
    clock.now += 15
    lost = [begin(breakers), begin(breakers)]
    clock.now += 300
    assert breakers.enter(ACME, "gpt") is None
    clock.now += 0.1
    begin(breakers)
    for taken in lost:
        breakers.leave(taken)
    assert states(breakers, "", "gpt") == ["closed", "closed"], "a call that took long was answered all the same"


def test_results_of_calls_that_began_before_it_opened_change_nothing() -> None:
    breakers, clock = breakers_of()
    early = [begin(breakers) for _ in range(8)]
    call(breakers, DOWN, times=10)
    until = breakers.state(ACME).until
    for taken in early[:4]:
        breakers.leave(taken)
    assert states(breakers, "", "gpt") == ["open", "open"]
    clock.now = until
    probe = begin(breakers)
    breakers.leave(early[4])
    breakers.leave(early[5], DOWN)
    assert states(breakers, "", "gpt") == ["half_open", "half_open"]
    breakers.leave(probe)
    call(breakers)
    breakers.leave(early[6], DOWN)
    assert states(breakers, "", "gpt") == ["closed", "closed"] and breakers.state(ACME).calls == 0


def test_leaving_twice_is_leaving_once() -> None:
    breakers, clock = opened()
    clock.now += 15
    probe = begin(breakers)
    for _ in range(5):
        breakers.leave(probe)
    assert states(breakers, "gpt") == ["half_open"]


def test_of_two_changes_in_one_microsecond_the_one_in_the_table_counts() -> None:
    breakers, _ = opened()
    for one in breakers.drain():
        breakers.adopt(one._replace(changed_at=one.changed_at - 1, after=State.CLOSED))
        assert states(breakers, one.model) == ["open"]
        breakers.adopt(one._replace(after=State.CLOSED, until=0, wait=0))
        assert states(breakers, one.model) == ["closed"]


def test_a_clock_set_back_opens_nobody_for_longer() -> None:
    breakers, clock = opened()
    clock.now -= 3600
    blocked = breakers.blocked(ACME, "gpt")
    assert blocked is not None and blocked.until == clock.now + 15
    clock.now += 15
    call(breakers, times=2)
    assert states(breakers, "", "gpt") == ["closed", "closed"]


# --- pages, rules, memory -------------------------------------------------------------------------


def test_an_admin_closes_a_breaker_by_hand() -> None:
    breakers, _ = opened()
    breakers.reset(ACME)
    breakers.reset(ACME, "gpt")
    breakers.reset(2, "nobody knows it")
    assert states(breakers, "", "gpt") == ["closed", "closed"]
    call(breakers, DOWN, times=9)
    assert states(breakers, "", "gpt") == ["closed", "closed"], "what was counted before is forgotten"
    breakers.reset(ACME, "gpt")
    call(breakers, DOWN)
    assert states(breakers, "", "gpt") == ["open", "closed"]


def test_a_clock_set_back_a_little_loses_no_calls() -> None:
    breakers, clock = breakers_of()
    call(breakers, DOWN, times=9)
    clock.now -= 12
    call(breakers, DOWN)
    assert states(breakers, "", "gpt") == ["open", "open"]


def test_looking_changes_nothing() -> None:
    breakers, clock = opened()
    breakers.drain()
    clock.now += 20
    assert breakers.blocked(ACME, "gpt") is None
    now = breakers.state(ACME, "gpt")
    assert (now.state, now.since, now.until) == (State.HALF_OPEN, clock.now - 5, 0)
    assert set(breakers.all_states()) == {(ACME, ""), (ACME, "gpt")}
    assert breakers.drain() == []
    assert breakers.blocked(99, "x") is None and breakers.state(99).state is State.CLOSED
    assert set(breakers.all_states()) == {(ACME, ""), (ACME, "gpt")}


def test_transitions_tell_the_whole_story_in_order() -> None:
    breakers, clock = opened()
    clock.now += 15
    call(breakers, REFUSED)
    clock.now += 30
    call(breakers, times=2)
    told = [one for one in breakers.drain() if one.model == "gpt"]
    assert [(one.before, one.after) for one in told] == [
        ("closed", "open"),
        ("open", "half_open"),
        ("half_open", "open"),
        ("open", "half_open"),
        ("half_open", "closed"),
    ]
    assert [one.changed_at for one in told] == sorted({one.changed_at for one in told})
    assert [one.wait for one in told] == [15, 15, 30, 30, 0]
    assert "10 of 10 calls within 60 s failed" in told[0].reason and "HTTP 500" in told[0].reason
    assert told[2].reason == "a probe failed: connection refused"
    assert breakers.drain() == []


def test_new_rules_hold_for_what_is_open() -> None:
    breakers, clock = opened(open_seconds=200)
    breakers.set_rules(BreakerRules(longest=10, probes=0, window=0))
    clock.now += 10
    call(breakers)
    assert states(breakers, "", "gpt") == ["closed", "closed"], "no probes would never close: at least one"
    call(breakers, DOWN, times=9)
    breakers.set_rules(BreakerRules(window=120))
    call(breakers, DOWN, times=9)
    assert states(breakers, "", "gpt") == ["closed", "closed"]
    clock.now += 70
    call(breakers, DOWN)
    assert states(breakers, "", "gpt") == ["open", "open"]


def test_models_nobody_called_for_an_hour_are_forgotten_unless_they_are_open() -> None:
    breakers, clock = breakers_of()
    call(breakers, model="fine", times=30)
    call(breakers, DOWN, model="broken", times=10)
    running = begin(breakers, "slow")
    clock.now += 3599
    breakers.drain()
    assert len(breakers.all_states()) == 4
    clock.now += 602
    breakers.drain()
    assert set(breakers.all_states()) == {(ACME, ""), (ACME, "broken")}
    breakers.set_rules(BreakerRules(minimum=1))
    breakers.leave(running, DOWN)
    assert [one.model for one in breakers.drain()] == [""], "a breaker that is gone tells nothing"
    other = Breakers(clock=clock)
    other.leave(other.enter(7, "x"))  # type: ignore[arg-type]
    for _ in range(3):
        clock.now += 4300
        other.drain()
    assert other.all_states() == {}, "the provider's goes when its models are gone"


def test_apps_that_name_many_models_do_not_fill_the_memory() -> None:
    clock = Clock()
    breakers = Breakers(clock=clock, most=50)
    call(breakers, DOWN, model="broken", times=10)
    breakers.reset(ACME)
    for n in range(500):
        clock.now += 0.001
        call(breakers, REJECTED, model=f"made up {n}")
    assert len(breakers.all_states()) <= 51
    assert states(breakers, "broken") == ["open"], "what is open stays"
    assert (ACME, "made up 499") in breakers.all_states()


def test_changes_nobody_takes_are_kept_as_the_last_of_each_breaker() -> None:
    breakers, clock = breakers_of(minimum=1)
    for _ in range(1000):
        call(breakers, DOWN)
        clock.now += 15
        call(breakers, times=2)
    told = breakers.drain()
    assert len(told) <= 5000
    assert {one.model: one.after for one in told} == {"": "closed", "gpt": "closed"}

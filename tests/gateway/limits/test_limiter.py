"""The limiter of one process, as the relay uses it."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.answer import error_headers
from gateway.errors import LimitExceeded
from gateway.limits.compiled import Rule
from gateway.limits.limiter import Limiter
from providers.errors import Retry
from tests.gateway.limits.cast import EVERYONE, GPT, KEY, TEAM, Clock, alone


def refusal(limiter: Limiter, *rules: Rule, units: int = 0) -> LimitExceeded:
    with pytest.raises(LimitExceeded) as caught:
        limiter.take_now(rules, units=units)
    return caught.value


def remaining(taken: Any) -> dict[str, str]:
    return {
        name.decode().removeprefix("x-ratelimit-remaining-"): value.decode()
        for name, value in taken.headers
        if b"remaining" in name
    }


def test_a_call_counts_in_all_its_rules_or_in_none() -> None:
    clock = Clock()
    limiter = alone(clock)
    for _ in range(4):
        taken = limiter.take_now([EVERYONE, TEAM, KEY], units=100)
        taken.leave()
    assert remaining(taken) == {"requests": "0", "tokens": "600", "parallel": "2"}
    for _ in range(3):
        refusal(limiter, EVERYONE, TEAM, KEY, units=100)
    assert remaining(limiter.take_now([EVERYONE], units=0)) == {"requests": "5"}
    assert remaining(limiter.take_now([TEAM], units=0)) == {"requests": "0", "tokens": "600", "parallel": "2"}


def test_the_refusal_says_whose_limit_it_is_and_when_to_come_again() -> None:
    clock = Clock()
    limiter = alone(clock)
    for _ in range(4):
        limiter.take_now([EVERYONE, KEY], units=0)
    clock.now += 20.001
    error = refusal(limiter, EVERYONE, KEY)
    assert (error.status, error.code, error.rule, error.retry) == (
        429,
        "requests_per_minute_exceeded",
        KEY,
        Retry.NEVER,
    )
    assert error.message == (
        "The limit of API key crawler is 4 requests a minute, and 4 were made in the last. Try again in 40.249 s."
    )
    assert error.details == {
        "limit": "API key crawler",
        "scope": "key",
        "measure": "requests_per_minute",
        "limit_value": 4,
        "used": 4,
        "retry_after": 40.249,
        "wait_helps": True,
    }
    headers = dict(error_headers(error))
    assert headers[b"retry-after"] == b"41"
    assert headers[b"x-ratelimit-remaining-requests"] == b"0"
    assert headers[b"x-ratelimit-reset-requests"] == b"40.249s"
    assert error.retry_after is not None
    clock.now += error.retry_after
    limiter.take_now([EVERYONE, KEY], units=0)


def test_a_target_of_its_own_limit_is_no_reason_not_to_try_the_next() -> None:
    limiter = alone()
    limiter.take_now([GPT], units=500)
    error = refusal(limiter, GPT, units=1)
    assert (error.code, error.retry) == ("usage_per_minute_exceeded", Retry.NEXT_TARGET)
    assert error.details["scope"] == "model"


def test_a_call_larger_than_the_limit_is_told_that_no_wait_helps() -> None:
    limiter = alone()
    error = refusal(limiter, EVERYONE, GPT, units=501)
    assert (error.status, error.code, error.retry_after) == (413, "usage_per_minute_exceeded", None)
    assert "no wait helps" in error.message
    assert error.details["wait_helps"] is False
    assert error.details["requested"] == 501
    assert b"retry-after" not in dict(error_headers(error))
    limiter.take_now([GPT], units=500)


def test_usage_is_held_at_the_estimate_and_corrected_where_it_was_counted() -> None:
    clock = Clock()
    limiter = alone(clock)
    first = limiter.take_now([GPT], units=400)
    refusal(limiter, GPT, units=200)
    clock.now += 5
    first.settle(100)
    first.settle(0)
    second = limiter.take_now([GPT], units=400)
    assert remaining(second) == {"tokens": "0"}
    clock.now += 56
    assert remaining(limiter.take_now([GPT], units=0)) == {"tokens": "100"}  # the first is out, corrected


def test_what_was_used_beyond_the_estimate_counts_from_then_on() -> None:
    clock = Clock()
    limiter = alone(clock)
    taken = limiter.take_now([GPT], units=100)
    clock.now += 50
    taken.settle(350)
    assert remaining(limiter.take_now([GPT], units=0)) == {"tokens": "150"}
    clock.now += 20
    assert remaining(limiter.take_now([GPT], units=0)) == {"tokens": "250"}


def test_a_correction_after_its_minute_changes_nothing() -> None:
    clock = Clock()
    limiter = alone(clock)
    taken = limiter.take_now([GPT], units=500)
    clock.now += 61
    limiter.take_now([GPT], units=450)
    taken.settle(0)
    refusal(limiter, GPT, units=100)


def test_usage_that_nobody_knows_stays_at_the_estimate() -> None:
    limiter = alone()
    limiter.take_now([GPT], units=500).settle(None)
    refusal(limiter, GPT, units=1)


def test_calls_at_once_come_back_when_they_leave_and_only_once() -> None:
    clock = Clock()
    rule = Rule("team:3", "team Search", parallel=3)
    limiter = alone(clock)
    inside = [limiter.take_now([rule], units=0) for _ in range(3)]
    error = refusal(limiter, rule)
    assert (error.code, error.retry_after) == ("parallel_requests_exceeded", 1.0)
    assert error.message == ("The limit of team Search is 3 requests at once, and 3 are under way. Try again in 1 s.")
    clock.now += 30
    inside[0].leave()
    inside[0].leave()
    inside.append(limiter.take_now([rule], units=0))
    assert refusal(limiter, rule).retry_after == 10.0  # calls stay 30 s of late: with three inside one leaves each 10


def test_what_is_undone_was_never_taken() -> None:
    limiter = alone()
    for _ in range(20):
        taken = limiter.take_now([EVERYONE, TEAM], units=1000)
        taken.undo()
        taken.undo()
    assert remaining(limiter.take_now([TEAM], units=0)) == {"requests": "4", "tokens": "1000", "parallel": "2"}


def test_a_share_of_several_rules_comes_apart() -> None:
    limiter = alone()
    whole = limiter.take_now([TEAM, GPT], units=300)
    own, rest = whole.apart(1)
    whole.settle(0)
    whole.leave()
    rest.settle(100)
    rest.leave()
    assert remaining(own) == {"requests": "4", "tokens": "700", "parallel": "2"}
    assert remaining(limiter.take_now([GPT], units=0)) == {"tokens": "400"}
    assert remaining(limiter.take_now([TEAM], units=0)) == {"requests": "3", "tokens": "700", "parallel": "1"}


async def test_without_redis_taking_awaits_nothing() -> None:
    limiter = alone()
    await limiter.start()
    assert not limiter.shared
    assert limiter.together
    for _ in range(4):
        await limiter.take([KEY], units=0)
    with pytest.raises(LimitExceeded):
        await limiter.take([KEY], units=0)
    await limiter.stop()


def test_a_limit_that_is_lowered_or_raised_keeps_its_counts() -> None:
    limiter = alone()
    for _ in range(4):
        limiter.take_now([KEY], units=0)
    refusal(limiter, KEY._replace(requests=2))
    limiter.take_now([KEY._replace(requests=5)], units=0)


def test_no_rules_take_nothing() -> None:
    assert alone().take_now([], units=10).headers == ()

"""A call's attempts to scale, and what the vendor's cache saved."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.exchange import Attempt, uuid7
from monitoring.admin.costs import cache_words, saved
from monitoring.admin.timeline import Bar, fates, timeline
from monitoring.models import RequestLog


def row(*attempts: Any, **fields: Any) -> RequestLog:
    plain = {"id": uuid7(), "started_at": datetime.now(UTC), "latency_us": 1_000_000, "ended_by": "done"}
    return RequestLog(**{**plain, **fields}, attempts=list(attempts))


FIRST = {
    "provider": "openai", "model": "gpt-4o", "duration_us": 200_000, "status": 429, "error": "rate_limit_exceeded",
    "verdict": "next_target", "message": "Too many requests.", "reason": "the route's first",
}  # fmt: skip
SECOND = {
    "provider": "ollama", "model": "llama3.2", "kind": "retry", "started_us": 400_000, "waited_us": 100_000,
    "duration_us": 600_000, "first_byte_us": 150_000, "status": 200, "input": 10, "output": 5, "cost_nano": 6_530_000,
}  # fmt: skip


def test_bars_waits_and_first_bytes_stand_to_scale() -> None:
    shown = timeline(row(FIRST, SECOND))
    [first], [second] = shown.groups
    assert (first.sent, first.received, first.waited, first.mark) == (Bar(0, 20), None, None, None)
    assert second.waited == Bar(30, 10)
    assert (second.sent, second.mark, second.received) == (Bar(40, 15), 55, Bar(55, 45))
    assert [tick.text for tick in shown.ticks] == ["0", "200 ms", "400 ms", "600 ms", "800 ms", "1.00 s"]
    assert shown.summary == "2 attempts at 2 targets, 100 ms of it waiting before tries"


def test_an_attempt_tells_why_it_was_made_why_it_failed_and_what_came_next() -> None:
    [first], [second] = timeline(row(FIRST, SECOND)).groups
    assert (first.outcome, first.tone, first.then) == ("429 rate_limit_exceeded", "yellow", "the next target")
    assert (first.reason, first.message) == ("the route's first", "Too many requests.")
    assert (second.outcome, second.tone, second.then) == ("200", "green", "")
    assert second.facts == (
        "waited 100 ms", "after 400 ms", "first byte in 150 ms", "took 600 ms", "10 → 5 units", "$0.00653",
    )  # fmt: skip


def test_after_the_last_failure_nothing_is_left() -> None:
    [[only]] = timeline(row(FIRST)).groups
    assert only.then == "nothing was left to try"
    [[stopped]] = timeline(row({**FIRST, "verdict": "never"})).groups
    assert stopped.then == "stop"


def test_an_attempt_nobody_waited_for_is_neither_answered_nor_failed() -> None:
    lost = {**FIRST, "status": 0, "error": "", "message": "", "verdict": "lost: another answered first"}
    [[lane], _] = timeline(row(lost, SECOND)).groups
    assert (lane.outcome, lane.tone, lane.then) == ("lost: another answered first", "grey", "")
    assert fates(row(lost))["openai", "gpt-4o"][:2] == ("given up", "grey")


def test_a_stream_that_broke_after_it_had_begun_stops_there() -> None:
    [[lane]] = timeline(row({**FIRST, "verdict": "stop: the answer had begun"})).groups
    assert lane.then == "stop: the answer had begun"


def test_a_hedge_stands_beside_the_attempt_it_ran_beside() -> None:
    hedge = {**SECOND, "kind": "hedge", "started_us": 100_000}
    groups = timeline(row(SECOND, hedge, FIRST)).groups
    assert [len(group) for group in groups] == [2, 1]
    assert groups[0][1].kind_words == "beside the one above"


def test_an_attempt_that_outlived_the_call_still_fits() -> None:
    [[lane]] = timeline(row({**FIRST, "started_us": 900_000, "duration_us": 1_100_000})).groups
    assert lane.sent == Bar(45, 55)


def test_the_attempt_as_the_journal_writes_it_is_read_by_its_order() -> None:
    [[lane]] = timeline(row(["openai", "gpt", "ab12", 0, 500_000, 200])).groups
    assert (lane.provider, lane.token, lane.sent) == ("openai", "ab12", Bar(0, 50))


def test_a_target_answered_or_failed_so_often() -> None:
    told = fates(row(FIRST, FIRST, SECOND))
    assert told["openai", "gpt-4o"] == ("failed 2 times", "yellow", "Too many requests.")
    assert told["ollama", "llama3.2"].word == "answered"


COUNTS = st.integers(min_value=0, max_value=2**40)


@given(
    latency=COUNTS,
    attempts=st.lists(
        st.fixed_dictionaries(
            {"provider": st.just("p"), "model": st.just("m")},
            optional={
                name: COUNTS
                for name in Attempt.__struct_fields__
                if name.endswith("_us") or name in ("status", "input")
            }
            | {"kind": st.sampled_from(["", "retry", "hedge"]), "error": st.sampled_from(["", "provider_error"])},
        ),
        max_size=4,
    ),
)
def test_nothing_is_drawn_outside_the_lane(latency: int, attempts: list[dict[str, Any]]) -> None:
    shown = timeline(row(*attempts, latency_us=latency))
    assert sum(map(len, shown.groups)) == len(attempts)
    assert len(shown.ticks) <= 7 and all(0 <= tick.at <= 100 for tick in shown.ticks)
    for lane in (lane for group in shown.groups for lane in group):
        for bar in (lane.sent, lane.received, lane.waited):
            assert bar is None or (0 <= bar.left <= 100 and bar.left + bar.width <= 100.01)
        assert lane.mark is None or 0 <= lane.mark <= 100


PRICES = {"input": 2_500_000_000, "cached_input": 1_250_000_000}  # $2.50 and $1.25 a million


def test_the_cache_saved_the_difference_of_the_two_prices() -> None:
    cached = row(input=1000, cached_input=800, unit_prices=PRICES, cost_nano=1_500_000)
    assert saved(cached) == 1_000_000
    assert cache_words(cached) == (
        "The vendor's cache saved $0.001 (40 % of what it would have cost): 80 % of the input came from it."
    )


@pytest.mark.parametrize("prices", [{}, {"cached_input": 5}, {"input": 5}])
def test_without_both_prices_what_was_saved_is_not_known(prices: dict[str, int]) -> None:
    cached = row(input=1000, cached_input=800, unit_prices=prices)
    assert saved(cached) is None and "not known" in cache_words(cached)


def test_no_cache_no_word() -> None:
    assert cache_words(row(input=10, unit_prices=PRICES)) == ""
    assert "at the price of any other" in cache_words(
        row(input=10, cached_input=10, unit_prices={"input": 5, "cached_input": 5})
    )

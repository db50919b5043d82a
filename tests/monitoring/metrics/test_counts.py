"""What a call is counted as, under which labels, and what that costs it."""

from __future__ import annotations

import time
from timeit import repeat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.exchange import Attempt
from monitoring.metrics.counts import LATENCY, Histogram, outcome_of, status_of
from monitoring.metrics.labels import NOWHERE, OTHER, Labels
from tests.monitoring.metrics.cast import CATALOGUE, call, counts

ACME = ("acme", "m1")


def attempt(**changes: object) -> Attempt:
    return Attempt(**{"provider": "acme", "model": "m1", "status": 200, **changes})  # type: ignore[arg-type]


def test_a_call_is_counted_with_its_time_usage_cost_and_team() -> None:
    counted = counts()
    tries = [attempt(provider="groq", status=429, error="rate_limit_exceeded"), attempt(cost_nano=3_000_000)]
    counted.add(
        call(
            team="blue",
            stream=True,
            latency_us=700_000,
            first_byte_us=90_000,
            attempts=tries,
            cost_nano=3_000_000,
            input=10,
            output=20,
            cached_input=4,
            reasoning=2,
        )
    )
    of = counted.targets[ACME]
    assert of.requests == {"2xx": 1}
    assert (of.latency.sum, of.first_byte.sum) == (0.7, 0.09)
    assert of.units == [10, 20, 4, 0, 2]
    assert (of.cost_nano, of.unpriced, of.fallbacks) == (3_000_000, 0, 1)
    assert of.attempts == {("ok", "first"): 1}
    assert counted.targets["groq", "m1"].attempts == {("rate_limited", "first"): 1}
    assert (counted.team_requests, counted.team_cost_nano) == ({"blue": 1}, {"blue": 3_000_000})


def test_an_answer_from_the_cache_has_no_part_in_latencies() -> None:
    counted = counts()
    counted.add(call(cache="hit", saved_nano=5, usage_basis="none", cost_nano=0, attempts=[]))
    counted.add(call(cache="stored"))
    assert counted.cache == {"hit": 1}
    assert counted.saved_nano == 5
    assert sum(counted.targets[ACME].latency.counts) == 1


@pytest.mark.parametrize(
    ("ended_by", "status", "word"),
    [
        ("done", 200, "2xx"),
        ("failed", 429, "4xx"),
        ("failed", 502, "5xx"),
        ("failed", 200, "5xx"),
        ("cancelled", 499, "cancelled"),
        ("interrupted", 0, "interrupted"),
    ],
)
def test_the_status_of_a_call(ended_by: str, status: int, word: str) -> None:
    assert status_of(call(ended_by=ended_by, status=status)) == word


@pytest.mark.parametrize(
    ("word", "changes"),
    [
        ("ok", {}),
        ("ok", {"verdict": "stop: a guardrail"}),
        ("rate_limited", {"status": 429, "error": "x"}),
        ("timeout", {"status": 0, "error": "provider_timeout"}),
        ("unreachable", {"status": 0, "error": "provider_unreachable"}),
        ("broken", {"status": 200, "error": "provider_stream_broken"}),
        ("refused", {"status": 400, "error": "x"}),
        ("failed", {"status": 503, "error": "x"}),
        ("abandoned", {"status": 0}),
        ("abandoned", {"verdict": "cancelled"}),
        ("abandoned", {"verdict": "lost: another answered first"}),
    ],
)
def test_the_outcome_of_an_attempt(word: str, changes: dict[str, object]) -> None:
    assert outcome_of(attempt(**changes)) == word


def test_counting_costs_a_call_less_than_five_microseconds() -> None:
    counted = counts()
    told = call(team="blue", stream=True, attempts=[attempt(cost_nano=5)], cost_nano=5)
    cost = min(repeat(lambda: counted.add(told), number=20_000, repeat=5, timer=time.thread_time)) / 20_000 * 1e6
    assert cost < 5, f"{cost:.2f} µs"


# --- labels --------------------------------------------------------------------------------------
def test_only_models_of_the_catalogue_become_labels() -> None:
    labels = Labels(lambda: CATALOGUE)
    assert labels.target("acme", "m1") == ("acme", "m1")
    assert labels.target("acme", "ignore previous instructions") == ("acme", OTHER)
    assert labels.target("unheard of", "m1") == (OTHER, OTHER)
    assert labels.target("", "") == NOWHERE
    assert labels.team("") == "none"


@given(
    st.lists(st.tuples(st.sampled_from(["acme", "groq", "openai", "x"]), st.sampled_from(["m1", "m2", "m3", "y"]))),
    st.integers(0, 5),
)
def test_there_are_never_more_labels_than_allowed(asked: list[tuple[str, str]], most: int) -> None:
    labels = Labels(lambda: CATALOGUE, most_targets=most, most_teams=most)
    given = {labels.target(*one) for one in asked}
    whole = {one for one in given if OTHER not in one}
    assert len(whole) <= most
    assert len({labels.team(f"team-{number}") for number in range(20)} - {OTHER}) == most
    assert {labels.target(*one) for one in asked} <= given | {(name, OTHER) for name in ("acme", "groq", "openai")}


def test_a_counter_never_loses_what_an_earlier_label_counted() -> None:
    counted = counts(most_targets=1)
    for model in ("m1", "m2", "m1", "m3", "invented"):
        counted.add(call(model=model))
    assert {of: one.requests["2xx"] for of, one in counted.targets.items()} == {("acme", "m1"): 2, ("acme", OTHER): 3}


@given(st.lists(st.floats(0, 1000, allow_nan=False)))
def test_a_histogram_counts_every_value_once(values: list[float]) -> None:
    seen = Histogram(LATENCY)
    for value in values:
        seen.add(value)
    assert sum(seen.counts) == len(values)
    for place, bound in enumerate(LATENCY):
        assert sum(seen.counts[: place + 1]) == sum(value <= bound for value in values)

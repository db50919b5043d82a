"""The four parts of a score, and what stands outside them."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.routing.candidates import Candidate, candidate, candidates_of, is_private
from gateway.routing.goals import GOALS
from gateway.routing.scoring import (
    UNKNOWN_PRICE,
    UNMEASURED,
    availability,
    capability,
    cost,
    failure_rate,
    is_failing,
    performance,
    scored,
)
from providers.facts import UNKNOWN_FACTS
from tests.gateway.routing.cast import NOW, Seen, catalogue, facts, provider

PLAIN = candidate(provider("plain", {"model": facts((1, 4))}), "model")


def strength(name: str, price: tuple[float, float] | None = None, **able: bool) -> float:
    return candidate(provider("one", {name: facts(price, **able)}), name).strength


# --- capability --------------------------------------------------------------------------------


def test_a_dearer_model_is_thought_stronger_and_no_price_is_out_of_bounds() -> None:
    prices = [(0.001, 0.002), (0.1, 0.4), (1, 4), (3, 15), (15, 75), (500, 2000)]
    found = [strength("model", price) for price in prices]
    assert found == sorted(found) and found[0] == 0 and 0.5 < found[2] < 0.9 and found[-1] == 1


def test_without_a_price_the_name_tells() -> None:
    assert strength("llama-3.1-8b") < strength("qwen3-32b") < strength("llama-3.3-70b") < strength("hermes-405b")
    assert strength("gemini-flash") < strength("something") < strength("claude-opus")
    assert strength("free-70b", (0, 0)) == strength("free-70b")


def test_reasoning_lifts_a_model_a_little() -> None:
    assert 0 < strength("m", (1, 4), reasoning=True) - strength("m", (1, 4)) < 0.1


def test_one_model_is_of_one_class_at_whatever_price() -> None:
    cheap = provider("cheap", {"acme/big-1": facts((0.5, 2))})
    dear = provider("dear", {"Big-1": facts((2, 8)), "other": facts((0.5, 2))})
    found = {(one.provider.name, one.model): one.strength for one in candidates_of(catalogue(cheap, dear))}
    assert found["cheap", "acme/big-1"] == found["dear", "Big-1"] > found["dear", "other"]


def test_for_a_simple_question_all_that_are_adequate_are_equal() -> None:
    simple = GOALS["simple"]
    small, large = replace(PLAIN, strength=0.2), replace(PLAIN, strength=0.9)
    assert capability(simple, small) == capability(simple, large) == 1
    assert capability(simple, replace(PLAIN, strength=0.05)) < 1


def test_a_step_up_counts_less_the_higher_it_is() -> None:
    for name in ("balanced", "code", "creative"):
        found = [capability(GOALS[name], replace(PLAIN, strength=one / 10)) for one in range(11)]
        steps = [later - earlier for earlier, later in pairwise(found)]
        assert steps == sorted(steps, reverse=True) and steps[-1] > 0


def test_models_for_code_are_ahead_for_code_and_behind_for_stories() -> None:
    coder = candidate(provider("one", {"qwen3-coder-30b": facts((1, 4))}), "qwen3-coder-30b")
    other = replace(coder, for_code=False)
    assert coder.for_code
    assert capability(GOALS["code"], coder) > capability(GOALS["code"], other)
    assert capability(GOALS["creative"], coder) < capability(GOALS["creative"], other)


@pytest.mark.parametrize("name", ["gpt-oss-safeguard-20b", "deepseek-ocr", "gpt-4o-transcribe", "llama-guard-4"])
def test_models_for_another_purpose_get_next_to_nothing(name: str) -> None:
    one = candidate(provider("one", {name: facts((5, 20))}), name)
    assert all(capability(goal, one) < 0.1 for goal in GOALS.values())


@pytest.mark.parametrize("name", ["codestral-latest", "gpt-5-codex", "kimi-k2.7-code", "qwen3-coder"])
def test_names_of_models_for_code(name: str) -> None:
    assert candidate(provider("one", {name: UNKNOWN_FACTS}), name).for_code


@pytest.mark.parametrize("name", ["barcode-1", "decode", "encoder-large"])
def test_names_that_only_look_like_code(name: str) -> None:
    assert not candidate(provider("one", {name: UNKNOWN_FACTS}), name).for_code


def test_the_wider_window_is_ahead_for_large_contexts() -> None:
    windows = (None, 8_000, 128_000, 1_000_000, 10_000_000)
    found = [capability(GOALS["large"], replace(PLAIN, window=one)) for one in windows]
    assert found == sorted(found) and found[3] - found[1] > 0.5


# --- cost ----------------------------------------------------------------------------------------


def test_cost_falls_with_the_price_and_free_is_best() -> None:
    def priced(price: tuple[float, float]) -> float:
        return cost(candidate(provider("one", {"m": facts(price)}), "m"), 1000, 500)

    found = [priced(one) for one in ((0, 0), (0.1, 0.4), (1, 4), (10, 40), (100, 400))]
    assert found == sorted(found, reverse=True) and found[0] == 1 and found[-1] == 0


def test_cost_is_that_of_the_requests_own_mix() -> None:
    dear_output = replace(PLAIN, input_price=0.1, output_price=10.0)
    even = replace(PLAIN, input_price=1.0, output_price=1.0)
    assert cost(dear_output, 50_000, 100) > cost(even, 50_000, 100)
    assert cost(dear_output, 100, 1000) < cost(even, 100, 1000)


def test_an_unknown_price_is_worth_less_than_a_usual_one_unless_it_is_ones_own_machine() -> None:
    unknown = replace(PLAIN, input_price=None, output_price=None)
    assert cost(unknown, 1000, 500) == UNKNOWN_PRICE
    assert cost(replace(unknown, local=True), 1000, 500) == 1
    assert cost(replace(PLAIN, request_price=0.01), 1000, 500) < cost(PLAIN, 1000, 500)


# --- performance and availability ------------------------------------------------------------------


def test_quicker_is_better_and_streams_count_the_first_content() -> None:
    quick, slow = Seen(throughput=200.0), Seen(throughput=20.0)
    assert performance(quick, 500, stream=False) > UNMEASURED > performance(slow, 500, stream=False)
    late = Seen(throughput=200.0, first_s=3.0)
    assert performance(late, 500, stream=True) < performance(late, 500, stream=False)
    assert performance(quick, 500, stream=False) - performance(quick, 500, stream=True) < 0.02
    assert performance(Seen(throughput=None, seconds=2.5), 500, stream=False) > 0.8


def test_a_target_that_was_asked_short_questions_only_is_not_slow_for_long_ones() -> None:
    """Both wait 2 s for the first content and then give 100 units a second."""
    short = Seen(first_s=2.0, seconds=2.5, throughput=50 / 2.5)
    long = Seen(first_s=2.0, seconds=12.0, throughput=1000 / 12.0)
    assert performance(short, 800, stream=True) == pytest.approx(performance(long, 800, stream=True))


def test_unmeasured_is_worth_less_while_many_calls_are_on_their_way_there() -> None:
    crowds = [Seen(throughput=None, seconds=None, in_flight=one) for one in (0, 1, 8, 100)]
    found = [performance(one, 500, stream=False) for one in crowds]
    assert found[0] == UNMEASURED == performance(None, 500, stream=True)
    assert found == sorted(found, reverse=True) and found[2] == UNMEASURED / 2


def test_few_calls_tell_little_of_failures() -> None:
    one_of_one = Seen(calls=1, failure_rate=1 / 3)  # as measures tell it, with two good calls before
    many = Seen(calls=100, failure_rate=0.3)
    assert failure_rate(one_of_one) < 0.12 < 0.25 < failure_rate(many) < 0.31
    assert failure_rate(None) < 0.02


def test_availability_falls_with_failures_and_resting_tokens() -> None:
    assert availability(None, 1.0) > 0.98
    assert availability(Seen(failure_rate=0.2), 1.0) < availability(Seen(), 1.0)
    assert 0 < availability(Seen(), 0.1) < availability(Seen(), 0.5) < availability(Seen(), 1.0)
    assert availability(Seen(), 0.0) == 0


def test_whoever_fails_now_is_said_to() -> None:
    assert "58%" in is_failing(Seen(calls=200, failure_rate=0.6), NOW)
    assert is_failing(Seen(calls=200, failure_rate=0.3), NOW) == ""
    assert is_failing(Seen(calls=2, failure_rate=0.5), NOW) == ""  # two of two: too few to tell


def test_failures_in_a_row_rest_a_target_for_longer_and_longer() -> None:
    def rests(row: int, since: float) -> bool:
        return bool(is_failing(Seen(in_a_row=row, last_at=NOW - since), NOW))

    assert not rests(2, 0) and rests(3, 0) and rests(3, 9) and not rests(3, 11)
    assert rests(4, 19) and not rests(4, 21)
    assert rests(50, 59) and not rests(50, 61)


def test_a_target_that_hangs_is_noticed_before_its_time_limit() -> None:
    assert "no call ended there for 12 s, 9 wait" in is_failing(Seen(seconds=5.0, in_flight=9, silent_s=12.0), NOW)
    assert is_failing(Seen(seconds=5.0, in_flight=9, silent_s=9.0), NOW) == ""
    assert is_failing(Seen(seconds=5.0, in_flight=2, silent_s=60.0), NOW) == ""  # two long answers
    assert is_failing(Seen(seconds=None, in_flight=9, silent_s=15.0), NOW) == ""


measured = st.builds(
    Seen,
    calls=st.floats(0, 1e6),
    failure_rate=st.floats(0, 1),
    first_s=st.none() | st.floats(0, 1e4),
    seconds=st.none() | st.floats(0, 1e4),
    throughput=st.none() | st.floats(0, 1e5),
    in_flight=st.integers(0, 1000),
)
price = st.none() | st.floats(0, 1e5)


@given(
    st.sampled_from(sorted(GOALS)),
    st.none() | measured,
    st.floats(0, 1),
    st.integers(1, 2_000_000),
    st.integers(1, 100_000),
    st.builds(
        lambda strength, window, given, answered, special, local: replace(
            PLAIN,
            strength=strength,
            window=window,
            input_price=given,
            output_price=answered,
            special=special,
            local=local,
        ),
        st.floats(0, 1.1),
        st.none() | st.integers(1, 10**8),
        price,
        price,
        st.booleans(),
        st.booleans(),
    ),
    st.booleans(),
)
def test_every_part_is_between_0_and_1(
    goal: str, seen: Seen | None, share: float, units: int, answered: int, one: Candidate, stream: bool
) -> None:
    found = (
        capability(GOALS[goal], one),
        cost(one, float(units), float(answered)),
        performance(seen, float(answered), stream=stream),
        availability(seen, share),
    )
    assert all(0 <= part <= 1 for part in found)
    assert 0 <= scored(GOALS[goal].weights, found) <= 1.000001


# --- local -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "10.1.2.3", "192.168.0.7", "gpu-box", "gpu.lan", "::1"])
def test_hosts_of_ones_own(host: str) -> None:
    assert is_private(host)


@pytest.mark.parametrize("host", ["api.openai.com", "8.8.8.8", "", "example.local.com"])
def test_hosts_of_others(host: str) -> None:
    assert not is_private(host)


def test_local_is_who_runs_on_ones_own_machines() -> None:
    def local(url: str, kind: str, slug: str = "ollama") -> bool:
        return candidate(provider("one", {"m": facts()}, base_url=url, kind=kind, slug=slug), "m").local

    assert local("http://localhost:11434", "local")
    assert local("https://gpu.example.com/v1", "local", slug="vllm")
    assert local("http://10.0.0.5:8000/v1", "cloud")
    assert not local("https://api.example.com/v1", "cloud")
    assert not local("https://ollama.com", "local")  # its vendor's own cloud

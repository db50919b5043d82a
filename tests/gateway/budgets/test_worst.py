"""The most an attempt can cost: never below what it then costs, whatever the usage within its limits."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.budgets.output import Output, output_of
from gateway.budgets.prices import worst_cost
from providers.canonical import Usage
from providers.pricing import Rate, Sheet, counts_of
from providers.pricing.sheet import sheet

rates = st.builds(
    Rate,
    st.integers(0, 10**11),
    st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 10**11)), max_size=2).map(lambda one: tuple(sorted(one))),
)
sheets = st.builds(
    lambda needed, more: Sheet("override", {**needed, **more}),
    st.fixed_dictionaries({"input": rates, "output": rates}),
    st.dictionaries(
        st.sampled_from(["cached_input", "cache_write", "reasoning", "audio_input", "audio_output", "request"]), rates
    ),
)
counts = st.integers(0, 10_000)


@settings(deadline=None)
@given(sheets, counts, counts, st.lists(st.integers(0, 10_000), min_size=5, max_size=5), st.data())
def test_no_usage_within_the_estimate_costs_more_than_the_worst_case(
    prices: Sheet, most_input: int, most_output: int, parts: list[int], data: st.DataObject
) -> None:
    used = Usage(
        input=data.draw(st.integers(0, most_input)),
        output=data.draw(st.integers(0, most_output)),
        cached_input=parts[0],
        cache_write_input=parts[1],
        reasoning=parts[2],
        input_audio=parts[3],
        output_audio=parts[4],
    )
    cost = prices.cost(counts_of(used), used.input).nano
    worst = worst_cost(prices, input=most_input, output=most_output, audio=most_input, audio_output=True)
    assert worst is not None
    assert cost is None or cost <= worst


def priced(**more: Any) -> Sheet:
    found = sheet("override", {"input": Decimal(1), "output": Decimal(2), **more})
    assert found is not None
    return found


def test_the_worst_case_is_made_of_the_dearest_rates() -> None:
    assert worst_cost(priced(), input=10, output=5) == 10 * 1000 + 5 * 2000
    assert worst_cost(priced(cache_write=Decimal("1.25"), reasoning=3), input=10, output=5) == 10 * 1250 + 5 * 3000
    assert worst_cost(priced(audio_input=9), input=10, output=0, audio=4) == 6 * 1000 + 4 * 9000
    assert worst_cost(priced(audio_output=9), input=0, output=5) == 5 * 2000
    assert worst_cost(priced(audio_output=9), input=0, output=5, audio_output=True) == 5 * 9000
    assert worst_cost(priced(cache_write_1h=2), input=10, output=0) == 10 * 1000
    assert worst_cost(priced(cache_write_1h=2), input=10, output=0, long_cache=True) == 10 * 2000
    assert worst_cost(priced(request="0.01"), input=0, output=0) == 10_000_000
    assert worst_cost(priced(web_search="0.01"), input=0, output=0, searches=3) == 30_000_000


def test_free_models_cost_nothing_and_unpriced_units_are_unknown() -> None:
    assert worst_cost(priced(input=0, output=0), input=10**6, output=10**6) == 0
    only_input = sheet("override", {"input": 1})
    assert only_input is not None
    assert worst_cost(only_input, input=10, output=0) == 10_000
    assert worst_cost(only_input, input=10, output=1) is None


def test_a_reranker_that_bills_searches_needs_no_price_for_input() -> None:
    searches = sheet("override", {"request": Decimal("0.002")})
    assert searches is not None
    assert worst_cost(searches, input=5000, output=0, search_units=3) == 6_000_000


def output(body: dict[str, Any], parameters: dict[str, Any] | None = None, **more: Any) -> Output:
    given = {"route": None, "most": None, "assumed": 4096, **more}
    return output_of(body, parameters or {}, **given)


@pytest.mark.parametrize(
    ("body", "more", "expected"),
    [
        ({"max_tokens": 7}, {}, Output(7)),
        ({"max_tokens": 7, "max_completion_tokens": 9, "n": 3}, {}, Output(27)),
        ({"max_tokens": 7.5}, {}, Output(8)),
        ({}, {}, Output(4096, 4096)),
        ({"n": 2}, {"most": 1000}, Output(2000, 1000)),
        ({}, {"route": 300, "most": 1000}, Output(300, 300)),
        ({}, {"route": 30_000, "most": 1000}, Output(1000, 1000)),
        ({}, {"parameters": {"max_tokens": 50}}, Output(50)),
        ({"max_tokens": 7}, {"parameters": {"max_tokens": 50}}, Output(7)),
        ({"thinking": {"type": "enabled", "budget_tokens": 2000}}, {}, Output(6096, 6096)),
        ({"reasoning": {"max_tokens": 2000}}, {"most": 5000}, Output(5000, 5000)),
        ({"max_tokens": -1}, {"most": 9000}, Output(9000)),
        ({"max_output_tokens": 5}, {}, Output(4096)),
        ({"max_tokens": True, "n": "many"}, {}, Output(4096)),
        ({"prompt": ["a", "b"], "max_tokens": 5, "best_of": 3, "n": 2}, {}, Output(30)),
        ({"prompt": [1, 2, 3], "max_tokens": 5}, {}, Output(5)),
    ],
)
def test_output_is_what_was_asked_for_else_what_is_assumed_and_sent(
    body: dict[str, Any], more: dict[str, Any], expected: Output
) -> None:
    assert output(body, **more) == expected

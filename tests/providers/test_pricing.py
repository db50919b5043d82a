"""What a usage costs: every unit once, exactly, from the best source; unknown is never nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.canonical import Usage
from providers.pricing import NO_PRICES, UNKNOWN, Rate, Sheet, counts_of, prices_of
from providers.pricing.money import dollars, nano
from providers.pricing.published import NOTHING_PUBLISHED, Period, Published, place, published
from providers.pricing.sheet import over, sheet
from providers.pricing.target import TargetPrices
from providers.vendors import ModelFact
from providers.vendors.base import Price

SONNET = {"input": 3, "output": 15, "cached_input": "0.3", "cache_write": "3.75"}
counts = st.integers(0, 10**9)


def stating(prices: Any, **more: Any) -> TargetPrices:
    return prices_of(None, NOTHING_PUBLISHED, override=prices, **more)


def nanos(prices: TargetPrices, **usage: Any) -> int | None:
    return prices.cost(Usage(**usage), 0).nano


def test_each_unit_is_billed_once_at_its_own_price() -> None:
    cost = stating(SONNET).cost(Usage(input=1000, output=100, cached_input=600, cache_write_input=300, reasoning=40), 0)
    assert cost.nano == 100 * 3000 + 600 * 300 + 300 * 3750 + 100 * 15000
    assert cost.basis == "override"
    assert cost.unit_prices == {
        "input": 3_000_000_000,
        "output": 15_000_000_000,
        "cached_input": 300_000_000,
        "cache_write": 3_750_000_000,
        "reasoning": 15_000_000_000,
    }


def test_what_the_vendor_says_it_bills_is_what_is_priced() -> None:
    """Cohere counts a prompt of its own in the usage, and bills without it."""
    usage = Usage(input=506, output=4, extra={"billed_units": {"input_tokens": 11, "output_tokens": 3.0}})
    assert stating(SONNET).cost(usage, 0).nano == 11 * 3000 + 3 * 15000


@given(input=counts, output=counts, cached=counts, written=counts, reasoning=counts, heard=counts, spoken=counts)
def test_the_parts_of_a_usage_make_up_its_whole(
    input: int, output: int, cached: int, written: int, reasoning: int, heard: int, spoken: int
) -> None:
    usage = Usage(
        input=input,
        output=output,
        cached_input=cached,
        cache_write_input=written,
        reasoning=reasoning,
        input_audio=heard,
        output_audio=spoken,
        extra={"cache_creation": {"ephemeral_1h_input_tokens": written // 2}},
    )
    parts = dict(counts_of(usage))
    outputs = {"output", "reasoning", "audio_output"}
    assert sum(count for unit, count in parts.items() if unit in outputs) == output
    assert sum(count for unit, count in parts.items() if unit not in outputs) == input


@given(
    st.integers(0, 10**7), st.integers(0, 10**7), st.decimals("0", "1000", places=6), st.decimals("0", "1000", places=6)
)
def test_the_sum_is_exact_and_rounded_once(input: int, output: int, price_in: Decimal, price_out: Decimal) -> None:
    found = stating({"input": price_in, "output": price_out}).cost(Usage(input=input, output=output), 0)
    exact = (price_in * input + price_out * output) * 1000
    if input or output:
        assert found.nano == int(exact.to_integral_value(rounding=ROUND_HALF_UP))
    else:
        assert found == UNKNOWN


def test_half_a_nano_dollar_is_rounded_up() -> None:
    assert nanos(stating({"input": "0.0005"}), input=1) == 1
    assert nanos(stating({"input": "0.000499999"}), input=1) == 0


@pytest.mark.parametrize("tenth", [0.1, "0.1", Decimal("0.1"), "1e-1"])
def test_a_tenth_is_a_tenth(tenth: Any) -> None:
    assert nano(tenth) == 100_000_000
    assert dollars(100_000_000) == Decimal("0.1")


@pytest.mark.parametrize("price", [None, -1, "-1", "nan", "inf", float("nan"), "three", True, 10**30])
def test_what_is_no_price_is_unknown(price: Any) -> None:
    assert stating({"input": price, "output": price}).cost(Usage(input=1, output=1), 0) == UNKNOWN


def test_a_unit_without_a_price_makes_the_cost_unknown() -> None:
    only_input = stating({"input": 3})
    assert nanos(only_input, input=10) == 30_000
    assert nanos(only_input, input=10, output=1) is None
    assert NO_PRICES.cost(Usage(input=1), 0) == UNKNOWN
    assert stating(SONNET).cost(Usage(), 0) == UNKNOWN


def test_what_has_no_price_of_its_own_is_billed_as_what_it_is_part_of() -> None:
    plain = stating({"input": 1, "output": 2})
    assert nanos(plain, input=10, cached_input=4, cache_write_input=2, input_audio=3) == 10_000
    assert nanos(plain, output=10, reasoning=4, output_audio=2) == 20_000


def test_audio_and_reasoning_have_prices_of_their_own() -> None:
    heard = stating({"input": 1, "output": 2, "audio_input": 32, "audio_output": 64, "reasoning": 3})
    assert nanos(heard, input=10, input_audio=4) == 6_000 + 4 * 32_000
    assert nanos(heard, output=10, output_audio=2, reasoning=5) == 3 * 2_000 + 2 * 64_000 + 5 * 3_000


def test_an_hour_long_cache_write_costs_what_it_costs() -> None:
    extra = {"cache_creation": {"ephemeral_1h_input_tokens": 100, "ephemeral_5m_input_tokens": 50}}
    usage = Usage(input=150, cache_write_input=150, extra=extra)
    assert stating(SONNET).cost(usage, 0) == UNKNOWN, "it is dearer, and by how much is not known"
    claude = prices_of(None, published("anthropic", "claude-sonnet-4-0"))
    assert claude.cost(usage, 0).nano == 100 * 6000 + 50 * 3750


def test_requests_and_searches_are_billed_by_number() -> None:
    asked = stating({"input": 1, "request": "0.005"})
    assert nanos(asked, input=10) == 5_010_000
    assert nanos(stating({"request": "0.002"}), extra={"search_units": 3}) == 6_000_000
    searching = published("anthropic", "claude-sonnet-4-0")
    used = Usage(input=1, extra={"server_tool_use": {"web_search_requests": 2}})
    assert prices_of(None, searching).cost(used, 0).nano == 20_003_000
    assert stating({"input": 1}).cost(used, 0) == UNKNOWN


def test_the_vendor_s_own_figure_comes_first() -> None:
    assert stating(SONNET).cost(Usage(input=1, output=1, cost_usd=0.00123), 0) == (1_230_000, "vendor", {})
    assert NO_PRICES.cost(Usage(cost_usd=0.0), 0).nano == 0
    assert stating(SONNET).cost(Usage(input=1, cost_usd=float("nan")), 0).basis == "override"


def test_sources_are_taken_in_their_order() -> None:
    fact = ModelFact(id="m", price=Price(input=4, output=5))
    public = published("openai", "gpt-4o")
    used = Usage(input=1000)

    def basis(**stated: Any) -> tuple[int | None, str]:
        found = prices_of(stated.pop("fact", None), public, **stated).cost(used, 0)
        return found.nano, found.basis

    assert basis(fact=fact, listed={"input": "3"}, override={"input": 2}) == (2_000_000, "override")
    assert basis(fact=fact, listed={"input": "3"}) == (3_000_000, "vendor_list")
    assert basis(fact=fact) == (4_000_000, "shipped")
    assert basis() == (2_500_000, "genai-prices")


def test_an_admin_replaces_single_prices() -> None:
    mine = prices_of(None, published("anthropic", "claude-sonnet-4-0"), override={"output": 10, "input": None})
    found = mine.sheet()
    assert found is not None
    assert (found.dollars()["output"], found.dollars()["cached_input"], found.basis) == (10, Decimal("0.3"), "override")


def test_sources_that_agree_complete_each_other_and_others_do_not_mix() -> None:
    fine = Sheet("genai-prices", {"input": Rate(3, ((200, 6),)), "output": Rate(15), "cached_input": Rate(1)})
    same = over(Sheet("shipped", {"input": Rate(3), "output": Rate(15)}), fine)
    assert same is not None and (same.basis, same.rates) == ("shipped", fine.rates)
    other = Sheet("vendor_list", {"input": Rate(4), "output": Rate(15)})
    assert over(other, fine) == other


def test_a_dearer_tier_holds_for_the_whole_call() -> None:
    tiered = TargetPrices(
        (), Published(None, (Period(None, Sheet("genai-prices", {"input": Rate(10**9, ((200_000, 2 * 10**9),))})),))
    )
    assert nanos(tiered, input=200_000) == 200_000_000
    assert nanos(tiered, input=200_001) == 400_002_000


def test_prices_hold_from_their_day_on() -> None:
    class After:
        def active(self, when: datetime) -> bool:
            return when >= datetime(2026, 6, 1, tzinfo=UTC)

    old, new = (sheet("genai-prices", {"input": price}) for price in (1, 2))
    prices = TargetPrices((), Published(None, (Period(None, old), Period(After(), new))))
    day = 86_400_000_000
    june = int(datetime(2026, 6, 1, tzinfo=UTC).timestamp()) * 1_000_000
    assert prices.cost(Usage(input=1000), june - day).nano == 1_000_000
    assert prices.cost(Usage(input=1000), june + day).nano == 2_000_000


def test_a_simulation_is_free_and_a_model_nobody_knows_is_not() -> None:
    assert prices_of(None, NOTHING_PUBLISHED, simulated=True).cost(Usage(input=9, output=9), 0).nano == 0
    assert prices_of(None, published("openai", "no-such-model")).cost(Usage(input=9, output=9), 0) == UNKNOWN


@pytest.mark.parametrize(
    ("slug", "base_url", "name"),
    [
        ("openai", "https://api.openai.com/v1", "openai"),
        ("xai", "", "x-ai"),
        ("bedrock", "", "aws"),
        ("openai", "http://proxy.corp.test/v1", "openai"),
        ("openai_compatible", "https://openrouter.ai/api/v1", "openrouter"),
        ("openai_compatible", "http://10.0.0.7/v1", ""),
    ],
)
def test_vendors_are_known_by_their_address_or_their_name(slug: str, base_url: str, name: str) -> None:
    assert place(slug, base_url) == name


def test_a_published_model_without_a_price_is_free_only_by_its_name() -> None:
    free = published("openrouter", "deepseek/deepseek-r1:free").at(datetime.now(UTC))
    assert free is not None and free.cost([("input", 5)], 5).nano == 0
    assert published("github-copilot", "gpt-4.1").at(datetime.now(UTC)) is None


def test_a_cost_that_no_column_holds_is_unknown() -> None:
    assert nanos(stating({"input": 1000}), input=2**70) is None

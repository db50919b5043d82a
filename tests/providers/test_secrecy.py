"""A provider's own secrets are taken out of a vendor's words."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from providers.errors import RequestRejected
from providers.secrecy import clear, without


@given(st.text(), st.text(), st.text(min_size=4).filter(lambda secret: "*" not in secret))
def test_no_secret_is_left(before: str, after: str, secret: str) -> None:
    assert secret not in without(f"{before} {secret} {after}", [secret])


def test_all_words_of_an_error_are_cleared() -> None:
    error = RequestRejected(
        "No such key as hidden-1",
        code="bad_hidden-1",
        param="hidden-1",
        vendor_code="hidden-1",
        vendor_type="x-hidden-1",
    )
    clear(error, ["hidden-1"])
    words = (str(error), error.message, error.code, error.param, error.vendor_code, error.vendor_type)
    assert words == ("No such key as ***", "No such key as ***", "bad_***", "***", "***", "x-***")


@given(st.integers(9, 27))
def test_the_beginning_of_a_secret_that_was_cut_off_goes_too(size: int) -> None:
    secret = "sk-0123456789abcdefghijklmnop"
    assert secret[:8] not in without(f"Your key is {secret[:size]}", [secret])

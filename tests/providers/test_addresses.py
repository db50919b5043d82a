"""Addresses that admins type."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from providers.addresses import base_url, proxy


@pytest.mark.parametrize(
    "text", ["http://llama:8080/v1", "https://api.example.com", "http://[::1]:9/v1", "http://10.0.0.1"]
)
def test_addresses_of_machines_at_home_are_fine(text: str) -> None:
    assert base_url(f" {text}/ ") == text


REFUSED = ("ftp://x", "api.example.com", "http://", "http://u:p@x", "http://x?a=1", "http://x:99999", "http://a b")


@pytest.mark.parametrize("text", REFUSED)
def test_what_cannot_be_called_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        base_url(text)


def outcome(check: Callable[[str], str], text: str) -> str:
    """The address, or what is told of it."""
    try:
        return check(text)
    except ValidationError as error:
        return str(error.message)


@given(st.text())
def test_any_text_is_an_address_or_a_clear_error_that_does_not_repeat_it(text: str) -> None:
    for check in (base_url, proxy):
        found = outcome(check, text)
        assert found in text or len(text) < 9 or text not in found


def test_a_proxys_password_is_not_repeated() -> None:
    with pytest.raises(ValidationError) as caught:
        proxy("https://user:hunter22@proxy")
    assert "hunter22" not in str(caught.value)

"""A provider's status, from facts alone."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.status import Facts, TokenCounts, needs_token, status
from providers.vendors import Auth, Setting, Vendor

CLOUD = Vendor(slug="cloud", name="Cloud", kind="cloud", base_url="https://api.example.com")
LOCAL = Vendor(slug="local", name="Local", kind="local", auth=Auth(optional=True))
ONE = TokenCounts(healthy=1)


def test_a_vendor_without_a_token_is_red_and_says_so() -> None:
    found = status(Facts(vendor=CLOUD, enabled=True))
    assert (found.colour, found.word, found.reason) == ("red", "not configured", "Needs a token.")


def test_a_vendor_that_needs_no_key_is_not_red_for_having_none() -> None:
    assert status(Facts(vendor=LOCAL, enabled=True, base_url="http://box:8080/v1")).colour == "green"


def test_a_vendor_without_an_own_address_needs_one() -> None:
    assert status(Facts(vendor=LOCAL, enabled=True)).reason == "Needs a base URL."


def test_configured_but_switched_off_is_yellow() -> None:
    assert status(Facts(vendor=CLOUD, tokens=ONE)).colour == "yellow"


def test_a_missing_required_setting_is_named() -> None:
    vendor = Vendor(slug="v", name="V", kind="cloud", base_url="https://v", settings=(Setting(name="region", label="Region", required=True),))  # fmt: skip  # noqa: E501
    assert "Region" in status(Facts(vendor=vendor, enabled=True, tokens=ONE)).reason
    assert status(Facts(vendor=vendor, enabled=True, tokens=ONE, settings=frozenset({"region"}))).colour == "green"


@pytest.mark.parametrize(
    ("tokens", "word"),
    [
        (TokenCounts(suspended=2), "failing"),
        (TokenCounts(suspended=1, resting=1), "resting"),
        (TokenCounts(retired=2), "failing"),
        (TokenCounts(disabled=1), "not configured"),
    ],
)
def test_a_pool_with_no_usable_token_is_red(tokens: TokenCounts, word: str) -> None:
    found = status(Facts(vendor=CLOUD, enabled=True, tokens=tokens))
    assert (found.colour, found.word) == ("red", word)


def test_a_failed_test_is_red_with_the_vendors_words() -> None:
    found = status(Facts(vendor=CLOUD, enabled=True, tokens=ONE, test_ok=False, test_message="401 bad key"))
    assert (found.colour, found.reason) == ("red", "401 bad key")


def test_a_service_that_ended_is_red_unless_it_has_an_address_of_its_own() -> None:
    ended = Vendor(slug="old", name="Old", kind="cloud", base_url="https://old", shutdown="2026-01-31")
    facts = Facts(vendor=ended, enabled=True, tokens=ONE)
    assert status(facts, today=date(2026, 2, 1)).word == "shut down"
    assert status(facts, today=date(2026, 1, 1)).colour == "green"
    assert status(Facts(vendor=ended, enabled=True, tokens=ONE, base_url="https://mine")).colour == "green"


counts = st.builds(
    TokenCounts,
    healthy=st.integers(0, 3),
    resting=st.integers(0, 3),
    suspended=st.integers(0, 3),
    retired=st.integers(0, 3),
    disabled=st.integers(0, 3),
)
anything = st.builds(
    Facts,
    vendor=st.sampled_from([None, CLOUD, LOCAL]),
    enabled=st.booleans(),
    base_url=st.sampled_from(["", "http://box/v1"]),
    tokens=counts,
    errors=st.sampled_from([(), ("X_BASE_URL: bad.",)]),
    test_ok=st.sampled_from([None, True, False]),
)


@given(anything)
def test_green_means_that_a_call_can_be_made(facts: Facts) -> None:
    found = status(facts)
    assert found.word
    assert found.reason
    if found.colour == "green":
        assert facts.vendor is not None
        assert facts.enabled
        assert not facts.errors
        assert facts.test_ok is not False
        assert facts.tokens.healthy or not needs_token(facts.vendor)


@given(anything)
def test_yellow_turns_to_green_or_to_a_failure_by_switching_it_on(facts: Facts) -> None:
    if status(facts).colour == "yellow":
        on = Facts(**{name: getattr(facts, name) for name in Facts.__slots__} | {"enabled": True})
        assert status(on).word in {"active", "failing", "resting"}

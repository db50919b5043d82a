"""All providers at a glance: each token is counted once, by what became of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from providers.models import Provider, Token, TokenState
from providers.overview import glance, overview
from providers.status import TokenCounts

pytestmark = pytest.mark.django_db
NOW = timezone.now()
SOON, PAST = NOW + timedelta(minutes=5), NOW - timedelta(minutes=5)


@pytest.mark.parametrize(
    ("fields", "state", "counted"),
    [
        ({}, None, {"healthy": 1}),
        ({}, {"health": "cooling", "cooling_until": SOON}, {"resting": 1}),
        ({}, {"health": "cooling", "cooling_until": PAST}, {"healthy": 1}),
        ({}, {"health": "suspended", "cooling_until": SOON}, {"suspended": 1}),
        ({}, {"health": "probation"}, {"healthy": 1}),
        ({}, {"health": "probation", "cooling_until": SOON}, {"resting": 1}),
        ({}, {"health": "retired", "cooling_until": SOON}, {"retired": 1}),
        ({"expires_at": PAST}, {"health": "suspended"}, {"retired": 1}),
        ({"expires_at": PAST}, {"health": "cooling", "cooling_until": SOON}, {"retired": 1}),
        ({"expires_at": PAST}, {"health": "retired"}, {"retired": 1}),
        ({"expires_at": SOON}, None, {"healthy": 1}),
        ({"enabled": False, "expires_at": PAST}, {"health": "retired"}, {"disabled": 1}),
    ],
)
def test_a_token_is_counted_once(fields: dict[str, Any], state: dict[str, Any] | None, counted: dict[str, int]) -> None:
    acme = Provider.objects.create(name="acme", vendor="openai", dispatch="pooled")
    token = Token.objects.create(provider=acme, secret="sk", **fields)
    if state is not None:
        TokenState.objects.create(token=token, **state)
    assert glance(acme, {}, now=NOW).tokens == overview({}, now=NOW)[acme.pk].tokens == TokenCounts(**counted)


def test_a_provider_whose_tokens_are_all_retired_says_so() -> None:
    acme = Provider.objects.create(name="acme", vendor="openai", dispatch="pooled")
    TokenState.objects.create(token=Token.objects.create(provider=acme, secret="sk"), health="retired")
    found = glance(acme, {}, now=NOW).status
    assert (found.colour, found.reason) == ("red", "Every token is retired or has expired.")

"""Tokens of the environment as rows."""

from __future__ import annotations

import pytest
from django.utils import timezone

from providers.env_tokens import Synced, sync_tokens
from providers.models import ConfigVersion, Provider, Token, TokenState

pytestmark = pytest.mark.django_db


@pytest.fixture
def provider() -> Provider:
    return Provider.objects.create(name="demo", vendor="demo")


def rows() -> dict[str, str]:
    return {token.env_name: token.secret for token in Token.objects.filter(source=Token.Source.ENVIRONMENT)}


def reject(token: Token) -> None:
    TokenState.objects.create(token=token, health=TokenState.Health.SUSPENDED, updated_at=timezone.now())


def test_rows_follow_the_variables(provider: Provider) -> None:
    assert sync_tokens({"DEMO_API_KEY": "a", "DEMO_TOKEN_1": "b"}) == Synced(made=2)
    assert rows() == {"DEMO_API_KEY": "a", "DEMO_TOKEN_1": "b"}
    assert sync_tokens({"DEMO_API_KEY": "a"}) == Synced(removed=1)
    assert rows() == {"DEMO_API_KEY": "a"}


def test_repeating_it_changes_nothing_and_bumps_nothing(provider: Provider) -> None:
    sync_tokens({"DEMO_API_KEY": "a"})
    before = ConfigVersion.objects.get(pk=1).value
    assert sync_tokens({"DEMO_API_KEY": "a"}) == Synced()
    assert ConfigVersion.objects.get(pk=1).value == before


def test_a_new_secret_keeps_the_row_and_starts_with_a_fresh_state(provider: Provider) -> None:
    sync_tokens({"DEMO_API_KEY": "a"})
    token = Token.objects.get()
    reject(token)
    before = TokenState.objects.get().changed_at
    assert sync_tokens({"DEMO_API_KEY": "b"}) == Synced(changed=1)
    after = Token.objects.get()
    assert (after.pk, after.secret) == (token.pk, "b")
    assert after.rotated_at is not None
    state = TokenState.objects.get()
    assert (state.health, state.reason, state.rejected_at) == (TokenState.Health.HEALTHY, "", None)
    assert state.changed_at > before, "running processes hear of it"


def test_a_secret_that_moves_to_another_variable_keeps_its_state(provider: Provider) -> None:
    sync_tokens({"DEMO_TOKEN_1": "a", "DEMO_TOKEN_2": "b"})
    token = Token.objects.get(env_name="DEMO_TOKEN_1")
    reject(token)
    sync_tokens({"DEMO_TOKEN_1": "b", "DEMO_TOKEN_2": "a"})
    assert rows() == {"DEMO_TOKEN_1": "b", "DEMO_TOKEN_2": "a"}
    assert Token.objects.get(env_name="DEMO_TOKEN_2").pk == token.pk
    assert TokenState.objects.get().token_id == token.pk


def test_what_the_admin_made_is_never_touched(provider: Provider) -> None:
    own = Token.objects.create(provider=provider, secret="a", label="mine")
    assert sync_tokens({"DEMO_API_KEY": "a"}) == Synced()
    assert sync_tokens({}) == Synced()
    assert Token.objects.get() == own


def test_a_token_switched_off_by_hand_stays_off(provider: Provider) -> None:
    sync_tokens({"DEMO_API_KEY": "a"})
    Token.objects.update(enabled=False)
    sync_tokens({"DEMO_API_KEY": "b"})
    assert not Token.objects.get().enabled

"""Tokens in the admin: rotating, marking healthy, and keeping the environment's."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.utils import timezone

import gateway.celery  # noqa: F401  (the application that tasks are handed to)
from providers.models import ConfigVersion, Provider, Token, TokenState

OLD, NEW = "sk-old-0123456789", "sk-new-9876543210"
LIST = "/admin/providers/token/"
pytestmark = pytest.mark.django_db


@pytest.fixture
def token() -> Token:
    provider = Provider.objects.create(name="anthropic", vendor="anthropic")
    row = Token.objects.create(provider=provider, secret=OLD, label="main")
    now = timezone.now()
    TokenState.objects.create(
        token=row, health="cooling", cooling_until=now + timedelta(minutes=5), reason="429 slow down", updated_at=now
    )
    return row


def test_rotating_replaces_the_secret_in_one_step(admin_client: Client, token: Token) -> None:
    before = ConfigVersion.bump("test")
    reply = admin_client.post(f"{LIST}{token.pk}/rotate/", {"new_secret": NEW}, follow=True)
    stored = Token.objects.get()
    assert (stored.pk, stored.secret, stored.label) == (token.pk, NEW, "main")
    assert stored.rotated_at is not None
    assert stored.state.health == "healthy"
    assert ConfigVersion.objects.get().value > before
    told = reply.content.decode() + "".join(LogEntry.objects.values_list("change_message", flat=True))
    assert NEW not in told
    assert OLD not in told


@pytest.mark.parametrize(("secret", "said"), [(OLD, "the secret it has now"), ("a b", "no spaces"), ("", "required")])
def test_a_secret_that_cannot_replace_is_refused(admin_client: Client, token: Token, secret: str, said: str) -> None:
    html = admin_client.post(f"{LIST}{token.pk}/rotate/", {"new_secret": secret}).content.decode()
    assert said in html
    assert Token.objects.get().secret == OLD


def test_marking_healthy_is_newer_news_than_the_rest(admin_client: Client, token: Token) -> None:
    rested_at = token.state.changed_at
    admin_client.post(f"{LIST}{token.pk}/do/healthy/")
    state = TokenState.objects.get()
    assert (state.health, state.cooling_until, state.reason) == ("healthy", None, "")
    assert state.changed_at > rested_at


def test_the_environments_token_can_neither_be_rotated_nor_deleted(admin_client: Client, token: Token) -> None:
    Token.objects.filter(pk=token.pk).update(source="env", env_name="ANTHROPIC_API_KEY")
    reply = admin_client.get(f"{LIST}{token.pk}/rotate/", follow=True)
    assert "ANTHROPIC_API_KEY holds this token" in reply.content.decode()
    assert admin_client.post(f"{LIST}{token.pk}/delete/", {"post": "yes"}).status_code == 403
    chosen = {"action": "delete_selected", "_selected_action": str(token.pk), "post": "yes"}
    admin_client.post(LIST, chosen)
    admin_client.post(LIST, {"action": "disable_selected", "_selected_action": str(token.pk)})
    admin_client.post(f"{LIST}{token.pk}/change/", {"label": "x"})
    stored = Token.objects.get()
    assert (stored.secret, stored.enabled, stored.label) == (OLD, True, "main")


def test_the_providers_page_keeps_the_environments_token_too(admin_client: Client, token: Token) -> None:
    Token.objects.filter(pk=token.pk).update(source="env", env_name="ANTHROPIC_API_KEY")
    data = {"name": "anthropic", "priority": "1", "tokens-TOTAL_FORMS": "1", "tokens-INITIAL_FORMS": "1"}
    data |= dict.fromkeys(("connect_timeout", "first_byte_timeout", "silence_timeout", "total_timeout"), "10")
    data |= {"tokens-0-id": str(token.pk), "tokens-0-provider": str(token.provider_id), "tokens-0-DELETE": "on"}
    admin_client.post(f"/admin/providers/provider/{token.provider_id}/change/", data)
    assert Provider.objects.get().priority == 1
    assert Token.objects.get().enabled


@pytest.mark.parametrize(("state", "found"), [("resting", True), ("healthy", False), ("rejected", False)])
def test_the_list_is_filtered_by_state(admin_client: Client, token: Token, state: str, found: bool) -> None:
    html = admin_client.get(f"{LIST}?state={state}").content.decode()
    assert (token.fingerprint in html) is found


def test_the_list_shows_state_and_reason_and_no_secret(admin_client: Client, token: Token) -> None:
    html = admin_client.get(LIST).content.decode()
    assert "resting" in html
    assert "429 slow down" in html
    assert OLD not in html


def test_adding_needs_a_secret_the_pool_does_not_have(admin_client: Client, token: Token) -> None:
    data = {"provider": str(token.provider_id), "enabled": "on"}
    assert "This field is required" in admin_client.post(f"{LIST}add/", data).content.decode()
    assert "has that token already" in admin_client.post(f"{LIST}add/", {**data, "new_secret": OLD}).content.decode()
    assert admin_client.post(f"{LIST}add/", {**data, "new_secret": NEW}).status_code == 302
    assert Token.objects.count() == 2

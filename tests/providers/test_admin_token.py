"""Tokens in the admin: state, limits and history; testing, resting, rotating, retiring; keeping the environment's."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone

from gateway.celery import app as celery_app
from providers.models import ConfigVersion, Provider, ProviderEvent, Token, TokenState

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
    data = {"name": "anthropic", "dispatch": "pooled", "priority": "1", "weight": "1", "smallest_pool": "0"}
    data |= {
        "tokens-TOTAL_FORMS": "1",
        "tokens-INITIAL_FORMS": "1",
        "roles-TOTAL_FORMS": "0",
        "roles-INITIAL_FORMS": "0",
    }
    data |= dict.fromkeys(("connect_timeout", "first_byte_timeout", "silence_timeout", "total_timeout"), "10")
    data |= {"tokens-0-id": str(token.pk), "tokens-0-provider": str(token.provider_id), "tokens-0-DELETE": "on"}
    admin_client.post(f"/admin/providers/provider/{token.provider_id}/change/", data)
    assert Provider.objects.get().priority == 1
    assert Token.objects.get().enabled


@pytest.mark.parametrize(
    ("state", "found"), [("resting", True), ("healthy", False), ("suspended", False), ("retired", False)]
)
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


def page(token: Token) -> str:
    return f"{LIST}{token.pk}/change/"


def state() -> TokenState:
    return TokenState.objects.get()


# --- state, quota, history ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "shown"),
    [
        (
            {"health": "suspended", "probation_at": timedelta(minutes=9, seconds=30)},
            ["suspended", "tried again", "in 9 min"],
        ),
        ({"health": "probation"}, ["on probation"]),
        ({"health": "retired", "reason": "Retired by ann."}, ["retired", "Retired by ann."]),
        ({"cooling_until": timedelta(minutes=-1)}, ["healthy"]),
    ],
)
def test_the_page_shows_health_with_its_reason_and_until_when(
    admin_client: Client, token: Token, fields: dict[str, Any], shown: list[str]
) -> None:
    for name, value in fields.items():
        setattr(token.state, name, timezone.now() + value if isinstance(value, timedelta) else value)
    token.state.save()
    for address in (page(token), LIST):
        html = admin_client.get(address).content.decode()
        assert [one for one in shown if one not in html] == []


def test_an_expired_token_is_shown_so_and_found_so(admin_client: Client, token: Token) -> None:
    Token.objects.filter(pk=token.pk).update(expires_at=timezone.now() - timedelta(hours=3))
    assert "expired" in admin_client.get(page(token)).content.decode()
    assert token.fingerprint in admin_client.get(f"{LIST}?state=retired").content.decode()
    assert token.fingerprint not in admin_client.get(f"{LIST}?state=resting").content.decode()


@pytest.mark.parametrize(
    ("quota", "shown"),
    [
        ({"requests_left": 12, "requests_limit": 500, "at": 1e9}, ["12 of 500 requests left", "sb-red", "width:2.4%"]),
        ({"usage_left": 90000, "usage_limit": 100000, "resets_at": 4e9}, ["90,000 of 100,000 units left", "sb-green"]),
        (
            {"usage_left": 1, "usage_limit": 100000, "resets_at": 1.0},
            ["1 of 100,000 units left", "sb-lane-bar sb-grey"],
        ),
        ({"requests_left": 5}, ["5 requests left"]),
        ({"requests_left": "many", "at": "never"}, []),
    ],
)
def test_what_is_left_of_the_quota_is_a_bar(
    admin_client: Client, token: Token, quota: dict[str, Any], shown: list[str]
) -> None:
    TokenState.objects.update(quota=quota)
    for address in (page(token), LIST):
        html = admin_client.get(address).content.decode()
        assert [one for one in shown if one not in html] == []


def test_the_last_fifty_events_stand_below(admin_client: Client, token: Token) -> None:
    now = timezone.now()
    for n in range(60):
        ProviderEvent.objects.create(
            at=now - timedelta(minutes=n), kind="token", provider=token.provider, token=token,
            before="healthy", after="cooling", reason=f"number {n}; <b>",
        )  # fmt: skip
    html = admin_client.get(page(token)).content.decode()
    assert "healthy → cooling" in html and "number 49; &lt;b&gt;" in html and "number 50;" not in html


# --- limits ------------------------------------------------------------------------------------


def limits(**fields: str) -> dict[str, str]:
    return {"label": "main", "enabled": "on", **fields}


def test_limits_and_expiry_are_fields_and_reach_the_configuration(admin_client: Client, token: Token) -> None:
    before = ConfigVersion.bump("test")
    data = limits(max_in_flight="3", requests_per_minute="60", expires_at_0="2099-01-01", expires_at_1="12:00:00")
    assert admin_client.post(page(token), data).status_code == 302
    stored = Token.objects.get()
    assert (stored.max_in_flight, stored.requests_per_minute, stored.usage_per_minute) == (3, 60, None)
    assert stored.expires_at is not None and stored.expires_at.year == 2099
    assert ConfigVersion.objects.get().value > before


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"requests_per_minute": "0"}, "At least 1"),
        ({"usage_per_minute": "-5"}, "greater than or equal to 0"),
        ({"expires_at_0": "2001-01-01", "expires_at_1": "12:00"}, "lies in the past"),
    ],
)
def test_a_limit_that_would_let_nothing_pass_is_refused(
    admin_client: Client, token: Token, fields: dict[str, str], said: str
) -> None:
    assert said in admin_client.post(page(token), limits(**fields)).content.decode()
    assert Token.objects.get().requests_per_minute is None


def test_a_date_that_came_does_not_keep_the_rest_from_being_saved(admin_client: Client, token: Token) -> None:
    came = timezone.now().replace(microsecond=0) - timedelta(days=1)
    Token.objects.update(expires_at=came)
    data = limits(max_in_flight="3", expires_at_0=f"{came:%Y-%m-%d}", expires_at_1=f"{came:%H:%M:%S}")
    assert admin_client.post(page(token), data).status_code == 302
    assert Token.objects.get().max_in_flight == 3


def test_the_environments_token_takes_limits_though_nothing_else(admin_client: Client, token: Token) -> None:
    Token.objects.filter(pk=token.pk).update(source="env", env_name="ANTHROPIC_API_KEY")
    admin_client.post(page(token), {"label": "x", "max_in_flight": "3"})
    stored = Token.objects.get()
    assert (stored.max_in_flight, stored.label, stored.enabled) == (3, "main", True)


# --- what can be done --------------------------------------------------------------------------


@pytest.mark.parametrize(("seconds", "named"), [("60", "1 minute"), ("86400", "1 day")])
def test_a_token_is_put_to_rest_for_as_long_as_chosen(
    admin_client: Client, token: Token, seconds: str, named: str
) -> None:
    TokenState.objects.update(health="healthy", cooling_until=None)
    reply = admin_client.post(f"{LIST}{token.pk}/do/rest/", {"rest": seconds}, follow=True)
    assert f"rests for {named}" in reply.content.decode()
    until = state().cooling_until
    assert state().health == "cooling" and until is not None
    assert abs((until - timezone.now()).total_seconds() - int(seconds)) < 10
    assert "by admin" in ProviderEvent.objects.get().reason
    assert f"Put to rest for {named}." in LogEntry.objects.get().change_message


@pytest.mark.parametrize("seconds", ["", "61", "-1", "forever"])
def test_a_rest_of_another_length_is_not_taken(admin_client: Client, token: Token, seconds: str) -> None:
    before = state().cooling_until
    reply = admin_client.post(f"{LIST}{token.pk}/do/rest/", {"rest": seconds}, follow=True)
    assert "Choose how long" in reply.content.decode()
    assert state().cooling_until == before


def test_what_is_out_anyway_is_not_put_to_rest(admin_client: Client, token: Token) -> None:
    TokenState.objects.update(health="retired", cooling_until=None)
    reply = admin_client.post(f"{LIST}{token.pk}/do/rest/", {"rest": "60"}, follow=True)
    assert "out anyway" in reply.content.decode() and state().health == "retired"


def test_rotating_sends_it_to_the_back_and_keeps_its_secret(admin_client: Client, token: Token) -> None:
    before = ConfigVersion.bump("test")
    admin_client.post(f"{LIST}{token.pk}/do/back/")
    assert state().rotated_at is not None and state().health == "cooling"
    assert Token.objects.get().secret == OLD and Token.objects.get().rotated_at is None
    assert ConfigVersion.objects.get().value == before, "runtime state is no configuration"


def test_retiring_is_asked_first(admin_client: Client, token: Token) -> None:
    asked = admin_client.get(f"{LIST}{token.pk}/retire/").content.decode()
    assert token.fingerprint in asked and "until somebody marks it healthy" in asked
    assert state().health == "cooling"
    admin_client.post(f"{LIST}{token.pk}/retire/")
    assert (state().health, state().reason) == ("retired", "Retired by admin.")
    admin_client.post(f"{LIST}{token.pk}/do/healthy/")
    assert (state().health, state().reason) == ("healthy", "")
    assert list(ProviderEvent.objects.order_by("id").values_list("after", flat=True)) == ["retired", "healthy"]


def choose(action: str, *tokens: Token, **more: str) -> dict[str, Any]:
    return {"action": action, "_selected_action": [str(one.pk) for one in tokens], **more}


def test_the_lists_actions_do_the_same_to_many(admin_client: Client, token: Token) -> None:
    other = Token.objects.create(provider=token.provider, secret=NEW)
    both = (token, other)
    admin_client.post(LIST, choose("rest_600", *both))
    assert set(TokenState.objects.values_list("health", flat=True)) == {"cooling"}
    admin_client.post(LIST, choose("rotate_selected", *both))
    assert TokenState.objects.exclude(rotated_at=None).count() == 2
    asked = admin_client.post(LIST, choose("retire_selected", *both)).content.decode()
    assert token.fingerprint in asked and other.fingerprint in asked
    assert set(TokenState.objects.values_list("health", flat=True)) == {"cooling"}, "asked first"
    admin_client.post(LIST, choose("retire_selected", *both, confirmed="yes"))
    assert set(TokenState.objects.values_list("health", flat=True)) == {"retired"}
    admin_client.post(LIST, choose("healthy_selected", *both))
    assert set(TokenState.objects.values_list("health", flat=True)) == {"healthy"}


def test_testing_hands_the_token_to_the_task(admin_client: Client, token: Token) -> None:
    with celery_app.connection_for_write() as broker:
        queue = broker.SimpleQueue("celery")
        queue.clear()
        admin_client.post(f"{LIST}{token.pk}/do/test/")
        admin_client.post(LIST, choose("test_selected", token))
        messages = [queue.get(timeout=2) for _ in range(2)]
        assert {one.headers["task"] for one in messages} == {"providers.tasks.test_token"}
        assert [one.payload[0] for one in messages] == [[token.pk], [token.pk]]
        queue.clear()
        queue.close()


def test_nothing_is_done_by_following_a_link_or_without_permission(client: Client, token: Token) -> None:
    user = User.objects.create_user("viewer", password="pw", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_token"))
    client.force_login(user)
    before = TokenState.objects.values().get()
    for word in ("test", "healthy", "back", "rest"):
        assert client.get(f"{LIST}{token.pk}/do/{word}/").status_code == 405
        assert client.post(f"{LIST}{token.pk}/do/{word}/", {"rest": "60"}).status_code == 403
    assert client.get(f"{LIST}{token.pk}/retire/").status_code == 403
    assert client.post(f"{LIST}{token.pk}/retire/").status_code == 403
    for action in ("rest_60", "rotate_selected", "retire_selected", "healthy_selected"):
        client.post(LIST, choose(action, token, confirmed="yes"))
    html = client.get(page(token)).content.decode()
    assert "Mark healthy" not in html and "Retire" not in html and "Put to rest" not in html
    assert TokenState.objects.values().get() == before

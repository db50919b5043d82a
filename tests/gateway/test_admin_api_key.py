"""API keys in the admin: the secret is shown once, and only there."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.contrib.sessions.models import Session
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from gateway.models import ApiKey, Team, hash_key

LIST = "/admin/gateway/apikey/"
pytestmark = pytest.mark.django_db


def add(client: Client, **fields: object) -> HttpResponse:
    return client.post(f"{LIST}add/", {"name": "app", "scopes": ["inference"], "enabled": "on", **fields})  # type: ignore[return-value]


def secret_in(reply: HttpResponse) -> str:
    found = re.findall(r"sk-sb-[\w-]{40,}", reply.content.decode())
    assert len(found) == 1
    return str(found[0])


def test_the_secret_is_shown_once_and_is_the_one_that_is_stored(admin_client: Client) -> None:
    reply = add(admin_client)
    secret = secret_in(reply)
    key = ApiKey.objects.get()
    assert key.hash == hash_key(secret)
    assert reply.status_code == 200
    assert "no-store" in reply.headers["Cache-Control"]
    for address in (LIST, f"{LIST}{key.pk}/change/", f"{LIST}{key.pk}/history/"):
        assert secret not in admin_client.get(address).content.decode()


def test_the_secret_is_in_no_session_message_or_history(admin_client: Client) -> None:
    secret = secret_in(add(admin_client))
    sessions = "".join(str(session.get_decoded()) for session in Session.objects.all())
    cookies = "".join(str(morsel) for morsel in admin_client.cookies.values())
    history = "".join(f"{entry} {entry.change_message}" for entry in LogEntry.objects.all())
    assert secret not in sessions + cookies + history


def test_sending_the_form_again_makes_no_second_key_and_shows_nothing(admin_client: Client) -> None:
    add(admin_client)
    again = add(admin_client)
    assert "sk-sb-" not in again.content.decode()
    assert "already exists" in again.content.decode()
    assert ApiKey.objects.count() == 1


def test_a_new_secret_replaces_the_old_one_once(admin_client: Client) -> None:
    first = secret_in(add(admin_client))
    key = ApiKey.objects.get()
    address = f"{LIST}{key.pk}/new-secret/"
    assert "stops working at once" in admin_client.get(address).content.decode()
    second = secret_in(admin_client.post(address, {"replaces": key.hint}))  # type: ignore[arg-type]
    assert second != first
    assert ApiKey.objects.get().hash == hash_key(second)
    again = admin_client.post(address, {"replaces": key.hint}, follow=True)
    assert "had been replaced already" in again.content.decode()
    assert ApiKey.objects.get().hash == hash_key(second)


def test_models_are_typed_as_lines_and_expiry_lies_ahead(admin_client: Client) -> None:
    add(admin_client, allowed_models="gpt-*, claude-*\n\ngpt-*\n")
    assert ApiKey.objects.get().allowed_models == ["gpt-*", "claude-*"]
    past = timezone.now() - timedelta(days=1)
    late = add(admin_client, name="late", expires_at_0=f"{past:%Y-%m-%d}", expires_at_1="00:00")
    assert "This moment has passed" in late.content.decode()
    bad = add(admin_client, name="bad", allowed_models="two words")
    assert "not a model name or pattern" in bad.content.decode()
    assert ApiKey.objects.count() == 1


def test_a_key_without_scopes_is_refused(admin_client: Client) -> None:
    assert "Tick at least one" in add(admin_client, scopes=[]).content.decode()


def staff(*permissions: str) -> Client:
    user = User.objects.create_user("staff", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


def test_only_a_superuser_gives_the_admin_scope_or_its_secret() -> None:
    client = staff("add_apikey", "change_apikey", "view_apikey", "view_team")
    refused = add(client, scopes=["inference", "admin"])
    assert "Only a superuser" in refused.content.decode()
    key, _ = ApiKey.issue("root", scopes=["admin"])
    assert client.post(f"{LIST}{key.pk}/new-secret/", {"replaces": key.hint}).status_code == 403
    assert secret_in(add(client))


def test_a_viewer_cannot_act() -> None:
    key, _ = ApiKey.issue("app")
    client = staff("view_apikey")
    html = client.get(f"{LIST}{key.pk}/change/").content.decode()
    assert "Issue a new secret" not in html
    assert client.post(f"{LIST}{key.pk}/do/disable/").status_code == 403
    assert client.post(f"{LIST}{key.pk}/new-secret/", {"replaces": key.hint}).status_code == 403
    assert client.get(f"{LIST}add/").status_code == 403
    assert ApiKey.objects.get().enabled


def test_keys_are_switched_in_bulk(admin_client: Client) -> None:
    for name in ("a", "b"):
        ApiKey.issue(name)
    chosen = [str(pk) for pk in ApiKey.objects.values_list("pk", flat=True)]
    admin_client.post(LIST, {"action": "disable_selected", "_selected_action": chosen})
    assert not ApiKey.objects.filter(enabled=True).exists()


def test_switching_on_storing_warns(admin_client: Client) -> None:
    reply = admin_client.post("/admin/gateway/team/add/", {"name": "t", "store_content": "on"}, follow=True)
    assert "prompts and answers of t are stored" in reply.content.decode()
    assert Team.objects.get().store_content


def test_staff_cannot_make_themselves_superusers() -> None:
    client = staff("change_user", "view_user")
    me = User.objects.get(username="staff")
    html = client.get(f"/admin/auth/user/{me.pk}/change/").content.decode()
    assert 'name="is_superuser"' not in html
    client.post(f"/admin/auth/user/{me.pk}/change/", {"username": "staff", "is_superuser": "on", "is_staff": "on"})
    assert not User.objects.get(username="staff").is_superuser
    root = User.objects.create_superuser("root")
    assert client.post(f"/admin/auth/user/{root.pk}/password/", {"password1": "x", "password2": "x"}).status_code == 403


def test_users_and_groups_look_like_the_rest(admin_client: Client) -> None:
    for model in ("user", "group"):
        assert "data-simplebar" in admin_client.get(f"/admin/auth/{model}/?q=").content.decode()

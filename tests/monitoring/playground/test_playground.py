"""The playground's server side: who may call as which key, and whose costs are told."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone

from gateway import passes
from gateway.exchange import uuid7
from gateway.models import ApiKey, Team
from monitoring.models import RequestLog
from tests.monitoring.log_days import make_days

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> dict[str, Any]:
    blue, red = Team.objects.create(name="blue"), Team.objects.create(name="red")
    ada = User.objects.create_user("ada", password="pw")
    blue.members.add(ada)
    keys = {
        "blue": ApiKey.issue("blue-app", team=blue)[0],
        "red": ApiKey.issue("red-app", team=red)[0],
        "off": ApiKey.issue("blue-off", team=blue, enabled=False)[0],
        "old": ApiKey.issue("blue-old", team=blue, expires_at=timezone.now() - timedelta(days=1))[0],
        "watch": ApiKey.issue("blue-watch", team=blue, scopes=["monitoring"])[0],
    }
    return {"blue": blue, "red": red, "ada": ada, "keys": keys}


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def row(team: Team, **more: Any) -> RequestLog:
    usual = {"id": uuid7(), "started_at": datetime.now(UTC), "endpoint": "chat", "ended_by": "done", "team_id": team.pk}
    made = RequestLog(**{**usual, "cost_nano": 1200, **more})
    make_days([made.started_at])
    made.save(force_insert=True)
    return made


def test_a_member_may_call_as_the_keys_of_their_teams_that_work(world: dict[str, Any]) -> None:
    client = signed_in(world["ada"])
    page = client.get("/playground/").content.decode()
    assert "blue-app" in page
    assert not [name for name in ("red-app", "blue-off", "blue-old", "blue-watch") if name in page]
    for name, status in {"blue": 200, "red": 404, "off": 404, "old": 404, "watch": 404}.items():
        got = client.post("/playground/pass", {"key": world["keys"][name].pk})
        assert got.status_code == status, name
    given = client.post("/playground/pass", {"key": world["keys"]["blue"].pk}).json()
    assert passes.read(given["pass"]) == (world["keys"]["blue"].pk, "ada")


def test_staff_call_as_others_only_with_the_permission_to_change_keys(world: dict[str, Any]) -> None:
    staff = User.objects.create_user("staff", password="pw", is_staff=True)
    asked = {"key": world["keys"]["red"].pk}
    assert signed_in(staff).post("/playground/pass", asked).status_code == 404
    staff.user_permissions.add(Permission.objects.get(codename="change_apikey"))
    assert signed_in(User.objects.get(pk=staff.pk)).post("/playground/pass", asked).status_code == 200


def test_without_a_session_nothing_is_told(world: dict[str, Any]) -> None:
    client = Client()
    assert client.get("/playground/").status_code == 302
    assert client.post("/playground/pass", {"key": world["keys"]["blue"].pk}).status_code == 401
    assert client.get("/playground/cost", {"id": uuid7()}).status_code == 401


def test_a_pass_is_only_given_to_our_own_page(world: dict[str, Any]) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(world["ada"])
    assert client.post("/playground/pass", {"key": world["keys"]["blue"].pk}).status_code == 403


@pytest.mark.parametrize("given", ["", "x", "-1", "1e3", "²", "9" * 30, "1; drop"])
def test_a_key_that_is_no_id_is_refused_in_words(world: dict[str, Any], given: str) -> None:
    got = signed_in(world["ada"]).post("/playground/pass", {"key": given})
    assert got.status_code == 400 and "id of an API key" in got.json()["error"]["message"]


def test_costs_are_told_to_the_team_only(world: dict[str, Any]) -> None:
    mine, theirs, nobodys = row(world["blue"]), row(world["red"]), row(world["blue"], team_id=None)
    client = signed_in(world["ada"])
    got = client.get("/playground/cost", {"id": mine.pk}).json()
    assert got["found"] and got["cost_nano"] == 1200
    for other in (theirs.pk, nobodys.pk, uuid7(), "00000000-0000-4000-8000-000000000000"):
        assert client.get("/playground/cost", {"id": other}).json() == {"found": False}
    for bad in ("", "x", "\0", "9" * 200):
        assert client.get("/playground/cost", {"id": bad}).status_code == 400


def test_a_person_without_a_usable_key_is_told_what_to_do(world: dict[str, Any]) -> None:
    ApiKey.objects.all().delete()
    assert "Ask" in signed_in(world["ada"]).get("/playground/").content.decode()
    admin = User.objects.create_superuser("root", password="pw")
    assert "Make an API key" in signed_in(admin).get("/playground/").content.decode()


def test_the_page_runs_nothing_but_our_own_files(world: dict[str, Any]) -> None:
    got = signed_in(world["ada"]).get("/playground/")
    policy = got.headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy and "img-src 'self' data: blob:" in policy and "unsafe" not in policy
    assert "sk-sb-" not in got.content.decode() and json.dumps(policy)

"""Who sees what and who may change what; as docs/monitoring-api.md draws it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from gateway.models import ApiKey
from monitoring.models import Outage
from monitoring.rollups.work import roll
from providers.models import Provider
from tests.monitoring.api.cast import SECRETS, Asker, Cast, code_of, person, read
from tests.monitoring.live_cast import log_row

API = "/api/monitoring/providers"
EVERYBODYS = (
    API, f"{API}/openai/models", f"{API}/openai/logs", f"{API}/logs/all", f"{API}/logs/stats", "/providers/status",
    "/providers/metrics", "/providers/metrics/openai", "/providers/logs", "/providers/logs/openai", "/providers/costs",
    "/providers/health",
)  # fmt: skip
OF_ALL_TEAMS = (f"{API}/openai/tokens", f"{API}/tokens/all")
CHANGES = {
    f"{API}/openai/config": "change_provider",
    f"{API}/openai/test": "change_provider",
    f"{API}/openai/rotate-token": "change_token",
    f"{API}/openai/logs/clear": "change_provider",
    "/providers/metrics/reset": "change_metricsbaseline",
}
EVERY_PATH = (*EVERYBODYS, *OF_ALL_TEAMS)


@pytest.fixture
def lived(cast: Cast) -> Cast:
    """A request of each team, and an outage whose reason a request of blue told."""
    ago = int((timezone.now() - timedelta(minutes=2)).timestamp() * 1_000_000)
    for team in (cast.red, cast.blue):
        log_row(
            provider="openai",
            model=f"model-of-{team.name}",
            team_id=team.pk,
            team=team.name,
            api_key=f"app-of-{team.name}",
            api_key_id=team.pk,
            started_at=ago,
            cost_nano=team.pk * 1_000_000,
            error_message=f"words of {team.name}",
            status=502,
            ended_by="failed",
        )
    began = timezone.now() - timedelta(minutes=3)
    Outage.objects.create(
        provider=cast.openai, status="down", began_at=began, down_at=began, reason="words of blue", signal="traffic"
    )
    roll()
    return cast


@pytest.mark.parametrize("path", EVERY_PATH)
def test_nobody_sees_anything_without_a_session_or_key(path: str, cast: Cast) -> None:
    reply = Client().get(path)
    assert (reply.status_code, code_of(reply)) == (401, "invalid_api_key")
    assert reply.headers["WWW-Authenticate"] == "Bearer"
    for wrong in ("sk-sb-wrong", "", "ü"):
        assert Client().get(path, headers={"authorization": f"Bearer {wrong}"}).status_code == 401


@pytest.mark.parametrize("path", EVERY_PATH)
def test_a_key_that_may_not_watch_and_a_person_without_a_team_see_nothing(path: str, cast: Cast) -> None:
    status, body = Asker(cast.keys["app"]).get(path)
    assert status == 403 and "scope `monitoring`" in body["error"]["message"]
    status, body = read(person("alone").get(path))
    assert status == 403 and "in no team" in body["error"]["message"]


@pytest.mark.parametrize("path", EVERY_PATH)
def test_staff_admin_keys_and_watching_keys_without_a_team_see_everything(path: str, cast: Cast) -> None:
    assert person("staff", staff=True).get(path).status_code == 200
    for name in ("root", "watcher"):
        assert Asker(cast.keys[name]).get(path)[0] == 200
        assert Asker(cast.keys[name], header="x-api-key").get(path)[0] == 200


@pytest.mark.parametrize("path", OF_ALL_TEAMS)
def test_tokens_are_not_for_teams(path: str, cast: Cast) -> None:
    for status, body in (
        Asker(cast.keys["red"]).get(path),
        read(person("member", "view_token", teams=(cast.red,)).get(path)),
    ):
        assert (status, body["error"]["code"]) == (403, "permission_denied") and "all teams" in body["error"]["message"]


@pytest.mark.parametrize("path", EVERYBODYS)
def test_a_team_sees_nothing_of_another_team_nor_of_what_belongs_to_none(path: str, lived: Cast) -> None:
    for status, body in (
        Asker(lived.keys["red"]).get(path),
        read(person("member", teams=(lived.red,)).get(path)),
    ):
        assert status == 200
        text = json.dumps(body)
        assert not [word for word in ("blue", "10.1.2.3", "fp-1234abcd", *SECRETS) if word in text]


def test_a_team_gets_its_own_figures(lived: Cast) -> None:
    red = Asker(lived.keys["red"])
    cost = lived.red.pk * 1_000_000
    assert red.get("/providers/metrics")[1]["totals"]["cost_nano"] == cost
    assert [one["attempts"] for one in red.get("/providers/metrics")[1]["data"]] == [None]
    assert [one["label"] for one in red.get("/providers/costs", by="team")[1]["data"]] == ["red"]
    assert [one["team"] for one in red.get("/providers/logs")[1]["data"]] == ["red"]
    openai = {one["name"]: one for one in red.get("/providers/status")[1]["data"]}["openai"]
    assert (openai["requests"], openai["reason"], openai["tokens"]) == (1, None, None)
    (outage,) = red.get("/providers/health")[1]["outages"]
    assert (outage["status"], outage["reason"], outage["fallbacks"]) == ("down", None, None)
    assert red.get("/providers/health")[1]["checks"] is None
    assert red.get("/providers/logs", team="blue")[0] == 400, "a team that may not be seen is not known"


def test_a_team_sees_that_a_provider_exists_and_not_how_it_is_set_up(cast: Cast) -> None:
    row = Asker(cast.keys["red"]).get(API, search="openai")[1]["data"][0]
    assert (row["name"], row["enabled"], row["models"]) == ("openai", True, 2)
    assert [row[name] for name in ("reason", "config", "tokens", "last_test")] == [None] * 4


@pytest.mark.parametrize(("path", "permission"), CHANGES.items())
def test_changing_takes_the_admin_scope_or_the_permission(path: str, permission: str, cast: Cast) -> None:
    for name in ("watcher", "red"):
        assert Asker(cast.keys[name]).post(path)[0] == 403
    asked: dict[str, Any] = {"path": path, "content_type": "application/json"}
    status, body = read(person("staff", staff=True).post(**asked))
    assert status == 403 and permission in body["error"]["message"]
    assert person("member", permission, teams=(cast.red,)).post(**asked).status_code == 403
    Provider.objects.filter(pk=cast.openai.pk).update(base_url="http://127.0.0.1:9/v1")
    assert person("changer", permission, staff=True).post(**asked).status_code == 200
    assert Asker(cast.keys["root"]).post(path)[0] in (200, 409)


def test_a_session_needs_the_csrf_token_and_a_key_does_not(cast: Cast) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.create_superuser("changer"))
    reply = client.post("/providers/metrics/reset", content_type="application/json")
    assert reply.status_code == 403 and "CSRF" in json.loads(reply.content)["error"]["message"]
    keyed = Client(enforce_csrf_checks=True, headers={"authorization": f"Bearer {cast.keys['root']}"})
    assert keyed.post("/providers/metrics/reset", content_type="application/json").status_code == 200


def test_a_key_that_is_disabled_or_expired_is_out(cast: Cast) -> None:
    watcher = Asker(cast.keys["watcher"])
    ApiKey.objects.filter(name="watcher key").update(expires_at=timezone.now())
    assert watcher.get("/providers/status")[0] == 401
    ApiKey.objects.filter(name="watcher key").update(expires_at=None, enabled=False)
    assert watcher.get("/providers/status")[0] == 401


def test_no_secret_is_in_any_answer(lived: Cast) -> None:
    Provider.objects.filter(pk=lived.openai.pk).update(proxy="http://user:hunter2@proxy:1")
    root = Asker(lived.keys["root"])
    for path in EVERY_PATH:
        text = json.dumps(root.get(path)[1])
        assert not [word for word in ("hunter2", *SECRETS) if word in text]

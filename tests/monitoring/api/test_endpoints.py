"""What each endpoint answers, with real rows behind it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from monitoring.models import MetricsBaseline, RequestLog
from monitoring.rollups.work import roll
from providers.models import Provider, ProviderEvent, Token, TokenState
from tests.monitoring.api.cast import SECRETS, Asker, Cast, read
from tests.monitoring.live_cast import log_row

PROVIDERS = "/api/monitoring/providers"


@pytest.fixture
def root(cast: Cast) -> Asker:
    return Asker(cast.keys["root"])


def logged(cast: Cast, **changes: Any) -> RequestLog:
    """A request of team red, a minute or so ago."""
    ago = int((timezone.now() - timedelta(minutes=2)).timestamp() * 1_000_000)
    fields = {"provider": "openai", "team_id": cast.red.pk, "team": "red", "started_at": ago, "cost_nano": 1_500_000}
    return log_row(**{**fields, **changes})


# --- providers -----------------------------------------------------------------------------------


def test_the_list_says_how_each_provider_is_set_up(root: Asker) -> None:
    status, body = root.get(PROVIDERS)
    assert status == 200 and [one["name"] for one in body["data"]] == ["github_copilot", "groq", "openai"]
    openai = body["data"][2]
    assert (openai["enabled"], openai["vendor_name"], openai["models"], body["next"]) == (True, "OpenAI", 2, None)
    assert openai["config"]["base_url_in_force"] == "http://10.1.2.3:8080/v1"
    assert openai["tokens"]["healthy"] == openai["tokens"]["total"] == 2


def test_the_list_is_filtered_and_paged(root: Asker) -> None:
    assert [one["name"] for one in root.get(PROVIDERS, enabled="true")[1]["data"]] == ["openai"]
    assert [one["name"] for one in root.get(PROVIDERS, search="CO", vendor="github_copilot")[1]["data"]]
    names, cursor = [], ""
    while True:
        body = root.get(PROVIDERS, limit=1, cursor=cursor)[1]
        names += [one["name"] for one in body["data"]]
        if not (cursor := body["next"]):
            break
    assert names == ["github_copilot", "groq", "openai"]


def test_a_change_is_answered_with_what_holds_now(root: Asker, cast: Cast) -> None:
    status, body = root.post(f"{PROVIDERS}/Open-AI/config", {"priority": 5, "settings": {"organization": "org-1"}})
    assert (status, body["provider"], body["changed"]) == (200, "openai", ["priority", "organization"])
    assert (body["config"]["priority"], body["config"]["settings"]["organization"]) == (5, "org-1")
    assert Provider.objects.get(name="openai").priority == 5
    assert "API key root key" in ProviderEvent.objects.get(provider=cast.openai).reason


def test_a_persons_change_stands_in_the_admins_history(admin_client: Client, cast: Cast) -> None:
    status, body = read(admin_client.post(f"{PROVIDERS}/openai/config", {"weight": 2}, content_type="application/json"))
    assert (status, body["changed"]) == (200, ["weight"])
    assert LogEntry.objects.get(user=User.objects.get(is_superuser=True)).change_message == "Changed weight."


def test_what_the_environment_sets_is_a_conflict_that_names_it(
    root: Asker, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.PROVIDER_ENVIRON = ""
    monkeypatch.setenv("OPENAI_BASE_URL", "http://from.env/v1")
    status, body = root.post(f"{PROVIDERS}/openai/config", {"base_url": "http://other/v1"})
    assert (status, body["error"]["code"], body["error"]["param"]) == (409, "set_by_environment", "base_url")
    assert "OPENAI_BASE_URL" in body["error"]["message"]
    shown = root.get(PROVIDERS, search="openai")[1]["data"][0]["config"]
    assert shown["set_by_environment"] == {"base_url": "OPENAI_BASE_URL"}
    assert shown["base_url_in_force"] == "http://from.env/v1"


def test_models_are_told_with_what_is_known_of_them(root: Asker) -> None:
    status, body = root.get(f"{PROVIDERS}/OPENAI/models")
    assert status == 200 and [one["id"] for one in body["data"]] == ["gpt-4o", "gpt-mini"]
    assert body["data"][0]["capabilities"]["vision"] is True and body["data"][1]["capabilities"]["tools"] is None
    assert body["data"][0]["price"]["input"] > 0
    assert [one["id"] for one in root.get(f"{PROVIDERS}/openai/models", can="vision, tools")[1]["data"]] == ["gpt-4o"]


def test_a_test_says_what_each_token_is_worth(root: Asker, monkeypatch: pytest.MonkeyPatch, cast: Cast) -> None:
    from tests.fake_vendor import failing, in_thread

    with in_thread() as vendor:
        Provider.objects.filter(pk=cast.openai.pk).update(base_url=vendor.url)
        vendor.script(failing(401), token=SECRETS[1])
        status, body = root.post(f"{PROVIDERS}/openai/test")
    assert (status, body["ok"]) == (200, True)
    assert [(one["ok"], one["status"]) for one in body["tests"]] == [(True, 200), (False, 401)]
    assert root.post(f"{PROVIDERS}/groq/test")[0] == 400


# --- tokens --------------------------------------------------------------------------------------


def test_tokens_are_told_by_fingerprint(root: Asker, cast: Cast) -> None:
    status, body = root.get(f"{PROVIDERS}/openai/tokens")
    assert status == 200 and [one["health"] for one in body["data"]] == ["healthy", "healthy"]
    assert {one["fingerprint"] for one in body["data"]} == set(Token.objects.values_list("fingerprint", flat=True))
    first = root.get(f"{PROVIDERS}/tokens/all", limit=1)[1]
    rest = root.get(f"{PROVIDERS}/tokens/all", limit=1, cursor=first["next"])[1]
    assert first["data"][0]["id"] < rest["data"][0]["id"] and rest["next"] is None
    assert root.get(f"{PROVIDERS}/tokens/all", provider="groq")[1]["data"] == []


def test_a_token_rests_when_it_is_rotated(root: Asker) -> None:
    status, body = root.post(f"{PROVIDERS}/openai/rotate-token", {"seconds": 120})
    assert (status, body["token"]["health"]) == (200, "cooling") and body["token"]["resting_until"]
    assert "by API key root key" in TokenState.objects.get(pk=body["token"]["id"]).reason
    status, body = root.post(f"{PROVIDERS}/openai/rotate-token")
    assert (status, body["error"]["code"]) == (409, "no_other_token")


# --- event logs ----------------------------------------------------------------------------------


def test_event_logs_are_read_counted_and_emptied(root: Asker, cast: Cast) -> None:
    root.post(f"{PROVIDERS}/openai/rotate-token")
    logged(cast)
    for path in ("openai/logs", "logs/all"):
        status, body = root.get(f"{PROVIDERS}/{path}", level="info", event="token")
        assert status == 200 and isinstance(body["data"], list)
    assert root.get(f"{PROVIDERS}/logs/stats")[0] == 200
    status, body = root.post(f"{PROVIDERS}/openai/logs/clear")
    assert (status, body["provider"]) == (200, "openai") and body["cleared"] >= 0
    assert RequestLog.objects.count() == 1, "the request log stays as it is"


# --- figures -------------------------------------------------------------------------------------


def test_metrics_are_counted_from_the_last_reset_on(root: Asker, cast: Cast) -> None:
    logged(cast)
    roll()
    status, body = root.get("/providers/metrics", span="1h")
    assert (status, body["counted_from"], body["baseline"]) == (200, "span", None)
    assert (body["totals"]["requests"], body["totals"]["cost_nano"], body["totals"]["cost_usd"]) == (
        1,
        1_500_000,
        0.0015,
    )
    assert (body["data"][0]["provider"], body["data"][0]["attempts"]["attempts"]) == ("openai", 1)
    status, reset = root.post("/providers/metrics/reset")
    assert (status, reset["baseline"]["by"], reset["previous"]) == (200, "API key root key", None)
    body = root.get("/providers/metrics", span="1h")[1]
    assert (body["counted_from"], body["totals"]["requests"], body["data"]) == ("baseline", 0, [])
    assert root.get("/providers/costs")[1]["totals"]["cost_nano"] == 1_500_000, "spend is as it was"
    assert root.get("/providers/metrics", until=(timezone.now() - timedelta(hours=1)).isoformat())[0] == 200


def test_only_the_last_resets_are_kept(root: Asker) -> None:
    for _ in range(52):
        root.post("/providers/metrics/reset")
    assert MetricsBaseline.objects.count() == 50


def test_one_providers_metrics_come_by_model_and_as_a_series(root: Asker, cast: Cast) -> None:
    logged(cast, latency_us=250_000)
    roll()
    status, body = root.get("/providers/metrics/Open_AI", span="1h")
    assert (status, body["provider"], body["totals"]["requests"], body["attempts"]["attempts"]) == (200, "openai", 1, 1)
    assert [(one["model"], one["figures"]["requests"]) for one in body["models"]] == [("gpt-4o", 1)]
    assert sum(one["figures"]["requests"] for one in body["series"]) == 1


def test_costs_are_told_by_what_was_asked_for(root: Asker, cast: Cast) -> None:
    logged(cast)
    roll()
    for by, key in (("provider", "openai"), ("model", "gpt-4o"), ("team", str(cast.red.pk)), ("api_key", "1")):
        status, body = root.get("/providers/costs", by=by)
        assert (status, [one["key"] for one in body["data"]]) == (200, [key])
    assert sum(one["cost_nano"] for one in body["series"]) == 1_500_000


def test_status_shows_every_provider_and_what_it_did(root: Asker, cast: Cast) -> None:
    logged(cast)
    roll()
    status, body = root.get("/providers/status")
    rows = {one["name"]: one for one in body["data"]}
    assert status == 200 and list(rows) == ["github_copilot", "groq", "openai"]
    assert (rows["openai"]["requests"], rows["openai"]["tokens"], rows["groq"]["requests"]) == (1, 2, 0)
    assert sum(body["summary"].values()) == 3


def test_health_tells_states_uptimes_outages_and_checks(root: Asker) -> None:
    status, body = root.get("/providers/health", span="7d", models="true")
    assert status == 200 and {one["provider"] for one in body["states"]} >= {"openai", "groq"}
    assert body["outages"] == [] and body["checks"] == []
    assert {one["provider"] for one in root.get("/providers/health", provider="groq")[1]["states"]} == {"groq"}


# --- the request log -----------------------------------------------------------------------------


def test_requests_are_filtered_and_paged(root: Asker, cast: Cast) -> None:
    rows = [logged(cast), logged(cast, status=500, ended_by="failed", error_code="provider_error", provider="groq")]
    status, body = root.get("/providers/logs")
    assert status == 200 and {one["id"] for one in body["data"]} == {str(row.pk) for row in rows}
    assert [one["provider"] for one in root.get("/providers/logs", status="5xx")[1]["data"]] == ["groq"]
    assert [one["provider"] for one in root.get("/providers/logs/OpenAI")[1]["data"]] == ["openai"]
    first = root.get("/providers/logs", limit=1)[1]
    second = root.get("/providers/logs", limit=1, cursor=first["next"])[1]
    assert {first["data"][0]["id"], second["data"][0]["id"]} == {str(row.pk) for row in rows}
    (attempt,) = first["data"][0]["attempts"]
    assert attempt["duration_ms"] == 250.0

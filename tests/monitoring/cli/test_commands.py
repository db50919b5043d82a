"""The commands over a database: what they show, change, refuse, and never show."""

from __future__ import annotations

import io
import json
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from gateway.exchange import uuid7
from gateway.models import ApiKey, Team, hash_key
from monitoring.models import RequestLog
from providers.models import Model, Provider, Token
from tests.monitoring.log_days import make_days

pytestmark = pytest.mark.django_db


def run(*words: str) -> str:
    out = io.StringIO()
    call_command(*words, stdout=out)
    return out.getvalue()


def told(*words: str) -> Any:
    return json.loads(run(*words, "--json"))


@pytest.fixture
def openai() -> Provider:
    return Provider.objects.get_or_create(name="openai", defaults={"vendor": "openai", "dispatch": "pooled"})[0]


def log(**more: Any) -> RequestLog:
    usual = {"id": uuid7(), "started_at": datetime.now(UTC), "endpoint": "chat.completions", "ended_by": "done"}
    row = RequestLog(**{**usual, "status": 200, **more})
    make_days([row.started_at])
    row.save(force_insert=True)
    return row


def test_providers_are_listed_shown_switched_and_configured(openai: Provider) -> None:
    assert "openai" in {one["name"] for one in told("providers", "list", "--all")}
    assert told("providers", "disable", "OpenAI")["enabled"] is False
    assert "openai" not in {one["name"] for one in told("providers", "list")}
    assert told("providers", "enable", "open-ai")["changed"] is True
    assert told("providers", "config", "openai", "priority=7")["changed"] == ["priority"]
    assert told("providers", "show", "openai")["priority"] == 7
    for words in (["config", "openai", "priority=x"], ["config", "openai", "nonsense=1"], ["config", "openai", "x"]):
        with pytest.raises(CommandError):
            run("providers", *words)
    with pytest.raises(CommandError, match="opena"):
        run("providers", "show", "opena")


def test_a_token_is_added_from_a_pipe_and_never_shown(openai: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = "sk-secret-of-a-test-1234567890"
    monkeypatch.setattr(sys, "stdin", io.StringIO(secret + "\n"))
    said = run("tokens", "add", "openai", "--name", "spare")
    listed = run("tokens", "list", "openai", "--json")
    token = Token.objects.get(provider=openai, label="spare")
    assert token.secret == secret and token.fingerprint in listed
    assert secret not in said + listed + run("tokens", "list")
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n"))
    with pytest.raises(CommandError, match="No token"):
        run("tokens", "add", "openai")


def test_keys_are_made_listed_and_revoked() -> None:
    Team.objects.create(name="blue")
    secret = told("keys", "create", "web", "--team", "blue", "--models", "gpt-*")["key"]
    key = ApiKey.objects.get(name="web")
    assert bytes(key.hash) == hash_key(secret) and key.allowed_models == ["gpt-*"]
    (row,) = told("keys", "list", "--team", "blue")
    assert row["name"] == "web" and secret not in json.dumps(row)
    assert told("keys", "revoke", "web")["changed"] is True
    assert not ApiKey.objects.get(name="web").enabled
    assert told("keys", "revoke", "web")["changed"] is False
    for words in (
        ["revoke", "none"],
        ["create", "web"],
        ["create", "x", "--team", "none"],
        ["create", "x", "--scopes", "all"],
    ):
        with pytest.raises(CommandError):
            run("keys", *words)


def test_models_are_chosen_by_what_they_can(openai: Provider) -> None:
    Model.objects.create(provider=openai, model_id="sees", vision=True, tools=True)
    Model.objects.create(provider=openai, model_id="blind", vision=False, tools=True)
    ids = [one["model"] for one in told("models", "list", "--provider", "openai", "--can", "vision,tools")]
    assert "sees" in ids and "blind" not in ids
    with pytest.raises(CommandError, match="fly"):
        run("models", "list", "--can", "fly")


def test_the_log_is_shown_oldest_first_and_filtered() -> None:
    now = datetime.now(UTC)
    log(started_at=now - timedelta(seconds=2), provider="openai", model="a", cost_nano=1_500_000)
    log(
        started_at=now - timedelta(seconds=1),
        provider="groq",
        model="b",
        status=500,
        error_code="vendor",
        error_message="no\x1b[2J",
    )
    lines = [json.loads(line) for line in run("logs", "tail", "--json").splitlines()]
    assert [one["model"] for one in lines] == ["a", "b"]
    words = run("logs", "tail", "--provider", "groq")
    assert "groq/b" in words and "openai" not in words and "\x1b" not in words
    assert run("logs", "tail", "-n", "0") == ""
    with pytest.raises(CommandError):
        run("logs", "tail", "--since", "x")


def test_explain_says_where_a_name_goes_and_why_not(openai: Provider) -> None:
    Model.objects.create(provider=openai, model_id="gpt-cli")
    Token.objects.create(provider=openai, secret="sk-explain-test")
    story = told("explain", "gpt-cli")
    assert story["error"] is None and "openai" in run("explain", "gpt-cli")
    with pytest.raises(CommandError, match="does not exist"):
        run("explain", "gpt-clj-none")


def test_usage_needs_a_time_that_has_passed() -> None:
    for bad in ("x", "2999-01-01", "0h", "99999999w"):
        with pytest.raises(CommandError):
            run("usage", "--since", bad)

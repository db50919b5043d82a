"""What people do with providers through the API and the CLI."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from providers import actions
from providers.actions import ActionRefused
from providers.models import ConfigVersion, Provider, ProviderEvent, ProviderState, Token, TokenState
from providers.token_changes import retire
from tests.fake_vendor import FakeVendor, failing, in_thread

pytestmark = pytest.mark.django_db
Health = TokenState.Health


@pytest.fixture(autouse=True)
def _providers(db: None) -> None:
    for name in ("openai", "groq", "github_copilot", "openai_compatible"):
        Provider.objects.get_or_create(name=name, defaults={"vendor": name})


@pytest.fixture
def openai() -> Provider:
    return Provider.objects.get(name="openai")


def token(provider: Provider, secret: str = "sk-1", **fields: Any) -> Token:
    return Token.objects.create(provider=provider, secret=secret, **fields)


def refusal(call: Any, *args: Any, **kwargs: Any) -> ActionRefused:
    with pytest.raises(ActionRefused) as caught:
        call(*args, **kwargs)
    return caught.value


def configure(provider: Provider, environ: dict[str, str] | None = None, **changes: Any) -> list[str]:
    return actions.configure(provider, changes, environ or {})


# --- names ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["github_copilot", "GitHub-Copilot", "githubcopilot", "GITHUB_COPILOT"])
def test_a_name_is_found_however_it_is_written(name: str) -> None:
    assert actions.find_provider(name).name == "github_copilot"


def test_a_vendors_other_name_finds_its_provider() -> None:
    Provider.objects.filter(name="github_copilot").update(name="pilots")
    assert actions.find_provider("GithubCopilot").name == "pilots"


def test_an_unknown_name_names_those_that_are_near() -> None:
    error = refusal(actions.find_provider, "opnai")
    assert error.code == "not_found" and "openai" in error.message


def test_a_name_of_two_is_ambiguous_unless_it_is_written_whole() -> None:
    for name in ("a_cme", "ac_me"):
        Provider.objects.create(name=name, vendor="openai")
    assert refusal(actions.find_provider, "acme").code == "ambiguous"
    assert actions.find_provider("ac_me").name == "ac_me"


@given(name=st.text(max_size=80))
def test_any_text_finds_a_provider_or_is_refused(name: str) -> None:
    try:
        actions.find_provider(name)
        return
    except ActionRefused as refused:
        error = refused
    assert error.code in ("not_found", "ambiguous") and error.message.isprintable()


# --- configuration -------------------------------------------------------------------------------


def test_some_fields_are_taken_over_and_the_rest_stays(openai: Provider) -> None:
    openai.settings = {"organization": "org-1"}
    openai.save()
    changed = configure(openai, base_url="http://localhost:9/v1/", priority="7", settings={"project": " p1 "})
    assert changed == ["base_url", "priority", "project"]
    openai.refresh_from_db()
    assert (openai.base_url, openai.priority) == ("http://localhost:9/v1", 7)
    assert openai.settings == {"organization": "org-1", "project": "p1"}


def test_what_is_as_it_was_changes_nothing(openai: Provider) -> None:
    before = ConfigVersion.objects.values_list("value", flat=True).first()
    assert configure(openai, priority=openai.priority, base_url=openai.base_url, settings={"organization": ""}) == []
    assert ConfigVersion.objects.values_list("value", flat=True).first() == before


def test_a_change_is_all_or_nothing(openai: Provider) -> None:
    assert refusal(configure, openai, base_url="http://localhost:9/v1", weight=0).param == "weight"
    openai.refresh_from_db()
    assert openai.base_url == ""


def test_a_setting_may_stand_beside_the_fields_and_none_clears_it(openai: Provider) -> None:
    assert configure(openai, organization="org-1") == ["organization"]
    assert configure(openai, organization=None) == ["organization"]
    openai.refresh_from_db()
    assert openai.settings == {}


def test_none_sets_a_field_back(openai: Provider) -> None:
    assert configure(openai, max_in_flight=3, priority=3, total_timeout=5.5)
    assert configure(openai, max_in_flight=None, priority=None, total_timeout=None)
    openai.refresh_from_db()
    assert (openai.max_in_flight, openai.priority, openai.total_timeout) == (None, 100, 1800)


def test_switching_on_takes_its_usual_mode_and_keeps_one_that_is_on(openai: Provider) -> None:
    Provider.objects.filter(pk=openai.pk).update(dispatch="off")
    assert configure(openai, enabled=True) == ["enabled"]
    openai.refresh_from_db()
    assert openai.dispatch == "pooled"
    configure(openai, dispatch="exclusive")
    assert configure(openai, enabled=True) == []
    openai.refresh_from_db()
    assert openai.dispatch == "exclusive"


@pytest.mark.parametrize(
    ("environ", "changes", "variable"),
    [
        ({"OPENAI_BASE_URL": "http://x/v1"}, {"base_url": "http://y/v1"}, "OPENAI_BASE_URL"),
        ({"OPENAI_ENABLED": "1"}, {"enabled": False}, "OPENAI_ENABLED"),
        ({"OPENAI_DISPATCH": "pooled"}, {"dispatch": "exclusive"}, "OPENAI_DISPATCH"),
        ({"OPENAI_ORGANIZATION": "o"}, {"settings": {"organization": "p"}}, "OPENAI_ORGANIZATION"),
    ],
)
def test_what_the_environment_sets_is_refused_naming_the_variable(
    openai: Provider, environ: dict[str, str], changes: dict[str, Any], variable: str
) -> None:
    error = refusal(actions.configure, openai, changes, environ)
    assert error.code == "set_by_environment" and variable in error.message


def test_a_variable_that_only_says_on_leaves_the_mode_to_people(openai: Provider) -> None:
    assert actions.configure(openai, {"dispatch": "exclusive"}, {"OPENAI_ENABLED": "1"}) == ["dispatch"]


@pytest.mark.parametrize(
    ("changes", "param", "said"),
    [
        ({"base_url": "ftp://x"}, "base_url", "http://"),
        ({"base_url": "http://u:p@x"}, "base_url", "credential"),
        ({"base_url": 5}, "base_url", "text"),
        ({"base_url": "http://x\0"}, "base_url", "control"),
        ({"base_url": "http://x/" + "a" * 600}, "base_url", "500"),
        ({"proxy": "gopher://user:hunter2@x"}, "proxy", "socks5"),
        ({"priority": -1}, "priority", "0"),
        ({"priority": True}, "priority", "number"),
        ({"priority": 10**30}, "priority", "most"),
        ({"priority": 1.5}, "priority", "whole"),
        ({"priority": "many"}, "priority", ""),
        ({"priority": [1]}, "priority", ""),
        ({"smallest_pool": 40_000}, "smallest_pool", "32,767"),
        ({"weight": 1001}, "weight", "1000"),
        ({"total_timeout": "nan"}, "total_timeout", "finite"),
        ({"total_timeout": 10**400}, "total_timeout", "large"),
        ({"total_timeout": 0}, "total_timeout", "0.1"),
        ({"dispatch": "sometimes"}, "dispatch", "pooled"),
        ({"dispatch": None}, "dispatch", "pooled"),
        ({"enabled": "yes"}, "enabled", "true or false"),
        ({"enabled": True, "dispatch": "off"}, "dispatch", "contradict"),
        ({"settings": "x"}, "settings", "object"),
        ({"settings": {"nope": "x"}}, "nope", "not known"),
        ({"settings": {"organization": 5}}, "organization", "text"),
        ({"settings": {"organization": "Ö"}}, "organization", "ASCII"),
        ({"settings": {"organization": "x" * 3000}}, "organization", "2,000"),
        ({"name": "other"}, "name", "not known"),
        ({"api_key": "sk-secret"}, "api_key", "Tokens"),
        ({"tokens": ["sk-secret"]}, "tokens", "Tokens"),
    ],
)
def test_what_is_wrong_is_refused_naming_the_field_and_no_secret(
    openai: Provider, changes: dict[str, Any], param: str, said: str
) -> None:
    error = refusal(actions.configure, openai, changes, {})
    assert (error.code, error.param) == ("invalid", param) and said in error.message
    assert "hunter2" not in error.message and "sk-secret" not in error.message


@given(
    changes=st.dictionaries(
        st.sampled_from(["priority", "weight", "base_url", "proxy", "dispatch", "enabled", "settings", "total_timeout"])
        | st.text(max_size=5),
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.lists(st.integers()),
        max_size=4,
    )
)
def test_any_change_is_made_or_refused(changes: dict[str, Any]) -> None:
    try:
        actions.configure(Provider.objects.get(name="openai"), changes, {})
        said = "changed"
    except ActionRefused as error:
        said = error.message
    assert said


def test_a_proxy_and_secret_settings_are_stored_encrypted() -> None:
    lab = Provider.objects.get(name="openai_compatible")
    secret = next(one.name for one in lab.facts.settings if one.secret)  # type: ignore[union-attr]
    assert configure(lab, proxy="http://user:hunter2@proxy:1", settings={secret: "s3cret"}) == ["proxy", secret]
    row = Provider.objects.filter(pk=lab.pk)
    stored = row.query.get_compiler("default").connection.cursor()
    stored.execute("SELECT proxy, secret_settings FROM providers_provider WHERE id = %s", [lab.pk])
    for column in stored.fetchone():
        assert b"hunter2" not in bytes(column) and b"s3cret" not in bytes(column)
    assert row.get().secret_settings == {secret: "s3cret"}


def test_the_history_says_who_changed_what_and_no_value(openai: Provider) -> None:
    actions.configure(openai, {"organization": "org-9", "priority": 3}, {}, by="API key ops")
    event = ProviderEvent.objects.get(provider=openai)
    assert event.after == "configured" and event.reason == "priority, organization by API key ops."


# --- tests ---------------------------------------------------------------------------------------


@pytest.fixture
def acme() -> Iterator[FakeVendor]:
    with in_thread() as made:
        yield made


@pytest.fixture
def provider(acme: FakeVendor) -> Provider:
    return Provider.objects.create(name="acme", vendor="openai", dispatch="pooled", base_url=acme.url)


def test_all_tokens_in_use_are_tested_and_what_came_out_is_written_down(acme: FakeVendor, provider: Provider) -> None:
    good, bad = token(provider, "sk-good"), token(provider, "sk-bad")
    token(provider, "sk-off", enabled=False)
    retire(token(provider, "sk-retired"), now=timezone.now())
    acme.script(failing(401), token="sk-bad")
    found = actions.test(provider)
    assert [(one.token, one.ok, one.status) for one in found] == [
        (good.fingerprint, True, 200),
        (bad.fingerprint, False, 401),
    ]
    assert TokenState.objects.get(pk=bad.pk).health == Health.SUSPENDED
    assert ProviderState.objects.get(pk=provider.pk).ok is True


def test_a_provider_that_cannot_be_called_is_refused(openai: Provider) -> None:
    error = refusal(actions.test, openai)
    assert "It has no token" in error.message
    assert ProviderState.objects.get(pk=openai.pk).ok is False


def test_a_large_pool_is_tested_as_far_as_there_is_time(acme: FakeVendor, provider: Provider) -> None:
    made = token(provider, "sk-good")
    (found,) = actions.test(provider, patience=0)
    assert found.ok is None and "no time" in found.message
    assert not TokenState.objects.filter(pk=made.pk, tested_at__isnull=False).exists()
    assert not ProviderState.objects.filter(pk=provider.pk, tested_at__isnull=False).exists()


# --- tokens --------------------------------------------------------------------------------------


def test_the_token_used_last_rests_and_the_history_says_who_asked(openai: Provider) -> None:
    now = timezone.now()
    for secret, ago in (("sk-1", 60), ("sk-2", 5), ("sk-3", 600)):
        TokenState.objects.create(token=token(openai, secret), last_used_at=now - timedelta(seconds=ago))
    rested = actions.rotate_token(openai, by="ada", seconds=90)
    assert rested.secret == "sk-2"
    state = TokenState.objects.get(pk=rested.pk)
    assert state.health == Health.COOLING and state.cooling_until is not None
    assert 80 < (state.cooling_until - timezone.now()).total_seconds() <= 90
    assert "by ada" in ProviderEvent.objects.get(token=rested).reason


def test_without_seconds_it_rests_for_the_usual_cooldown(openai: Provider, settings: Any) -> None:
    first, _ = token(openai, "sk-1"), token(openai, "sk-2")
    for cooldown, rest in ((30, 30), (0, 60)):
        settings.TOKEN_COOLDOWN = cooldown
        actions.rotate_token(openai, by="ada", fingerprint=first.fingerprint)
        until = TokenState.objects.get(pk=first.pk).cooling_until
        assert until is not None and rest - 10 < (until - timezone.now()).total_seconds() <= rest


def test_the_only_token_that_could_answer_is_not_sent_away(openai: Provider) -> None:
    only, off = token(openai, "sk-1"), token(openai, "sk-2", enabled=False)
    token(openai, "sk-3", expires_at=timezone.now() - timedelta(1))
    retire(token(openai, "sk-4"), now=timezone.now())
    assert refusal(actions.rotate_token, openai, by="ada").code == "no_other_token"
    assert refusal(actions.rotate_token, openai, by="ada", fingerprint=only.fingerprint).code == "no_other_token"
    Token.objects.filter(pk=off.pk).update(enabled=True)
    assert actions.rotate_token(openai, by="ada", fingerprint=only.fingerprint) == only
    error = refusal(actions.rotate_token, openai, by="ada")
    assert error.code == "no_other_token", "the other one rests already"


def test_what_is_out_already_or_unknown_is_refused(openai: Provider) -> None:
    out = token(openai, "sk-1")
    token(openai, "sk-2")
    retire(out, now=timezone.now())
    assert refusal(actions.rotate_token, openai, by="", fingerprint=out.fingerprint).code == "out_already"
    assert refusal(actions.rotate_token, openai, by="", fingerprint="feedbeef").code == "not_found"
    for seconds in (0, -1, 1e9, float("nan"), True):
        assert refusal(actions.rotate_token, openai, by="", seconds=seconds).param == "seconds"
    assert refusal(actions.rotate_token, Provider.objects.get(name="groq"), by="").code == "no_other_token"


def test_a_token_is_added_encrypted_and_once(openai: Provider) -> None:
    added = actions.add_token(openai, " sk-new ", name="spare")
    assert (added.secret, added.label, added.source) == ("sk-new", "spare", Token.Source.ADMIN)
    assert "pool has that token" in refusal(actions.add_token, openai, "sk-new").message
    for secret in ("", "with blank", "ünder", "line\nbreak", "x" * 9000):
        error = refusal(actions.add_token, openai, secret)
        assert error.param == "secret" and (not secret or secret not in error.message)
    assert refusal(actions.add_token, openai, "sk-2", name="n" * 90).param == "name"


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_two_who_rotate_at_once_leave_one_token(openai: Provider) -> None:
    from django.db import connections

    for secret in ("sk-1", "sk-2"):
        token(openai, secret)
    codes: list[str] = []

    def rotate() -> None:
        try:
            actions.rotate_token(openai, by="ada")
            codes.append("")
        except ActionRefused as error:
            codes.append(error.code)
        finally:
            connections.close_all()

    both = [threading.Thread(target=rotate) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert sorted(codes) == ["", "no_other_token"]

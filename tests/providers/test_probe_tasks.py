"""The tasks around probes: what they write down, whom they leave alone, and that running them twice does no harm."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from gateway.celery import app
from providers import findings, tasks
from providers.models import (
    ConfigChange,
    ConfigVersion,
    Model,
    Provider,
    ProviderEvent,
    ProviderState,
    Token,
    TokenState,
)
from providers.probe import ProbeResult
from providers.token_changes import retire
from providers.vendors import vendor
from tests.fake_vendor import FakeVendor, failing, in_thread

pytestmark = pytest.mark.django_db
Health = TokenState.Health


@pytest.fixture
def acme() -> Iterator[FakeVendor]:
    with in_thread() as made:
        yield made


@pytest.fixture
def provider(acme: FakeVendor) -> Provider:
    made, _ = Provider.objects.update_or_create(
        name="acme", defaults={"vendor": "openai", "dispatch": "pooled", "base_url": acme.url}
    )
    return made


def token(provider: Provider, secret: str = "sk-good", **fields: Any) -> Token:
    return Token.objects.create(provider=provider, secret=secret, **fields)


def state(token: Token) -> TokenState:
    return TokenState.objects.get(pk=token.pk)


def version() -> int:
    return ConfigVersion.objects.values_list("value", flat=True).first() or 0


def test_a_good_token_is_noted_without_touching_the_configuration(acme: FakeVendor, provider: Provider) -> None:
    made = token(provider)
    before = version()
    for _ in range(2):
        tasks.test_token(made.pk)
    assert (state(made).health, state(made).tested_at is not None) == (Health.HEALTHY, True)
    assert ProviderState.objects.get(pk=provider.pk).ok is True
    assert version() == before
    assert [call.token for call in acme.requests] == ["sk-good", "sk-good"]


def test_a_rejected_token_is_out_and_comes_back_when_tested_good(acme: FakeVendor, provider: Provider) -> None:
    made = token(provider)
    acme.script(failing(401), times=1)
    tasks.test_token(made.pk)
    out = state(made)
    assert out.health == Health.SUSPENDED
    assert out.probation_at and out.probation_at > timezone.now(), "should no test be made, a call tries it some time"
    assert out.reason and out.rejected_at and out.changed_at == out.updated_at
    assert not ProviderState.objects.filter(pk=provider.pk, ok=False).exists(), "one token says nothing of the pool"
    tasks.test_token(made.pk)
    back = state(made)
    assert (back.health, back.reason, back.rejected_at) == (Health.HEALTHY, "", None)
    assert back.changed_at > out.changed_at


def test_a_vendor_that_is_away_says_nothing_about_the_token(acme: FakeVendor, provider: Provider) -> None:
    made = token(provider)
    acme.script(failing(500))
    tasks.test_token(made.pk)
    assert state(made).health == Health.HEALTHY
    assert ProviderState.objects.get(pk=provider.pk).ok is False


def test_a_good_test_does_not_end_a_rest(provider: Provider) -> None:
    now = timezone.now()
    made = token(provider)
    until = now + timedelta(minutes=5)
    TokenState.objects.create(
        token=made, health=Health.COOLING, cooling_until=until, reason="Too fast.", changed_at=now, updated_at=now
    )
    tasks.test_token(made.pk)
    assert (state(made).health, state(made).cooling_until, state(made).changed_at) == (Health.COOLING, until, now)
    TokenState.objects.filter(pk=made.pk).update(health=Health.SUSPENDED, rejected_at=now)
    tasks.test_token(made.pk)
    assert (state(made).health, state(made).reason) == (Health.COOLING, "Too fast.")


def test_a_pool_with_one_good_token_works(acme: FakeVendor, provider: Provider) -> None:
    good, bad = token(provider), token(provider, "sk-bad")
    off = token(provider, "sk-off", enabled=False)
    acme.script(failing(401), token="sk-bad")
    tasks.test_provider(provider.pk)
    assert [state(one).health for one in (good, bad)] == [Health.HEALTHY, Health.SUSPENDED]
    assert not TokenState.objects.filter(pk=off.pk, tested_at__isnull=False).exists()
    told = ProviderState.objects.get(pk=provider.pk)
    assert told.ok is True and told.message.startswith("1 of 2 tokens failed")


def test_a_pool_of_rejected_tokens_fails(acme: FakeVendor, provider: Provider) -> None:
    token(provider)
    acme.script(failing(401))
    tasks.test_provider(provider.pk)
    assert ProviderState.objects.get(pk=provider.pk).ok is False


def test_a_provider_that_cannot_be_called_says_why(provider: Provider) -> None:
    tasks.test_provider(provider.pk)
    told = ProviderState.objects.get(pk=provider.pk)
    assert (told.ok, "token" in told.message) == (False, True)


def test_a_switched_off_token_is_tested_when_somebody_asks(acme: FakeVendor, provider: Provider) -> None:
    Provider.objects.filter(pk=provider.pk).update(dispatch="off")
    made = token(provider, enabled=False)
    tasks.test_token(made.pk)
    assert state(made).tested_at and len(acme.requests) == 1


def test_the_demo_is_tested_anonymously() -> None:
    demo, _ = Provider.objects.get_or_create(name="demo", defaults={"vendor": "demo"})
    tasks.test_provider(demo.pk)
    assert ProviderState.objects.get(pk=demo.pk).ok is True


def test_what_was_deleted_meanwhile_is_no_error() -> None:
    tasks.test_token(10**9)
    tasks.test_provider(10**9)
    tasks.fetch_models(10**9)
    findings.record_token(10**9, ProbeResult(ok=True))
    findings.record_all(10**9, [ProbeResult(ok=True)])
    assert findings.record_models(10**9, vendor("openai"), ["m"]) == 0


def test_fetched_models_join_those_of_the_admin(acme: FakeVendor, provider: Provider) -> None:
    token(provider)
    Model.objects.create(provider=provider, model_id="own-model")
    Model.objects.create(provider=provider, model_id="fake-small", context_window=9)
    acme.models.append("text-embedding-9")
    tasks.fetch_models(provider.pk)
    rows = {row.model_id: row for row in Model.objects.filter(provider=provider)}
    assert set(rows) == {"own-model", "fake-small", "fake-large", "text-embedding-9"}
    assert rows["own-model"].seen_at is None
    assert (rows["fake-small"].source, rows["fake-small"].context_window) == (Model.Source.ADMIN, 9)
    assert rows["fake-small"].seen_at == rows["fake-large"].seen_at
    assert rows["fake-large"].source == Model.Source.FETCHED
    assert rows["text-embedding-9"].mode == Model.Mode.EMBEDDING


def test_models_that_are_gone_stay_and_are_no_longer_seen(acme: FakeVendor, provider: Provider) -> None:
    token(provider)
    tasks.fetch_models(provider.pk)
    acme.models = ["fake-large"]
    before = version()
    tasks.fetch_models(provider.pk)
    fetched_at = ProviderState.objects.get(pk=provider.pk).models_fetched_at
    rows = Model.objects.filter(provider=provider)
    assert [row.model_id for row in rows.filter(seen_at=fetched_at)] == ["fake-large"]
    assert [row.model_id for row in rows.filter(seen_at__lt=fetched_at)] == ["fake-small"]
    assert version() == before, "nothing new: no process has to compile anything"


def test_the_next_token_asks_when_the_first_is_rejected(acme: FakeVendor, provider: Provider) -> None:
    token(provider, "sk-bad")
    token(provider, "sk-good")
    acme.script(failing(401), token="sk-bad")
    tasks.fetch_models(provider.pk)
    assert Model.objects.filter(provider=provider).count() == 2


def test_a_list_that_cannot_be_had_does_not_turn_a_provider_red(acme: FakeVendor, provider: Provider) -> None:
    token(provider)
    acme.script(failing(404))
    tasks.fetch_models(provider.pk)
    told = ProviderState.objects.get(pk=provider.pk)
    assert told.ok is None and "could not be fetched" in told.message


@pytest.fixture
def at_once() -> Iterator[None]:
    """Celery runs what is handed to it here and now."""
    app.conf.task_always_eager = True
    yield
    app.conf.task_always_eager = False


@pytest.mark.usefixtures("at_once")
def test_the_schedule_leaves_disabled_providers_alone(acme: FakeVendor, provider: Provider) -> None:
    token(provider)
    Provider.objects.exclude(pk=provider.pk).update(dispatch="off")
    off = Provider.objects.create(name="acme_off", vendor="openai", base_url=acme.url)
    token(off, "sk-off")
    tasks.test_all_tokens()
    tasks.refresh_models()
    assert {call.token for call in acme.requests} == {"sk-good"}
    assert len(acme.requests) == 2


def test_old_notes_of_changes_are_forgotten_and_young_ones_kept() -> None:
    version = ConfigVersion.bump("test")
    ConfigChange.objects.create(version=version, kind="old")
    ConfigChange.objects.filter(kind="old").update(at=timezone.now() - timedelta(days=2, minutes=1))
    tasks.prune_config_changes()
    assert not ConfigChange.objects.filter(kind="old").exists()
    assert ConfigChange.objects.filter(version=version, kind="test").exists()
    assert "providers.tasks.prune_config_changes" in {one["task"] for one in app.conf.beat_schedule.values()}


def test_what_is_retired_or_has_expired_is_not_tested_with_its_pool(acme: FakeVendor, provider: Provider) -> None:
    good = token(provider)
    old = token(provider, "sk-old")
    token(provider, "sk-expired", expires_at=timezone.now() - timedelta(days=1))
    retire(old, now=timezone.now())
    tasks.test_provider(provider.pk)
    assert [call.token for call in acme.requests] == ["sk-good"]
    tasks.test_token(old.pk)
    assert state(old).tested_at and state(old).health == Health.RETIRED and state(good).tested_at


def test_a_token_that_is_rejected_again_and_again_is_left_alone_longer(acme: FakeVendor, provider: Provider) -> None:
    made = token(provider)
    acme.script(failing(401))
    waits = []
    for _ in range(3):
        tasks.test_token(made.pk)
        row = state(made)
        assert row.probation_at
        waits.append(round((row.probation_at - row.changed_at).total_seconds(), -1))
    assert waits == [3600, 7200, 14400]
    assert ProviderEvent.objects.filter(token=made).count() == 1, "that it is out is told once"


def test_what_happened_a_month_ago_is_forgotten_but_not_what_a_pool_was_told_last(provider: Provider) -> None:
    made, now = token(provider), timezone.now()
    for days, kind in ((31, "token"), (40, "pool"), (35, "pool"), (1, "token")):
        row = None if kind == "pool" else made
        at = now - timedelta(days=days)
        ProviderEvent.objects.create(provider=provider, token=row, kind=kind, at=at, after=f"{days}")
    tasks.prune_provider_events()
    assert set(ProviderEvent.objects.values_list("after", flat=True)) == {"35", "1"}

"""The snapshot: what a save changes, and that it is seen without loading everything again."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from gateway.models import ApiKey, Team, hash_key
from gateway.snapshot import SnapshotStore
from providers.models import ConfigChange, ConfigVersion, Model, Provider, Token

pytestmark = pytest.mark.django_db


@pytest.fixture
def store() -> SnapshotStore:
    made = SnapshotStore()
    made.refresh()
    return made


@pytest.fixture
def acme() -> Provider:
    return Provider.objects.create(name="acme", vendor="openai", dispatch="pooled", base_url="http://127.0.0.1:9/v1")


def key_of(store: SnapshotStore, secret: str) -> object:
    return store.keys.get(hash_key(secret))


def test_a_saved_key_is_known_and_a_deleted_one_is_not(store: SnapshotStore) -> None:
    key, secret = ApiKey.issue("app", expires_at=datetime(2030, 1, 1, tzinfo=UTC), allowed_models=["gpt-*"])
    assert key_of(store, secret) is None
    assert store.refresh()
    facts = store.keys[hash_key(secret)]
    assert (facts.name, facts.expires_at, facts.scopes) == ("app", 1893456000.0, frozenset({"inference"}))
    assert facts.allows("gpt-5.5") and not facts.allows("claude")
    key.delete()
    store.refresh()
    assert key_of(store, secret) is None
    assert not store.refresh(), "nothing changed since"


def test_a_key_with_a_new_secret_no_longer_answers_to_the_old_one(store: SnapshotStore) -> None:
    key, old = ApiKey.issue("app")
    store.refresh()
    key.set_secret("sk-sb-new")
    key.save()
    store.refresh()
    assert key_of(store, old) is None
    assert key_of(store, "sk-sb-new") is not None


def test_bulk_changes_are_seen_too(store: SnapshotStore) -> None:
    secrets = [ApiKey.issue(f"app {number}")[1] for number in range(3)]
    store.refresh()
    ApiKey.objects.filter(name__in=["app 0", "app 1"]).update(enabled=False)
    store.refresh()
    assert [store.keys[hash_key(secret)].enabled for secret in secrets] == [False, False, True]
    ApiKey.objects.all().delete()
    store.refresh()
    assert not store.keys


def test_one_changed_key_among_many_is_patched_by_itself(store: SnapshotStore) -> None:
    ApiKey.objects.bulk_create([ApiKey(name=f"k{n}", hash=hash_key(f"s{n}"), hint="…") for n in range(1500)])
    store.refresh()
    assert len(store.keys) == 1500
    ApiKey.objects.get(name="k7").delete()
    with CaptureQueriesContext(connection) as queries:
        store.refresh()
    assert len(store.keys) == 1499
    assert len(queries) <= 4
    assert all("IN (" in one["sql"] for one in queries if "apikey" in one["sql"])


def test_a_change_that_was_rolled_back_is_not_seen(store: SnapshotStore) -> None:
    with suppress(RuntimeError), transaction.atomic():
        ApiKey.issue("app")
        raise RuntimeError
    assert not ApiKey.objects.exists()
    assert not store.refresh()


def test_a_provider_its_tokens_and_models_follow_their_rows(store: SnapshotStore, acme: Provider) -> None:
    token = Token.objects.create(provider=acme, secret="s3cret")
    model = Model.objects.create(provider=acme, model_id="m1")
    store.refresh()
    compiled = store.current.catalogue.providers["acme"]
    assert compiled.active
    assert [one.fingerprint for one in compiled.tokens] == [token.fingerprint]
    assert set(store.current.catalogue.by_model) == {"m1"}
    assert "s3cret" not in repr(compiled)

    Token.objects.filter(pk=token.pk).update(enabled=False)
    store.refresh()
    assert not store.current.catalogue.providers["acme"].active
    Token.objects.filter(pk=token.pk).update(enabled=True)
    model.delete()
    store.refresh()
    assert not store.current.catalogue.by_model
    acme.name = "acme_two"
    acme.save()
    store.refresh()
    assert set(store.current.catalogue.providers) == {"acme_two"}
    acme.delete()
    store.refresh()
    assert not store.current.catalogue.providers


def test_a_change_of_keys_leaves_providers_and_resolved_names_alone(store: SnapshotStore, acme: Provider) -> None:
    store.refresh()
    before = store.current
    before.names["x"] = ()
    ApiKey.issue("app")
    store.refresh()
    assert store.current.catalogue is before.catalogue
    assert store.current.names is before.names
    acme.save()
    store.refresh()
    assert store.current.names == {}


def test_a_teams_switch_reaches_its_keys(store: SnapshotStore) -> None:
    team = Team.objects.create(name="research")
    _, secret = ApiKey.issue("app", team=team)
    store.refresh()
    team.store_content = True
    team.save()
    store.refresh()
    assert store.current.teams[store.keys[hash_key(secret)].team_id].store_content


def test_notes_that_were_pruned_make_the_next_refresh_load_everything(store: SnapshotStore) -> None:
    _, secret = ApiKey.issue("app")
    ApiKey.issue("other")
    ConfigChange.objects.all().delete()
    store.refresh()
    assert key_of(store, secret) is not None


def test_every_save_bumps_the_version_once(acme: Provider) -> None:
    before = ConfigVersion.objects.get(pk=1).value
    Token.objects.create(provider=acme, secret="a")
    assert ConfigVersion.objects.get(pk=1).value == before + 1


def test_a_deleted_token_that_was_switched_off_is_not_remembered(store: SnapshotStore) -> None:
    local = Provider.objects.create(
        name="local", vendor="llama_cpp", dispatch="pooled", base_url="http://127.0.0.1:9/v1"
    )
    token = Token.objects.create(provider=local, secret="a", enabled=False)
    store.refresh()
    assert not store.current.catalogue.providers["local"].active
    token.delete()
    store.refresh()
    assert store.current.catalogue.providers["local"].active

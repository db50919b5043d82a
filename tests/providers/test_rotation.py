"""Encryption keys: a wrong one is noticed, a new one is rotated to."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.db import connection
from django.utils import timezone

from monitoring.models import RequestContent
from providers import rotation
from providers.crypto import WrongKey, encrypt
from providers.models import EncryptionCheck, Provider, Token
from providers.rotation import Column, columns, rotate

pytestmark = pytest.mark.django_db

NAMED = ["monitoring.RequestContent.sealed"]
OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


@pytest.fixture
def stored(settings: Any) -> Token:
    settings.ENCRYPTION_KEYS = [OLD]
    EncryptionCheck.verify()
    provider = Provider.objects.create(name="demo", vendor="demo", secret_settings={"a": "b"})
    RequestContent.objects.create(request_id=uuid.uuid4(), started_at=timezone.now(), sealed=encrypt("text"))
    return Token.objects.create(provider=provider, secret="sk-1")


def rotate_all() -> dict[str, int]:
    return {column.label: rotate(column).rotated for column in columns(NAMED)}


def test_a_wrong_key_is_a_clear_error(stored: Token, settings: Any) -> None:
    settings.ENCRYPTION_KEYS = [NEW]
    with pytest.raises(WrongKey, match="ENCRYPTION_KEYS"):
        EncryptionCheck.verify()


def test_everything_encrypted_moves_to_the_first_key(stored: Token, settings: Any) -> None:
    settings.ENCRYPTION_KEYS = [NEW, OLD]
    assert {name: count for name, count in rotate_all().items() if count} == {
        "monitoring.RequestContent.sealed": 1,
        "providers.EncryptionCheck.sealed": 1,
        "providers.Provider.secret_settings": 1,
        "providers.Token.secret": 1,
    }
    settings.ENCRYPTION_KEYS = [NEW]
    EncryptionCheck.verify()
    assert Token.objects.get().secret == "sk-1"
    assert Provider.objects.get().secret_settings == {"a": "b"}


def test_a_second_run_passes_over_what_is_done(stored: Token, settings: Any) -> None:
    settings.ENCRYPTION_KEYS = [NEW, OLD]
    rotate_all()
    assert set(rotate_all().values()) == {0}


def test_the_starts_check_comes_last() -> None:
    assert columns(NAMED)[-1] == Column(EncryptionCheck, "sealed")


def test_batches_reach_every_row(stored: Token, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rotation, "BATCH", 3)
    for number in range(10):
        Token.objects.create(provider=stored.provider, secret=f"more-{number}")
    settings.ENCRYPTION_KEYS = [NEW, OLD]
    assert rotate(Column(Token, "secret")).rotated == 11


def test_a_save_in_between_is_never_undone(stored: Token, settings: Any) -> None:
    settings.ENCRYPTION_KEYS = [NEW, OLD]
    column = Column(Token, "secret")
    sealed = bytes(rotation._raw(column).values_list("sealed_", flat=True)[0])
    stored.secret = "sk-2"
    stored.save()
    done = rotation.Done(column)
    rotation._rotate_row(column, stored.pk, sealed, done)
    assert Token.objects.get().secret == "sk-2"
    assert (done.rotated, done.current) == (0, 1)


def test_a_row_no_key_opens_is_named_and_left_as_it_is(stored: Token, settings: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM providers_token")
        before = bytes(cursor.fetchone()[0])
    settings.ENCRYPTION_KEYS = [NEW]
    done = rotate(Column(Token, "secret"))
    assert done.unreadable == [f"providers.Token.secret of row {stored.pk}"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM providers_token")
        assert bytes(cursor.fetchone()[0]) == before

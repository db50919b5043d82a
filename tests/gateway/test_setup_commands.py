"""The commands an operator runs."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command

from gateway.management.commands.create_api_key import expiry
from gateway.models import ApiKey, Team, hash_key
from providers.models import ConfigVersion, EncryptionCheck, Provider, Token

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def run(*words: str) -> str:
    out = io.StringIO()
    call_command(*words, stdout=out, stderr=out)
    return out.getvalue()


@pytest.mark.django_db
def test_create_api_key_prints_the_key_and_nothing_else() -> None:
    Team.objects.create(name="Blue")
    printed = run(
        "create_api_key",
        "app",
        "--team",
        "Blue",
        "--scopes",
        "inference, monitoring",
        "--models",
        "gpt-*,demo",
        "--expires",
        "30d",
    )
    key = ApiKey.objects.get(hash=hash_key(printed.removesuffix("\n")))
    assert (key.name, str(key.team), key.scopes) == ("app", "Blue", ["inference", "monitoring"])
    assert key.allowed_models == ["gpt-*", "demo"]
    assert key.expires_at is not None


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["app", "--team", "Red"], "Red"),
        (["app", "--scopes", "everything"], "everything"),
        (["app", "--expires", "soon"], "soon"),
        (["taken"], "already exists"),
        (["x" * 81], "80"),
        ([""], "blank"),
    ],
)
def test_create_api_key_refuses_what_it_cannot_do(words: list[str], says: str) -> None:
    ApiKey.issue("taken")
    with pytest.raises(CommandError, match=says):
        run("create_api_key", *words)
    assert ApiKey.objects.count() == 1


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("", None),
        ("30d", NOW + timedelta(days=30)),
        ("2027-01-31", datetime(2027, 1, 31, tzinfo=UTC)),
        ("2027-01-31T12:00", datetime(2027, 1, 31, 12, tzinfo=UTC)),
        ("2027-01-31T12:00:00+02:00", datetime(2027, 1, 31, 10, tzinfo=UTC)),
    ],
)
def test_an_expiry_is_read(text: str, moment: datetime | None) -> None:
    assert expiry(text, now=NOW) == moment


@pytest.mark.parametrize(
    "text", ["0d", "2020-01-01", "2027-13-01", "99999999999d", "-3d", "tomorrow", "2027-01-31T25:00"]
)
def test_an_expiry_that_is_past_or_unreadable_is_refused(text: str) -> None:
    with pytest.raises(CommandError, match="--expires"):
        expiry(text, now=NOW)


@pytest.mark.django_db
def test_reload_without_a_running_process_raises_the_epoch() -> None:
    ConfigVersion.bump("something")
    before = ConfigVersion.objects.get(pk=1)
    assert "Tokens: 0 new" in run("reload")
    after = ConfigVersion.objects.get(pk=1)
    assert (after.env_epoch, after.value) == (before.env_epoch + 1, before.value + 1)


@pytest.mark.django_db
def test_rotate_says_what_it_did_and_what_comes_next(settings: object) -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    settings.ENCRYPTION_KEYS = [old]  # type: ignore[attr-defined]
    EncryptionCheck.verify()
    Token.objects.create(provider=Provider.objects.create(name="demo", vendor="demo"), secret="sk-1")
    settings.ENCRYPTION_KEYS = [new, old]  # type: ignore[attr-defined]
    said = run("rotate_encryption_key")
    assert "providers.Token.secret: 1 re-encrypted, 0 were current." in said
    assert "taken out of ENCRYPTION_KEYS" in said


@pytest.mark.django_db
def test_rotate_leaves_the_starts_check_alone_while_a_row_opens_with_no_key(settings: object) -> None:
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]  # type: ignore[attr-defined]
    Token.objects.create(provider=Provider.objects.create(name="demo", vendor="demo"), secret="sk-1")
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    settings.ENCRYPTION_KEYS = [old]  # type: ignore[attr-defined]
    EncryptionCheck.verify()
    settings.ENCRYPTION_KEYS = [new, old]  # type: ignore[attr-defined]
    with pytest.raises(CommandError, match=r"providers\.Token\.secret"):
        run("rotate_encryption_key")
    settings.ENCRYPTION_KEYS = [old]  # type: ignore[attr-defined]
    EncryptionCheck.verify()

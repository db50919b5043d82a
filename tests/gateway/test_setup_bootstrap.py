"""The first start makes an admin and a key, once."""

from __future__ import annotations

import pytest
from django.contrib.auth import authenticate, get_user_model
from django.core.exceptions import ImproperlyConfigured

from gateway.bootstrap import bootstrap
from gateway.models import ApiKey, hash_key

pytestmark = pytest.mark.django_db


def test_the_first_start_makes_both_and_tells_them() -> None:
    made = bootstrap()
    assert made.first
    assert authenticate(username="admin", password=made.password).is_superuser
    key = ApiKey.objects.get(hash=hash_key(made.api_key))
    assert (key.name, key.scopes) == ("default", ["inference"])
    assert made.password not in repr(made)
    assert made.api_key not in repr(made)


def test_a_later_start_makes_nothing_even_when_the_key_was_deleted() -> None:
    bootstrap()
    ApiKey.objects.all().delete()
    later = bootstrap()
    assert (later.first, later.password, later.api_key, later.notes) == (False, "", "", ())
    assert not ApiKey.objects.exists()
    assert get_user_model().objects.count() == 1


def test_given_values_are_used_and_not_told_back() -> None:
    made = bootstrap(password="correct horse battery", api_key="sk-given-for-the-unattended")
    assert (made.password, made.api_key, made.notes) == ("", "", ())
    assert authenticate(username="admin", password="correct horse battery")
    key = ApiKey.objects.get(hash=hash_key("sk-given-for-the-unattended"))
    assert set(key.scopes) == {"inference", "monitoring", "admin"}


def test_weak_given_values_are_taken_with_a_warning() -> None:
    made = bootstrap(password="admin", api_key="sk-1234")
    assert [note.split()[0] for note in made.notes] == ["BOOTSTRAP_ADMIN_PASSWORD", "BOOTSTRAP_API_KEY"]
    assert authenticate(username="admin", password="admin")


def test_other_values_at_a_later_start_change_nothing_and_are_named() -> None:
    made = bootstrap()
    later = bootstrap(password="another one entirely", api_key="sk-another-one-entirely")
    assert authenticate(username="admin", password=made.password)
    assert ApiKey.objects.count() == 1
    assert "BOOTSTRAP_API_KEY" in later.notes[0]


@pytest.mark.parametrize("api_key", ["two words", "schlüssel", "x" * 2000, "line\nbreak"])
def test_a_key_that_no_header_carries_is_refused(api_key: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="^BOOTSTRAP_API_KEY") as caught:
        bootstrap(api_key=api_key)
    assert api_key not in str(caught.value)
    assert not get_user_model().objects.exists()


def test_a_user_admin_made_by_hand_becomes_the_admin() -> None:
    get_user_model().objects.create_user("admin")
    made = bootstrap()
    assert authenticate(username="admin", password=made.password).is_superuser


def test_a_superuser_of_another_name_is_enough() -> None:
    get_user_model().objects.create_superuser("root", password="x")
    assert not bootstrap().first

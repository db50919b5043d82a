"""The first start: the user ``admin`` and an API key, made once and told once."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from django.contrib.auth import get_user_model
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.db import transaction

from gateway.models import ApiKey, Scope, hash_key

ADMIN = "admin"
KEY_NAME = "default"
MAX_LENGTH = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Bootstrapped:
    """What to tell the operator. A secret is there only if it was made here: one that was given is not told back.
    ``notes`` are sentences about given values that had no effect or are weak."""

    first: bool
    password: str = field(default="", repr=False)
    api_key: str = field(default="", repr=False)
    notes: tuple[str, ...] = ()


def bootstrap(*, password: str = "", api_key: str = "") -> Bootstrapped:
    """Makes the first superuser and the first API key where there is no superuser yet; call it under the set-up lock.

    ``password`` (BOOTSTRAP_ADMIN_PASSWORD) and ``api_key`` (BOOTSTRAP_API_KEY, all scopes) replace the random ones, at
    the first start only: later ones would undo a changed password or revive a deleted key because a variable was left
    lying about. Raises ``ImproperlyConfigured`` naming the variable.
    """
    users = get_user_model().objects
    if users.filter(is_superuser=True).exists():
        return Bootstrapped(first=False, notes=tuple(_ignored(api_key)))
    _check("BOOTSTRAP_ADMIN_PASSWORD", password)
    _check("BOOTSTRAP_API_KEY", api_key, blanks=False)
    made_password = "" if password else secrets.token_urlsafe(12)
    with transaction.atomic():
        _make_admin(password or made_password)
        made_key = _make_key(api_key)
    return Bootstrapped(first=True, password=made_password, api_key=made_key, notes=tuple(_weak(password, api_key)))


def _make_admin(password: str) -> None:
    """A user of that name who is no superuser (made by hand before the first start) becomes one."""
    users = get_user_model()
    user, _ = users.objects.get_or_create(username=ADMIN)
    user.is_staff = user.is_superuser = user.is_active = True
    user.set_password(password)
    user.save()


def _make_key(given: str) -> str:
    """The secret of the key that was made; "" if it was given or if there are keys already."""
    if given:
        if not ApiKey.objects.filter(hash=hash_key(given)).exists():
            ApiKey.issue(_free_name(), secret=given, scopes=list(Scope.values))
        return ""
    return "" if ApiKey.objects.exists() else ApiKey.issue(_free_name())[1]


def _free_name() -> str:
    taken = set(ApiKey.objects.filter(name__startswith=KEY_NAME).values_list("name", flat=True))
    names = [KEY_NAME, *(f"{KEY_NAME}-{number}" for number in range(2, len(taken) + 3))]
    return next(name for name in names if name not in taken)


def _check(variable: str, value: str, *, blanks: bool = True) -> None:
    if len(value) > MAX_LENGTH or not value.isprintable() or (not blanks and (" " in value or not value.isascii())):
        kind = "printable characters" if blanks else "printable ASCII characters without blanks"
        raise ImproperlyConfigured(f"{variable}: use at most {MAX_LENGTH} {kind}.")


def _weak(password: str, api_key: str) -> list[str]:
    notes = []
    if password:
        try:
            validate_password(password)
        except ValidationError as error:
            notes.append(f"BOOTSTRAP_ADMIN_PASSWORD is weak: {' '.join(error.messages)}")
    if api_key and len(api_key) < 20:
        notes.append("BOOTSTRAP_API_KEY is short: a key that others can reach should have 20 characters or more.")
    return notes


def _ignored(api_key: str) -> list[str]:
    if not api_key or ApiKey.objects.filter(hash=hash_key(api_key)).exists():
        return []
    return ["BOOTSTRAP_API_KEY is set but works at the first start only: no key has this value."]

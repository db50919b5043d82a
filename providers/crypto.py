"""Secrets at rest: a Fernet key ring and model fields over it.

The packaged encrypted fields return ciphertext under a wrong key; here a wrong key is always
``WrongKey``, so ciphertext never travels to a vendor.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django import forms
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models


class WrongKey(ImproperlyConfigured):
    """What is stored was encrypted with a key that is not in ``ENCRYPTION_KEYS``."""


@cache
def _ring(keys: tuple[str, ...]) -> MultiFernet:
    try:
        return MultiFernet([Fernet(key) for key in keys])
    except ValueError as error:
        raise ImproperlyConfigured(
            "ENCRYPTION_KEYS: each key must be 32 url-safe base64-encoded bytes; "
            'make one with: python -c "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"'
        ) from error


def ring(keys: Sequence[str] | None = None) -> MultiFernet:
    """The key ring: the first key encrypts, all decrypt. Raises ``ImproperlyConfigured`` for a malformed key."""
    return _ring(tuple(keys if keys is not None else settings.ENCRYPTION_KEYS))


def encrypt(plain: str | bytes) -> bytes:
    return ring().encrypt(plain.encode() if isinstance(plain, str) else plain)


def decrypt(sealed: bytes) -> bytes:
    """Raises ``WrongKey``."""
    try:
        return ring().decrypt(bytes(sealed))
    except InvalidToken as error:
        raise WrongKey(
            "A stored secret cannot be decrypted: ENCRYPTION_KEYS does not hold the key it was encrypted with. "
            "Put the old key back (after the new one) and run manage.py rotate_encryption_key."
        ) from error


class EncryptedTextField(models.BinaryField):
    """Text, encrypted at rest. Reads and writes ``str``; an empty string is stored as empty."""

    description = "Encrypted text"
    _pyi_private_set_type: Any  # for django-stubs, which would take it for bytes
    _pyi_private_get_type: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("editable", True)
        super().__init__(*args, **kwargs)

    def _check_str_default_value(self) -> list[Any]:
        return []  # BinaryField's check refuses str defaults; this field's Python value is str

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        kwargs["editable"] = self.editable
        return name, path, args, kwargs

    def formfield(self, **kwargs: Any) -> forms.Field:
        return forms.CharField(
            required=not self.blank,
            label=kwargs.get("label", self.verbose_name),
            help_text=self.help_text,
            widget=forms.PasswordInput(render_value=False, attrs={"autocomplete": "new-password"}),
        )

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        if value is not None:
            value = encrypt(value) if value else b""
        return super().get_db_prep_value(value, connection, prepared)

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> str | None:
        if value is None:
            return None
        return decrypt(bytes(value)).decode() if len(value) else ""

    def to_python(self, value: Any) -> Any:
        return value

    def value_to_string(self, obj: models.Model) -> str:
        return ""  # dumpdata must not write secrets


class EncryptedJSONField(EncryptedTextField):
    """A JSON object, encrypted at rest."""

    description = "Encrypted JSON"

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        return super().get_db_prep_value(json.dumps(value) if value else "", connection, prepared)

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        text = super().from_db_value(value, expression, connection)
        return json.loads(text) if text else {}

"""Encryption check: one row whose only purpose is to be read at the start, before a wrong key does harm."""

from __future__ import annotations

from django.db import models

from providers.crypto import EncryptedTextField

KNOWN = "Switchboard can read what it stored."


class EncryptionCheck(models.Model):
    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    sealed = EncryptedTextField(editable=False)

    @classmethod
    def verify(cls) -> None:
        """Raises ``WrongKey`` if what is stored was encrypted with a key that ENCRYPTION_KEYS does not hold."""
        cls.objects.get_or_create(pk=1, defaults={"sealed": KNOWN})

    def __str__(self) -> str:
        return "encryption check"

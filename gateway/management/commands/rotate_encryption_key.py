"""``manage.py rotate_encryption_key``: brings everything encrypted under the first of ENCRYPTION_KEYS."""

from __future__ import annotations

from typing import Any

from cryptography.fernet import Fernet
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from providers.models import EncryptionCheck
from providers.rotation import Done, columns, rotate


class Command(BaseCommand):
    help = (
        "Re-encrypts what is stored under the first of ENCRYPTION_KEYS, while the gateway serves. First put the new "
        "key before the old one and restart every process; afterwards the old one can be taken out."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        unreadable: list[str] = []
        for column in columns(settings.ENCRYPTED_COLUMNS):
            if unreadable and column.model is EncryptionCheck:
                break  # its row stays under the old key, so that a start without that key is refused
            done = rotate(column)
            unreadable += done.unreadable
            self._tell(done)
        if unreadable:
            raise CommandError(
                f"{len(unreadable)} rows open with none of ENCRYPTION_KEYS and were left as they are: "
                f"{', '.join(unreadable[:10])}{' …' if len(unreadable) > 10 else ''}. Put their key back and run this "
                "again."
            )
        self._advise()

    def _tell(self, done: Done) -> None:
        if done.rotated or done.current:
            self.stdout.write(f"{done.column.label}: {done.rotated} re-encrypted, {done.current} were current.")

    def _advise(self) -> None:
        if len(settings.ENCRYPTION_KEYS) > 1:
            self.stdout.write(
                "All is under the first key. Once every process runs with it and their journals are drained, "
                "the others can be taken out of ENCRYPTION_KEYS."
            )
        else:
            self.stdout.write(
                "There is only one key. To change it, set ENCRYPTION_KEYS to a new key, a comma and the old one "
                f"({settings.DATA_DIR / 'encryption_key'} holds it unless ENCRYPTION_KEYS was set), restart and run "
                f"this again. A new key: {Fernet.generate_key().decode()}"
            )

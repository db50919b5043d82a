"""Re-encrypting what is stored under the first of ENCRYPTION_KEYS, while the gateway serves.

Each row is replaced only if it still holds what was read, so a save in between is never undone; rows that are already
under the first key are passed over, so a run that was stopped goes on where it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.models import BinaryField, ExpressionWrapper, F, Value

from providers.crypto import EncryptedTextField, WrongKey, decrypt, encrypt
from providers.models import EncryptionCheck

BATCH = 500


@dataclass(frozen=True, slots=True)
class Column:
    """A database column that holds ciphertext."""

    model: type[models.Model]
    field: str

    @property
    def label(self) -> str:
        return f"{self.model._meta.label}.{self.field}"


@dataclass(slots=True)
class Done:
    """What became of a column's rows. ``unreadable`` names rows that no key opens."""

    column: Column
    rotated: int = 0
    current: int = 0
    unreadable: list[str] = field(default_factory=list)


def columns(named: Iterable[str] = ()) -> list[Column]:
    """Every encrypted field of every model, and the columns ``named`` as ``app.Model.field``. The start's check comes
    last: once it is under the new key, everything is."""
    found = [
        Column(model, one.name)
        for model in apps.get_models(include_auto_created=True)
        for one in model._meta.concrete_fields
        if isinstance(one, EncryptedTextField)
    ]
    for name in named:
        label, _, field_name = name.rpartition(".")
        found.append(Column(apps.get_model(label), field_name))
    return sorted(found, key=lambda one: (one.model is EncryptionCheck, one.label))


def rotate(column: Column, *, progress: Callable[[Done], None] = lambda done: None) -> Done:
    """Brings a column under the first key, in batches by primary key; ``progress`` is called after each."""
    done = Done(column)
    for batch in _batches(column):
        for pk, sealed in batch:
            _rotate_row(column, pk, sealed, done)
        progress(done)
    return done


def _batches(column: Column) -> Iterator[list[tuple[Any, bytes]]]:
    rows = _raw(column).exclude(sealed_=b"").exclude(sealed_=None).order_by("pk").values_list("pk", "sealed_")
    batch = list(rows[:BATCH])
    while batch:
        yield [(pk, bytes(sealed)) for pk, sealed in batch]
        batch = list(rows.filter(pk__gt=batch[-1][0])[:BATCH])


def _raw(column: Column) -> Any:
    """The rows with their ciphertext as ``sealed_``; nothing is decrypted, nothing bumps the version."""
    sealed = ExpressionWrapper(F(column.field), output_field=BinaryField())
    return column.model._base_manager.annotate(sealed_=sealed)


def _rotate_row(column: Column, pk: Any, sealed: bytes, done: Done) -> None:
    for _ in range(5):
        if _is_current(sealed):
            done.current += 1
            return
        try:
            fresh = encrypt(decrypt(sealed))
        except WrongKey:
            done.unreadable.append(f"{column.label} of row {pk}")
            return
        value = Value(fresh, output_field=BinaryField())
        if _raw(column).filter(pk=pk, sealed_=sealed).update(**{column.field: value}):
            done.rotated += 1
            return
        again = _raw(column).filter(pk=pk).values_list("sealed_", flat=True).first()
        if not again:  # deleted or emptied meanwhile
            return
        sealed = bytes(again)
    done.unreadable.append(f"{column.label} of row {pk} (it kept changing)")


def _is_current(sealed: bytes) -> bool:
    try:
        Fernet(settings.ENCRYPTION_KEYS[0]).decrypt(sealed)
    except InvalidToken:
        return False
    return True

"""The version every process watches: saving configuration bumps it in the same transaction.

One row holds the number. ``UPDATE … SET value = value + 1`` holds that row's lock until commit, so
versions become visible in their order and a process that polls cannot miss one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import models, transaction
from django.db.models import F
from django.dispatch import Signal

config_changed = Signal()  # sent after commit, in the process that saved; no arguments


class ConfigVersion(models.Model):
    """The one row. ``env_epoch`` tells processes to read their environment again."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    value = models.PositiveBigIntegerField(default=0)
    env_epoch = models.PositiveBigIntegerField(default=0)

    @classmethod
    def bump(cls, kind: str, pks: Iterable[Any] | None = None, *, using: str = "default") -> int:
        """Notes that rows of ``kind`` (a model's label) changed; ``pks=None``: any of them. Returns the version."""
        with transaction.atomic(using=using):
            rows = cls.objects.using(using)
            if not rows.filter(pk=1).update(value=F("value") + 1):
                rows.get_or_create(pk=1)
                rows.filter(pk=1).update(value=F("value") + 1)
            version: int = rows.values_list("value", flat=True).get(pk=1)
            ids: list[Any] = [None] if pks is None else list(pks)
            ConfigChange.objects.using(using).bulk_create(
                [ConfigChange(version=version, kind=kind, object_id="" if pk is None else str(pk)) for pk in ids]
            )
            transaction.on_commit(lambda: config_changed.send(cls), using=using)
        return version

    def __str__(self) -> str:
        return f"version {self.value}"


class ConfigChange(models.Model):
    """What a version changed, so that a process patches single API keys and need not load 100,000."""

    version = models.PositiveBigIntegerField(db_index=True)
    kind = models.CharField(max_length=60)
    object_id = models.CharField(max_length=60, blank=True)  # "": any row of that kind
    at = models.DateTimeField(auto_now_add=True, db_index=True)

    def __str__(self) -> str:
        return f"{self.version}: {self.kind} {self.object_id}"


class VersionedQuerySet(models.QuerySet[Any]):
    """Bulk changes bump too: they send no signals, and a process that missed one would go on with old rows."""

    _BULK_DETAIL = 1000  # above this many rows the change is noted for the kind, not row by row

    def _bump(self, pks: Iterable[Any] | None) -> None:
        ids = None if pks is None else list(pks)
        if ids is not None and len(ids) > self._BULK_DETAIL:
            ids = None
        ConfigVersion.bump(self.model._meta.label, ids, using=self.db)

    def update(self, **kwargs: Any) -> int:
        with transaction.atomic(using=self.db):
            pks = list(self.values_list("pk", flat=True)[: self._BULK_DETAIL + 1])
            changed = super().update(**kwargs)
            if changed:
                self._bump(pks)
        return changed

    update.alters_data = True  # type: ignore[attr-defined]

    def bulk_create(self, objs: Iterable[Any], *args: Any, **kwargs: Any) -> list[Any]:
        with transaction.atomic(using=self.db):
            made = super().bulk_create(objs, *args, **kwargs)
            if made:
                pks = [one.pk for one in made]
                self._bump(None if None in pks else pks)
        return made

    def bulk_update(self, objs: Iterable[Any], *args: Any, **kwargs: Any) -> int:
        rows = list(objs)
        with transaction.atomic(using=self.db):
            changed = super().bulk_update(rows, *args, **kwargs)
            if rows:
                self._bump([one.pk for one in rows])
        return changed

    def delete(self) -> tuple[int, dict[str, int]]:
        with transaction.atomic(using=self.db):
            pks = list(self.values_list("pk", flat=True)[: self._BULK_DETAIL + 1])
            gone = super().delete()
            if pks:
                self._bump(pks)
        return gone

    delete.alters_data = True  # type: ignore[attr-defined]


class VersionedModel(models.Model):
    """Configuration that processes compile into their snapshot."""

    objects = VersionedQuerySet.as_manager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        with transaction.atomic(using=kwargs.get("using") or "default"):
            super().save(*args, **kwargs)
            ConfigVersion.bump(self._meta.label, [self.pk])

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        pk = self.pk
        with transaction.atomic():
            gone = super().delete(*args, **kwargs)
            ConfigVersion.bump(self._meta.label, [pk])
        return gone

"""Everything a call needs to know, compiled from the database into memory; the hot path does no SQL.

Providers are one immutable ``Catalogue``, replaced when they change. API keys are a dict by hash,
patched row by row, so that 100,000 of them cost nothing on a save.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from django.core.exceptions import ImproperlyConfigured
from django.db import transaction

from gateway import environment
from gateway.models import ApiKey, Team
from providers.catalogue import Catalogue, compile_catalogue, compile_providers
from providers.models import ConfigChange, ConfigVersion, Model, Provider, Token

log = logging.getLogger("switchboard.snapshot")

KEY_FIELDS = ("hash", "id", "name", "team_id", "enabled", "expires_at", "scopes", "allowed_models")


class TeamFacts(NamedTuple):
    id: int
    name: str
    store_content: bool


class KeyFacts(NamedTuple):
    """An API key as calls see it. ``expires_at``: seconds since the epoch, 0 for never."""

    id: int
    name: str
    team_id: int
    enabled: bool
    expires_at: float
    scopes: frozenset[str]
    allowed_models: tuple[str, ...]

    def allows(self, *names: str) -> bool:
        """Whether one of the names a model goes by matches what the key may call."""
        return not self.allowed_models or any(
            fnmatchcase(name, pattern) for pattern in self.allowed_models for name in names
        )


@dataclass(frozen=True)
class Snapshot:
    """What a call sees from its start to its end."""

    version: int = -1
    env_epoch: int = 0
    catalogue: Catalogue = field(default_factory=Catalogue)
    teams: Mapping[int, TeamFacts] = field(default_factory=dict)
    names: dict[str, Any] = field(default_factory=dict)  # resolved model names; goes with the snapshot


NO_TEAM = TeamFacts(0, "", False)


class SnapshotStore:
    """The current snapshot and API keys of this process. ``refresh`` may be called from any thread."""

    def __init__(self) -> None:
        self.current = Snapshot()
        self.keys: dict[bytes, KeyFacts] = {}
        self._hash_of: dict[int, bytes] = {}
        self._interned: dict[Any, Any] = {}
        self._lock = threading.Lock()

    def refresh(self, *, whole: bool = False) -> bool:
        """Takes over what changed in the database since last time; says whether anything had."""
        with self._lock:
            row = ConfigVersion.objects.filter(pk=1).values_list("value", "env_epoch").first()
            version, env_epoch = row or (0, 0)
            old = self.current
            if version == old.version and not whole:
                return False
            if env_epoch != old.env_epoch and old.version >= 0:
                _reload_environment()
                whole = True
            changes = None if whole or old.version < 0 else self._changes(old.version, version)
            if changes is None:
                self._load_all(version, env_epoch)
            else:
                self._patch(changes, version, env_epoch)
            return True

    def _changes(self, since: int, version: int) -> dict[str, set[str]] | None:
        """Kind → changed ids ("" for any row); ``None`` if the notes do not reach back that far."""
        rows = list(
            ConfigChange.objects.filter(version__gt=since, version__lte=version).values_list(
                "version", "kind", "object_id"
            )
        )
        if len({number for number, _, _ in rows}) != version - since:
            return None
        changes: dict[str, set[str]] = {}
        for _, kind, object_id in rows:
            changes.setdefault(kind, set()).add(object_id)
        return changes

    def _load_all(self, version: int, env_epoch: int) -> None:
        with transaction.atomic():
            catalogue = compile_catalogue(environment.current())
            teams = _load_teams()
            keys, hashes = self._load_keys()
        self.keys, self._hash_of = keys, hashes
        self.current = Snapshot(version, env_epoch, catalogue, teams)

    def _load_keys(self) -> tuple[dict[bytes, KeyFacts], dict[int, bytes]]:
        keys: dict[bytes, KeyFacts] = {}
        hashes: dict[int, bytes] = {}
        for row in ApiKey.objects.values_list(*KEY_FIELDS).iterator(chunk_size=5000):
            digest, facts = self._facts(row)
            keys[digest] = facts
            hashes[facts.id] = digest
        return keys, hashes

    def _facts(self, row: tuple[Any, ...]) -> tuple[bytes, KeyFacts]:
        digest, pk, name, team_id, enabled, expires_at, scopes, allowed = row
        return bytes(digest), KeyFacts(
            pk,
            name,
            team_id or 0,
            enabled,
            expires_at.timestamp() if expires_at else 0.0,
            self._intern(frozenset(scopes or ())),
            self._intern(tuple(allowed or ())),
        )

    def _intern(self, value: Any) -> Any:
        if len(self._interned) > 10_000:
            self._interned.clear()
        return self._interned.setdefault(value, value)

    def _patch(self, changes: dict[str, set[str]], version: int, env_epoch: int) -> None:
        old = self.current
        catalogue, teams = old.catalogue, old.teams
        catalogue = self._patched_catalogue(catalogue, changes)
        if Team._meta.label in changes:
            teams = _load_teams()
        self._patch_keys(changes.get(ApiKey._meta.label, set()))
        names = old.names if catalogue is old.catalogue else {}
        self.current = Snapshot(version, env_epoch, catalogue, teams, names)

    def _patched_catalogue(self, old: Catalogue, changes: dict[str, set[str]]) -> Catalogue:
        ids = changes.get(Provider._meta.label, set())
        tokens, models = changes.get(Token._meta.label, set()), changes.get(Model._meta.label, set())
        if not (ids or tokens or models):
            return old
        if "" in ids | tokens | models:
            return compile_catalogue(environment.current())
        touched = {int(one) for one in ids}
        touched |= set(Token.objects.filter(pk__in=tokens).values_list("provider_id", flat=True))
        touched |= set(Model.objects.filter(pk__in=models).values_list("provider_id", flat=True))
        moved = {int(one) for one in tokens}
        touched |= {p.id for p in old.providers.values() if any(token.id in moved for token in p.tokens)}
        if _some_gone(Token, tokens) or _some_gone(Model, models):
            return compile_catalogue(environment.current())  # a deleted row no longer says whose it was
        changed = compile_providers(environment.current(), ids=touched)
        return old.patched(changed, touched - {one.id for one in changed})

    def _patch_keys(self, ids: set[str]) -> None:
        if not ids:
            return
        if "" in ids:
            self.keys, self._hash_of = self._load_keys()
            return
        wanted = {int(one) for one in ids}
        for row in ApiKey.objects.filter(pk__in=wanted).values_list(*KEY_FIELDS):
            digest, facts = self._facts(row)
            former = self._hash_of.get(facts.id)
            self.keys[digest] = facts
            self._hash_of[facts.id] = digest
            if former is not None and former != digest:
                self.keys.pop(former, None)
            wanted.discard(facts.id)
        for gone in wanted:
            former = self._hash_of.pop(gone, None)
            if former is not None:
                self.keys.pop(former, None)


def _some_gone(kind: type[Token] | type[Model], ids: set[str]) -> bool:
    return bool(ids) and kind.objects.filter(pk__in=ids).count() < len(ids)


def _reload_environment() -> None:
    try:
        environment.reload()
    except ImproperlyConfigured as error:
        log.error("the environment was not read again: %s", error)


def _load_teams() -> dict[int, TeamFacts]:
    return {row[0]: TeamFacts(*row) for row in Team.objects.values_list("id", "name", "store_content")}

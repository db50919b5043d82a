"""Everything a call needs to know, compiled from the database into memory; the hot path does no SQL.

Providers are one immutable ``Catalogue``, replaced when they change. API keys are a dict by hash,
patched row by row, so that 100,000 of them cost nothing on a save.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Any, NamedTuple

from django.core.exceptions import ImproperlyConfigured
from django.db import transaction

from gateway import environment
from gateway.budgets.compiled import NO_SPENDING, Spending
from gateway.budgets.compiling import SPENDING_LABELS, compile_spending
from gateway.cache.compiled import NO_CACHING, Caching
from gateway.cache.compiling import CACHING_LABELS, compile_caching
from gateway.guardrails.compiled import NO_GUARDRAILS, Guardrails
from gateway.guardrails.compiling import GUARDRAIL_LABELS, compile_guardrails
from gateway.limits.compiled import NO_LIMITS, Limits
from gateway.limits.compiling import LIMIT_LABELS, compile_limits
from gateway.models import ApiKey, Route, RouteTarget, RoutingSettings, Team
from gateway.routing.compiled import NO_ROUTES, Routes
from gateway.routing.compiling import compile_routes
from gateway.routing.goals import GOALS
from gateway.routing.shortlists import Shortlists
from providers.catalogue import Catalogue
from providers.compiling import compile_catalogue, compile_providers
from providers.models import ConfigChange, ConfigVersion, Model, Provider, Role, Token

log = logging.getLogger("switchboard.snapshot")

KEY_FIELDS = (
    *("hash", "id", "name", "team_id", "enabled", "expires_at", "scopes", "allowed_models"),
    *("max_in_flight", "priority", "tags", "cache", "cache_seconds"),
)


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
    max_in_flight: int | None = None
    priority: int = 1  # gateway.models.Priority
    tags: tuple[str, ...] = ()
    cache: str = ""  # gateway.models.CacheMode
    cache_seconds: int | None = None

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
    routes: Routes = NO_ROUTES
    limits: Limits = NO_LIMITS
    spending: Spending = NO_SPENDING
    guardrails: Guardrails = NO_GUARDRAILS
    caching: Caching = NO_CACHING
    names: dict[str, Any] = field(default_factory=dict)  # resolved model names; goes with catalogue and routes
    kept: dict[Any, bytes] = field(default_factory=dict)  # answers made from them

    @cached_property
    def shortlists(self) -> Shortlists:
        """The candidates of ``auto``; made off the event loop by ``SnapshotStore``."""
        return Shortlists(self.catalogue)

    def prepare(self) -> None:
        """Works out what the first calls would have to wait for."""
        wanted = [(one.goal, one.weights) for one in self.routes.routes if one.strategy == "auto" and one.goal in GOALS]
        self.shortlists.prepare(wanted)


# Deleting a provider or a team takes targets along, which tells nobody of itself.
ROUTING = frozenset(one._meta.label for one in (Route, RouteTarget, RoutingSettings, Provider, Team))
POLICIES: Mapping[str, tuple[frozenset[str], Callable[[], Any]]] = {
    "limits": (LIMIT_LABELS, compile_limits),
    "spending": (SPENDING_LABELS, compile_spending),
    "guardrails": (GUARDRAIL_LABELS, compile_guardrails),
    "caching": (CACHING_LABELS, compile_caching),
}
NO_TEAM = TeamFacts(0, "", False)


class SnapshotStore:
    """The current snapshot and API keys of this process. ``refresh`` may be called from any thread."""

    def __init__(self) -> None:
        self.current = Snapshot()
        self.keys: dict[bytes, KeyFacts] = {}
        self._hash_of: dict[int, bytes] = {}
        self._interned: dict[Any, Any] = {}
        self._lock = threading.Lock()

    def key(self, key_id: int) -> KeyFacts | None:
        digest = self._hash_of.get(key_id)
        return None if digest is None else self.keys.get(digest)

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
            teams, routes = _load_teams(), compile_routes()
            policies = {name: compiled() for name, (_, compiled) in POLICIES.items()}
            keys, hashes = self._load_keys()
        self.keys, self._hash_of = keys, hashes
        self.current = Snapshot(version, env_epoch, catalogue, teams, routes, **policies)
        self.current.prepare()

    def _load_keys(self) -> tuple[dict[bytes, KeyFacts], dict[int, bytes]]:
        keys: dict[bytes, KeyFacts] = {}
        hashes: dict[int, bytes] = {}
        for row in ApiKey.objects.values_list(*KEY_FIELDS).iterator(chunk_size=5000):
            digest, facts = self._facts(row)
            keys[digest] = facts
            hashes[facts.id] = digest
        return keys, hashes

    def _facts(self, row: tuple[Any, ...]) -> tuple[bytes, KeyFacts]:
        digest, pk, name, team_id, enabled, expires_at, scopes, allowed, *rest = row
        max_in_flight, priority, tags, cache, cache_seconds = rest
        return bytes(digest), KeyFacts(
            pk,
            name,
            team_id or 0,
            enabled,
            expires_at.timestamp() if expires_at else 0.0,
            self._intern(frozenset(scopes or ())),
            self._intern(tuple(allowed or ())),
            max_in_flight,
            priority,
            self._intern(tuple(tags or ())),
            cache,
            cache_seconds,
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
        routes = compile_routes() if ROUTING & changes.keys() else old.routes
        self._patch_keys(changes.get(ApiKey._meta.label, set()))
        policies = {
            name: compiled() if labels & changes.keys() else getattr(old, name)
            for name, (labels, compiled) in POLICIES.items()
        }
        new = Snapshot(version, env_epoch, catalogue, teams, routes, **policies)
        if catalogue is old.catalogue and routes is old.routes:
            new = replace(new, names=old.names, kept=old.kept)
        if catalogue is old.catalogue and "shortlists" in old.__dict__:
            new.__dict__["shortlists"] = old.shortlists
        self.current = new
        new.prepare()  # a call to ``auto`` that comes before works the shortlists out itself

    def _patched_catalogue(self, old: Catalogue, changes: dict[str, set[str]]) -> Catalogue:
        ids = changes.get(Provider._meta.label, set())
        tokens, models = changes.get(Token._meta.label, set()), changes.get(Model._meta.label, set())
        roles = changes.get(Role._meta.label, set())
        if not (ids or tokens or models or roles):
            return old
        if "" in ids | tokens | models | roles or _some_gone(Role, roles):
            return compile_catalogue(environment.current())
        touched = {int(one) for one in ids}
        touched |= set(Token.objects.filter(pk__in=tokens).values_list("provider_id", flat=True))
        touched |= set(Model.objects.filter(pk__in=models).values_list("provider_id", flat=True))
        touched |= set(Role.objects.filter(pk__in=roles).values_list("provider_id", flat=True))
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


def _some_gone(kind: type[Token] | type[Model] | type[Role], ids: set[str]) -> bool:
    return bool(ids) and kind.objects.filter(pk__in=ids).count() < len(ids)


def _reload_environment() -> None:
    try:
        environment.reload()
    except ImproperlyConfigured as error:
        log.error("the environment was not read again: %s", error)


def _load_teams() -> dict[int, TeamFacts]:
    return {row[0]: TeamFacts(*row) for row in Team.objects.values_list("id", "name", "store_content")}

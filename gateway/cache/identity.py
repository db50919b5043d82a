"""What a model's name stands for, as bytes: a route or provider that is changed does not give answers of before."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from typing import Any

import msgspec

from gateway.routing.names import Resolved, resolve
from gateway.routing.targets import Group, Planned
from gateway.snapshot import Snapshot
from providers.catalogue import CompiledProvider
from providers.errors import SwitchboardError

MOST_KEPT = 20_000


class Identities:
    """Worked out once for a name, until a provider or a route changes."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[Resolved, bytes]] = {}

    def of(self, resolved: Resolved, snapshot: Snapshot) -> bytes:
        kept = self._kept.get(resolved.name)
        if kept is not None and kept[0] is resolved:
            return kept[1]
        if len(self._kept) >= MOST_KEPT:
            self._kept.clear()
        found = identity_of(resolved, snapshot)
        self._kept[resolved.name] = (resolved, found)
        return found


def identity_of(resolved: Resolved, snapshot: Snapshot) -> bytes:
    facts = [resolved.name, resolved.how, resolved.goal, _group(resolved.group, snapshot)]
    facts += [_named(name, snapshot) for name in _beyond(resolved, snapshot)]
    return sha256(_encode(facts)).digest()


def _beyond(resolved: Resolved, snapshot: Snapshot) -> Iterable[str]:
    """Names whose targets may answer in the place of its own."""
    route = resolved.route
    if route is not None:
        yield from (route.context_fallback, route.content_fallback)
    yield snapshot.routes.facts.last_resort


def _named(name: str, snapshot: Snapshot) -> Any:
    if not name:
        return None
    try:
        found = snapshot.names.get(name) or resolve(snapshot.catalogue, snapshot.routes, name)
    except SwitchboardError:
        return name
    return [name, _group(found.group, snapshot)]


def _group(group: Group | None, snapshot: Snapshot) -> Any:
    if group is None:  # auto: any provider may be chosen
        return [[*_provider(one), sorted(one.models)] for one in snapshot.catalogue.providers.values() if one.active]
    members = [(_node(one.node, snapshot), one.weight, tuple(one.conditions)) for one in group.members]
    return [group.strategy, group.goal, tuple(group.weights), members]


def _node(node: Planned | Group, snapshot: Snapshot) -> Any:
    if isinstance(node, Group):
        return _group(node, snapshot)
    return [*_provider(node.provider), node.model, node.wire.name, dict(node.parameters)]


def _provider(provider: CompiledProvider) -> list[Any]:
    settings = sorted(provider.settings.items())
    return [provider.id, provider.name, provider.vendor.slug, provider.base_url, settings, provider.headers]


_encode = msgspec.json.Encoder(order="sorted").encode

"""``GET /v1/models`` and ``/v1/models/{id}``: what the caller's key may call, and what is known of it, from memory.

Models under their exact ids, routes and ``auto`` under Switchboard's name. OpenAI's fields, and beside them limits,
capabilities and prices; what is unknown is null. A list is encoded once for each set of permissions and kept as long as
the catalogue and the routes it tells of.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import msgspec

from gateway.answer import Answer
from gateway.api.base import AsyncAPIView
from gateway.errors import UnknownModel
from gateway.policy.access import may_call
from gateway.routing import names
from gateway.routing.names import Resolved, resolve
from gateway.routing.unknown import hidden
from gateway.snapshot import KeyFacts, Snapshot
from providers.catalogue import CompiledProvider
from providers.facts import Capabilities, ModelFacts, PriceFacts

CREATED = 1_700_000_000  # OpenAI's shape demands a time; a fixed one keeps the list the same between calls
AUTO = "auto"
AUTO_FACTS = ModelFacts(mode="chat")
OURS = (names.ROUTE, names.AUTO)
MOST_KEPT = 64  # lists of a snapshot: a key with permissions of its own gets one of its own
encode = msgspec.json.Encoder(decimal_format="number").encode


class ModelRow(msgspec.Struct, frozen=True, kw_only=True):
    """One model. ``context_window`` and ``max_output`` are in input/output units, ``price`` is in US dollars."""

    id: str
    object: Literal["model"] = "model"
    created: int = CREATED
    owned_by: str
    mode: str | None
    context_window: int | None
    max_output: int | None
    dimensions: int | None
    capabilities: Capabilities
    price: PriceFacts | None


class ModelList(AsyncAPIView):
    async def get(self, request: Any) -> Answer:
        return Answer(200, listing(request.runtime.snapshots.current, request.user.key))


class ModelDetail(AsyncAPIView):
    async def get(self, request: Any, model: str) -> Answer:
        key: KeyFacts = request.user.key
        resolved = request.runtime.planner.resolved(model, allows=key.allows)
        if resolved.how in OURS and key.allows(model):
            return Answer(200, encode(_our_row(model, resolved)))
        group = resolved.group
        planned = next((one for one in group.targets() if may_call(key, model, one)), None) if group else None
        if planned is None:
            raise UnknownModel(hidden(model), param="model")
        return Answer(200, encode(_row(model, planned.target.model, planned.provider)))


def listing(snapshot: Snapshot, key: KeyFacts) -> bytes:
    """The list for a key, as it is sent."""
    permissions = key.allowed_models
    body = snapshot.kept.get(permissions)
    if body is None:
        if len(snapshot.kept) >= MOST_KEPT:
            snapshot.kept.clear()
        rows = [*_our_rows(snapshot, key), *(_row(*found) for found in listed(snapshot, key))]
        body = snapshot.kept[permissions] = encode({"object": "list", "data": rows})
    return body


def _our_rows(snapshot: Snapshot, key: KeyFacts) -> Iterator[ModelRow]:
    """``auto`` and the routes that have a name of their own; one that leads nowhere is left out."""
    names = [AUTO] if snapshot.catalogue.by_model else []
    for name in dict.fromkeys([*names, *sorted(snapshot.routes.by_name)]):
        if not key.allows(name):
            continue
        try:
            yield _our_row(name, resolve(snapshot.catalogue, snapshot.routes, name))
        except UnknownModel:
            continue


def _our_row(name: str, resolved: Resolved) -> ModelRow:
    """What its first target is known to be; of ``auto`` only that it chats."""
    first = next(resolved.group.targets(), None) if resolved.group is not None else None
    facts = first.provider.facts_of(first.model) if first is not None else AUTO_FACTS
    return _told(name, "switchboard", facts)


def listed(snapshot: Snapshot, key: KeyFacts) -> Iterator[tuple[str, str, CompiledProvider]]:
    """Each exact id once, under its first provider, and the prefixed name of every model whose vendor has prefixes
    of its own: name, the vendor's id, provider. A route's name means the route."""
    catalogue, hidden = snapshot.catalogue, snapshot.routes.by_name
    for model, providers in sorted(catalogue.by_model.items()):
        first = next((one for one in providers if key.allows(model, f"{one.name}:{model}")), None)
        if first is not None and model not in hidden:
            yield model, model, first
    for provider in sorted(catalogue.providers.values(), key=lambda one: one.name):
        if not provider.active or not provider.vendor.prefixes:
            continue
        for model in sorted(provider.models):
            name = _prefixed(provider, model)
            if (
                name not in catalogue.by_model
                and name not in hidden
                and key.allows(name, model, f"{provider.name}:{model}")
            ):
                yield name, model, provider


def _prefixed(provider: CompiledProvider, model: str) -> str:
    if provider.name == provider.vendor.slug:
        return provider.vendor.prefixes[0] + model
    return f"ext-{provider.name}-{model}"


def _row(name: str, model: str, provider: CompiledProvider) -> ModelRow:
    return _told(name, provider.name, provider.facts_of(model))


def _told(name: str, owner: str, facts: ModelFacts) -> ModelRow:
    return ModelRow(
        id=name,
        owned_by=owner,
        mode=facts.mode,
        context_window=facts.context_window,
        max_output=facts.max_output,
        dimensions=facts.dimensions,
        capabilities=facts.capabilities,
        price=facts.price,
    )

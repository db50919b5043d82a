"""``GET /v1/models`` and ``/v1/models/{id}``: what the caller's key may call, from memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gateway.answer import Answer, encode
from gateway.api.base import AsyncAPIView
from gateway.errors import UnknownModel
from gateway.policy.access import may_call
from gateway.routing.names import resolve
from gateway.snapshot import KeyFacts
from providers.catalogue import Catalogue, CompiledProvider

CREATED = 1_700_000_000  # OpenAI's shape demands a time; a fixed one keeps the list the same between calls


class ModelList(AsyncAPIView):
    async def get(self, request: Any) -> Answer:
        catalogue = request.runtime.snapshots.current.catalogue
        rows = [_row(name, provider) for name, provider in listed(catalogue, request.user.key)]
        return Answer(200, encode({"object": "list", "data": rows}))


class ModelDetail(AsyncAPIView):
    async def get(self, request: Any, model: str) -> Answer:
        key: KeyFacts = request.user.key
        targets = resolve(request.runtime.snapshots.current.catalogue, model)
        planned = next((one for one in targets if may_call(key, model, one)), None)
        if planned is None:
            raise UnknownModel(f"The model `{model[:200]}` does not exist or this key may not call it.", param="model")
        return Answer(200, encode(_row(model, planned.provider)))


def listed(catalogue: Catalogue, key: KeyFacts) -> Iterator[tuple[str, CompiledProvider]]:
    """Each exact id once, under its first provider, and the prefixed name of every model whose vendor has prefixes
    of its own."""
    for model, providers in sorted(catalogue.by_model.items()):
        first = next((one for one in providers if key.allows(model, f"{one.name}:{model}")), None)
        if first is not None:
            yield model, first
    for provider in sorted(catalogue.providers.values(), key=lambda one: one.name):
        if not provider.active or not provider.vendor.prefixes:
            continue
        for model in sorted(provider.models):
            name = _prefixed(provider, model)
            if name not in catalogue.by_model and key.allows(name, model, f"{provider.name}:{model}"):
                yield name, provider


def _prefixed(provider: CompiledProvider, model: str) -> str:
    if provider.name == provider.vendor.slug:
        return provider.vendor.prefixes[0] + model
    return f"ext-{provider.name}-{model}"


def _row(name: str, provider: CompiledProvider) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": CREATED, "owned_by": provider.name}

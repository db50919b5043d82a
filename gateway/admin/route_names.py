"""Names to choose from where one is typed: what a provider has, or everything an app could call."""

from __future__ import annotations

from gateway.models import Route
from gateway.routing.goals import names as goals
from providers.catalogue import Catalogue

MOST = 3000  # a browser's list of suggestions is of no use beyond


def names_at(catalogue: Catalogue, provider_id: int) -> list[str]:
    """Models and roles of a provider; none for one that is not there."""
    provider = catalogue.by_id.get(provider_id)
    return [*sorted(provider.roles), *sorted(provider.models)][:MOST] if provider is not None else []


def names_anywhere(catalogue: Catalogue) -> list[str]:
    """Routes, auto, models of active providers, roles."""
    routes = [name for name in Route.objects.filter(enabled=True).values_list("name", flat=True) if "*" not in name]
    active = [one for one in catalogue.providers.values() if one.active]
    roles = sorted(f"{one.name}:{role}" for one in active for role in one.roles)
    return [*routes, *goals(), *sorted(catalogue.by_model), *roles][:MOST]

"""What the vendor files bring along: a provider row for each, and the models they list."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from providers.models import Model, Provider
from providers.vendors import ModelFact, Vendor, all_vendors

FACTS = ("mode", "context_window", "max_output", "vision", "tools", "reasoning")


def sync_shipped(*, simulation_enabled: bool) -> None:
    """A provider for each vendor file, not configured until it is, and its models. Repeating it changes nothing.

    A row that is there stays as it is, and stays when its vendor's file goes away. ``simulation_enabled``: whether
    a simulation is on from its first day; every other vendor waits for the admin or the environment.
    """
    with transaction.atomic():
        present = set(Provider.objects.values_list("name", flat=True))
        for slug, vendor in all_vendors().items():
            if slug not in present:
                Provider(name=slug, vendor=slug, enabled=simulation_enabled and vendor.kind == "simulation").save()
        for provider in Provider.objects.defer("proxy", "secret_settings"):
            ship_models(provider)


def ship_models(provider: Provider) -> None:
    """The models its vendor's file lists: missing rows are made, and rows that came from the file get what it knows
    and the row does not. What an admin or the vendor's own list has set is never changed, and no row is removed."""
    vendor = provider.facts
    if vendor is None or not vendor.models:
        return
    rows = {row.model_id: row for row in Model.objects.filter(provider=provider)}
    _make(provider, (fact for fact in vendor.models if fact.id not in rows))
    _complete(vendor, rows)


def _make(provider: Provider, facts: Iterable[ModelFact]) -> None:
    Model.objects.bulk_create(
        [
            Model(
                provider=provider,
                model_id=fact.id,
                source=Model.Source.SHIPPED,
                **{name: getattr(fact, name) for name in FACTS},
            )
            for fact in facts
        ]
    )


def _complete(vendor: Vendor, rows: dict[str, Model]) -> None:
    for fact in vendor.models:
        row = rows.get(fact.id)
        if row is None or row.source != Model.Source.SHIPPED:
            continue
        known = {name: getattr(fact, name) for name in FACTS}
        news = {name: value for name, value in known.items() if value is not None and getattr(row, name) is None}
        if news:
            Model.objects.filter(pk=row.pk).update(**news)

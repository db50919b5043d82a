"""What the vendor files bring along: a provider row for each, and the models they list."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from providers import facts
from providers.models import Model, Provider
from providers.models.provider import usual_dispatch
from providers.pricing.published import place
from providers.vendors import ModelFact, Vendor, all_vendors

SETTLED = [*facts.FACTS, "sources"]

# Of ids that several providers have, the vendor's own account answers before an address of one's own, and that before
# an aggregator, which has everybody's models.
VENDORS_OWN, OWN_ADDRESS, AGGREGATOR = 100, 150, 200


def sync_shipped(*, simulation_enabled: bool) -> None:
    """A provider for each vendor file, not configured until it is, and its models. Repeating it changes nothing.

    A row that is there stays as it is, and stays when its vendor's file goes away. ``simulation_enabled``: whether
    a simulation is on from its first day; every other vendor waits for the admin or the environment.
    """
    with transaction.atomic():
        present = set(Provider.objects.values_list("name", flat=True))
        for slug, vendor in all_vendors().items():
            if slug not in present:
                is_on = simulation_enabled and vendor.kind == "simulation"
                dispatch = usual_dispatch(vendor) if is_on else Provider.Dispatch.OFF
                Provider(name=slug, vendor=slug, dispatch=dispatch, priority=first_priority(vendor)).save()
        for provider in Provider.objects.defer("proxy", "secret_settings"):
            ship_models(provider)


def first_priority(vendor: Vendor) -> int:
    """The priority of a vendor's new provider; an admin may set any other."""
    if vendor.kind == "aggregator":
        return AGGREGATOR
    return OWN_ADDRESS if vendor.promise == "template" else VENDORS_OWN


def ship_models(provider: Provider) -> None:
    """The models its vendor's file lists: missing rows are made, and what is known of all its models is settled anew.
    What an admin or the vendor's own list has set is never changed, and no row is removed."""
    vendor = provider.facts
    if vendor is None:
        return
    rows = {row.model_id: row for row in Model.objects.filter(provider=provider)}
    where = place_of(provider, vendor)
    _make(provider, (fact for fact in vendor.models if fact.id not in rows), where)
    known = {fact.id: fact for fact in vendor.models}
    changed = [row for row in rows.values() if facts.settle(row, known.get(row.model_id), where)]
    if changed:
        Model.objects.bulk_update(changed, SETTLED, batch_size=500)


def place_of(provider: Provider, vendor: Vendor) -> str:
    """Where genai-prices has the models of a provider, by the address in its row or the vendor's own."""
    return place(vendor.slug, provider.base_url or vendor.base_url or "")


def _make(provider: Provider, shipped: Iterable[ModelFact], where: str) -> None:
    Model.objects.bulk_create([new_row(provider, fact, where) for fact in shipped])


def new_row(provider: Provider, fact: ModelFact, where: str) -> Model:
    row = Model(provider=provider, model_id=fact.id, mode="", source=Model.Source.SHIPPED)
    facts.settle(row, fact, where)
    return row

"""The simulated providers as the gateway knows them: a catalogue compiled from nothing but their prices."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from providers.catalogue import Catalogue, CompiledProvider
from providers.facts import Capabilities, ModelFacts, PriceFacts
from providers.vendors import Vendor
from providers.wires import wire
from tests.simulator.world import SimulatedProvider

MODEL = "simulated-1"


def catalogue(providers: Sequence[SimulatedProvider]) -> Catalogue:
    return Catalogue(providers={one.name: one for one in map(compiled, providers)})


def compiled(one: SimulatedProvider) -> CompiledProvider:
    price = PriceFacts(input=Decimal(str(one.input_price)), output=Decimal(str(one.output_price)), source="vendor_list")
    facts = ModelFacts(
        mode="chat", context_window=128_000, capabilities=Capabilities(tools=True, vision=True), price=price
    )
    name = f"provider_{one.number + 1}"
    return CompiledProvider(
        id=one.number + 1,
        name=name,
        vendor=Vendor(slug=name, name=name, kind="cloud"),
        wire=wire("openai"),
        base_url=f"https://{name}.example.com/v1",
        models=frozenset({MODEL}),
        facts={MODEL: facts},
    )

"""Providers, models and moments for the tests of scores and shortlists."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random
from typing import Any, NamedTuple

from providers.catalogue import Catalogue, CompiledProvider
from providers.facts import Capabilities, ModelFacts, PriceFacts
from providers.vendors import Vendor
from providers.wires import wire

NOW = 1_700_000_000.0


class Seen(NamedTuple):
    """What was measured; well, by default."""

    calls: float = 20.0
    failure_rate: float = 0.0
    first_s: float | None = 0.5
    seconds: float | None = 5.0
    throughput: float | None = 100.0
    in_flight: int = 0
    last_at: float = NOW
    in_a_row: int = 0
    silent_s: float = 0.0


class Stop(NamedTuple):
    reason: str = "5 of 5 calls failed"
    until: float = NOW + 10
    model: str = ""


class Fixed(Random):
    """Chance that always says the same."""

    def __init__(self, value: float) -> None:
        super().__init__(1)
        self.value = value

    def random(self) -> float:
        return self.value


@dataclass
class Moment:
    """``seen`` and ``stops`` by provider's name."""

    catalogue: Catalogue
    seen: Mapping[str, Seen] = field(default_factory=dict)
    stops: Mapping[str, Stop] = field(default_factory=dict)
    shares: Mapping[str, float] = field(default_factory=dict)
    random: Random = field(default_factory=lambda: Fixed(0.5))
    turns: dict[str, int] = field(default_factory=dict)

    def measured(self, provider_id: int, model: str) -> Seen | None:
        return self.seen.get(self.catalogue.by_id[provider_id].name)

    def blocked(self, provider_id: int, model: str) -> Stop | None:
        return self.stops.get(self.catalogue.by_id[provider_id].name)

    def token_share(self, provider: CompiledProvider) -> float:
        return self.shares.get(provider.name, 1.0)

    def now(self) -> float:
        return NOW


def facts(
    price: tuple[float, float] | None = None, *, window: int | None = 128_000, mode: str | None = "chat", **able: Any
) -> ModelFacts:
    """``price``: USD for a million units in and out."""
    known = PriceFacts(input=Decimal(str(price[0])), output=Decimal(str(price[1])), source="shipped") if price else None
    return ModelFacts(mode=mode, context_window=window, capabilities=Capabilities(**able), price=known)


_ids = iter(range(1, 1_000_000))


def provider(name: str, models: Mapping[str, ModelFacts], **more: Any) -> CompiledProvider:
    kind = more.pop("kind", "cloud")
    slug = more.pop("slug", name)
    return CompiledProvider(
        **{
            "id": next(_ids),
            "name": name,
            "vendor": Vendor(slug=slug, name=name, kind=kind),
            "wire": wire("openai"),
            "base_url": f"https://api.{name}.example.com/v1",
            "models": frozenset(models),
            "facts": dict(models),
            **more,
        }
    )


def catalogue(*providers: CompiledProvider) -> Catalogue:
    return Catalogue(providers={one.name: one for one in providers})

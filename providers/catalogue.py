"""Providers compiled from the database and the environment: immutable, ready for calls without a query."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from providers.canonical import NOTHING, Target
from providers.credential import Credential
from providers.facts import UNKNOWN_FACTS, ModelFacts, plain_prices
from providers.http import Timeouts
from providers.pricing import TargetPrices
from providers.pricing.published import place
from providers.templates import fill
from providers.vendors import LocalAnswer, Vendor
from providers.wires import Wire, wire

MOST_RARE = 1000  # prices kept of models without a row
HOP_HEADER = "x-switchboard-hop"


class TokenLimits(NamedTuple):
    """What an admin allows a token; ``None`` is no limit. Per minute, usage is input and output units together."""

    in_flight: int | None = None
    requests_per_minute: int | None = None
    usage_per_minute: int | None = None


NO_LIMITS = TokenLimits()


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledToken:
    """``auth`` are the request headers that carry the secret; an anonymous token has none and id 0. One whose headers
    are made when they are needed has a ``credential`` instead. ``expires_at``: seconds since the epoch, 0 for never."""

    id: int
    fingerprint: str = ""
    label: str = ""
    auth: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    credential: Credential | None = None
    limits: TokenLimits = NO_LIMITS
    expires_at: float = 0


ANONYMOUS = CompiledToken(id=0)


class CompiledRole(NamedTuple):
    """A model by what it is good for, and what fills in for what the app left out."""

    model: str
    parameters: Mapping[str, Any] = NOTHING


@dataclass(frozen=True, kw_only=True)
class CompiledProvider:
    """One provider as calls use it. ``problem`` says in words why it cannot be called; "" if it can. ``dispatch`` is
    off, exclusive, pooled or fallback (``models.Provider.Dispatch``)."""

    id: int
    name: str
    vendor: Vendor
    wire: Wire
    dispatch: str = "pooled"
    base_url: str = ""
    settings: Mapping[str, str] = field(default_factory=dict, repr=False)
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    timeouts: Timeouts = Timeouts()
    proxy: str = field(default="", repr=False)
    priority: int = 100
    weight: int = 1
    max_in_flight: int | None = None
    smallest_pool: int = 0
    roles: Mapping[str, CompiledRole] = field(default_factory=dict)  # by folded name
    tokens: tuple[CompiledToken, ...] = ()
    models: frozenset[str] = frozenset()
    default_model: str | None = None
    model_wires: Mapping[str, Wire] = field(default_factory=dict)  # models that speak another than the provider's
    facts: Mapping[str, ModelFacts] = field(default_factory=dict, repr=False)  # by model, where it has a row
    prices: Mapping[str, TargetPrices] = field(default_factory=dict, repr=False)
    problem: str = ""

    @property
    def answers(self) -> LocalAnswer | None:
        return self.vendor.answers

    @property
    def enabled(self) -> bool:
        return self.dispatch != "off"

    @property
    def active(self) -> bool:
        return self.enabled and not self.problem

    @cached_property
    def may_lead_back(self) -> bool:
        """Whether the address is somebody's own: it might be ours, and the call carries how often it was passed on."""
        return not self.own_address

    @cached_property
    def own_address(self) -> bool:
        """Whether it is called at the vendor's own address."""
        own = self.vendor.base_url
        return own is not None and self.base_url == fill(own, self.settings).rstrip("/")

    def wire_of(self, model: str) -> Wire:
        """The wire ``model`` is called in."""
        special = self.model_wires.get(model)
        if special is not None:
            return special
        if self.vendor.wire_for is not None:
            name = self.vendor.wire_for(model, self.settings)
            return wire(name) if name else self.wire
        return self.wire

    def facts_of(self, model: str) -> ModelFacts:
        """What apps are told of ``model``."""
        return self.facts.get(model, UNKNOWN_FACTS)

    def prices_of(self, model: str) -> TargetPrices:
        """What a call to ``model`` costs; from memory, for one without a row too once it was asked for."""
        found = self.prices.get(model) or self._rare.get(model)
        if found is None:
            if len(self._rare) >= MOST_RARE:
                self._rare.clear()  # apps may name as many models as they like
            found = self._rare[model] = plain_prices(self.vendor, model, place(self.vendor.slug, self.base_url))
        return found

    @cached_property
    def _rare(self) -> dict[str, TargetPrices]:
        return {}

    def target(self, model: str) -> Target:
        return Target(provider=self.name, model=model, vendor=self.vendor, settings=self.settings)

    @cached_property
    def prefixes(self) -> tuple[str, ...]:
        """What an explicit model name may begin with, folded (small letters, ``-`` for ``_``)."""
        is_own = self.name == self.vendor.slug  # further accounts at the vendor have names of their own
        names = (self.name, *(self.vendor.aliases if is_own else ()))
        named = (prefix for name in names for prefix in (f"ext-{name}-", f"{name}:", f"{name}/"))
        own = self.vendor.prefixes if is_own else ()
        return tuple(dict.fromkeys(fold_name(prefix) for prefix in (*named, *own)))


def fold_name(name: str) -> str:
    """``-`` and ``_`` are one, and so are capitals and small letters, in prefixes and provider names."""
    return name.lower().replace("_", "-")


@dataclass(frozen=True, kw_only=True)
class Catalogue:
    """All providers, with the indexes that names are looked up in."""

    providers: Mapping[str, CompiledProvider] = field(default_factory=dict)

    @cached_property
    def by_id(self) -> Mapping[int, CompiledProvider]:
        return {provider.id: provider for provider in self.providers.values()}

    @cached_property
    def by_model(self) -> Mapping[str, tuple[CompiledProvider, ...]]:
        """Exact model id → the active providers that have it, lowest priority number first."""
        found: dict[str, list[CompiledProvider]] = {}
        for provider in sorted(self.providers.values(), key=lambda one: (one.priority, one.name)):
            if provider.active:
                for model in provider.models:
                    found.setdefault(model, []).append(provider)
        return {model: tuple(providers) for model, providers in found.items()}

    @cached_property
    def by_prefix(self) -> Mapping[str, CompiledProvider]:
        """Folded prefix → provider, disabled ones too: an explicit name always means that provider."""
        found: dict[str, CompiledProvider] = {}
        for provider in sorted(self.providers.values(), key=lambda one: one.name):
            for prefix in provider.prefixes:
                found.setdefault(prefix, provider)
        return found

    def patched(self, changed: Iterable[CompiledProvider], gone: Iterable[int]) -> Catalogue:
        """A new catalogue with some providers replaced or taken out."""
        lost = set(gone)
        kept = {one.name: one for one in self.providers.values() if one.id not in lost}
        for provider in changed:
            old = self.by_id.get(provider.id)
            if old is not None:
                kept.pop(old.name, None)
            kept[provider.name] = provider
        return Catalogue(providers=kept)

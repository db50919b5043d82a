"""Routes and routing settings as calls use them: immutable, with the index that names are looked up in.

Compiled from the database by ``gateway.routing.compiling``, or from a draft that nobody saved yet.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from gateway.policy.gates import GateRules
from gateway.routing.rules import GOALS_OWN, USUAL_RULES, Rules, Weights
from gateway.routing.traits import Traits
from providers.breaker import BreakerRules
from providers.canonical import NOTHING

OTHER_TEAM = "is for another team"


class Conditions(NamedTuple):
    """When a target may be used. ``None`` is always; ``team`` 0 is any."""

    stream: bool | None = None
    tools: bool | None = None
    images: bool | None = None
    min_input: int | None = None
    max_input: int | None = None
    team: int = 0

    def unmet(self, traits: Traits, *, stream: bool, team: int) -> str:
        """The first that is not met, in words; "" if all are."""
        if self.team and team != self.team:
            return OTHER_TEAM
        for asked, has, what in (
            (self.stream, stream, "streams"),
            (self.tools, traits.tools, "requests with tools"),
            (self.images, traits.vision, "requests with images"),
        ):
            if asked is not None and asked != has:
                return f"is only for {what}" if asked else f"is not for {what}"
        if self.min_input is not None and traits.input < self.min_input:
            return f"is for {self.min_input} input units or more"
        if self.max_input is not None and traits.input > self.max_input:
            return f"is for up to {self.max_input} input units"
        return ""


ALWAYS = Conditions()


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutePlace:
    """A target of a route. ``provider_id`` 0: ``model`` is any name. ``model`` may hold the route's ``*``."""

    provider_id: int
    model: str
    weight: int = 1
    conditions: Conditions = ALWAYS


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledRoute:
    """``rules``: the settings with what the route says otherwise laid over them."""

    name: str
    strategy: str = "ordered"
    goal: str = ""
    weights: Weights = GOALS_OWN
    parameters: Mapping[str, Any] = NOTHING
    targets: tuple[RoutePlace, ...] = ()
    context_fallback: str = ""
    content_fallback: str = ""
    rules: Rules = USUAL_RULES
    assumed_output: int | None = None
    cache: str = ""  # gateway.models.CacheMode
    cache_seconds: int | None = None
    cache_shared: bool | None = None
    cache_similar: bool = False


class RoutingFacts(NamedTuple):
    """What the settings say beside the rules. ``default_backend`` is a provider's primary key, 0 for none."""

    rules: Rules = USUAL_RULES
    default_backend: int = 0
    last_resort: str = ""
    sticky_seconds: float = 3600.0
    breaker: BreakerRules = BreakerRules()
    gates: GateRules = GateRules()


@dataclass(frozen=True, kw_only=True)
class Routes:
    """Every enabled route, and the settings."""

    routes: tuple[CompiledRoute, ...] = ()
    facts: RoutingFacts = field(default_factory=RoutingFacts)

    @cached_property
    def by_name(self) -> Mapping[str, CompiledRoute]:
        return {one.name: one for one in self.routes if "*" not in one.name}

    @cached_property
    def caches(self) -> bool:
        """Whether one says anything of the answer cache."""
        return any(one.cache for one in self.routes)

    @cached_property
    def wildcards(self) -> tuple[tuple[str, str, CompiledRoute], ...]:
        """Beginning, end, route; the longest fixed part first."""
        found = [(*_halves(one.name), one) for one in self.routes if "*" in one.name]
        return tuple(sorted(found, key=lambda one: (-len(one[0]) - len(one[1]), one[2].name)))

    def find(self, name: str) -> tuple[CompiledRoute, str] | None:
        """The route of ``name``, and what its ``*`` stands for."""
        exact = self.by_name.get(name)
        if exact is not None:
            return exact, ""
        for begins, ends, route in self.wildcards:
            if len(name) > len(begins) + len(ends) and name.startswith(begins) and name.endswith(ends):
                return route, name[len(begins) : len(name) - len(ends)]
        return None

    def with_drafts(self, drafts: Iterable[CompiledRoute]) -> Routes:
        """These routes with some replaced or added."""
        changed = {one.name: one for one in drafts}
        kept = tuple(one for one in self.routes if one.name not in changed)
        return Routes(routes=(*kept, *changed.values()), facts=self.facts)


def _halves(pattern: str) -> tuple[str, str]:
    begins, _, ends = pattern.partition("*")
    return begins, ends


NO_ROUTES = Routes()

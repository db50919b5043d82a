"""From the name an app asked for to the targets that answer to it.

Tried in this order: route or alias → ``auto`` → ``ext-<prefix>-<model>`` and a vendor's own short prefixes → the exact
id at active providers → ``<provider>:<role>`` → ``<provider>:<model>`` → ``<provider>/<model>`` → the default backend.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

from gateway.errors import TooManyRoutes, UnknownModel
from gateway.routing.compiled import ALWAYS, CompiledRoute, RoutePlace, Routes
from gateway.routing.goals import goal_named
from gateway.routing.rules import Rules
from gateway.routing.targets import Group, Member, Planned
from gateway.routing.unknown import Allows, anything, explain_unknown, hidden, not_callable
from providers.catalogue import Catalogue, CompiledProvider, fold_name

DEEPEST = 5  # routes that lead to routes
MOST_PLACES = 1000  # of all routes on the way together: a few in each multiply

WHY_EXACT = ("the default backend has this model", "has this model", "has this model, as a fallback")
ROUTE, PREFIX, EXACT, ROLE, AUTO, BACKEND = "route", "prefix", "exact", "role", "auto", "default_backend"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """What a name means, before a request is looked at. ``group`` is ``None`` for ``auto`` over the whole catalogue;
    ``goal`` is then what its name said. ``bound``: an explicit choice, which nothing else may stand in for."""

    name: str
    how: str
    group: Group | None
    rules: Rules
    route: CompiledRoute | None = None
    via: tuple[str, ...] = ()
    goal: str = ""
    bound: bool = False


def resolve(catalogue: Catalogue, routes: Routes, name: str, *, allows: Allows = anything) -> Resolved:
    """Raises ``UnknownModel`` that says what is near or what to set, of names that the caller may call (``allows``)."""
    try:
        return _resolve(catalogue, routes, name, via=(), places=count(1), allows=allows)
    except UnknownModel:
        if allows(name):
            raise
        raise UnknownModel(hidden(name), param="model") from None


def _resolve(
    catalogue: Catalogue,
    routes: Routes,
    name: str,
    *,
    via: tuple[str, ...],
    places: Iterator[int],
    allows: Allows = anything,
) -> Resolved:
    rules = routes.facts.rules
    found = routes.find(name)
    if found is not None and name not in via:
        return _routed(catalogue, routes, name, *found, via=via, places=places)
    goal = goal_named(name)
    if goal is not None:
        return Resolved(name=name, how=AUTO, group=None, rules=rules, goal=goal, via=via)
    dashed = _by_prefix(catalogue, name, "-")
    if dashed is not None:
        return _bound(PREFIX, *dashed, name, rules, via)
    kept_apart = _exclusive(catalogue, name)
    if kept_apart is not None:
        alone = Planned(kept_apart, name, f"{kept_apart.name} has this model for itself")
        return Resolved(name=name, how=EXACT, group=_alone(alone), rules=rules, via=via, bound=True)
    if name in catalogue.by_model:
        return _exact(catalogue, routes, name, via)
    for separator in (":", "/"):
        split = _by_prefix(catalogue, name, separator)
        if split is None:
            continue
        provider, model = split
        role = provider.roles.get(fold_name(model)) if separator == ":" else None
        if role is not None:
            planned = Planned(_callable(provider, name), role.model, f"its role {model}", parameters=role.parameters)
            return Resolved(name=name, how=ROLE, group=_alone(planned), rules=rules, via=via, bound=True)
        return _bound(PREFIX, provider, model, name, rules, via)
    backend = catalogue.by_id.get(routes.facts.default_backend)
    if backend is not None and backend.active:
        planned = Planned(backend, name, "no provider lists it: the default backend gets it")
        return Resolved(name=name, how=BACKEND, group=_alone(planned), rules=rules, via=via)
    if via:  # who is near is worked out for what an app asked, not for each target of a route
        raise UnknownModel(f"The model `{name}`, which the route `{via[-1]}` names, does not exist.", param="model")
    raise UnknownModel(explain_unknown(catalogue, routes, name, allows), param="model")


def _routed(
    catalogue: Catalogue,
    routes: Routes,
    name: str,
    route: CompiledRoute,
    star: str,
    *,
    via: tuple[str, ...],
    places: Iterator[int],
) -> Resolved:
    """The route's targets that can be called. Raises the last one's error if none can, and ``TooManyRoutes``."""
    if len(via) >= DEEPEST:
        raise TooManyRoutes(
            f"The route `{route.name}` leads through too many routes: {' → '.join(via)}.", param="model"
        )
    members: list[Member] = []
    last: UnknownModel | None = None
    passed: tuple[str, ...] = ()
    for place in route.targets:
        if next(places) > MOST_PLACES:
            first = (*via, name)[0]
            raise TooManyRoutes(f"The route `{first}` leads to more than {MOST_PLACES} targets.", param="model")
        try:
            node, through = _placed(catalogue, routes, place, star, via=(*via, name), places=places)
        except TooManyRoutes:  # trying the others as well would be tried at every depth
            raise
        except UnknownModel as error:
            last = error
            continue
        passed = passed or through
        members.append(Member(node, place.weight, ALWAYS if place.conditions == ALWAYS else place.conditions))
    if not members and not (route.strategy == "auto" and not route.targets):
        raise last or UnknownModel(f"The route `{route.name}` has no target.", param="model")
    if route.parameters:
        members = [Member(_filled(one.node, route), one.weight, one.conditions) for one in members]
    group = Group(route.strategy, tuple(members), route.goal, route.weights, route.name) if members else None
    return Resolved(
        name=name, how=ROUTE, group=group, rules=route.rules, route=route, via=(*via, name, *passed), goal=route.goal
    )


def _placed(
    catalogue: Catalogue,
    routes: Routes,
    place: RoutePlace,
    star: str,
    *,
    via: tuple[str, ...],
    places: Iterator[int],
) -> tuple[Planned | Group, tuple[str, ...]]:
    """A place's target or group, and the names on the way there. Raises ``UnknownModel``."""
    model = place.model.replace("*", star) if star else place.model
    if place.provider_id:
        provider = catalogue.by_id.get(place.provider_id)
        if provider is None:
            raise UnknownModel(f"A provider of the route `{via[-1]}` is gone.", param="model")
        role = provider.roles.get(fold_name(model)) if model not in provider.models else None
        if role is not None:
            reason = f"its role {model}"
            return Planned(_callable(provider, model), role.model, reason, parameters=role.parameters), ()
        return Planned(_callable(provider, f"{provider.name}:{model}"), model, f"named by the route {via[-1]}"), ()
    if model in via:
        raise UnknownModel(f"The route `{via[0]}` leads back to itself: {' → '.join((*via, model))}.", param="model")
    inner = _resolve(catalogue, routes, model, via=via, places=places)
    if inner.group is None:
        raise UnknownModel(f"`{model}` cannot be a target of a route: give the route the strategy auto.", param="model")
    return inner.group, inner.via[len(via) :]


def _filled(node: Planned | Group, route: CompiledRoute) -> Planned | Group:
    if isinstance(node, Planned):
        return node.with_parameters(route.parameters)
    members = tuple(Member(_filled(one.node, route), one.weight, one.conditions) for one in node.members)
    return Group(node.strategy, members, node.goal, node.weights, node.name)


def _exclusive(catalogue: Catalogue, name: str) -> CompiledProvider | None:
    """Who has the model for itself alone. Raises ``UnknownModel`` where it cannot be called: what must not leave goes
    nowhere else then, either."""
    found = [one for one in catalogue.providers.values() if one.dispatch == "exclusive" and name in one.models]
    if not found:
        return None
    first = min(found, key=lambda one: (not one.active, one.priority, one.name))
    if not first.active:
        raise UnknownModel(not_callable(first, name, means="is kept for"), param="model")
    return first


def _exact(catalogue: Catalogue, routes: Routes, name: str, via: tuple[str, ...]) -> Resolved:
    """By dispatch mode: the pooled by priority, sharing within one, and behind them those that only step in."""
    providers = catalogue.by_model[name]
    rules = routes.facts.rules
    tiers: dict[tuple[int, int], list[Member]] = {}
    for provider in providers:
        backend = provider.id == routes.facts.default_backend
        rank = (0 if backend else 2 if provider.dispatch == "fallback" else 1, 0 if backend else provider.priority)
        planned = Planned(provider, name, WHY_EXACT[rank[0]], weight=provider.weight)
        tiers.setdefault(rank, []).append(Member(planned, provider.weight))
    groups = [Group("weighted", tuple(members)) for _, members in sorted(tiers.items(), key=lambda one: one[0])]
    if len(groups) == 1:
        return Resolved(name=name, how=EXACT, group=groups[0], rules=rules, via=via)
    flat = tuple(one.members[0] if len(one.members) == 1 else Member(one) for one in groups)
    return Resolved(name=name, how=EXACT, group=Group("ordered", flat), rules=rules, via=via)


def _bound(how: str, provider: CompiledProvider, model: str, name: str, rules: Rules, via: tuple[str, ...]) -> Resolved:
    planned = Planned(_callable(provider, name), model, "named by its prefix")
    return Resolved(name=name, how=how, group=_alone(planned), rules=rules, via=via, bound=True)


def _alone(planned: Planned) -> Group:
    return Group("ordered", (Member(planned),))


def _callable(provider: CompiledProvider, name: str) -> CompiledProvider:
    """Raises ``UnknownModel`` for a provider that is off or not configured."""
    if not provider.active:
        raise UnknownModel(not_callable(provider, name), param="model")
    return provider


def _by_prefix(catalogue: Catalogue, name: str, separator: str) -> tuple[CompiledProvider, str] | None:
    """The provider whose prefix ends with ``separator``, longest match first, and the rest of the name."""
    folded = fold_name(name)
    end = folded.rfind(separator, 0, len(folded) - 1)
    while end > 0:
        provider = catalogue.by_prefix.get(folded[: end + 1])
        if provider is not None:
            return provider, name[end + 1 :]
        end = folded.rfind(separator, 0, end)
    return None

"""What is odd about a route: names it hides, targets that cannot answer, names that lead back to themselves.

Pure: routes as they stand in the admin, saved or not, against a catalogue. Nothing here decides where a call goes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple

from gateway.routing.goals import goal_named
from providers.catalogue import Catalogue, CompiledProvider, fold_name

Level = Literal["error", "warning", "note"]
LEVELS: tuple[Level, ...] = ("error", "warning", "note")
STAR = "\0"  # stands for what a wildcard stood for: no name that is written out holds it
MOST_SEEN = 10_000
SHOWN = 3  # names that are listed before "and 12 more"
AUTO = "auto"


class Conflict(NamedTuple):
    """``error``: calls fail. ``warning``: probably not what was meant. ``note``: good to know."""

    level: Level
    text: str


@dataclass(frozen=True, kw_only=True)
class TargetFacts:
    """``provider`` is a provider's name, "" where ``model`` is any name Switchboard knows."""

    provider: str = ""
    model: str

    def __str__(self) -> str:
        return f"{self.provider}:{self.model}" if self.provider else self.model


@dataclass(frozen=True, kw_only=True)
class RouteFacts:
    """``id`` tells a route from the others while its name changes; 0 for one that is not saved."""

    name: str
    id: int = 0
    enabled: bool = True
    strategy: str = "ordered"
    targets: tuple[TargetFacts, ...] = ()
    context_fallback: str = ""
    content_fallback: str = ""

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        first, star, last = self.name.partition("*")
        return re.compile(re.escape(first) + ("(.+)" if star else "") + re.escape(last), re.DOTALL)

    @property
    def fixed(self) -> int:
        """The length of what is not the star: the longest wins."""
        return len(self.name.replace("*", ""))

    def star_of(self, name: str) -> str | None:
        """What the star stands for in ``name``; "" for the very name, ``None`` where the route does not take it."""
        found = self.pattern.fullmatch(name)
        return None if found is None else found[1] if self.pattern.groups else ""


def conflicts(
    route: RouteFacts, routes: Iterable[RouteFacts], catalogue: Catalogue, *, default_backend: str = ""
) -> list[Conflict]:
    """What to tell of ``route`` among ``routes`` (it may be one of them), the worst first. ``default_backend``: the
    provider that gets names which no provider lists; "" for none."""
    names = _Names(route, routes, catalogue, default_backend)
    found = [
        *_cycles(route, names),
        *_targets(route, names),
        *_fallbacks(route, names),
        *_hidden_models(route, catalogue),
        *_hidden_prefixes(route, catalogue),
        *_other_routes(route, names),
    ]
    return sorted(dict.fromkeys(found), key=lambda one: LEVELS.index(one.level))


def cycle(route: RouteFacts, routes: Iterable[RouteFacts]) -> tuple[str, ...]:
    """The names on the way from ``route`` back to a route passed before; empty where none leads back."""
    return _find_cycle(route, _Names(route, routes, Catalogue(), ""))


def mode_conflicts(catalogue: Catalogue) -> list[Conflict]:
    """Models that several exclusive providers have: each claims to be the only one."""
    shared: dict[tuple[str, ...], list[str]] = {}
    for model, providers in sorted(catalogue.by_model.items()):
        claiming = tuple(sorted(one.name for one in providers if one.dispatch == "exclusive"))
        if len(claiming) > 1:
            shared.setdefault(claiming, []).append(model)
    return [
        Conflict("warning", f"{_listed(names)} are exclusive and all have {_listed(models)}: only one of them gets it.")
        for names, models in shared.items()
    ]


class _Names:
    """Which route, if any, takes a name, and whether anything else knows it."""

    def __init__(
        self, route: RouteFacts, routes: Iterable[RouteFacts], catalogue: Catalogue, default_backend: str
    ) -> None:
        others = (one for one in routes if one is not route and not (route.id and one.id == route.id))
        self.others = tuple(one for one in others if one.enabled)
        self.catalogue = catalogue
        self.default_backend = default_backend
        every = (route, *self.others)
        self.exact: Mapping[str, RouteFacts] = {one.name: one for one in reversed(every) if "*" not in one.name}
        self.wild = sorted((one for one in every if "*" in one.name), key=lambda one: (-one.fixed, one.name))

    def route_of(self, name: str) -> tuple[RouteFacts, str] | None:
        """The route that takes ``name``, and what its star stands for."""
        if (exact := self.exact.get(name)) is not None:
            return exact, ""
        return next(((one, star) for one in self.wild if (star := one.star_of(name)) is not None), None)

    def provider_of(self, name: str) -> tuple[CompiledProvider, str] | None:
        """The provider a prefix of ``name`` means, and the rest of the name."""
        folded = fold_name(name)
        for end in range(len(folded) - 1, 0, -1):
            if folded[end - 1] in "-:/" and (provider := self.catalogue.by_prefix.get(folded[:end])) is not None:
                return provider, name[end:]
        return None


# --- targets -----------------------------------------------------------------------------------


def _targets(route: RouteFacts, names: _Names) -> Iterator[Conflict]:
    """A target that cannot be called is left out of a plan; without any, calls fail."""
    broken = [why for target in route.targets if (why := _broken(target, names))]
    if not route.targets and route.strategy != AUTO:
        yield Conflict("error", "It has no targets: calls to it fail.")
    elif route.targets and len(broken) == len(route.targets):
        yield Conflict("error", "None of its targets can be called: calls to it fail.")
    for why in broken:
        yield Conflict("warning", why)
    for target in route.targets:
        yield from _unlisted(target, names)


def _broken(target: TargetFacts, names: _Names) -> str:
    """Why ``target`` cannot be called; "" if it can."""
    if target.provider:
        return _off(str(target), names.catalogue.providers.get(target.provider), target.provider)
    if goal_named(target.model) is not None and names.route_of(target.model) is None:
        return f"“{target.model}” cannot be a target: give the route the strategy auto."
    return "" if "*" in target.model else _nameless(target.model, names)


def _nameless(name: str, names: _Names) -> str:
    """Why a name of any kind leads nowhere; "" if it leads somewhere. Looked up as for an app."""
    if names.route_of(name) or goal_named(name) is not None or name in names.catalogue.by_model:
        return ""
    named = names.provider_of(name)
    if named is not None:
        return _off(name, named[0], named[0].name)
    return "" if names.default_backend else f"Nothing is called “{name}”: no route, no model of an active provider."


def _off(shown: str, provider: CompiledProvider | None, name: str) -> str:
    if provider is None:
        return f"{shown}: there is no provider {name}."
    if not provider.enabled:
        return f"{shown}: the provider {name} is off."
    return f"{shown}: the provider {name} is not configured. {provider.problem}" if provider.problem else ""


def _unlisted(target: TargetFacts, names: _Names) -> Iterator[Conflict]:
    """A model that its provider does not list."""
    provider = names.catalogue.providers.get(target.provider)
    model = target.model
    if not target.provider and names.route_of(model) is None and model not in names.catalogue.by_model:
        provider, model = names.provider_of(model) or (None, model)
    if provider is None or not provider.active or not provider.models or "*" in model:
        return
    if model not in provider.models and fold_name(model) not in provider.roles:
        yield Conflict("warning", f"{target}: {provider.name} lists no such model. It is asked all the same.")


def _fallbacks(route: RouteFacts, names: _Names) -> Iterator[Conflict]:
    kinds = (("is too long", route.context_fallback), ("a content policy refused", route.content_fallback))
    for what, name in kinds:
        if not name:
            continue
        led = names.route_of(name)
        if led is not None and led[0] is route:
            yield Conflict("error", f"A request that {what} goes to “{name}”, which is this route again.")
        elif why := _nameless(name, names):
            yield Conflict("warning", f"A request that {what} goes nowhere. {why}")


# --- names that lead back ----------------------------------------------------------------------


def _cycles(route: RouteFacts, names: _Names) -> Iterator[Conflict]:
    if way := _find_cycle(route, names):
        yield Conflict("error", f"Its names lead in a circle: {' → '.join(way)}.")


def _find_cycle(route: RouteFacts, names: _Names) -> tuple[str, ...]:
    """From a name the route takes, through targets without a provider. A wildcard's star is a sign of its own, so that
    only circles are found that every name goes through."""
    seen: set[tuple[int, str]] = set()  # from where no circle was found: many ways may lead to one route

    def walk(at: RouteFacts, star: str, passed: tuple[RouteFacts, ...], way: tuple[str, ...]) -> tuple[str, ...]:
        for target in at.targets:
            if target.provider:
                continue
            name = target.model.replace("*", star)
            led = names.route_of(name)
            if led is None:
                continue
            further = (*way, name.replace(STAR, "*"))
            if led[0] in passed:
                return further
            at_star = (id(led[0]), led[1])
            if at_star in seen or len(seen) >= MOST_SEEN:
                continue
            if circle := walk(*led, (*passed, led[0]), further):
                return circle
            seen.add(at_star)
        return ()

    return walk(route, STAR, (route,), (route.name,))


# --- what the name hides -----------------------------------------------------------------------


def _hidden_models(route: RouteFacts, catalogue: Catalogue) -> Iterator[Conflict]:
    """A name of a model goes to the route, not to the providers that have it: often meant, where they are its
    targets."""
    if "*" not in route.name:
        if route.name in catalogue.by_model:
            providers = _listed([one.name for one in catalogue.by_model[route.name]])
            meant = any(target.model == route.name for target in route.targets)
            text = f"It hides the model “{route.name}” of {providers}: calls to that name come here."
            yield Conflict("note" if meant else "warning", text)
        return
    hidden = sorted(model for model in catalogue.by_model if route.star_of(model) is not None)
    if hidden:
        meant = any("*" in target.model for target in route.targets)
        yield Conflict("note" if meant else "warning", f"It hides {len(hidden)} models: {_listed(hidden)}.")


def _hidden_prefixes(route: RouteFacts, catalogue: Catalogue) -> Iterator[Conflict]:
    """Names that begin with a provider's prefix always mean that provider, unless a route takes them first."""
    first, star, last = route.name.partition("*")
    folded = fold_name(first)
    named = _Names(route, (), catalogue, "").provider_of(route.name)
    if named is not None:
        kind = "names with the prefix" if star else "the name"
        text = f"It takes {kind} “{route.name}” from the provider {named[0].name}, which a prefix always means."
        yield Conflict("warning", text)
    elif star and not last:
        taken = sorted(prefix for prefix in catalogue.by_prefix if prefix.startswith(folded))
        if taken:
            yield Conflict("warning", f"It takes every name with the prefix {_listed(taken)} from its provider.")
    if goal_named(route.name) is not None:
        yield Conflict("note", f"It stands in for the built-in “{route.name}”.")


def _other_routes(route: RouteFacts, names: _Names) -> Iterator[Conflict]:
    for other in names.others:
        if other.name == route.name:
            yield Conflict("error", f"There is another route called “{other.name}”.")
        elif "*" in route.name and "*" in other.name:
            yield from _two_wildcards(route, other)
        elif "*" in other.name and other.star_of(route.name) is not None:
            yield Conflict("note", f"It comes before the route “{other.name}”, which matches its name too.")
        elif "*" in route.name and route.star_of(other.name) is not None:
            yield Conflict("note", f"The route “{other.name}” comes before it for that name.")


def _two_wildcards(route: RouteFacts, other: RouteFacts) -> Iterator[Conflict]:
    if not _overlap(route.name, other.name):
        return
    if route.fixed == other.fixed:
        first = min(route.name, other.name)
        yield Conflict("warning", f"It and the route “{other.name}” match the same names; “{first}” takes them.")
    elif route.fixed > other.fixed:
        yield Conflict("note", f"It comes before the route “{other.name}” where both match: its fixed part is longer.")
    else:
        yield Conflict("note", f"The route “{other.name}” comes before it where both match: its fixed part is longer.")


def _overlap(one: str, other: str) -> bool:
    """Whether some name matches both: of two patterns with one star each, when the ends fit into one another."""
    (first, _, last), (second, _, end) = one.partition("*"), other.partition("*")
    return (first.startswith(second) or second.startswith(first)) and (last.endswith(end) or end.endswith(last))


def _listed(names: Sequence[str]) -> str:
    shown = [*names[:SHOWN], *([f"{len(names) - SHOWN} more"] if len(names) > SHOWN else [])]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"

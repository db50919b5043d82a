"""From a call to its ordered targets, each with the reason it is where it is, and who was dropped and why.

A name with one target costs a look into a dict. All else is chosen from what the request needs, what was measured
lately and which conversation it belongs to; nothing here awaits or asks a database.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from gateway.errors import Forbidden, NoCapableModel
from gateway.inbound import NO_WISHES, Inbound
from gateway.policy.access import forbidden_beside, permission
from gateway.routing.choosing import Chooser, Dropped
from gateway.routing.live import Live
from gateway.routing.names import EXACT, Resolved, resolve
from gateway.routing.rules import Rules
from gateway.routing.sessions import Bindings, Session
from gateway.routing.story import Told, story_of
from gateway.routing.targets import Planned
from gateway.routing.unknown import Allows, anything
from gateway.snapshot import Snapshot
from providers.errors import ProviderUnavailable, SwitchboardError

MOST_NAMES = 20_000  # a caller inventing names must not grow the memory
CHOSEN_ANYWAY = frozenset({"vision", "tools", "json_schema", "audio", "input"})


class Plan:
    """``targets`` in the order they are tried. ``story`` is JSON for the log row; empty where nothing was to be chosen.
    ``session`` tells the pool and the next turn where a conversation belongs."""

    __slots__ = ("_beyond", "_told", "binds", "resolved", "rules", "session", "targets")

    def __init__(
        self,
        targets: tuple[Planned, ...],
        resolved: Resolved,
        rules: Rules,
        *,
        session: Session | None = None,
        binds: str = "",
        told: Told | None = None,
        beyond: Callable[[str], tuple[Planned, ...]] | None = None,
    ) -> None:
        self.targets = targets
        self.resolved = resolved
        self.rules = rules
        self.session = session
        self.binds = binds
        self._told = told
        self._beyond = beyond

    def only(self, able: Callable[[Planned], bool]) -> Plan:
        """The same plan with fewer targets, for what not all of them offer."""
        kept = tuple(one for one in self.targets if able(one))
        return Plan(kept, self.resolved, self.rules, session=self.session, told=self._told)

    def told(self) -> Told:
        """What the story is made of, also where a log row needs none."""
        return self._told or Told(self.resolved, self.targets, (), 0, self.rules, session=self.session)

    @property
    def story(self) -> bytes:
        return story_of(self._told) if self._told is not None else b""

    def context_fallback(self, failed: Planned, left: Sequence[Planned]) -> tuple[Planned, ...]:
        """Where a request goes that was too long for ``failed``: what is left with a larger window, then the route's
        own chain."""
        window = failed.provider.facts_of(failed.model).context_window
        larger = [one for one in left if _is_larger(one, window)]
        route = self.resolved.route
        return (*larger, *self._chain(route.context_fallback if route else ""))

    def content_fallback(self) -> tuple[Planned, ...]:
        """Where a request goes that a content policy refused."""
        route = self.resolved.route
        return self._chain(route.content_fallback if route else "")

    def _chain(self, name: str) -> tuple[Planned, ...]:
        return self._beyond(name) if name and self._beyond is not None else ()


def _is_larger(planned: Planned, window: int | None) -> bool:
    other = planned.provider.facts_of(planned.model).context_window
    return window is not None and other is not None and other > window


class Planner:
    """Plans under one snapshot."""

    def __init__(self, snapshot: Snapshot, live: Live, bindings: Bindings) -> None:
        self.snapshot = snapshot
        self.live = live
        self.bindings = bindings
        self._plain: dict[str, Plan] = {}

    def plan(self, inbound: Inbound) -> Plan:
        """Raises ``UnknownModel``, ``Forbidden`` (nothing the key may call is left), ``NoCapableModel`` (nothing can do
        what is asked) or ``ProviderUnavailable`` (every breaker is open)."""
        kept = self._plain.get(inbound.model)
        if kept is not None and asks_nothing_special(inbound):
            return kept
        resolved = self.resolved(inbound.model, allows=inbound.caller.key.allows)
        permits = permission(inbound)
        if (other := forbidden_beside(inbound)) is not None:
            raise not_allowed(other)
        rules = wished(resolved.rules, inbound)
        group = resolved.group
        if group is not None and group.single and (resolved.bound or not self.snapshot.routes.facts.last_resort):
            return self._only(resolved, next(group.targets()), inbound, permits, rules)
        return self._chosen(resolved, inbound, permits, rules)

    def resolved(self, name: str, *, allows: Allows = anything) -> Resolved:
        """``allows``: which names the caller may be told of where nothing is called ``name``. Raises as ``resolve``."""
        found: Resolved | None = self.snapshot.names.get(name)
        if found is None:
            found = resolve(self.snapshot.catalogue, self.snapshot.routes, name, allows=allows)
            if len(self.snapshot.names) >= MOST_NAMES:
                self.snapshot.names.clear()
            self.snapshot.names[name] = found
        return found

    def _only(
        self,
        resolved: Resolved,
        planned: Planned,
        inbound: Inbound,
        permits: Callable[[Planned], bool] | None,
        rules: Rules,
    ) -> Plan:
        if permits is not None and not permits(planned):
            raise not_allowed(inbound.model)
        binds = len(planned.provider.tokens) > 1 and rules.sticky == "conversation"
        if resolved.route is None and not binds and asks_nothing_special(inbound):
            return self._usual(resolved, planned)
        session = inbound.session if binds else inbound.named
        told = Told(resolved, (planned,), (), 0, rules) if resolved.route is not None else None
        return Plan(
            (planned,), resolved, rules, session=_kept(session, rules), told=told, beyond=self._beyond_of(inbound)
        )

    def _usual(self, resolved: Resolved, planned: Planned) -> Plan:
        """The same for every call that asks nothing special: made once."""
        if len(self._plain) >= MOST_NAMES:
            self._plain.clear()
        kept = self._plain[resolved.name] = Plan((planned,), resolved, resolved.rules)
        return kept

    def _chosen(
        self, resolved: Resolved, inbound: Inbound, permits: Callable[[Planned], bool] | None, rules: Rules
    ) -> Plan:
        session = _kept(inbound.session if rules.sticky == "conversation" else inbound.named, rules)
        bound = binding(inbound, session) if session is not None else ""
        chooser = Chooser(self.snapshot, self.live, inbound, permits, session=bound)
        targets, dropped, more = chooser.over(resolved)
        if not targets:
            targets, dropped = self._instead(resolved, inbound, dropped)
        stuck = self._stuck(targets, bound)
        if stuck is not None:
            targets = [stuck, *(one for one in targets if one.target is not stuck.target)]
        if inbound.wishes.fallback and not resolved.bound:
            targets = self._with_last_resort(targets, inbound, session=bound)
        kept = tuple(targets if inbound.wishes.fallback else targets[:1])
        told = Told(
            resolved, kept, dropped, more, rules,
            goal=chooser.goal, weights=chooser.weights, traits=inbound.traits, session=session,
            sticky=stuck is not None, live=self.live, last_resort=self.snapshot.routes.facts.last_resort,
        )  # fmt: skip
        if not kept:
            error = _none_left(inbound, dropped, permits)
            error.plan = told
            raise error
        return Plan(kept, resolved, rules, session=session, binds=bound, told=told, beyond=self._beyond_of(inbound))

    def _instead(
        self, resolved: Resolved, inbound: Inbound, dropped: Sequence[Dropped]
    ) -> tuple[list[Planned], list[Dropped]]:
        """Who is asked where all were left out, and who still is. What an exact name means is asked even where it is
        thought not to be able: the vendor knows better. What is too long for a route goes along its chain. Raises where
        the key may call nothing of that name."""
        codes = {one.code for one in dropped}
        if codes == {"key"}:
            raise not_allowed(inbound.model)
        if resolved.how == EXACT:
            able = [
                one.planned.because(f"asked anyway: it {one.reason}") for one in dropped if one.code in CHOSEN_ANYWAY
            ]
            return able, [one for one in dropped if one.code not in CHOSEN_ANYWAY]
        chain = resolved.route.context_fallback if resolved.route is not None else ""
        if chain and "input" in codes and inbound.wishes.fallback:
            return list(self._beyond_of(inbound)(chain)), list(dropped)
        return [], list(dropped)

    def _stuck(self, targets: Sequence[Planned], bound: str) -> Planned | None:
        """The target the conversation was at, if it is still one."""
        where = self.bindings.of(bound, seconds=self.snapshot.routes.facts.sticky_seconds) if bound else None
        if where is None:
            return None
        for planned in targets:
            if (planned.provider.id, planned.model) == where:
                return planned.because("this conversation was here before")
        return None

    def _with_last_resort(self, targets: list[Planned], inbound: Inbound, *, session: str) -> list[Planned]:
        """Of what the key may call under that name: it is nothing that the app asked for."""
        name = self.snapshot.routes.facts.last_resort
        found = self._elsewhere(name, inbound, permission(inbound, name), session=session) if name else ()
        known = {(one.provider.id, one.model) for one in targets}
        more = [one.because("the last resort") for one in found if (one.provider.id, one.model) not in known]
        return [*targets, *more]

    def _beyond_of(self, inbound: Inbound) -> Callable[[str], tuple[Planned, ...]]:
        def beyond(name: str) -> tuple[Planned, ...]:
            found = self._elsewhere(name, inbound, permission(inbound), session="")
            return tuple(one.because(f"{one.reason}, by the fallback {name}") for one in found)

        return beyond

    def _elsewhere(
        self, name: str, inbound: Inbound, permits: Callable[[Planned], bool] | None, *, session: str
    ) -> list[Planned]:
        """What another name has for the request; nothing where it leads nowhere: the first error then stands."""
        try:
            return Chooser(self.snapshot, self.live, inbound, permits, session=session).over(self.resolved(name))[0]
        except SwitchboardError:
            return []


def asks_nothing_special(inbound: Inbound) -> bool:
    """Whether its name alone decides: no wishes, no session of its own, a key that may call everything."""
    return inbound.wishes is NO_WISHES and inbound.named is None and not inbound.caller.key.allowed_models


def wished(rules: Rules, inbound: Inbound) -> Rules:
    """The rules with what the app's headers ask for; they only tighten."""
    wishes = inbound.wishes
    said = {
        name: min(asked, getattr(rules, name))
        for name in ("max_attempts", "retries", "deadline")
        if (asked := getattr(wishes, name)) is not None
    }
    if wishes.slow_start is not None:
        said["slow_start"] = min(wishes.slow_start, rules.slow_start) if rules.slow_start else wishes.slow_start
    return rules._replace(**said) if said else rules


def binding(inbound: Inbound, session: Session) -> str:
    """A session's name among all of them: of one key, for one asked name."""
    return f"{inbound.caller.key.id}\0{inbound.model}\0{session.id}"


def _kept(session: Session | None, rules: Rules) -> Session | None:
    return session if rules.sticky != "off" else None


def not_allowed(name: str) -> Forbidden:
    return Forbidden(f"This API key may not call the model `{name}`.", code="model_not_allowed", param="model")


def _none_left(
    inbound: Inbound, dropped: Iterable[Dropped], permits: Callable[[Planned], bool] | None
) -> SwitchboardError:
    """Why no target is left: what can change by itself first, then what was asked. Targets that the key may not call
    are not named."""
    every = list(dropped)
    left = [one for one in every if one.code != "key" and (permits is None or permits(one.planned))]
    codes = {one.code for one in left}
    if "breaker" in codes:
        return ProviderUnavailable(
            f"No target of `{inbound.model}` is available: {_listed(left)}.",
            retry_after=max(1.0, min((one.wait for one in left if one.wait), default=1.0)),
        )
    if every and not left:
        return not_allowed(inbound.model)
    reasons = _listed(left) or "no model can be chosen from"
    return NoCapableModel(f"No target of `{inbound.model}` can answer this request: {reasons}.", param="model")


def _listed(dropped: Sequence[Dropped]) -> str:
    return "; ".join(f"{one.planned.provider.name}:{one.planned.model} {_told(one)}" for one in dropped[:5])


def _told(one: Dropped) -> str:
    """What a breaker opened for may quote a request of another app."""
    return "failed too often lately" if one.code == "breaker" else one.reason

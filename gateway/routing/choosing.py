"""From what a name means to the targets of one request: conditions, strategies, needs, breakers, tokens."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from gateway.errors import NoCapableModel
from gateway.inbound import Inbound
from gateway.routing import strategies
from gateway.routing.compiled import ALWAYS, OTHER_TEAM
from gateway.routing.goals import goal_of
from gateway.routing.live import Live
from gateway.routing.names import Resolved
from gateway.routing.needs import lacking
from gateway.routing.rules import GOALS_OWN, Weights
from gateway.routing.targets import Group, Member, Planned
from gateway.snapshot import Snapshot


class Dropped(NamedTuple):
    """A target that cannot be used for this request. ``wait``: seconds until it may, where that is known."""

    planned: Planned
    code: str
    reason: str
    wait: float = 0.0


class Chooser:
    """For one request. ``goal`` (and who said so) and ``weights`` are those of ``auto``, once something was scored."""

    def __init__(
        self,
        snapshot: Snapshot,
        live: Live,
        inbound: Inbound,
        permits: Callable[[Planned], bool] | None,
        *,
        session: str,
    ) -> None:
        self.snapshot = snapshot
        self.live = live
        self.inbound = inbound
        self.permits = permits
        self.session = session
        self.goal: tuple[str, str] | None = None
        self.weights: dict[str, float] | None = None

    def over(self, resolved: Resolved) -> tuple[list[Planned], list[Dropped], int]:
        """Targets in order, who was dropped, and how many more were."""
        if resolved.group is None:
            return self._over_all(resolved)
        dropped: list[Dropped] = []
        kept = [one for one in self._flat(resolved.group, dropped) if self._usable(one, dropped)]
        return self._rested_last(_once(kept)), dropped, 0

    # --- auto over the whole catalogue -----------------------------------------------------------
    def _over_all(self, resolved: Resolved) -> tuple[list[Planned], list[Dropped], int]:
        if not self.inbound.operation.chats:
            raise NoCapableModel(f"`{resolved.name}` chooses among chat models; name a model here.", param="model")
        weights = resolved.route.weights if resolved.route is not None else GOALS_OWN
        goal = self._goal(resolved.goal, "route" if resolved.route is not None else "name")
        ranked = self.snapshot.shortlists.choose(
            goal, self.inbound.traits, weights, self.live, allowed=self._allowed(), scope=self._scope()
        )
        self._told_weights(goal, weights)
        parameters = resolved.route.parameters if resolved.route is not None else {}
        targets = [
            Planned(provider, model, reason, parameters=parameters, score=score)
            for provider, model, score, reason in ranked.targets
        ]
        dropped = [
            Dropped(Planned(one.provider, one.model, ""), one.code, one.reason, one.wait) for one in ranked.dropped
        ]
        return targets, dropped, ranked.more_dropped

    # --- groups ----------------------------------------------------------------------------------
    def _flat(self, group: Group, dropped: list[Dropped]) -> Iterator[Planned]:
        members = [one for one in group.members if self._meant(one, dropped)]
        if group.strategy == "auto":
            yield from self._scored(group, [planned for one in members for planned in _targets(one)])
            return
        for member in self._ordered(group, members):
            if isinstance(member.node, Planned):
                yield member.node
            else:
                yield from self._flat(member.node, dropped)

    def _meant(self, member: Member, dropped: list[Dropped]) -> bool:
        """Whether its conditions are met."""
        if member.conditions is ALWAYS:
            return True
        inbound = self.inbound
        unmet = member.conditions.unmet(inbound.traits, stream=inbound.operation.stream, team=inbound.caller.team.id)
        if unmet:
            code = "key" if unmet == OTHER_TEAM else "condition"  # the app is not told of what is another team's
            dropped.extend(Dropped(planned, code, unmet) for planned in _targets(member))
        return not unmet

    def _ordered(self, group: Group, members: list[Member]) -> Sequence[Member]:
        if len(members) < 2 or group.strategy == "ordered":
            return members
        return strategies.ordered(
            group.strategy,
            members,
            weight=lambda member: member.weight,
            target=lambda member: _where(next(_targets(member))),
            live=self.live,
            session=self.session,
            turn=group.name or _turn_of(group),
        )

    def _scored(self, group: Group, candidates: Sequence[Planned]) -> Iterator[Planned]:
        goal = self._goal(group.goal, "route")
        ranked = self.snapshot.shortlists.rank(
            [(one.provider, one.model) for one in candidates], goal, self.inbound.traits, group.weights, self.live
        )
        self._told_weights(goal, group.weights)
        by_place = {_where(one): one for one in candidates}
        for provider, model, score, reason in ranked.targets:
            yield by_place[provider.id, model].because(reason, score=score)

    def _goal(self, said: str, who: str) -> str:
        goal = said or goal_of(self.inbound.traits)
        self.goal = (goal, who if said else "request")
        return goal

    def _told_weights(self, goal: str, weights: Weights) -> None:
        self.weights = self.snapshot.shortlists.weights_of(goal, weights)._asdict()

    # --- who may be used ---------------------------------------------------------------------------
    def _usable(self, planned: Planned, dropped: list[Dropped]) -> bool:
        why = self._why_not(planned)
        if why is not None:
            dropped.append(why)
        return why is None

    def _why_not(self, planned: Planned) -> Dropped | None:
        if self.permits is not None and not self.permits(planned):
            return Dropped(planned, "key", "may not be called by this key")
        lacks = lacking(planned.provider.facts_of(planned.model), self.inbound.traits)
        if lacks is not None:
            return Dropped(planned, *lacks)
        blocked = self.live.blocked(planned.provider.id, planned.model)
        if blocked is not None:
            return Dropped(planned, "breaker", blocked.reason, max(0.0, blocked.until - self.live.now()))
        return None

    def _scope(self) -> tuple[str, ...] | None:
        """What stands for the key's permissions in what is kept."""
        return self.inbound.caller.key.allowed_models if self.permits is not None else None

    def _allowed(self) -> Callable[[object, str], bool] | None:
        permits = self.permits
        if permits is None:
            return None
        return lambda provider, model: permits(Planned(provider, model, ""))  # type: ignore[arg-type]

    def _rested_last(self, targets: list[Planned]) -> list[Planned]:
        """Those of whose tokens none may be used now go to the end."""
        if len(targets) < 2:
            return targets
        shares = [self.live.token_share(one.provider) for one in targets]
        if all(shares):
            return targets
        first = [one for one, share in zip(targets, shares, strict=True) if share]
        last = [
            one.because(f"{one.reason}; last, for all its tokens rest")
            for one, share in zip(targets, shares, strict=True)
            if not share
        ]
        return [*first, *last]


def _targets(member: Member) -> Iterator[Planned]:
    if isinstance(member.node, Planned):
        yield member.node
    else:
        yield from member.node.targets()


def _where(planned: Planned) -> tuple[int, str]:
    return planned.provider.id, planned.model


def _turn_of(group: Group) -> str:
    return "\0".join(f"{one.provider.id}:{one.model}" for one in group.targets())


def _once(targets: Sequence[Planned]) -> list[Planned]:
    """A target that a route names twice is tried where it stands first."""
    seen: set[tuple[int, str]] = set()
    return [one for one in targets if not (_where(one) in seen or seen.add(_where(one)))]  # type: ignore[func-returns-value]

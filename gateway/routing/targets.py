"""What a name resolves to: targets, in groups that say how one is chosen among them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from gateway.routing.compiled import ALWAYS, Conditions
from gateway.routing.rules import GOALS_OWN, Weights
from providers.canonical import NOTHING, Target
from providers.catalogue import CompiledProvider
from providers.wires import Wire


class Planned:
    """A target in a plan, with the provider it is at and the reason it is there. ``parameters`` fill in what the app
    left out. ``score`` is a ``gateway.routing.scoring.Score``, where it was scored."""

    __slots__ = ("parameters", "provider", "reason", "score", "target", "weight", "wire")

    def __init__(
        self,
        provider: CompiledProvider,
        model: str,
        reason: str,
        *,
        parameters: Mapping[str, Any] = NOTHING,
        weight: int = 1,
        score: Any = None,
    ) -> None:
        self.provider = provider
        self.target: Target = provider.target(model)
        self.wire: Wire = provider.wire_of(model)
        self.reason = reason
        self.parameters = parameters
        self.weight = weight
        self.score = score

    @property
    def model(self) -> str:
        return self.target.model

    def because(self, reason: str, *, score: Any = None) -> Planned:
        """The same target for another reason; what is shared between calls is never changed."""
        other = Planned.__new__(Planned)
        other.provider, other.target, other.wire = self.provider, self.target, self.wire
        other.parameters, other.weight = self.parameters, self.weight
        other.reason, other.score = reason, score if score is not None else self.score
        return other

    def with_parameters(self, more: Mapping[str, Any]) -> Planned:
        """``more`` holds before what the target has of its own: the name that was asked for knows best."""
        other = self.because(self.reason)
        other.parameters = {**self.parameters, **more}
        return other


@dataclass(frozen=True, slots=True)
class Member:
    """A place in a group: a target, or a group of its own."""

    node: Planned | Group
    weight: int = 1
    conditions: Conditions = ALWAYS


@dataclass(frozen=True, slots=True)
class Group:
    """Places among which ``strategy`` chooses (``gateway.models.Route.Strategy``)."""

    strategy: str
    members: tuple[Member, ...]
    goal: str = ""
    weights: Weights = GOALS_OWN
    name: str = ""

    def targets(self) -> Iterator[Planned]:
        for member in self.members:
            if isinstance(member.node, Planned):
                yield member.node
            else:
                yield from member.node.targets()

    @property
    def single(self) -> bool:
        """Whether there is nothing to choose: one target that may always be used."""
        if len(self.members) != 1 or self.members[0].conditions is not ALWAYS:
            return False
        node = self.members[0].node
        return isinstance(node, Planned) or node.single

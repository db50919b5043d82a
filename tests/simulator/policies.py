"""What is compared: ``auto`` as apps get it, round robin as routes have it, and each provider by itself."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.routing.goals import goal_of
from gateway.routing.rules import GOALS_OWN
from gateway.routing.shortlists import Shortlists
from gateway.routing.strategies import ordered
from gateway.routing.traits import Traits
from tests.simulator.cast import MODEL, catalogue
from tests.simulator.running import Now, Policy
from tests.simulator.world import Request, Setting


def auto(setting: Setting) -> Policy:
    """The model name ``auto``: the goal is that of each request's kind, the weights are the usual ones."""
    shortlists = Shortlists(catalogue(setting.providers))

    def choose(request: Request, now: Now) -> Sequence[int]:
        traits = Traits(kind=request.kind, input=request.given, stream=request.stream)
        found = shortlists.choose(goal_of(traits), traits, GOALS_OWN, now)
        return [placed.provider.id - 1 for placed in found.targets]

    return choose


def round_robin(setting: Setting) -> Policy:
    """As a route has it: those whose breaker is open are left out, those that are to rest come last."""
    numbers = range(len(setting.providers))

    def choose(request: Request, now: Now) -> Sequence[int]:
        order = ordered(
            "round_robin", numbers, weight=lambda _: 1, target=lambda one: (one + 1, MODEL), live=now, turn="all"
        )
        well = [one for one in order if now.blocked(one + 1, MODEL) is None]
        return sorted(well, key=lambda one: now.rests_still(one + 1))

    return choose


def single(number: int) -> Policy:
    """One provider and nothing to fall back to; its retries are the gateway's."""
    return lambda request, now: (number,)

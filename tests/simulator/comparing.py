"""A setting under every policy, and what many settings come to together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import median
from typing import NamedTuple

from tests.simulator.judging import MARGIN, Verdict, verdict
from tests.simulator.policies import auto, round_robin, single
from tests.simulator.running import run
from tests.simulator.world import Setting, setting


class Compared(NamedTuple):
    """``best`` is the single provider of most use, as it is known afterwards; ``cheapest`` and ``fastest`` are those
    that their price lists and medians promise."""

    seed: int
    rate: float
    providers: int
    spells: int
    limited: int
    auto: Verdict
    round_robin: Verdict
    best: Verdict
    cheapest: Verdict
    fastest: Verdict

    @property
    def ahead(self) -> float:
        """Points by which ``auto`` is more useful than the best single provider."""
        return self.auto.utility - self.best.utility


POLICIES: tuple[tuple[str, Callable[[Compared], Verdict]], ...] = (
    ("`auto`", lambda one: one.auto),
    ("round robin", lambda one: one.round_robin),
    ("best single", lambda one: one.best),
    ("cheapest single", lambda one: one.cheapest),
    ("fastest single", lambda one: one.fastest),
)


def compared(seed: int, *, requests: int) -> Compared:
    found = setting(seed, requests=requests)
    alone = [verdict(run(found, single(one.number))) for one in found.providers]
    return Compared(
        seed=seed,
        rate=found.rate,
        providers=len(found.providers),
        spells=sum(len(one.spells) for one in found.providers),
        limited=sum(one.limit > 0 for one in found.providers),
        auto=verdict(run(found, auto(found))),
        round_robin=verdict(run(found, round_robin(found))),
        best=max(alone, key=lambda one: one.utility),
        cheapest=alone[_least(found, lambda number: found.providers[number].output_price)],
        fastest=alone[_least(found, lambda number: _seconds(found, number))],
    )


def _least(found: Setting, key: Callable[[int], float]) -> int:
    return min(range(len(found.providers)), key=key)


def _seconds(found: Setting, number: int) -> float:
    """The median time of an answer of 300 units."""
    one = found.providers[number]
    return one.first + 300 / one.throughput


class Tally(NamedTuple):
    """Of how many settings; ``as_useful`` within the margin, ``ahead`` without it."""

    settings: int
    as_useful: int
    ahead: int
    beats_round_robin: int
    mean_ahead: float
    worst: float


def tally(found: Sequence[Compared]) -> Tally:
    return Tally(
        settings=len(found),
        as_useful=sum(one.ahead >= -MARGIN for one in found),
        ahead=sum(one.ahead >= 0 for one in found),
        beats_round_robin=sum(one.auto.utility > one.round_robin.utility for one in found),
        mean_ahead=sum(one.ahead for one in found) / len(found),
        worst=min(one.ahead for one in found),
    )


class Means(NamedTuple):
    """Over all settings: the mean success, and the medians of cost and p95, which differ by a hundred times between
    settings."""

    success: float
    cost: float
    p95: float
    utility: float


def means(found: Sequence[Compared], of: Callable[[Compared], Verdict]) -> Means:
    all_of = [of(one) for one in found]
    return Means(
        success=sum(one.success for one in all_of) / len(all_of),
        cost=median(one.cost for one in all_of),
        p95=median(one.p95 for one in all_of),
        utility=sum(one.utility for one in all_of) / len(all_of),
    )

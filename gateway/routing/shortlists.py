"""Shortlists: the candidates of ``auto`` from the whole catalogue, sorted out beforehand, so that a request scores
dozens and not thousands.

What a catalogue alone tells (capability, price, needs) is worked out once for each goal and combination of needs; what
the moment tells (speed, failures, tokens) is asked for the few that are left.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import NamedTuple

from gateway.routing.candidates import NEVER, USUAL, Candidate, candidate, candidates_of
from gateway.routing.goals import GOALS, Goal, Parts, parts_of
from gateway.routing.needing import (
    LAST_STEP,
    NOT_ALLOWED,
    NOT_LOCAL,
    Lack,
    Needs,
    doubt_of,
    lack_of,
    needed_window,
    needs_of,
    too_small,
)
from gateway.routing.ranking import Ranked, Unfit, ranked
from gateway.routing.rules import GOALS_OWN, Weights
from gateway.routing.scoring import Moment, capability, cost
from gateway.routing.traits import Traits
from providers.catalogue import Catalogue, CompiledProvider

MOST = 48  # candidates that are scored for a request
MOST_WAITING = 8  # of them, providers that stand in for others
MOST_WIDER = 8  # more of them with room to spare, where many have just enough
MOST_OF_ONE = 6  # of one provider, before the others had their turn: it may be down
MOST_LACKING = 12  # of the best, to tell why they were left out
MOST_KEPT = 2000  # shortlists, with what keys may call
MOST_SCOPES = 64  # goals with weights of routes
USUAL_INPUT = {"large": 80_000}
Allowed = Callable[[CompiledProvider, str], bool]
Place = tuple[CompiledProvider, str]


class Shortlist(NamedTuple):
    """``lacking``: some of the best that cannot; ``all``: how many candidates there were to choose from."""

    candidates: tuple[Candidate, ...]
    lacking: tuple[tuple[Candidate, Lack], ...]
    all: int


class Shortlists:
    """Of one catalogue, for as long as it is the current one. Made off the event loop: it takes some 30 ms for a
    thousand models."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.candidates = candidates_of(catalogue)
        self._at = {(one.provider.id, one.model): one for one in self.candidates}
        self._orders: dict[tuple[str, Parts], tuple[Candidate, ...]] = {}
        self._lists: dict[Hashable, Shortlist] = {}
        self.prepare((name, GOALS_OWN) for name in GOALS)

    def prepare(self, wanted: Iterable[tuple[str, Weights]]) -> None:
        """Works out the usual shortlist of goals and weights (those of routes) before the first request asks for it."""
        for name, weights in wanted:
            goal = GOALS[name]
            self._shortlist(goal, parts_of(goal, weights), Needs(local=goal.local), None, None)

    def weights_of(self, goal: str, weights: Weights = GOALS_OWN) -> Parts:
        """What each part counts, brought to a sum of 1."""
        return parts_of(GOALS[goal], weights)

    def choose(
        self,
        goal: str,
        traits: Traits,
        weights: Weights,
        live: Moment,
        *,
        allowed: Allowed | None = None,
        scope: Hashable = None,
    ) -> Ranked:
        """The best targets of the catalogue for a request. ``allowed`` says what the key may call; ``scope`` stands for
        it in what is kept, so that a key that may call little is not asked about everything each time."""
        wanted = GOALS[goal]
        parts = parts_of(wanted, weights)
        needs = needs_of(traits, local=wanted.local)
        short = self._shortlist(wanted, parts, needs, allowed, scope)
        window = needed_window(traits)
        fitting = [one for one in short.candidates if one.window is None or one.window >= window]
        unfit = [Unfit.of(one, lack) for one, lack in short.lacking]
        if len(fitting) < len(short.candidates):
            tight = (one for one in short.candidates if one.window is not None and one.window < window)
            unfit += [Unfit.of(one, too_small(one.window or 0)) for one in tight]
        return ranked(fitting, wanted, parts, traits, live, unfit=unfit, all_of=short.all)

    def rank(self, places: Sequence[Place], goal: str, traits: Traits, weights: Weights, live: Moment) -> Ranked:
        """All ``places``, the best first: for a route over a few targets of its own. Who lacks something or is blocked
        is for the caller to drop."""
        wanted = GOALS[goal]
        found = [self._candidate(provider, model) for provider, model in places]
        return ranked(found, wanted, parts_of(wanted, weights), traits, live, named=True)

    # --- what is kept ----------------------------------------------------------------------------
    def _candidate(self, provider: CompiledProvider, model: str) -> Candidate:
        """Of a name that no list has, too. Kept: routes name the same few again and again."""
        known = self._at.get((provider.id, model))
        if known is None or known.provider is not provider:
            if len(self._at) > len(self.candidates) + MOST_KEPT:
                self._at = {(one.provider.id, one.model): one for one in self.candidates}
            known = self._at[provider.id, model] = candidate(provider, model)
        return known

    def _shortlist(self, goal: Goal, parts: Parts, needs: Needs, allowed: Allowed | None, scope: Hashable) -> Shortlist:
        if allowed is not None and scope is None:
            return self._made(goal, parts, needs, allowed)
        key = (goal.name, parts, needs, scope if allowed is not None else None)
        found = self._lists.get(key)
        if found is None:
            if len(self._lists) >= MOST_KEPT:
                self._lists.clear()
            found = self._lists[key] = self._made(goal, parts, needs, allowed)
        return found

    def _order(self, goal: Goal, parts: Parts) -> tuple[Candidate, ...]:
        """All candidates, the best of the catalogue first."""
        found = self._orders.get((goal.name, parts))
        if found is None:
            if len(self._orders) >= MOST_SCOPES:
                self._orders.clear()
            given, answered = float(USUAL_INPUT.get(goal.name, 1000)), float(goal.output)

            def worth(one: Candidate) -> tuple[int, float, int, str, str]:
                known = parts.capability * capability(goal, one) + parts.cost * cost(one, given, answered)
                return one.tier, -known, one.provider.priority, one.provider.name, one.model

            found = self._orders[goal.name, parts] = tuple(sorted(self.candidates, key=worth))
        return found

    def _made(self, goal: Goal, parts: Parts, needs: Needs, allowed: Allowed | None) -> Shortlist:
        every = order = self._order(goal, parts)
        if allowed is not None:
            order = tuple(one for one in every if allowed(one.provider, one.model))
            if not order:
                return Shortlist((), tuple((one, NOT_ALLOWED) for one in every[:MOST_LACKING]), len(every))
        able: list[Candidate] = []
        doubtful: list[tuple[Candidate, Lack]] = []
        lacking: list[tuple[Candidate, Lack]] = []
        for one in order:
            lack = lack_of(one, needs)
            doubt = doubt_of(one, needs) if lack is None else None
            if doubt is not None:
                doubtful.append((one, doubt))
            elif lack is not None:
                lacking.append((one, lack))
            else:
                able.append(one)
        if not able:
            able, doubtful = [one for one, _ in doubtful], []
        told = [*doubtful, *(pair for pair in lacking if pair[1] is not NOT_LOCAL or not able)]
        return Shortlist(_best(able, needs), tuple(told[:MOST_LACKING]), len(order))


def _best(order: Sequence[Candidate], needs: Needs) -> tuple[Candidate, ...]:
    """The first of each tier, spread over providers, and some with wider windows."""
    usual = [one for one in order if one.tier == USUAL]
    waiting = [one for one in order if USUAL < one.tier < NEVER]
    simulated = [one for one in order if one.tier == NEVER]
    found = _spread(usual, MOST)
    found += _spread(waiting, MOST_WAITING if found else MOST)
    found += simulated[:2]
    if needs.step:
        known = {id(one) for one in found}
        wider = needs._replace(step=min(needs.step + 1, LAST_STEP))
        more = (one for one in usual if id(one) not in known and lack_of(one, wider) is None and one.window)
        found += [one for one, _ in zip(more, range(MOST_WIDER), strict=False)]
    return tuple(found)


def _spread(order: Sequence[Candidate], most: int) -> list[Candidate]:
    counts: dict[int, int] = {}
    first: list[Candidate] = []
    rest: list[Candidate] = []
    for one in order:
        count = counts[one.provider.id] = counts.get(one.provider.id, 0) + 1
        (first if count <= MOST_OF_ONE else rest).append(one)
        if len(first) == most:
            return first
    return [*first, *rest[: most - len(first)]]

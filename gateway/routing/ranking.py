"""Candidates put in order for one request at this moment: scores, who cannot be used now, and the seldom try of one
that nobody has heard of lately.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from gateway.routing.candidates import Candidate
from gateway.routing.goals import Goal, Parts
from gateway.routing.needing import Lack
from gateway.routing.scoring import (
    HOPE_GROWS,
    HOPED,
    Measured,
    Moment,
    Score,
    availability,
    capability,
    cost,
    expected,
    is_failing,
    note,
    performance,
    scored,
)
from gateway.routing.traits import Traits
from providers.catalogue import CompiledProvider

MOST_TARGETS = 12
TRIED_SHARE = 0.03  # of all requests, at most, go to a target only to hear of it: fewer than could move a p95
SHORT_ANSWER = 150.0  # units; the longer the answer will be, the more seldom
NOT_LATELY = 20.0  # seconds without a call after which one may
TWIN = 0.03  # difference in score at which two accounts at one vendor are alike, and share a model's calls by weight


class Placed(NamedTuple):
    provider: CompiledProvider
    model: str
    score: Score
    reason: str


class Unfit(NamedTuple):
    """Who is left out, and why: ``code`` as in a plan's story; ``wait`` in seconds where it will pass."""

    provider: CompiledProvider
    model: str
    code: str
    reason: str
    wait: float = 0.0

    @classmethod
    def of(cls, one: Candidate, lack: Lack) -> Unfit:
        return cls(one.provider, one.model, lack.code, lack.reason)


class Ranked(NamedTuple):
    """``targets`` in the order they would be tried. ``dropped`` are some, ``more_dropped`` counts the others."""

    targets: list[Placed]
    dropped: list[Unfit]
    more_dropped: int


class _Scored(NamedTuple):
    """Sorts by what comes first: well before failing, usual before waiting, better before worse."""

    behind: int
    tier: int
    total: float  # negative
    place: int
    one: Candidate
    parts: tuple[float, float, float, float]
    measured: Measured | None
    why: str


def ranked(
    candidates: Sequence[Candidate],
    goal: Goal,
    parts: Parts,
    traits: Traits,
    live: Moment,
    *,
    unfit: Sequence[Unfit] = (),
    all_of: int = 0,
    named: bool = False,
) -> Ranked:
    """``named``: these targets were named by somebody, so all of them are kept, whatever their breakers say."""
    found: list[_Scored] = []
    blocked: list[Unfit] = []
    given, answered = expected(goal, traits)
    shares: dict[int, float] = {}
    now = live.now()
    for place, one in enumerate(candidates):
        provider, model = one.provider, one.model
        if not named and (stop := live.blocked(provider.id, model)) is not None:
            blocked.append(Unfit(provider, model, "breaker", stop.reason, max(0.0, stop.until - now)))
            continue
        share = shares.get(provider.id)
        if share is None:
            share = shares[provider.id] = live.token_share(provider)
        measured = live.measured(provider.id, model)
        why = "" if measured is None else is_failing(measured, now)
        values = (
            capability(goal, one),
            cost(one, given, answered),
            performance(measured, answered, stream=traits.stream),
            availability(measured, share),
        )
        behind = 0 if not why and share else 1 if share else 2
        tier = 0 if named else one.tier
        found.append(_Scored(behind, tier, -scored(parts, values), place, one, values, measured, why))
    found.sort()
    tried = _front(found, parts, live, now, answered)
    targets = [
        _placed(each, index, len(found), tried=tried)
        for index, each in enumerate(found if named else found[:MOST_TARGETS])
    ]
    dropped = [*blocked, *unfit][:MOST_TARGETS]
    more = max(0, max(all_of, len(candidates)) - len(targets) - len(dropped))
    return Ranked(targets, dropped, more)


def _front(found: list[_Scored], parts: Parts, live: Moment, now: float, answered: float) -> str:
    """Puts another than the best first, where that is due; says why, or ""."""
    if len(found) < 2:
        return ""
    if live.random.random() * max(1.0, answered / SHORT_ANSWER) < TRIED_SHARE:
        hopeful = _hopeful(found, parts, now)
        if hopeful is not None:
            found.remove(hopeful)
            found.insert(0, hopeful)
            return "tried to hear how it does now"
    twins = _twins(found)
    if len(twins) > 1:
        weights = [max(1, one.one.provider.weight) for one in twins]
        chosen = live.random.choices(twins, weights)[0]
        if chosen is not found[0]:
            found.remove(chosen)
            found.insert(0, chosen)
            return "shares with accounts as good, by weight"
    return ""


def _hopeful(found: Sequence[_Scored], parts: Parts, now: float) -> _Scored | None:
    """Of those not heard of lately that may be better than the best, the one not heard of for longest."""
    best = found[0]
    chosen, longest = None, NOT_LATELY
    for each in found[1:]:
        measured = each.measured
        since = now if measured is None else now - measured.last_at
        if since < longest or each.tier > best.tier or each.behind > 1 or (measured is not None and measured.in_flight):
            continue
        if scored(parts, (each.parts[0], each.parts[1], _hope(each, since), 1.0)) > -best.total:
            chosen, longest = each, since
    return chosen


def _hope(each: _Scored, since: float) -> float:
    """How well it may perform by now: the longer ago it was measured, the more."""
    known = each.parts[2]
    return max(known, HOPED + (known - HOPED) * float(2.0 ** (-since / HOPE_GROWS)))


def _twins(found: Sequence[_Scored]) -> list[_Scored]:
    """The best, and the same model at other accounts of its vendor that are about as good."""
    best = found[0]
    model, vendor = best.one.model, best.one.provider.vendor.slug
    return [
        each
        for each in found
        if each.one.model == model
        and each.one.provider.vendor.slug == vendor
        and (each.behind, each.tier, each.parts[1]) == (best.behind, best.tier, best.parts[1])
        and each.total - best.total <= TWIN
    ]


def _placed(each: _Scored, index: int, of: int, *, tried: str) -> Placed:
    total = -each.total
    said = f"score {total:.2f}, " + ("the best" if index == 0 and not tried else f"{_nth(index + 1)}") + f" of {of}"
    if index == 0 and tried:
        said = f"{tried}: score {total:.2f} of {of}"
    odd = note(each.one)
    for more in (each.why and f"behind: {each.why}", each.behind == 2 and "last: its tokens rest", odd):
        if more:
            said += f"; {more}"
    return Placed(each.one.provider, each.one.model, Score(total, *each.parts, odd), said)


def _nth(number: int) -> str:
    return {1: "1st", 2: "2nd", 3: "3rd"}.get(number, f"{number}th")

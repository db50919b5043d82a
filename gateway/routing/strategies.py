"""The orders in which a group's few targets are tried: weighted, round robin, least busy, lowest latency.

``ordered`` is as they stand, and ``auto`` is in ``gateway.routing.ranking``. Whatever comes first, all of them are in
the order, so that the next one is tried when it fails.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import blake2b
from math import inf, log
from typing import TypeVar

from gateway.routing.scoring import Measured, Moment, is_failing

T = TypeVar("T")
Weight = Callable[[T], int]
Where = Callable[[T], tuple[int, str]]  # provider id, model
MOST_TURNS = 10_000
TRIED_SHARE = 0.05  # of requests, where a target has not been measured yet
KNOWN_CALLS = 0.5  # by their weight: of fewer, nothing is known today


def ordered(
    strategy: str,
    members: Sequence[T],
    *,
    weight: Weight[T],
    target: Where[T],
    live: Moment,
    session: str = "",
    turn: str = "",
) -> list[T]:
    """``members`` in the order ``strategy`` tries them. ``session`` keeps a conversation's share of a weighted group at
    one target, the same in every process; ``turn`` names whose turn it is."""
    match strategy:
        case "weighted":
            return _weighted(members, weight, target, live, session)
        case "round_robin":
            return _round_robin(members, live, turn)
        case "least_busy":
            return _least_busy(members, weight, target, live)
        case "lowest_latency":
            return _lowest_latency(members, target, live)
    return list(members)


def _weighted(members: Sequence[T], weight: Weight[T], target: Where[T], live: Moment, session: str) -> list[T]:
    """Drawn by weight without putting back (Efraimidis and Spirakis, 2006); by a session's hash it is rendezvous
    hashing: where a target goes away, only its own conversations move. Weight 0 comes last."""

    def key(member: T) -> float:
        share = weight(member)
        drawn = _hashed(session, target(member)) if session else live.random.random()
        return log(drawn or 1e-300) / share if share > 0 else -inf

    return sorted(members, key=key, reverse=True)


def _hashed(session: str, where: tuple[int, str]) -> float:
    """Evenly between 0 and 1."""
    digest = blake2b(f"{session}\0{where[0]}\0{where[1]}".encode("utf-8", "replace"), digest_size=8).digest()
    return (int.from_bytes(digest) + 0.5) / 2.0**64


def _round_robin(members: Sequence[T], live: Moment, turn: str) -> list[T]:
    """Each process counts by itself, from a beginning of its own."""
    turns = live.turns
    if turn not in turns and len(turns) >= MOST_TURNS:
        turns.clear()
    count = turns.get(turn)
    if count is None:
        count = live.random.randrange(len(members))
    turns[turn] = count + 1
    first = count % len(members)
    return [*members[first:], *members[:first]]


def _least_busy(members: Sequence[T], weight: Weight[T], target: Where[T], live: Moment) -> list[T]:
    """Fewest calls in flight for its weight; chance decides between equals. One that fails at once is never busy, so
    that failing ones go last."""
    now = live.now()

    def key(member: T) -> tuple[bool, float, float]:
        measured = live.measured(*target(member))
        busy = measured.in_flight if measured is not None else 0
        return _fails(measured, now), busy / max(weight(member), 0.01), live.random.random()

    return sorted(members, key=key)


def _lowest_latency(members: Sequence[T], target: Where[T], live: Moment) -> list[T]:
    """The shortest time to the first content, of whole replies to all of it. One that nothing is known of stands behind
    those that are known, and comes first in a few requests, so that something will be. Failing ones go last."""
    now = live.now()
    found = [(member, live.measured(*target(member))) for member in members]
    times = [_seconds(measured) for _, measured in found]
    curious = any(time is None for time in times) and live.random.random() < TRIED_SHARE

    def key(place: int) -> tuple[bool, float, int]:
        time, measured = times[place], found[place][1]
        if time is None and curious and not (measured is not None and measured.in_flight):
            time = -1.0
        return _fails(measured, now), inf if time is None else time, place

    return [members[place] for place in sorted(range(len(members)), key=key)]


def _seconds(measured: Measured | None) -> float | None:
    if measured is None or measured.calls < KNOWN_CALLS:
        return None
    return measured.first_s if measured.first_s is not None else measured.seconds


def _fails(measured: Measured | None, now: float) -> bool:
    return measured is not None and bool(is_failing(measured, now))

"""The orders of a group's targets: weighted, round robin, least busy, lowest latency."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple

import pytest

from gateway.routing.strategies import TRIED_SHARE, ordered
from providers.catalogue import Catalogue
from tests.gateway.routing.cast import NOW, Fixed, Moment, Seen


class Place(NamedTuple):
    name: str
    weight: int = 1


@dataclass
class Now(Moment):
    """By the model's name: here it is the place's."""

    catalogue: Catalogue = field(default_factory=Catalogue)

    def measured(self, provider_id: int, model: str) -> Seen | None:
        return self.seen.get(model)


def order(strategy: str, places: list[Place], live: Now, *, session: str = "", turn: str = "t") -> list[str]:
    found = ordered(
        strategy,
        places,
        weight=lambda one: one.weight,
        target=lambda one: (1, one.name),
        live=live,
        session=session,
        turn=turn,
    )
    assert sorted(found) == sorted(places)  # all are tried, each once
    return [one.name for one in found]


ABC = [Place("a"), Place("b"), Place("c")]


def test_ordered_is_as_they_stand() -> None:
    assert order("ordered", ABC, Now()) == ["a", "b", "c"]


def test_weighted_shares_by_weight_and_weight_0_is_last() -> None:
    live = Now(random=Random(1))
    places = [Place("a", 3), Place("b", 1), Place("never", 0)]
    found = [order("weighted", places, live) for _ in range(4000)]
    assert 0.72 < sum(one[0] == "a" for one in found) / 4000 < 0.78
    assert {one[-1] for one in found} == {"never"}


def test_a_session_keeps_its_place_and_sessions_share_by_weight() -> None:
    places = [Place("a", 3), Place("b", 1)]
    first = {
        session: order("weighted", places, Now(random=Random(1)), session=session) for session in map(str, range(2000))
    }
    again = {session: order("weighted", places[::-1], Now(random=Random(2)), session=session) for session in first}
    assert first == again
    assert 0.71 < sum(one[0] == "a" for one in first.values()) / 2000 < 0.79


def test_where_a_target_goes_only_its_own_sessions_move() -> None:
    live = Now()
    for session in map(str, range(300)):
        whole = order("weighted", ABC, live, session=session)
        assert order("weighted", [one for one in ABC if one.name != whole[-1]], live, session=session) == whole[:-1]


def test_round_robin_gives_each_its_turn() -> None:
    live = Now(random=Random(4))
    found = [order("round_robin", ABC, live) for _ in range(6)]
    assert Counter(one[0] for one in found) == {"a": 2, "b": 2, "c": 2}
    assert {"".join(one) for one in found} == {"abc", "bca", "cab"}
    other = [order("round_robin", ABC, live, turn="other")[0] for _ in range(3)]
    assert sorted(other) == ["a", "b", "c"]


def test_least_busy_goes_by_calls_in_flight_for_the_weight() -> None:
    seen = {"a": Seen(in_flight=4), "b": Seen(in_flight=3), "c": Seen(in_flight=1)}
    assert order("least_busy", ABC, Now(seen=seen)) == ["c", "b", "a"]
    assert order("least_busy", [Place("a", 8), Place("b", 1)], Now(seen=seen))[0] == "a"
    live = Now(random=Random(1))
    assert set(Counter(order("least_busy", ABC, live)[0] for _ in range(60))) == {"a", "b", "c"}


def test_lowest_latency_goes_by_the_first_content() -> None:
    seen = {"a": Seen(first_s=0.9), "b": Seen(first_s=0.2), "c": Seen(first_s=None, seconds=0.5)}
    assert order("lowest_latency", ABC, Now(seen=seen)) == ["b", "c", "a"]


def test_one_that_was_not_measured_comes_first_in_a_few_requests() -> None:
    seen = {"a": Seen(first_s=0.9), "b": Seen(first_s=0.2)}
    assert order("lowest_latency", ABC, Now(seen=seen, random=Fixed(0.9))) == ["b", "a", "c"]
    assert order("lowest_latency", ABC, Now(seen=seen, random=Fixed(0.0))) == ["c", "b", "a"]
    live = Now(seen=seen, random=Random(1))
    share = sum(order("lowest_latency", ABC, live)[0] == "c" for _ in range(4000)) / 4000
    assert TRIED_SHARE * 0.7 < share < TRIED_SHARE * 1.3
    waiting = {**seen, "c": Seen(calls=0.0, first_s=None, seconds=None, in_flight=1)}
    assert order("lowest_latency", ABC, Now(seen=waiting, random=Fixed(0.0)))[0] == "b"


@pytest.mark.parametrize("strategy", ["least_busy", "lowest_latency"])
def test_one_that_fails_at_once_draws_no_calls(strategy: str) -> None:
    seen = {
        "a": Seen(in_flight=0, first_s=0.01, calls=50, failure_rate=0.9),
        "b": Seen(in_flight=9, first_s=3.0),
        "c": Seen(in_flight=0, first_s=0.01, in_a_row=4, last_at=NOW),
    }
    assert order(strategy, ABC, Now(seen=seen))[0] == "b"

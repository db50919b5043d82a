"""Uptime against a count of single seconds."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from monitoring.health.uptime import Repair, Stretch, mean_recovery, times

seconds = st.integers(0, 200)
stretches = st.lists(
    st.builds(Stretch, st.sampled_from(["healthy", "degraded", "down"]), seconds, seconds), max_size=20
)


@given(stretches, seconds, seconds)
def test_each_watched_second_counts_once_and_the_worse_word_holds(found: list[Stretch], since: int, until: int) -> None:
    watched = down = 0
    for second in range(since, until):
        words = {one.status for one in found if one.began <= second < one.until}
        watched += bool(words)
        down += "down" in words
    told = times(found, since=since, until=until)
    assert (told.watched, told.down) == (watched, down)
    assert told.share == (1 - down / watched if watched else None)


def test_time_that_nobody_watched_counts_neither_way() -> None:
    found = [Stretch("healthy", 0, 10), Stretch("down", 90, 100)]
    assert times(found, since=0, until=1000).share == 0.5


def test_recovery_is_the_mean_of_what_ended_healthy() -> None:
    assert mean_recovery([Repair(10, 40), Repair(100, 110), Repair(None, 50), Repair(7, None)]) == 20
    assert mean_recovery([]) is None

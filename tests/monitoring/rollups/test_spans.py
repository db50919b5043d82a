"""A span is made of the fewest rows that hold it; steps begin where they should."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.models import RollupState
from monitoring.rollups.grains import minute_of, moment_of
from monitoring.rollups.spans import pieces, steps

NEVER = RollupState(minutes_from=0, hours_from=0)
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
moments = st.integers(0, 60 * 24 * 60).map(lambda minutes: BEGIN + minutes * MINUTE)


@given(moments, moments)
def test_pieces_hold_each_minute_once(since: datetime, until: datetime) -> None:
    held = [
        minute
        for piece in pieces(since, until, NEVER)
        for minute in range(piece.since, piece.until)
        if piece.since % piece.grain.unit == 0 and piece.until % piece.grain.unit == 0
    ]
    assert held == list(range(minute_of(since), minute_of(until)))


@given(moments, moments)
def test_pieces_are_few_rows(since: datetime, until: datetime) -> None:
    rows = sum((piece.until - piece.since) // piece.grain.unit for piece in pieces(since, until, NEVER))
    assert rows <= 2 * 59 + 2 * 23 + max(0, (until - since) // DAY)


def test_a_span_is_widened_to_what_was_kept_of_it() -> None:
    since, until = BEGIN + timedelta(hours=5, minutes=17, seconds=3), BEGIN + timedelta(hours=8, minutes=2)
    no_minutes = RollupState(minutes_from=minute_of(BEGIN + DAY), hours_from=0)
    no_hours = RollupState(minutes_from=minute_of(BEGIN + DAY), hours_from=minute_of(BEGIN + DAY))
    for state, first, last in (
        (NEVER, BEGIN + timedelta(hours=5, minutes=17), until),
        (no_minutes, BEGIN + 5 * HOUR, BEGIN + 9 * HOUR),
        (no_hours, BEGIN, BEGIN + DAY),
    ):
        found = pieces(since, until, state)
        assert (moment_of(found[0].since), moment_of(found[-1].until)) == (first, last)


@pytest.mark.parametrize(
    "length, step, points",
    [
        (timedelta(minutes=10), MINUTE, 10),
        (HOUR, MINUTE, 60),
        (6 * HOUR, 2 * MINUTE, 180),
        (DAY, 15 * MINUTE, 96),
        (7 * DAY, HOUR, 168),
        (30 * DAY, 3 * HOUR, 240),
        (90 * DAY, 12 * HOUR, 180),
        (365 * DAY, DAY, 365),
        (3650 * DAY, 14 * DAY, 262),
    ],
)
def test_the_step_suits_the_length(length: timedelta, step: timedelta, points: int) -> None:
    found = steps(BEGIN - length, BEGIN, None, NEVER)
    assert (found.step * MINUTE, len(list(found))) == (step, points)
    several = steps(BEGIN - length, BEGIN, None, NEVER, several=True)
    assert len(list(several)) <= 101


@given(moments, moments, st.sampled_from([MINUTE, 7 * MINUTE, HOUR, 5 * HOUR, DAY, 3 * DAY, 7 * DAY]))
def test_steps_are_aligned_and_hold_the_span(since: datetime, until: datetime, step: timedelta) -> None:
    wide = RollupState(minutes_from=minute_of(BEGIN), hours_from=0)
    try:
        found = [moment_of(at) for at in steps(since, until, step, wide)]
    except ValueError:
        assert (until - since) / step > 4998
        return
    if since < until:
        assert found[0] <= since < found[0] + step and found[-1] < until <= found[-1] + step
        assert {after - before for before, after in pairwise(found)} <= {step}
        assert step != 7 * DAY or found[0].weekday() == 0
    else:
        assert len(found) <= 1


def test_a_step_finer_than_what_was_kept_is_as_long_as_that() -> None:
    state = RollupState(minutes_from=minute_of(BEGIN), hours_from=minute_of(BEGIN - 90 * DAY))
    for back, step, expected in ((0, 5, 5), (1, 5, 60), (1, 90, 120), (100, 60, 1440), (100, 1440, 1440)):
        since = BEGIN - back * DAY
        assert steps(since, since + DAY, step * MINUTE, state).step == expected


@pytest.mark.parametrize("step", [timedelta(0), timedelta(seconds=30), timedelta(seconds=90), -MINUTE])
def test_a_step_that_is_no_number_of_minutes_is_refused(step: timedelta) -> None:
    with pytest.raises(ValueError, match="whole number of minutes"):
        steps(BEGIN, BEGIN + DAY, step, NEVER)


def test_too_many_points_are_refused() -> None:
    with pytest.raises(ValueError, match="5000"):
        steps(BEGIN, BEGIN + 365 * DAY, MINUTE, NEVER)


def test_any_span_has_steps() -> None:
    found = steps(datetime(1, 1, 2, tzinfo=UTC), datetime.max.replace(tzinfo=UTC), None, NEVER)
    assert 200 < len(list(found)) <= 402

"""Periods in UTC: every moment lies in exactly one of each kind."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.budgets.periods import DAY, MONTH, TOTAL, WEEK, at, epoch, iso, period_end, period_start

moments = st.floats(0, 4_102_444_800, allow_nan=False)  # until 2100
kinds = st.sampled_from([DAY, WEEK, MONTH])


def stamp(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


@settings(deadline=None)
@given(kinds, moments)
def test_every_moment_lies_in_exactly_one_period(kind: str, now: float) -> None:
    start = period_start(kind, now)
    end = period_end(kind, start)
    assert start <= now < end
    assert period_start(kind, start) == start == period_start(kind, end - 1)
    assert period_start(kind, end) == end


@settings(deadline=None)
@given(kinds, moments)
def test_periods_begin_at_midnight_and_on_a_monday_or_the_first(kind: str, now: float) -> None:
    begins = at(period_start(kind, now))
    assert (begins.hour, begins.minute, begins.second, begins.microsecond) == (0, 0, 0, 0)
    assert kind != WEEK or begins.weekday() == 0
    assert kind != MONTH or begins.day == 1
    assert epoch(begins) == period_start(kind, now)


@pytest.mark.parametrize(
    ("kind", "now", "start", "end"),
    [
        (DAY, "2026-02-28T23:59:59", "2026-02-28", "2026-03-01"),
        (WEEK, "2026-03-01T12:00:00", "2026-02-23", "2026-03-02"),
        (WEEK, "2026-03-02T00:00:00", "2026-03-02", "2026-03-09"),
        (MONTH, "2024-02-29T05:00:00", "2024-02-01", "2024-03-01"),
        (MONTH, "2026-12-31T23:59:59", "2026-12-01", "2027-01-01"),
    ],
)
def test_known_periods_are_those(kind: str, now: str, start: str, end: str) -> None:
    found = period_start(kind, stamp(now))
    assert (found, period_end(kind, found)) == (stamp(start), stamp(end))


def test_the_period_of_a_total_begins_once_and_never_ends() -> None:
    assert period_start(TOTAL, stamp("2026-01-01")) == 0
    assert period_end(TOTAL, 0) == math.inf and iso(math.inf) is None

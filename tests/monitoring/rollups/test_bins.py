"""Quantiles from bins are right to a quarter, and both databases put a duration into the same bin as Python does."""

from __future__ import annotations

import math
from bisect import bisect_right

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from monitoring.rollups import bins

durations = st.integers(bins.FIRST_US, bins.EDGES[-1] - 1)


def counted(values: list[int]) -> list[int | None]:
    counts: list[int | None] = [None] * bins.COUNT
    for value in values:
        place = bisect_right(bins.EDGES, value)
        counts[place] = (counts[place] or 0) + 1
    return counts


@given(st.lists(durations, min_size=1, max_size=60), st.integers(1, 100))
def test_a_quantile_is_right_to_a_quarter(values: list[int], percent: int) -> None:
    exact = sorted(values)[math.ceil(percent * len(values) / 100) - 1] / 1000
    (found,) = bins.quantiles(counted(values), [percent])
    assert found is not None and exact / 1.2501 <= found <= exact * 1.2501


@given(st.lists(durations, min_size=1, max_size=60))
def test_quantiles_do_not_fall(values: list[int]) -> None:
    found = [value or 0 for value in bins.quantiles(counted(values), range(1, 101))]
    assert found == sorted(found)


def test_nothing_counted_is_no_quantile() -> None:
    assert bins.quantiles([None] * bins.COUNT, (50, 99)) == [None, None]


def test_what_is_quicker_than_the_first_bin_or_slower_than_the_last_has_a_quantile_too() -> None:
    (quick,), (slow,) = (bins.quantiles(counted([value]), [50]) for value in (10, 10**12))
    assert quick is not None and 0 < quick < 2
    assert slow is not None and slow >= bins.EDGES[-1] / 1000


def test_the_edges_reach_from_two_milliseconds_to_nine_minutes() -> None:
    assert bins.EDGES[0] == 2_000
    assert 8.5 * 60 < bins.EDGES[-1] / 1e6 < 9.5 * 60
    assert len(bins.EDGES) == bins.COUNT - 1


@pytest.mark.django_db
def test_the_database_finds_the_same_bin() -> None:
    values = sorted({0, 1, 10**12, *bins.EDGES, *(edge - 1 for edge in bins.EDGES)})
    rows = " UNION ALL ".join(f"SELECT {value} AS us" for value in values)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT us, {bins.bin_sql('us')} FROM ({rows}) r")
        found = {int(us): int(number) for us, number in cursor.fetchall()}
    assert found == {value: bisect_right(bins.EDGES, value) for value in values}

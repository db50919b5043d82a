"""Distributions of durations: counts in fixed bins, each a quarter wider than the one before. Counts of any rows may be
added up, and a quantile read from the sums is within its bin: right to a quarter of its value."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate

FIRST_US = 2_000  # what is below is one bin
GROWTH = 1.25
COUNT = 58  # the last one begins at nine minutes and is open

EDGES = [round(FIRST_US * GROWTH**step) for step in range(COUNT - 1)]  # microseconds; bin i is from EDGES[i - 1] on


def names(prefix: str) -> list[str]:
    """The columns of a distribution, in order."""
    return [f"{prefix}{number:02}" for number in range(COUNT)]


def bin_sql(value: str) -> str:
    """The number of the bin that the expression ``value``, in microseconds, is in, for either database."""
    return _tree(value, 0, COUNT - 1)


def _tree(value: str, first: int, last: int) -> str:
    if first == last:
        return str(first)
    middle = (first + last) // 2
    lower, upper = _tree(value, first, middle), _tree(value, middle + 1, last)
    return f"CASE WHEN {value} < {EDGES[middle]} THEN {lower} ELSE {upper} END"


def quantiles(counts: Sequence[int | None], percents: Sequence[int]) -> list[float | None]:
    """Milliseconds that each percentage of all were not longer than; ``None`` where nothing was counted. Inside a bin
    the durations are taken to lie evenly on a logarithmic scale."""
    upto = list(accumulate(int(count or 0) for count in counts))
    if not upto or not upto[-1]:
        return [None] * len(percents)
    return [_at_rank(upto, max(1, -(-percent * upto[-1] // 100))) for percent in percents]


def _at_rank(upto: Sequence[int], rank: int) -> float:
    number = bisect_left(upto, rank)
    before = upto[number - 1] if number else 0
    share = (rank - before - 0.5) / (upto[number] - before)
    if number == 0:
        return share * FIRST_US / 1000
    return float(EDGES[number - 1] * GROWTH**share / 1000)

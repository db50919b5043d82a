"""Which stretch of time an address means."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.dashboards.spans import RANGES, USUAL, between, floor, read, step_for

NOW = datetime(2026, 3, 18, 14, 37, 21, tzinfo=UTC)
moments = st.datetimes(datetime(2021, 1, 1), datetime(2099, 1, 1), timezones=st.just(UTC))


@pytest.mark.parametrize("one", RANGES, ids=lambda one: one.name)
@given(now=moments)
def test_a_range_ends_with_the_step_that_holds_now_and_has_points_enough_to_draw(one: object, now: datetime) -> None:
    chosen = read({"range": one.name}, now=now)  # type: ignore[attr-defined]
    assert chosen.span.since < now < chosen.span.until <= now + timedelta(days=1)
    assert 40 <= chosen.span.length / chosen.step <= 400
    assert chosen.span.since == floor(chosen.span.since, chosen.step)
    assert (chosen.before.until, chosen.before.length) == (chosen.span.since, chosen.span.length)


def test_without_a_word_the_usual_range_is_shown() -> None:
    chosen = read({}, now=NOW)
    assert (chosen.name, chosen.problem) == (USUAL, "")
    assert chosen.span.until == datetime(2026, 3, 18, 14, 45, tzinfo=UTC)


@pytest.mark.parametrize(
    ("query", "word"),
    [
        ({"range": "2h"}, "no such range"),
        ({"from": "yesterday"}, "cannot be read for from"),
        ({"from": "2026-03-01", "to": "x" * 999}, "cannot be read for to"),
        ({"to": "2026-03-01"}, "from when"),
        ({"from": "2026-03-10", "to": "2026-03-01"}, "after the beginning"),
        ({"from": "2026-03-10", "to": "2026-03-09T10:00"}, "after the beginning"),
        ({"from": "2026-04-01"}, "before now"),
        ({"from": "2019-01-01", "to": "2019-02-01"}, "before 2020"),
        ({"from": "2020-01-02", "to": "2025-01-01"}, "At most"),
        ({"from": "0001-01-01"}, "too far away"),
        ({"from": "9999-12-31T23:59:59-14:00"}, "cannot be read"),
    ],
)
def test_what_cannot_be_read_is_told_and_the_usual_range_shown(query: dict[str, str], word: str) -> None:
    chosen = read(query, now=NOW)
    assert word in chosen.problem
    assert chosen.name == USUAL


def test_from_and_to_may_be_days_or_minutes() -> None:
    days = read({"from": "2026-03-01", "to": "2026-03-02"}, now=NOW)
    assert (days.span.since.day, days.span.until.day, days.words) == (1, 3, "1–2 Mar 2026")
    minutes = read({"from": "2026-03-18T09:00", "to": "2026-03-18T10:30"}, now=NOW)
    assert minutes.span.length == timedelta(minutes=90)
    assert minutes.words == "18 Mar 2026 09:00 to 18 Mar 2026 10:30"
    zoned = read({"from": "2026-03-18T09:00+02:00", "to": "2026-03-18T10:00Z"}, now=NOW)
    assert zoned.span.since.hour == 7


def test_an_end_that_is_still_to_come_is_now() -> None:
    chosen = read({"from": "2026-03-18", "to": "2026-03-30"}, now=NOW)
    assert chosen.span.until == datetime(2026, 3, 18, 14, 38, tzinfo=UTC)


@given(since=st.text(max_size=30), until=st.text(max_size=30), name=st.text(max_size=5))
def test_no_text_breaks_it(since: str, until: str, name: str) -> None:
    for query in ({"from": since, "to": until}, {"range": name}):
        chosen = read(query, now=NOW)
        assert chosen.span.since < chosen.span.until


@given(since=moments, minutes=st.integers(1, 1_500_000))
def test_an_own_range_has_as_many_points_as_can_be_drawn(since: datetime, minutes: int) -> None:
    length = timedelta(minutes=minutes)
    assert length / step_for(length) <= 400


def test_words_for_a_stretch() -> None:
    def at(*parts: int) -> datetime:
        return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type]

    assert between(at(2026, 11, 1), at(2026, 12, 1)) == "1–30 Nov 2026"
    assert between(at(2026, 11, 30), at(2026, 12, 7)) == "30 Nov 2026 to 6 Dec 2026"
    assert between(at(2026, 11, 21), at(2026, 11, 22)) == "21 Nov 2026"

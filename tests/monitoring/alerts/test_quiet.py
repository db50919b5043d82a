"""Quiet times by the clock on the wall, also on the nights when it is changed."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from monitoring.alerts.quiet import Quiet

EVERY_DAY = tuple(range(7))
BERLIN = ZoneInfo("Europe/Berlin")


def quiet(begins: str, ends: str, *, zone: str = "UTC", days: tuple[int, ...] = EVERY_DAY) -> Quiet:
    return Quiet(begins=time.fromisoformat(begins), ends=time.fromisoformat(ends), zone=ZoneInfo(zone), days=days)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_night_lasts_into_the_next_day() -> None:
    night = quiet("22:00", "07:00")
    assert night.ends_at(utc("2026-03-04 23:00")) == utc("2026-03-05 07:00")
    assert night.ends_at(utc("2026-03-05 06:59:59")) == utc("2026-03-05 07:00")
    assert night.ends_at(utc("2026-03-05 07:00")) is None
    assert night.ends_at(utc("2026-03-04 21:59:59")) is None


def test_days_are_those_on_which_it_begins() -> None:
    friday = quiet("22:00", "07:00", days=(4,))
    assert friday.ends_at(utc("2026-03-06 23:00")) == utc("2026-03-07 07:00")  # a Friday
    assert friday.ends_at(utc("2026-03-07 06:00")) == utc("2026-03-07 07:00")
    assert friday.ends_at(utc("2026-03-07 23:00")) is None


def test_quiet_days_that_touch_are_one_quiet_time() -> None:
    weekend = quiet("00:00", "00:00", days=(5, 6))
    assert weekend.ends_at(utc("2026-03-07 10:00")) == utc("2026-03-09 00:00")


def test_the_evening_stays_the_evening_in_summer_and_in_winter() -> None:
    night = quiet("22:00", "07:00", zone="Europe/Berlin")
    assert night.ends_at(utc("2026-01-10 21:00")) == utc("2026-01-11 06:00")
    assert night.ends_at(utc("2026-07-10 20:00")) == utc("2026-07-11 05:00")
    assert night.ends_at(utc("2026-07-10 19:59")) is None


def test_a_night_in_which_the_clock_is_put_forward_is_an_hour_shorter() -> None:
    night = quiet("22:00", "07:00", zone="Europe/Berlin")
    assert night.ends_at(utc("2026-03-28 21:00")) == utc("2026-03-29 05:00")  # 22:00 CET to 07:00 CEST: 8 hours


def test_a_night_in_which_the_clock_is_put_back_is_an_hour_longer() -> None:
    night = quiet("22:00", "07:00", zone="Europe/Berlin")
    assert night.ends_at(utc("2026-10-24 20:00")) == utc("2026-10-25 06:00")  # 22:00 CEST to 07:00 CET: 10 hours


def test_a_time_that_the_clock_leaps_over_is_the_moment_after_the_leap() -> None:
    ends_in_it = quiet("22:00", "02:30", zone="Europe/Berlin")
    assert ends_in_it.ends_at(utc("2026-03-29 00:30")) == utc("2026-03-29 01:00")  # 03:00 CEST
    begins_in_it = quiet("02:30", "05:00", zone="Europe/Berlin")
    assert begins_in_it.ends_at(utc("2026-03-29 00:59:59")) is None
    assert begins_in_it.ends_at(utc("2026-03-29 01:00")) == utc("2026-03-29 03:00")


def test_an_hour_that_comes_twice_is_quiet_from_its_first_to_its_second() -> None:
    twice = quiet("02:15", "02:45", zone="Europe/Berlin")
    assert twice.ends_at(utc("2026-10-25 00:14")) is None
    assert twice.ends_at(utc("2026-10-25 00:15")) == utc("2026-10-25 01:45")
    assert twice.ends_at(utc("2026-10-25 01:00")) == utc("2026-10-25 01:45")


times = st.times().map(lambda at: at.replace(second=0, microsecond=0))
moments = st.datetimes(datetime(2024, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))
zones = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"])


@given(times, times, zones, st.sets(st.integers(0, 6)), moments)
def test_when_it_is_quiet_it_ends_within_days_and_is_not_quiet_then(
    begins: time, ends: time, zone: str, days: set[int], now: datetime
) -> None:
    found = Quiet(begins=begins, ends=ends, zone=ZoneInfo(zone), days=tuple(days))
    until = found.ends_at(now)
    if until is None:
        return
    assert days and now < until <= now + timedelta(days=9)
    if len(days) < 7 or begins != ends:
        assert found.ends_at(until) is None


@given(times, times, st.integers(0, 6), moments)
def test_in_utc_it_is_what_the_clock_says(begins: time, ends: time, day: int, now: datetime) -> None:
    found = Quiet(begins=begins, ends=ends, zone=ZoneInfo("UTC"), days=(day,))
    at, today = now.time().replace(tzinfo=None), now.date()
    if begins < ends:
        expected = today.weekday() == day and begins <= at < ends
    else:
        yesterday: date = today - timedelta(days=1)
        expected = (today.weekday() == day and at >= begins) or (yesterday.weekday() == day and at < ends)
    assert (found.ends_at(now) is not None) == expected

"""What a budget will have spent when its period ends."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from monitoring.dashboards.forecast import Forecast, forecast

DAY = timedelta(days=1)
BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
END = datetime(2026, 4, 1, tzinfo=UTC)
amounts = st.integers(1, 10**15)
spendings = st.lists(st.integers(0, 10**13), max_size=14)
passed = st.timedeltas(timedelta(hours=1), END - BEGIN)


def told(spent: int, lately: list[int], *, amount: int = 1000, now: datetime = BEGIN + 10 * DAY) -> Forecast:
    made = forecast(spent=spent, amount=amount, now=now, starts_at=BEGIN, ends_at=END, lately=lately)
    assert made is not None
    return made


def test_the_rest_goes_on_as_the_last_days_went() -> None:
    made = told(100, [10, 20, 10, 20, 10, 20, 15])
    assert (made.likely, made.steps) == (100 + 21 * 15, 7)
    assert (made.low, made.high) == (100 + 21 * 10, 100 + 21 * 20)
    assert made.reached_at is None


def test_it_says_when_the_amount_is_spent() -> None:
    made = told(900, [10] * 7)
    assert made.reached_at == BEGIN + 20 * DAY
    assert made.has_band is False


def test_what_is_spent_already_is_not_reached_again() -> None:
    assert told(1000, [10] * 7).reached_at is None


def test_days_before_the_first_call_do_not_count() -> None:
    assert told(60, [0, 0, 0, 0, 20, 20, 20]).likely == 60 + 21 * 20


def test_without_a_history_it_is_the_pace_of_the_period() -> None:
    made = told(100, [])
    assert (made.likely, made.steps, made.has_band) == (310, 0, False)


def test_too_early_nothing_is_told() -> None:
    now = BEGIN + timedelta(hours=2)
    assert forecast(spent=5, amount=10, now=now, starts_at=BEGIN, ends_at=END) is None


def test_a_budget_without_an_end_has_only_a_time_when_it_is_spent() -> None:
    made = forecast(spent=50, amount=100, now=BEGIN + 5 * DAY, starts_at=BEGIN, ends_at=None, lately=[5] * 7)
    assert made is not None
    assert (made.likely, made.low, made.reached_at) == (None, None, BEGIN + 15 * DAY)
    never = forecast(spent=0, amount=10**15, now=BEGIN + 5 * DAY, starts_at=BEGIN, ends_at=None, lately=[1] * 7)
    assert never is not None and never.reached_at is None


@given(spent=st.integers(0, 10**15), amount=amounts, lately=spendings, after=passed)
def test_the_band_lies_around_the_forecast_and_above_what_is_spent(
    spent: int, amount: int, lately: list[int], after: timedelta
) -> None:
    made = forecast(spent=spent, amount=amount, now=BEGIN + after, starts_at=BEGIN, ends_at=END, lately=lately)
    if made is not None:
        assert made.low is not None and made.likely is not None and made.high is not None
        assert spent <= made.low <= made.likely <= made.high


@given(spent=st.integers(0, 10**15), amount=amounts, lately=spendings, after=passed)
def test_the_amount_is_reached_before_the_end_exactly_if_the_forecast_is_above_it(
    spent: int, amount: int, lately: list[int], after: timedelta
) -> None:
    now = BEGIN + after
    made = forecast(spent=spent, amount=amount, now=now, starts_at=BEGIN, ends_at=END, lately=lately)
    if made is None or spent >= amount:
        return
    assert made.likely is not None
    if made.reached_at is not None:
        assert now <= made.reached_at < END
        assert made.likely >= amount - 1
    else:
        assert made.likely <= amount + 1


@given(spent=st.integers(0, 10**15), lately=spendings)
def test_at_the_end_it_is_what_is_spent(spent: int, lately: list[int]) -> None:
    made = forecast(spent=spent, amount=1, now=END, starts_at=BEGIN, ends_at=END, lately=lately)
    assert made is not None and made.low == made.likely == made.high == spent


@given(daily=st.integers(1, 10**12), days=st.integers(3, 14), spent=st.integers(0, 10**14))
def test_even_days_have_no_band(daily: int, days: int, spent: int) -> None:
    made = told(spent, [daily] * days, amount=10**15)
    assert made.likely is not None and abs(made.likely - (spent + 21 * daily)) <= 1
    assert made.low is not None and made.high is not None and made.high - made.low <= 1


@given(lately=spendings, more=st.integers(0, 10**12))
def test_more_spending_never_means_a_lower_forecast(lately: list[int], more: int) -> None:
    if sum(lately) == 0:
        return
    first = next(place for place, value in enumerate(lately) if value)
    dearer = [value + more if place >= first else value for place, value in enumerate(lately)]
    before, after = told(10, lately, amount=10**15), told(10, dearer, amount=10**15)
    assert before.likely is not None and after.likely is not None
    assert after.likely >= before.likely - 1

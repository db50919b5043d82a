"""Rows that come late, are rated again or are forgotten: the sums stay right, and what was summed is never wiped."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import connection

from monitoring import retention
from monitoring.books import rerating
from monitoring.models import DayRollup, HourRollup, MinuteRollup, RequestLog, RollupMark, RollupState
from monitoring.rollups import figures, marks
from monitoring.rollups.figures import Span
from monitoring.rollups.grains import minute_of
from monitoring.rollups.pruning import freeze, prune, recount
from monitoring.rollups.rolling import roll
from tests.monitoring.books import cast as books
from tests.monitoring.rollups.cast import EVERYBODY, NOON, NOW, assert_rolled, attempt, exchange, roll_all, write

DAY = timedelta(days=1)


def no_rest() -> None:
    pass


def requests(since: datetime = NOON - 400 * DAY, until: datetime = NOON + 400 * DAY) -> int:
    return figures.totals(EVERYBODY, Span(since=since, until=until)).requests


@pytest.mark.django_db
def test_a_journal_that_is_adopted_hours_later_is_counted() -> None:
    early, late = exchange(NOON), exchange(NOON + timedelta(seconds=1), attempts=[attempt()])
    write(early)
    roll_all()
    write(late)
    roll_all(NOW + timedelta(hours=9))
    assert_rolled([early, late])


@pytest.mark.django_db
@pytest.mark.parametrize("days, units", [(7, (1, 60, 1440)), (9, (60, 1440)), (99, (60, 1440)), (101, (1440,))])
def test_what_is_later_than_its_minutes_or_hours_are_kept_is_counted_where_there_is_a_place(
    days: int, units: tuple[int, ...]
) -> None:
    early, late = exchange(NOON), exchange(NOON + timedelta(seconds=1), attempts=[attempt()])
    write(early)
    roll_all()
    later = NOW + days * DAY
    prune(now=later, rest=no_rest)
    write(late)
    roll_all(later)
    assert_rolled([early, late], units=units)
    assert requests() == 2
    assert MinuteRollup.objects.exists() == (1 in units) and HourRollup.objects.exists() == (60 in units)


@pytest.mark.django_db
def test_what_is_rated_again_is_summed_again() -> None:
    books.provider()
    call = books.exchange(books.attempt(), catalogue=books.reprice(input=2, output=8))
    write(call)
    roll_all()
    record = rerating.begin(books.DAY, made_by="ada", reason="wrong price")
    rerating.run(record, books.DAY, books.reprice(input=1, output=4), rest=no_rest)
    assert RollupMark.objects.exists()
    roll_all()
    cost = RequestLog.objects.get().cost_nano
    assert cost == (call.cost_nano or 0) // 2
    assert figures.totals(EVERYBODY, figures.Span(since=NOON, until=NOON + DAY)).cost_nano == cost
    assert [one.cost_nano for one in figures.attempts(figures.Span(since=NOON, until=NOON + DAY))] == [cost]


@pytest.mark.django_db
def test_pruning_keeps_every_sum_of_what_is_left() -> None:
    written = [exchange(NOON - back * DAY, attempts=[attempt()]) for back in (0, 5, 20, 99, 120, 300)]
    write(*written)
    roll_all()
    before = requests()
    assert prune(now=NOON + 30 * DAY, rest=no_rest) > 0
    assert requests() == before == 6
    assert not MinuteRollup.objects.exists()
    assert HourRollup.objects.filter(level=0).count() == 3
    assert DayRollup.objects.filter(level=0).count() == 6


@pytest.mark.django_db
def test_pruning_waits_for_what_is_yet_to_be_rolled_up(monkeypatch: pytest.MonkeyPatch) -> None:
    write(exchange())
    roll_all()
    write(exchange())
    later = NOON + 10 * DAY
    with monkeypatch.context() as patched:
        patched.setattr("monitoring.rollups.pruning.roll", lambda **_: False)
        assert prune(now=later, rest=no_rest) == 0
        assert not freeze(later, now=later)
    assert MinuteRollup.objects.exists()
    assert prune(now=later, rest=no_rest) > 0
    assert requests() == 2


@pytest.mark.django_db
def test_what_the_log_forgot_stays_summed_whatever_comes_late() -> None:
    written = [exchange(NOON, attempts=[attempt()]), exchange(NOON + 2 * DAY)]
    write(*written)
    roll_all(NOW)
    edge = NOON + DAY
    assert freeze(edge, now=NOW)
    RequestLog.objects.filter(started_at__lt=edge).delete()
    write(exchange(NOON + timedelta(seconds=1)))
    roll_all(NOW + 3 * DAY)
    assert_rolled(written)
    assert not RollupMark.objects.exists()

    prune(now=NOON + 200 * DAY, rest=no_rest)
    write(exchange(NOON + timedelta(seconds=2)))
    roll_all(NOON + 200 * DAY)
    assert requests() == 2


@pytest.mark.django_db
def test_the_minute_that_is_forgotten_in_its_middle_is_frozen_as_it_was() -> None:
    written = [exchange(NOON), exchange(NOON + timedelta(seconds=40))]
    write(*written)
    roll_all()
    edge = NOON + timedelta(seconds=20)
    assert freeze(edge, now=NOW)
    RequestLog.objects.filter(started_at__lt=edge).delete()
    marks.mark([minute_of(NOON)])
    roll_all()
    assert_rolled(written)


@pytest.mark.django_db
def test_freezing_rolls_up_first_what_is_about_to_go() -> None:
    written = [exchange(NOON), exchange(NOON + DAY)]
    write(*written)
    RollupMark.objects.all().delete()  # they were there before the rollups were
    later = NOON + DAY
    assert freeze(later, now=later)
    retention.prune(older_than=later, rest=no_rest)
    assert requests() == 2
    assert freeze(NOON - 10 * DAY, now=later)
    assert RollupState.objects.get().log_from == minute_of(later) + 1


@pytest.mark.django_db
def test_a_recount_finds_what_nobody_marked() -> None:
    written = [exchange(NOON), exchange(NOON + timedelta(minutes=1)), exchange(NOON + timedelta(minutes=2))]
    write(*written)
    roll_all()
    assert recount(NOON - DAY, NOW) == 0
    RequestLog.objects.filter(pk=written[0].id).delete()
    RequestLog.objects.filter(pk=written[1].id).update(cost_nano=1)
    written[1].cost_nano = 1
    extra = exchange(NOON + timedelta(hours=1))
    write(extra)
    RollupMark.objects.all().delete()
    assert recount(NOON - DAY, NOW) == 3
    assert roll(now=NOW)
    assert_rolled([*written[1:], extra])
    assert recount(NOON - DAY, NOW) == 0


@pytest.mark.django_db
def test_a_recount_leaves_alone_what_the_log_no_longer_has() -> None:
    write(exchange(NOON))
    roll_all()
    assert freeze(NOON + DAY, now=NOW)
    RequestLog.objects.all().delete()
    assert recount(NOON - DAY, NOW) == 0
    assert requests() == 1


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_dropped_partitions_leave_their_sums() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("needs DATABASE_URL to name a PostgreSQL server")
    written = [exchange(NOON - 40 * DAY, attempts=[attempt()]), exchange(NOON)]
    write(*written)
    roll_all()
    edge = NOON - 30 * DAY
    assert freeze(edge, now=NOW)
    assert retention.prune(older_than=edge, rest=no_rest).partitions
    write(exchange(NOON - 40 * DAY))  # its partition is made again
    roll_all()
    assert requests() == 2

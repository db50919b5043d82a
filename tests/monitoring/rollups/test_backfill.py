"""A log that was there before the rollups were is rolled up bite by bite."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest

from gateway.exchange import Exchange
from monitoring.models import RollupMark, RollupState
from monitoring.rollups import figures
from monitoring.rollups.backfill import backfill
from monitoring.rollups.figures import Span, fresh_until
from monitoring.rollups.rolling import roll
from tests.monitoring.rollups.cast import EVERYBODY, NOW, assert_rolled, attempt, exchange, roll_all, write

DAY = timedelta(days=1)


def an_old_log(*backs: float) -> list[Exchange]:
    """Rows that nobody marked."""
    written = [exchange(NOW - back * DAY, attempts=[attempt()]) for back in backs]
    write(*written)
    RollupMark.objects.all().delete()
    return written


@pytest.mark.django_db
def test_everything_that_was_there_is_rolled_up() -> None:
    written = an_old_log(0, 0.01, 1, 7)
    roll_all()
    assert_rolled(written)
    assert RollupState.objects.get().marked_from == 0


@pytest.mark.django_db
def test_minutes_and_hours_that_would_be_pruned_at_once_are_not_made() -> None:
    recent, older, oldest = (an_old_log(*backs) for backs in ((0, 3), (20, 20.2, 60), (150, 150.1, 364)))
    roll_all()
    assert_rolled(recent, units=(1,))
    assert_rolled([*recent, *older], units=(60,))
    assert_rolled([*recent, *older, *oldest], units=(1440,))


@pytest.mark.django_db
def test_it_goes_on_where_it_stopped_and_new_rows_do_not_wait(caplog: pytest.LogCaptureFixture) -> None:
    written = an_old_log(0.5, 2, 4, 30, 200)
    assert roll(now=NOW)
    runs = 0
    with caplog.at_level(logging.INFO, logger="switchboard.monitoring"):
        while not backfill(now=NOW, seconds=3, clock=iter(range(10**6)).__next__):
            runs += 1
            written.append(exchange(NOW))
            write(written[-1])
            assert roll(now=NOW)
            assert fresh_until() == NOW
    assert runs > 3
    told = [record.getMessage() for record in caplog.records]
    assert len(told) >= 2 and "summed back to" in told[0] and told[-1].endswith("the whole request log is summed")
    ever = Span(since=NOW - 400 * DAY, until=NOW + DAY)
    assert figures.totals(EVERYBODY, ever).requests == len(written)


@pytest.mark.django_db
def test_without_a_log_there_is_nothing_to_do() -> None:
    assert fresh_until() is None
    roll_all()
    assert fresh_until() == NOW
    assert RollupState.objects.get().marked_from == 0

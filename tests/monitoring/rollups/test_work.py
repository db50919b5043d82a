"""The tasks: whoever has the duty rolls up, and the log forgets nothing that was not summed."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest
from django.utils import timezone

from monitoring.duties import take
from monitoring.models import RequestLog, RollupMark, RollupState
from monitoring.rollups import work
from monitoring.rollups.figures import Span, fresh_until, totals
from tests.monitoring.rollups.cast import EVERYBODY, exchange, write

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def requests() -> int:
    now = timezone.now()
    return totals(EVERYBODY, Span(since=now - 50 * DAY, until=now + DAY)).requests


def test_rolling_up_sums_what_is_new_and_what_was_there() -> None:
    now = timezone.now()
    write(exchange(now - 20 * DAY))
    RollupMark.objects.all().delete()
    write(exchange(now))
    work.roll_up()
    fresh = fresh_until()
    assert requests() == 2
    assert fresh is not None and fresh >= now


def test_one_in_the_cluster_rolls_up() -> None:
    write(exchange(timezone.now()))
    assert take("rollups", seconds=60, holder="another")
    work.roll_up()
    assert fresh_until() is None
    assert requests() == 0


def test_pruning_mends_what_nobody_marked(caplog: pytest.LogCaptureFixture) -> None:
    now = timezone.now()
    write(exchange(now - timedelta(hours=1)), exchange(now - timedelta(hours=2)))
    work.roll_up()
    RequestLog.objects.filter(started_at__lt=now - timedelta(minutes=90)).delete()
    with caplog.at_level(logging.WARNING):
        work.prune()
    assert "1 minutes differed" in caplog.text
    work.roll_up()
    assert requests() == 1


def test_the_log_may_forget_what_was_summed() -> None:
    now = timezone.now()
    write(exchange(now - 40 * DAY), exchange(now))
    RollupMark.objects.all().delete()
    assert work.freeze(now - 30 * DAY)
    RequestLog.objects.filter(started_at__lt=now - 30 * DAY).delete()
    work.roll_up()
    work.prune()
    assert requests() == 2


def test_the_log_may_not_forget_what_is_yet_to_be_summed(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("monitoring.rollups.pruning.backfill", lambda **_: False)
    write(exchange(timezone.now() - 40 * DAY))
    RollupMark.objects.all().delete()
    assert not work.freeze(timezone.now() - 30 * DAY)
    assert "not pruned" in caplog.text
    assert RollupState.objects.get().log_from == 0

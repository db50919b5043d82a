"""What processes report: that they live, and how far the journal of their machine is behind."""

from __future__ import annotations

import os
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import OperationalError

from gateway.budgets.consumer import BudgetConsumer
from gateway.ledger.directory import LOCK, REJECTED, Directory, Mark
from gateway.ledger.segments import end_of
from monitoring.alerts import process
from monitoring.alerts.journal import CONSUMERS, Lag, lag
from monitoring.log_writer import LogWriter
from monitoring.models import ProcessReport
from tests.gateway.ledger.cast import a_journal, an_exchange, ended, eventually
from tests.monitoring.alerts.cast import NOW, minutes


def journal_of(root: Path, *ages: float) -> Path:
    """A process's directory with calls that were closed so many seconds ago, the oldest first, and one still open."""
    directory = Directory.make(root).path
    journal = a_journal(directory)
    for age in ages:
        exchange = an_exchange(started_at=int((time.time() - age) * 1e6))
        journal.open(exchange)
        journal.close(ended(exchange, latency_us=0))
    journal.open(an_exchange())
    journal.shut()
    return directory


def test_the_consumers_are_those_that_there_are() -> None:
    assert {LogWriter.name, BudgetConsumer.name} == set(CONSUMERS)


def test_nothing_is_behind_where_there_is_no_journal(tmp_path: Path) -> None:
    assert lag(tmp_path / "none") == Lag(0, 0)


def test_the_lag_is_the_age_of_the_oldest_call_that_some_consumer_has_not_taken(tmp_path: Path) -> None:
    directory = journal_of(tmp_path, 300, 200, 100)
    found = lag(tmp_path)
    assert found.seconds == pytest.approx(300, abs=2) and found.waiting == end_of(directory).offset
    Mark(directory, "request_log").move(end_of(directory))
    assert lag(tmp_path).seconds == pytest.approx(300, abs=2)  # budgets have not
    Mark(directory, "budgets").move(end_of(directory))
    assert lag(tmp_path) == Lag(0, 0)


def test_dead_processes_count_and_what_was_set_aside_does_not(tmp_path: Path) -> None:
    journal_of(tmp_path, 50)
    journal_of(tmp_path, 500)
    (tmp_path / REJECTED).mkdir()
    (tmp_path / REJECTED / "budgets.jsonl").write_text("{}")
    assert lag(tmp_path).seconds == pytest.approx(500, abs=2)


def test_a_journal_that_is_damaged_or_going_away_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    directory = journal_of(tmp_path, 70)
    segment = next(directory.glob("*.segment"))
    segment.write_bytes(os.urandom(50) + segment.read_bytes() + os.urandom(20))
    assert lag(tmp_path).seconds == pytest.approx(70, abs=2)
    segment.unlink()
    assert lag(tmp_path) == Lag(0, 0)
    (directory / LOCK).unlink()
    directory.joinpath("0000000001.segment").mkdir()
    assert lag(tmp_path) == Lag(0, 0)


@pytest.mark.django_db
def test_a_process_reports_itself_again_and_again_in_one_row(tmp_path: Path) -> None:
    journal_of(tmp_path, 30)
    process.report("web", root=tmp_path)
    row = process.report("web", root=tmp_path)
    assert ProcessReport.objects.get() == row
    assert row.journal_lag_s == pytest.approx(30, abs=2) and row.journal_bytes > 0 and row.kind == "web"
    process.report("worker", root=tmp_path)
    assert ProcessReport.objects.count() == 2  # the one process of an embedded installation is both
    process.forget("web")
    assert ProcessReport.objects.get().kind == "worker"


@pytest.mark.django_db
def test_who_is_silent_for_a_minute_is_gone(tmp_path: Path) -> None:
    process.report("web", root=tmp_path, now=NOW)
    assert len(process.alive(NOW + timedelta(seconds=59))) == 1
    assert process.alive(NOW + timedelta(seconds=60)) == []
    process.prune(NOW + minutes(1439))
    assert ProcessReport.objects.exists()
    process.prune(NOW + minutes(1441))
    assert not ProcessReport.objects.exists()


@pytest.mark.django_db
def test_a_reporter_goes_on_after_the_database_was_away(caplog: pytest.LogCaptureFixture) -> None:
    told: list[str] = []

    def work(kind: str) -> None:
        told.append(kind)
        if len(told) < 4:
            raise OperationalError("the server at 10.0.0.1 is away")

    reporter = process.Reporter("web", every=0.01, work=work)
    reporter.start()
    assert eventually(lambda: len(told) > 5)
    reporter.stop()
    assert [one.message for one in caplog.records] == ["this process cannot report (OperationalError); trying again"]

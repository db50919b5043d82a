"""Celery's worker and beat inside the process."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from celery import Celery

from gateway.celery import app as switchboard
from gateway.celery import timetable
from gateway.embedded import Embedded


@pytest.fixture
def default_app() -> Iterator[None]:
    yield
    switchboard.set_default()


@pytest.mark.usefixtures("default_app")
def test_tasks_and_the_timetable_run_in_threads_and_stop(tmp_path: Path) -> None:
    app = Celery("try", broker="memory://localhost", set_as_current=False)
    app.conf.update(broker_transport_options={"polling_interval": 0.05}, task_ignore_result=True)
    sent, scheduled = threading.Event(), threading.Event()

    @app.task(name="sent", shared=False)
    def send() -> None:
        sent.set()

    @app.task(name="scheduled", shared=False)
    def schedule() -> None:
        scheduled.set()

    app.conf.beat_schedule = {"one": {"task": "scheduled", "schedule": 0.2}}
    before = set(threading.enumerate())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        embedded = Embedded(app, schedule=tmp_path / "beat")
        embedded.start()
        send.delay()
        assert sent.wait(5)
        assert scheduled.wait(5)
        embedded.stop()
    left = [one.name for one in set(threading.enumerate()) - before if one.name in {"celery-worker", "Beat"}]
    assert left == []
    assert list(tmp_path.glob("beat*"))


def test_the_timetable_names_tasks_that_exist() -> None:
    switchboard.loader.import_default_modules()
    for entry in timetable(60).values():
        assert entry["task"] in switchboard.tasks


def test_tests_of_tokens_can_be_switched_off() -> None:
    assert timetable(5)["test-tokens"]["schedule"] == 300
    assert "test-tokens" not in timetable(0)

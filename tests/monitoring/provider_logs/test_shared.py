"""Several processes: Redis shows all of them the same, and its absence breaks nothing."""

from __future__ import annotations

import logging
import time
from pathlib import Path

import pytest

from monitoring.access import Viewer
from monitoring.provider_logs.entries import clear, entries, stats
from monitoring.provider_logs.kept import MOST, Shared
from tests.monitoring.provider_logs.cast import Told, call, recording

EVERYTHING = Viewer(teams=None, name="ada")
NOWHERE = "redis://127.0.0.1:1/0"


@pytest.mark.services
def test_both_processes_show_what_either_wrote(redis_url: str, tmp_path: Path) -> None:
    with recording(tmp_path / "a", redis_url=redis_url) as here:
        there = Told(tmp_path / "b", shared=Shared(redis_url), process="web-there-2")
        here.closed.tell(call(id="of-here"))
        there.closed.tell(call(id="of-there"))
        here.recorder.flush()
        there.recorder.flush()
        assert {(one.request_id, one.process) for one in entries(EVERYTHING).entries} == {
            ("of-here", "web-here-1"),
            ("of-there", "web-there-2"),
        }
        assert stats(EVERYTHING)[0].entries == 2
        there.recorder.stop()


@pytest.mark.services
def test_redis_keeps_the_last_500_of_a_provider_too(redis_url: str, tmp_path: Path) -> None:
    with recording(tmp_path, redis_url=redis_url) as it:
        for number in range(MOST + 30):
            it.closed.tell(call(id=f"call-{number}"))
            if number % 100 == 0:
                it.recorder.flush()
        it.recorder.flush()
        found = entries(EVERYTHING, most=1000).entries
        assert (len(found), found[0].request_id) == (MOST, f"call-{MOST + 29}")


@pytest.mark.services
def test_emptying_reaches_every_process(redis_url: str, tmp_path: Path) -> None:
    with recording(tmp_path / "a", redis_url=redis_url) as here:
        there = Told(tmp_path / "b", shared=Shared(redis_url), process="web-there-2")
        for it in (here, there):
            it.closed.tell(call())
            it.recorder.flush()
        there.closed.tell(call(id="written-too-late"))
        assert clear("openai") == 2
        there.recorder._due["look"] = float("inf")
        there.recorder.flush()  # it has not heard of it yet
        assert entries(EVERYTHING).entries == []
        there.recorder._due["look"] = 0.0
        there.recorder.flush()
        assert there.recorder.memory.entries("openai") == []
        assert list((tmp_path / "b" / "openai").iterdir()) == []
        time.sleep(0.002)
        there.closed.tell(call(id="later", started_at=time.time_ns() // 1000))
        there.recorder.flush()
        assert [one.request_id for one in entries(EVERYTHING).entries] == ["later"]
        there.recorder.stop()


@pytest.mark.services
def test_what_redis_missed_it_gets_when_it_is_back(redis_url: str, tmp_path: Path) -> None:
    with recording(tmp_path, redis_url=redis_url) as it:
        sharing = it.recorder._sharing
        assert sharing is not None
        sharing._shared = Shared(NOWHERE)
        it.closed.tell(call(id="meanwhile"))
        it.recorder.flush()
        assert entries(EVERYTHING).entries == []
        sharing._shared, sharing._again_at = Shared(redis_url), 0.0
        it.recorder.flush()
        assert [one.request_id for one in entries(EVERYTHING).entries] == ["meanwhile"]


def test_without_redis_memory_goes_on_and_that_is_told_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING), recording(tmp_path, redis_url=NOWHERE) as it:
        for number in range(3):
            it.closed.tell(call(id=f"call-{number}"))
            it.recorder.flush()
        assert len(entries(EVERYTHING).entries) == 3
        assert len([one for one in caplog.records if "Redis is away" in one.message]) == 1
        assert clear("openai") == 3
        assert entries(EVERYTHING).entries == []

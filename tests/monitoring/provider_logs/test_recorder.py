"""From what happens to entries in files and memory: what is written, what it costs, and what goes wrong."""

from __future__ import annotations

import logging
import os
import stat
import time
from pathlib import Path
from timeit import repeat

import msgspec
import pytest
from django.conf import settings

from monitoring.access import NOBODY, Viewer
from monitoring.provider_logs import recorder
from monitoring.provider_logs.entries import EVENTS, LEVELS, Entry, entries, stats
from monitoring.provider_logs.files import KEPT_DAYS, Files, directory_name, process_name, read
from monitoring.provider_logs.kept import MOST
from monitoring.provider_logs.recorder import Recorder
from providers.happenings import Happening
from tests.monitoring.provider_logs.cast import attempt, call, health, recording

EVERYTHING = Viewer(teams=None, name="ada")


def lines(root: Path, provider: str = "openai") -> list[dict[str, object]]:
    found = [line for path in sorted((root / provider).glob("*.jsonl")) for line in path.read_text().splitlines()]
    return [msgspec.json.decode(line) for line in found]


def test_each_attempt_is_an_entry_by_its_outcome(tmp_path: Path) -> None:
    with recording(tmp_path) as it:
        it.closed.tell(
            call(
                attempt(status=429, error="rate_limit_exceeded", message="Slow down."),
                attempt(status=401, error="invalid_api_key", message="Wrong key."),
                attempt(status=400, error="invalid_request_error", message="No such field."),
                attempt(status=0, error="provider_unreachable", message="openai could not be reached."),
                attempt(status=0, verdict="cancelled"),
                attempt(),
                team_id=7,
            )
        )
        it.recorder.flush()
        found = it.recorder.memory.entries("openai")
        assert [(one.event, one.level, one.status) for one in found] == [
            ("rate_limit", "warning", 429),
            ("response", "error", 401),
            ("response", "warning", 400),
            ("response", "error", 0),
            ("response", "info", 0),
            ("response", "info", 200),
        ]
        assert found[0].message == "Slow down."
        assert found[-1].message == "Answered in 250 ms, first byte after 80 ms."
        assert {(one.team_id, one.process, one.token) for one in found} == {(7, "web-here-1", "fp-1234abcd")}
        assert [one["id"] for one in lines(tmp_path)] == [one.id for one in found]
        assert [one.id for one in found] == sorted(one.id for one in found)


def test_the_beginning_of_an_attempt_is_told_at_the_level_debug_only(tmp_path: Path) -> None:
    with recording(tmp_path, level="debug") as it:
        it.closed.tell(call(attempt(reason="it is the cheapest", kind="retry", waited_us=500_000)))
        it.recorder.flush()
        begun, ended = it.recorder.memory.entries("openai")
        assert (begun.event, begun.level, begun.status) == ("request", "debug", 0)
        assert begun.message == "Retry sent after 0.5 s: it is the cheapest"
        assert ended.at - begun.at == 250


@pytest.mark.parametrize(("level", "kept"), [("info", 2), ("warning", 1), ("error", 1)])
def test_what_is_below_the_level_is_not_kept(tmp_path: Path, level: str, kept: int) -> None:
    with recording(tmp_path, level=level) as it:
        it.closed.tell(call(attempt(), attempt(status=500, error="provider_error", message="Oops.")))
        it.recorder.flush()
        assert len(it.recorder.memory.entries("openai")) == kept


def test_a_level_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="debug, info, warning, error"):
        recorder.start(level="loud")


def test_changes_of_tokens_breakers_pools_and_health_are_entries(tmp_path: Path) -> None:
    at = time.time()
    with recording(tmp_path) as it:
        for kind, after in (("token", "suspended"), ("breaker", "half_open"), ("pool", "enough")):
            it.changed.tell(Happening(kind=kind, provider="openai", before="x", after=after, reason="why", at=at))
        it.health.tell(health("down"))
        it.recorder.flush()
        found = it.recorder.memory.entries("openai")
    assert [(one.event, one.level, one.message) for one in found] == [
        ("token", "error", "x → suspended: why"),
        ("breaker", "warning", "x → half_open: why"),
        ("pool", "info", "x → enough: why"),
        ("health", "error", "down: why"),
    ]
    assert {one.event for one in found} | {"request", "response", "rate_limit"} == set(EVENTS)
    assert {one.level for one in found} <= set(LEVELS)


def test_memory_keeps_the_last_500_of_each_provider(tmp_path: Path) -> None:
    with recording(tmp_path, kept=0) as it:
        for number in range(MOST + 20):
            it.closed.tell(call(request_id=str(number), id=f"call-{number}"))
        it.closed.tell(call(attempt(provider="groq")))
        it.recorder.flush()
        kept = it.recorder.memory.entries("openai")
        assert (len(kept), kept[-1].request_id) == (MOST, f"call-{MOST + 19}")
        assert it.recorder.memory.providers() == ["groq", "openai"]
        assert list(tmp_path.iterdir()) == []  # no files were wanted


def test_listening_costs_a_call_less_than_two_microseconds(tmp_path: Path) -> None:
    with recording(tmp_path, kept=0, most_waiting=10**7) as it:
        told = call()
        cost = min(repeat(lambda: it.closed.tell(told), number=20_000, repeat=5, timer=time.thread_time)) / 20_000 * 1e6
        it.recorder._calls.clear()
    assert cost < 2, f"{cost:.2f} µs"


def test_what_comes_too_fast_is_counted_and_told(tmp_path: Path) -> None:
    with recording(tmp_path, most_waiting=10) as it:
        for _ in range(25):
            it.closed.tell(call())
        it.recorder.flush()
        found = it.recorder.memory.entries("openai")
        assert len(found) == 11
        assert found[-1].message.startswith("15 calls of all providers are missing here")
        it.closed.tell(call())
        it.recorder.flush()
        assert len(it.recorder.memory.entries("openai")) == 12


def test_the_thread_writes_by_itself_and_a_stop_writes_what_is_left(tmp_path: Path) -> None:
    made = Recorder(Files(tmp_path, "web-here-1"), every=0.01)
    made.start()
    try:
        made.on_closed(call())
        until = time.monotonic() + 10
        while not made.memory.entries("openai") and time.monotonic() < until:
            time.sleep(0.01)
        assert made.memory.entries("openai")
    finally:
        made.on_closed(call())
        made.stop()
    assert len(lines(tmp_path)) == 2


def test_start_is_once_a_process_and_stop_may_come_again(tmp_path: Path) -> None:
    first = recorder.start(root=tmp_path, redis_url="")
    try:
        assert recorder.start(root=tmp_path / "other", redis_url="") is first
        assert recorder.current() is first
    finally:
        recorder.stop()
    recorder.stop()
    assert recorder.current() is None


# --- files ---------------------------------------------------------------------------------------
def test_a_full_file_is_put_aside_and_the_oldest_goes(tmp_path: Path) -> None:
    with recording(tmp_path, kept=3, largest=1000) as it:
        for number in range(20):
            it.closed.tell(call(id=f"call-{number}"))
            it.recorder.flush()
    names = sorted(path.name for path in (tmp_path / "openai").iterdir())
    assert names == ["web-here-1.1.jsonl", "web-here-1.2.jsonl", "web-here-1.jsonl"]
    assert all(path.stat().st_size <= 1000 for path in (tmp_path / "openai").iterdir())
    kept = [one["request_id"] for one in lines(tmp_path)]
    assert "call-19" in kept and "call-0" not in kept


def test_one_kept_file_begins_anew_when_it_is_full(tmp_path: Path) -> None:
    with recording(tmp_path, kept=1, largest=600) as it:
        for number in range(5):
            it.closed.tell(call(id=f"call-{number}"))
            it.recorder.flush()
    assert [path.name for path in (tmp_path / "openai").iterdir()] == ["web-here-1.jsonl"]
    assert lines(tmp_path)[-1]["request_id"] == "call-4"


def test_files_are_for_nobody_else(tmp_path: Path) -> None:
    root = tmp_path / "logs"
    with recording(root) as it:
        it.closed.tell(call())
        it.recorder.flush()
    assert stat.S_IMODE((root / "openai").stat().st_mode) == 0o700
    assert stat.S_IMODE((root / "openai" / "web-here-1.jsonl").stat().st_mode) == 0o600


@pytest.mark.parametrize("name", ["../../etc", "/etc/passwd", "", ".", "a/b", "A", "ä", "x" * 65, "a\0b", "openai\n"])
def test_no_name_leads_out_of_the_directory(name: str) -> None:
    assert directory_name(name) == "-other"
    assert directory_name("lead_worker2") == "lead_worker2"
    assert process_name("web", "a.b/c d", 7) == "web-a-b-c-d-7"


def test_files_of_the_dead_go_by_age_and_by_number(tmp_path: Path) -> None:
    with recording(tmp_path) as it:
        it.closed.tell(call())
        it.recorder.flush()
        directory = tmp_path / "openai"
        for number in range(60):
            path = directory / f"web-there-{number}.jsonl"
            path.write_text("{}\n")
            os.utime(path, (time.time() - number, time.time() - number))
        old = directory / "web-old-1.2.jsonl"
        old.write_text("{}\n")
        os.utime(old, (0, time.time() - (KEPT_DAYS + 1) * 86_400))
        it.recorder.files.tidy()
        left = {path.name for path in directory.iterdir()}
    assert "web-here-1.jsonl" in left
    assert "web-there-0.jsonl" in left
    assert not left & {"web-old-1.2.jsonl", "web-there-59.jsonl"}
    assert len(left) == 51


def test_a_directory_that_cannot_be_written_is_told_once_and_breaks_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    blocked = tmp_path / "logs"
    blocked.write_text("a file is in the way")
    with caplog.at_level(logging.WARNING), recording(blocked) as it:
        for _ in range(3):
            it.closed.tell(call())
            it.recorder.flush()
        assert len(it.recorder.memory.entries("openai")) == 3
    assert len([one for one in caplog.records if "cannot be written to the disk" in one.message]) == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has a disk that is always full")
def test_a_full_disk_breaks_nothing_and_torn_lines_are_skipped(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    directory = tmp_path / "openai"
    directory.mkdir()
    (directory / "web-here-1.jsonl").symlink_to("/dev/full")
    with caplog.at_level(logging.WARNING), recording(tmp_path) as it:
        it.closed.tell(call())
        it.recorder.flush()
        assert len(it.recorder.memory.entries("openai")) == 1
        (directory / "web-here-1.jsonl").unlink()
        (directory / "web-here-1.jsonl").write_text('{"id": "torn')
        it.closed.tell(call())
        it.closed.tell(call(id="whole"))
        it.recorder.flush()
    assert "No space left" in caplog.text
    assert [one.request_id for one in read(tmp_path, "openai", most=9)] in (["whole"], [])


def test_a_process_that_records_nothing_reads_the_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with recording(tmp_path) as it:
        it.closed.tell(call(id="one"))
        it.recorder.flush()
    monkeypatch.setattr(settings, "REDIS_URL", "")
    monkeypatch.setattr("monitoring.provider_logs.entries._root", lambda: tmp_path)
    assert [one.request_id for one in entries(EVERYTHING).entries] == ["one"]
    assert [one.provider for one in stats(EVERYTHING)] == ["openai"]
    assert entries(NOBODY).entries == []


def test_an_entry_is_a_json_object_a_line_without_what_is_empty(tmp_path: Path) -> None:
    with recording(tmp_path) as it:
        it.health.tell(health("healthy"))
        it.recorder.flush()
    (line,) = lines(tmp_path)
    assert set(line) == {"id", "at", "level", "event", "provider", "message", "process"}
    assert msgspec.convert(line, Entry).message == "healthy: why"

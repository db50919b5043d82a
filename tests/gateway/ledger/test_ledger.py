"""The whole ledger in one process: closes reach the consumers, and the dead are adopted by exactly one."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from msgspec import structs

from gateway.exchange import Exchange
from gateway.ledger import ConsumerUnavailable, Ledger
from gateway.ledger.directory import REJECTED, Directory
from gateway.ledger.journal import Journal
from gateway.ledger.records import CLOSED
from gateway.ledger.segments import Position, frame, segment_numbers, segment_path
from gateway.ledger.source import Source
from tests.gateway.ledger.cast import Sink, a_journal, an_exchange, ended, eventually, last_segment

Start = Callable[..., Ledger]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a ledger on the test's root, quick and with small segments; stops it in the end."""
    started: list[Ledger] = []

    def starter(*sinks: Sink, segment_bytes: int = 4096) -> Ledger:
        ledger = Ledger(tmp_path, sinks, segment_bytes=segment_bytes, fsync_ms=20, gather=0.01, adopt_seconds=0.02)
        ledger.start()
        started.append(ledger)
        return ledger

    yield starter
    for ledger in started:
        ledger.stop(0.5)


def a_call(ledger: Ledger, **fields: object) -> Exchange:
    exchange = an_exchange()
    ledger.journal.open(exchange)
    ledger.journal.close(ended(exchange, **fields))
    return exchange


def a_dead_process(root: Path, *, marks: Sequence[str] = ()) -> tuple[Path, Exchange, Exchange, Exchange]:
    """Leaves a call that was closed, one that was noted and one that was only opened."""
    directory = Directory.make(root)
    journal = a_journal(directory.path)
    closed, noted, opened = (an_exchange() for _ in range(3))
    for exchange in (closed, noted, opened):
        journal.open(exchange)
    journal.close(ended(closed))
    journal.note(structs.replace(noted, input=5, output=6, first_byte_us=700))
    source = Source(directory.path, marks, end=journal.end)
    for name in marks:
        source.acknowledge(name, source.read(name))
    source.close()
    journal.shut()
    directory.release()
    return directory.path, closed, noted, opened


def test_closed_calls_reach_every_consumer_and_a_clean_stop_leaves_nothing(tmp_path: Path, start: Start) -> None:
    rows, spend = Sink("rows"), Sink("spend")
    ledger = start(rows, spend)
    calls = [a_call(ledger) for _ in range(100)]

    assert ledger.stop()
    assert set(rows.kept) == set(spend.kept) == {call.id for call in calls}
    assert os.listdir(tmp_path) == []


def test_calls_are_delivered_while_the_process_runs(start: Start) -> None:
    sink = Sink()
    ledger = start(sink)
    call = a_call(ledger, input=12)
    assert eventually(lambda: ledger.lag() == {"sink": 0})
    assert sink.kept[call.id] == call


def test_without_consumers_segments_do_not_pile_up(start: Start) -> None:
    ledger = start()
    for _ in range(200):
        a_call(ledger)
    assert eventually(lambda: len(segment_numbers(ledger.journal.directory)) == 1)


def test_a_consumer_that_is_away_holds_back_only_itself_and_loses_nothing(start: Start) -> None:
    away = threading.Event()
    away.set()

    def fail(batch: Sequence[Exchange]) -> None:
        if away.is_set():
            raise ConsumerUnavailable

    slow, quick = Sink("slow", fail=fail), Sink("quick")
    ledger = start(slow, quick)
    calls = {a_call(ledger).id for _ in range(300)}

    assert eventually(lambda: ledger.lag() == {"slow": 300, "quick": 0})
    assert len(segment_numbers(ledger.journal.directory)) > 5
    away.clear()
    assert eventually(lambda: ledger.lag()["slow"] == 0)
    assert set(slow.kept) == calls
    assert eventually(lambda: len(segment_numbers(ledger.journal.directory)) == 1)


def test_an_open_call_keeps_its_segment(start: Start) -> None:
    ledger = start(Sink())
    long = an_exchange()
    ledger.journal.open(long)
    for _ in range(40):
        a_call(ledger)
    assert eventually(lambda: not any(ledger.lag().values()))
    assert segment_numbers(ledger.journal.directory)[0] == ledger.journal.oldest_open()
    ledger.journal.close(ended(long))


def test_a_stop_with_the_consumer_away_leaves_the_journal_to_the_next(tmp_path: Path, start: Start) -> None:
    def fail(batch: Sequence[Exchange]) -> None:
        raise ConsumerUnavailable

    ledger = start(Sink(fail=fail))
    call = a_call(ledger)
    assert not ledger.stop(0.2)

    sink = Sink()
    start(sink)
    assert eventually(lambda: sink.endings() == {call.id: "done"})


def test_a_dead_process_is_adopted_and_what_it_left_open_is_interrupted(tmp_path: Path, start: Start) -> None:
    path, closed, noted, opened = a_dead_process(tmp_path)
    sink = Sink()
    ledger = start(sink)

    assert eventually(lambda: not path.exists())
    assert sink.endings() == {closed.id: "done", noted.id: "interrupted", opened.id: "interrupted"}
    seen = sink.kept[noted.id]
    assert (seen.input, seen.output, seen.usage_basis, seen.first_byte_us) == (5, 6, "counted", 700)
    assert seen.latency_us >= 700
    assert seen.error_code == "interrupted"
    assert (sink.kept[opened.id].usage_basis, sink.kept[opened.id].latency_us) == ("none", 0)
    assert (ledger.interrupted, ledger.damaged) == (2, 0)


def test_what_a_dead_process_had_acknowledged_does_not_come_again(tmp_path: Path, start: Start) -> None:
    path, _, noted, opened = a_dead_process(tmp_path, marks=["sink"])
    sink = Sink()
    start(sink)
    assert eventually(lambda: not path.exists())
    assert sink.kept.keys() == {noted.id, opened.id}


def test_a_stop_right_after_an_adoption_gives_up_the_dead_too(tmp_path: Path) -> None:
    dead, sink, told = a_dead_process(tmp_path)[0], Sink(), list[str]()
    ledger = Ledger(tmp_path, [sink], gather=0.01, adopt_seconds=3600, drained=told.append)
    ledger.start()
    assert eventually(lambda: len(sink.kept) == 3)
    assert ledger.stop()
    assert told == [dead.name, ledger.holder]
    assert os.listdir(tmp_path) == []


def test_two_processes_that_race_for_the_dead_adopt_each_once(tmp_path: Path, start: Start) -> None:
    dead = [a_dead_process(tmp_path) for _ in range(10)]
    first, second = Sink(), Sink()
    start(first)
    start(second)

    assert eventually(lambda: not any(path.exists() for path, *_ in dead))
    assert not first.kept.keys() & second.kept.keys()
    assert len(first.kept) + len(second.kept) == 30


def test_a_live_process_is_not_adopted(start: Start) -> None:
    first, second = Sink(), Sink()
    ledger = start(first)
    exchange = an_exchange()
    ledger.journal.open(exchange)
    other = start(second)
    assert not eventually(lambda: bool(second.kept), within=0.2)
    ledger.journal.close(ended(exchange))
    assert eventually(lambda: first.endings() == {exchange.id: "done"})
    assert other.interrupted == 0


def test_a_torn_tail_is_skipped_and_counted(tmp_path: Path, start: Start) -> None:
    path, closed, noted, opened = a_dead_process(tmp_path)
    with last_segment(path).open("ab") as file:
        file.write(frame(CLOSED, b"x" * 100)[:50])
    sink = Sink()
    ledger = start(sink)
    assert eventually(lambda: not path.exists())
    assert sink.kept.keys() == {closed.id, noted.id, opened.id}
    assert ledger.damaged == 1


def test_a_mark_into_a_segment_that_the_machine_lost_hides_nothing(tmp_path: Path, start: Start) -> None:
    path, _, noted, opened = a_dead_process(tmp_path)
    source = Source(path, ["sink"], end=lambda: (Position(2, 999_999), 0))
    source.acknowledge("sink", source.read("sink"))
    source.close()
    sink = Sink()
    start(sink)
    assert eventually(lambda: not path.exists())
    assert sink.kept.keys() == {noted.id, opened.id}


def test_a_record_that_is_no_exchange_is_set_aside(tmp_path: Path, start: Start) -> None:
    path, *_ = a_dead_process(tmp_path)
    with last_segment(path).open("ab") as file:
        file.write(frame(CLOSED, b"\x91\x01"))
    sink = Sink()
    ledger = start(sink)
    assert eventually(lambda: not path.exists())
    assert len(sink.kept) == 3
    assert ledger.rejected == 1
    assert (tmp_path / REJECTED / "sink.jsonl").exists()


def test_a_full_disk_during_adoption_is_waited_out(tmp_path: Path, start: Start) -> None:
    path, *_ = a_dead_process(tmp_path)
    (path / "settling").mkdir()  # the draft cannot be written
    sink = Sink()
    ledger = start(sink)
    assert eventually(lambda: len(sink.kept) == 1)
    assert path.exists()
    (path / "settling").rmdir()
    assert eventually(lambda: not path.exists())
    assert len(sink.kept) == 3
    assert ledger.interrupted == 2


def test_closes_refused_by_a_full_disk_are_delivered_when_it_has_room(tmp_path: Path, start: Start) -> None:
    sink = Sink()
    ledger = start(sink)
    journal: Journal = ledger.journal
    good, journal._write = journal._write, lambda file, data, offset: 0
    exchange = an_exchange()
    journal.close(ended(exchange))
    journal._write = good
    assert eventually(lambda: exchange.id in sink.kept)


def test_damage_in_a_live_segment_is_passed_over(start: Start) -> None:
    gate = threading.Event()

    def fail(batch: Sequence[Exchange]) -> None:
        assert gate.wait(5)

    sink = Sink(fail=fail)
    ledger = start(sink, segment_bytes=1 << 20)
    first = a_call(ledger)
    assert eventually(lambda: sink.takes == 1)
    end = ledger.journal.end()[0]
    spoiled, last = a_call(ledger), a_call(ledger)
    with segment_path(ledger.journal.directory, end.segment).open("r+b") as file:
        file.seek(end.offset + (ledger.journal.end()[0].offset - end.offset) // 4)  # in the spoiled call's opening
        file.write(b"\0\0\0\0\0\0\0\0")
    gate.set()
    assert eventually(lambda: ledger.lag() == {"sink": 0})
    assert {first.id, last.id} <= sink.kept.keys() <= {first.id, spoiled.id, last.id}
    assert ledger.damaged == 1

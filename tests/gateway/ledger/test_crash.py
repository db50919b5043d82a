"""Any interleaving of calls, deliveries, crashes, torn files and adoptions: every call is booked exactly once."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from msgspec import structs

from gateway.exchange import Exchange
from gateway.ledger.adoption import Adopted, Adoption
from gateway.ledger.consumer import ConsumerUnavailable
from gateway.ledger.delivery import Delivery, Rejected
from gateway.ledger.directory import Directory, abandoned
from gateway.ledger.journal import JournalUnavailable
from gateway.ledger.records import CLOSED, OPENED, encode
from gateway.ledger.segments import frame
from gateway.ledger.source import Source
from tests.gateway.ledger.cast import Disk, Sink, a_journal, an_exchange, ended, last_segment

SEGMENT = 700  # bytes: a handful of records


class Crashes(RuleBasedStateMachine):
    """One process after another on the same root. The oracle does not read the journal: it looks for the bytes of
    each call's records in what the crash left."""

    def __init__(self) -> None:
        super().__init__()
        self.root = Path(tempfile.mkdtemp())
        self.failing: Exception | None = None
        self.sink = Sink(fail=self.fail)
        self.due: dict[str, str] = {}  # how calls of dead processes must end up
        self.begin()

    def fail(self, batch: Sequence[Exchange]) -> None:
        if self.failing:
            raise self.failing

    def begin(self) -> None:
        self.disk = Disk()
        self.directory = Directory.make(self.root)
        self.journal = a_journal(self.directory.path, segment_bytes=SEGMENT, disk=self.disk)
        self.own = Source(self.directory.path, ["sink"], end=self.journal.end)
        self.synced = self.journal.end()[0]
        self.live: dict[str, Exchange] = {}
        self.frames: dict[str, dict[int, bytes]] = {}

    @rule()
    def open(self) -> None:
        exchange = an_exchange()
        try:
            self.journal.open(exchange)
        except JournalUnavailable:
            assert self.disk.refused
            return
        self.live[exchange.id] = exchange
        self.frames[exchange.id] = {OPENED: frame(OPENED, encode(exchange))}

    @precondition(lambda self: self.live)
    @rule(data=st.data(), count=st.integers(0, 99))
    def note(self, data: st.DataObject, count: int) -> None:
        exchange = self.live[data.draw(st.sampled_from(sorted(self.live)))]
        self.journal.note(structs.replace(exchange, input=count, output=count, first_byte_us=1))

    @precondition(lambda self: self.live)
    @rule(data=st.data())
    def close(self, data: st.DataObject) -> None:
        exchange = self.live.pop(data.draw(st.sampled_from(sorted(self.live))))
        self.journal.close(ended(exchange))
        self.frames[exchange.id][CLOSED] = frame(CLOSED, encode(exchange))

    @rule(count=st.integers(1, 12))
    def many_calls(self, count: int) -> None:
        for _ in range(count):
            exchange = an_exchange()
            with suppress(JournalUnavailable):
                self.journal.open(exchange)
                self.frames[exchange.id] = {OPENED: frame(OPENED, encode(exchange))}
                self.journal.close(ended(exchange))
                self.frames[exchange.id][CLOSED] = frame(CLOSED, encode(exchange))

    @rule(room=st.one_of(st.integers(0, 300), st.just(float("inf"))))
    def fill_or_clear_the_disk(self, room: float) -> None:
        self.disk.room = room

    @rule(error=st.sampled_from([None, None, ConsumerUnavailable("away"), ValueError("all of them")]))
    def break_or_mend_the_consumer(self, error: Exception | None) -> None:
        self.failing = error

    @rule(acknowledge=st.booleans())
    def deliver(self, acknowledge: bool) -> None:
        self.serve(self.own, acknowledge=acknowledge)

    @rule()
    def upkeep(self) -> None:
        self.journal.retry()
        keep_from = self.journal.oldest_open()
        self.synced = self.journal.end()[0]
        self.journal.sync()
        self.own.prune(keep_from=keep_from)

    @rule(tear=st.booleans(), spoil=st.booleans(), data=st.data())
    def crash(self, tear: bool, spoil: bool, data: st.DataObject) -> None:
        """The process dies; with ``tear`` the machine does, and loses some of what was not synced; with ``spoil`` a
        byte changes on the disk."""
        pending = {exchange_id for exchange_id, _ in self.journal._pending}
        self.die()
        path = last_segment(self.directory.path)
        if tear:
            number = int(path.stem)
            safe = self.synced.offset if number == self.synced.segment else 0
            os.truncate(path, data.draw(st.integers(safe, path.stat().st_size)))
        if spoil and path.stat().st_size:
            damaged = bytearray(path.read_bytes())
            damaged[data.draw(st.integers(0, len(damaged) - 1))] ^= 0xFF
            path.write_bytes(damaged)
        left = b"".join(file.read_bytes() for file in self.directory.path.glob("*.segment"))
        for exchange_id, written in self.frames.items():
            if exchange_id in self.sink.kept:
                self.due[exchange_id] = self.sink.kept[exchange_id].ended_by
            elif written.get(CLOSED, b"nowhere") in left:
                self.due[exchange_id] = "done"
            elif written[OPENED] in left:
                assert tear or spoil or CLOSED not in written or exchange_id in pending
                self.due[exchange_id] = "interrupted"
            else:
                assert tear or spoil
        self.begin()

    @rule(stage=st.integers(0, 3))
    def adopt_and_die(self, stage: int) -> None:
        for path in abandoned(self.root):
            directory = Directory.adopt(path)
            if directory is None:
                continue
            adopted = Adopted(directory, ["sink"])
            if stage == 1:
                (path / "settling").write_bytes(b"half a dra")
            if stage >= 2:
                adopted.prepare()
                self.serve(adopted.source, acknowledge=stage == 3)
            adopted.release()

    def serve(self, source: Source, *, acknowledge: bool) -> None:
        delivery = Delivery(
            self.sink, rejected=Rejected(self.root / "rejected"), abandon=threading.Event(), first_wait=0
        )
        while source.behind("sink"):
            batch = source.read("sink")
            assert not batch.unreadable
            if (batch.exchanges and not delivery.offer(batch.exchanges)) or not acknowledge:
                return
            source.acknowledge("sink", batch)

    def die(self) -> None:
        self.journal.shut()
        self.own.close()
        self.directory.release()

    @invariant()
    def nothing_is_booked_otherwise_than_it_ended(self) -> None:
        for exchange_id, ending in self.sink.endings().items():
            assert ending == self.due.get(exchange_id, "done")

    def teardown(self) -> None:
        self.failing = None
        for exchange in self.live.values():
            self.journal.close(ended(exchange))
            self.frames[exchange.id][CLOSED] = b""
        self.disk.room = float("inf")
        self.journal.retry()
        self.due |= dict.fromkeys(self.frames, "done")
        self.die()
        adoption = Adoption(self.root, ["sink"], wake=lambda: None)
        adoption.look()
        for source in adoption.sources():
            self.serve(source, acknowledge=True)
        adoption.look()
        try:
            assert self.sink.endings() == self.due
            assert adoption.sources() == [] and list(self.root.iterdir()) == []
        finally:
            shutil.rmtree(self.root)


Crashes.TestCase.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)
test_every_call_is_booked_exactly_once_whatever_happens = Crashes.TestCase

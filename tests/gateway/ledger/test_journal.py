"""The append side: what is opened, noted and closed can be read, whatever the disk does."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec import structs

from gateway.exchange import Attempt, Exchange
from gateway.ledger import records
from gateway.ledger.journal import CARRY_AFTER, Journal, JournalUnavailable
from gateway.ledger.replay import listen
from gateway.ledger.segments import DAMAGED, Position, end_of, read_all, segment_numbers
from providers.errors import SwitchboardError
from tests.gateway.ledger.cast import Disk, a_journal, an_exchange, ended


def story(journal: Journal) -> list[tuple[int, str]]:
    found = read_all(journal.directory, start=Position(0, 0), end=journal.end()[0])
    return [(item.kind, records.exchange_id(item.payload) if item.kind != DAMAGED else "") for _, item in found]


def test_what_is_opened_noted_and_closed_is_read_back(tmp_path: Path) -> None:
    journal = a_journal(tmp_path)
    exchange = an_exchange(attempts=[Attempt(provider="demo", model="echo")])
    journal.open(exchange)
    journal.note(structs.replace(exchange, input=3, output=4, first_byte_us=5))
    journal.close(ended(exchange, input=30, output=40))

    kinds = [records.OPENED, records.NOTED, records.CLOSED]
    assert story(journal) == [(kind, exchange.id) for kind in kinds]
    *_, (_, last) = read_all(tmp_path, start=Position(0, 0), end=journal.end()[0])
    assert records.decode_exchange(last.payload) == exchange
    assert journal.idle()


def test_a_note_of_a_call_that_is_not_open_writes_nothing(tmp_path: Path) -> None:
    journal = a_journal(tmp_path)
    journal.note(Exchange(id="unknown", started_at=1, input=1))
    assert journal.end() == (Position(1, 0), 0)


def test_text_and_numbers_that_cannot_be_written_are_mended(tmp_path: Path) -> None:
    journal = a_journal(tmp_path)
    broken = an_exchange(requested_model="\ud800 model", attempts=[Attempt(provider="p", model="m", input=2**70)])
    journal.open(broken)
    journal.close(ended(broken, output=-(2**80)))

    *_, (_, last) = read_all(tmp_path, start=Position(0, 0), end=journal.end()[0])
    read = records.decode_exchange(last.payload)
    assert (read.requested_model, read.attempts[0].input, read.output) == ("? model", 2**63 - 1, -(2**63 - 1))


@pytest.mark.parametrize("fits", [0, 1, 11, 50])
def test_a_full_disk_refuses_calls_and_leaves_nothing_of_them(tmp_path: Path, fits: int) -> None:
    disk = Disk()
    journal = a_journal(tmp_path, disk=disk)
    first, refused, later = an_exchange(), an_exchange(), an_exchange()
    journal.open(first)
    disk.room = fits
    with pytest.raises(JournalUnavailable) as caught:
        journal.open(refused)
    disk.room = float("inf")
    journal.open(later)

    assert isinstance(caught.value, SwitchboardError)
    assert (caught.value.status, caught.value.code) == (503, "journal_unavailable")
    assert story(journal) == [(records.OPENED, first.id), (records.OPENED, later.id)]
    assert end_of(tmp_path) == journal.end()[0]


def test_a_close_that_the_disk_refuses_waits_and_no_call_is_opened_before_it(tmp_path: Path) -> None:
    disk = Disk()
    journal = a_journal(tmp_path, disk=disk)
    first, second = an_exchange(), an_exchange()
    journal.open(first)
    disk.room = 20
    journal.close(ended(first))
    assert not journal.idle()
    assert journal.retry() is False
    with pytest.raises(JournalUnavailable):
        journal.open(second)

    disk.room = float("inf")
    journal.open(second)

    assert story(journal) == [(records.OPENED, first.id), (records.CLOSED, first.id), (records.OPENED, second.id)]
    assert journal.closed == 1


def test_the_upkeep_can_write_what_waits(tmp_path: Path) -> None:
    disk = Disk(0)
    journal = a_journal(tmp_path, disk=disk)
    calls = [an_exchange() for _ in range(3)]
    for call in calls:
        journal.close(ended(call))
    disk.room = float("inf")
    assert journal.retry() is True
    assert journal.idle()
    assert journal.end()[1] == 3
    assert story(journal) == [(records.CLOSED, call.id) for call in calls]


def test_a_disk_that_dies_never_raises_into_a_reply(tmp_path: Path) -> None:
    def dead(file: int, data: bytes, offset: int) -> int:
        raise OSError(5, "Input/output error")

    journal = Journal(tmp_path, segment_bytes=4096, fsync_ms=0, write=dead)
    exchange = an_exchange()
    with pytest.raises(JournalUnavailable, match="Input/output error"):
        journal.open(exchange)
    journal.close(ended(exchange))
    journal.note(structs.replace(exchange, input=1, output=1, first_byte_us=1))
    journal.shut()


def test_a_long_call_is_carried_forward_and_holds_no_segments_back(tmp_path: Path) -> None:
    journal = a_journal(tmp_path, segment_bytes=200)
    long = an_exchange()
    journal.open(long)
    journal.note(structs.replace(long, input=7, output=8, first_byte_us=9))
    while journal.end()[0].segment <= 3 * CARRY_AFTER:
        short = an_exchange()
        journal.open(short)
        journal.close(ended(short))

    keep = journal.oldest_open()
    assert keep > journal.end()[0].segment - 2 * CARRY_AFTER
    for number in segment_numbers(tmp_path):
        if number < keep:
            (tmp_path / f"{number:010d}.segment").unlink()
    heard = listen(tmp_path, marks={})
    (interrupted,) = heard.interrupted()
    assert (interrupted.id, interrupted.input, interrupted.output) == (long.id, 7, 8)


def test_after_seal_calls_are_refused_and_open_ones_still_close(tmp_path: Path) -> None:
    journal = a_journal(tmp_path, fsync_ms=0)
    exchange: Exchange = an_exchange()
    journal.open(exchange)
    journal.seal()
    with pytest.raises(JournalUnavailable, match="stopping"):
        journal.open(an_exchange())
    journal.close(ended(exchange))
    journal.shut()
    assert story(journal) == [(records.OPENED, exchange.id), (records.CLOSED, exchange.id)]

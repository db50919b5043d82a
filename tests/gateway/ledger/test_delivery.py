"""Handing over: nothing is lost in an outage, and one bad record does not stop the rest."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest
from django.db import OperationalError

from gateway.exchange import Exchange
from gateway.ledger.consumer import ConsumerUnavailable, describe
from gateway.ledger.delivery import Delivery, Rejected
from tests.gateway.ledger.cast import Sink, an_exchange, ended


def a_delivery(sink: Sink, directory: Path) -> tuple[Delivery, Rejected]:
    rejected = Rejected(directory / "rejected")
    return Delivery(sink, rejected=rejected, abandon=threading.Event(), first_wait=0.001), rejected


def refusing(*bad: Exchange) -> Sink:
    ids = {exchange.id for exchange in bad}

    def fail(batch: Sequence[Exchange]) -> None:
        if ids & {exchange.id for exchange in batch}:
            raise ValueError("password=hunter2")

    return Sink(fail=fail)


@pytest.mark.parametrize("outage", [ConsumerUnavailable("away"), OperationalError("away"), ConnectionRefusedError()])
def test_an_outage_is_told_once_and_sets_nothing_aside(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, outage: Exception
) -> None:
    away = [True]

    def fail(batch: Sequence[Exchange]) -> None:
        if away[0]:
            raise outage

    sink = Sink(fail=fail)
    delivery, rejected = a_delivery(sink, tmp_path)
    batch = [ended(an_exchange()) for _ in range(3)]
    with caplog.at_level(logging.INFO, "switchboard.ledger"):
        assert [delivery.offer(batch) for _ in range(20)] == [False] * 20
        away[0] = False
        assert delivery.offer(batch)

    assert sink.takes == 21
    assert len(sink.kept) == 3
    assert rejected.count == 0
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]


def test_a_record_that_only_ever_fails_is_set_aside_and_the_rest_is_taken(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    batch = [ended(an_exchange()) for _ in range(50)]
    sink = refusing(batch[17], batch[31])
    delivery, rejected = a_delivery(sink, tmp_path)

    assert delivery.offer(batch)

    assert sink.kept.keys() == {one.id for one in batch} - {batch[17].id, batch[31].id}
    lines = [msgspec.json.decode(line) for line in (tmp_path / "rejected" / "sink.jsonl").read_bytes().splitlines()]
    assert {line["exchange"]["id"] for line in lines} == {batch[17].id, batch[31].id}
    assert rejected.count == 2
    assert "hunter2" not in caplog.text + str(lines)


def test_as_long_as_everything_fails_nothing_is_set_aside(tmp_path: Path) -> None:
    batch = [ended(an_exchange()) for _ in range(100)]
    sink = refusing(*batch)
    delivery, rejected = a_delivery(sink, tmp_path)

    assert not any(delivery.offer(batch) for _ in range(10))
    assert rejected.count == 0
    assert sink.takes < 10 * 2 * 64


def test_a_lone_record_that_fails_is_set_aside_once_the_consumer_takes_others(tmp_path: Path) -> None:
    bad, good = ended(an_exchange()), ended(an_exchange())
    sink = refusing(bad)
    delivery, rejected = a_delivery(sink, tmp_path)

    assert not any(delivery.offer([bad]) for _ in range(10))
    assert delivery.offer([good])  # from another directory
    assert delivery.offer([bad])
    assert rejected.count == 1


def test_a_record_that_fails_for_a_while_is_taken(tmp_path: Path) -> None:
    bad = ended(an_exchange())
    failures = iter(range(3))

    def fail(batch: Sequence[Exchange]) -> None:
        if bad in batch and next(failures, None) is not None:
            raise ValueError

    sink = Sink(fail=fail)
    delivery, rejected = a_delivery(sink, tmp_path)
    assert delivery.offer([ended(an_exchange()), bad])
    assert bad.id in sink.kept
    assert rejected.count == 0


def test_a_failure_is_described_without_its_message() -> None:
    error = OperationalError("host=db password=hunter2")
    error.__cause__ = ConnectionRefusedError(111, "Connection refused")
    assert describe(error) == "OperationalError from ConnectionRefusedError Connection refused"

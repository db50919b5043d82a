"""The log writer: each exchange one row, whatever it holds, on SQLite and on PostgreSQL."""

from __future__ import annotations

import threading
import time
import uuid
from datetime import UTC, datetime

import pytest
from django.db import OperationalError, connection, connections, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.exchange import Attempt, Exchange, Verdict, uuid7
from monitoring.log_rows import COLUMNS
from monitoring.log_writer import LogWriter
from monitoring.models import RequestContent, RequestLog, RollupMark

DAY = 86_400_000_000
NOON = 1_790_000_000_000_000  # microseconds; 2026-09-21


def an_exchange(**fields: object) -> Exchange:
    base = {"id": uuid7(), "started_at": NOON, "ended_by": "done", "endpoint": "chat.completions"}
    return Exchange(**{**base, **fields})  # type: ignore[arg-type]


def the_row(exchange: Exchange) -> RequestLog:
    return RequestLog.objects.get(id=exchange.id)


def test_every_column_is_written() -> None:
    later = {"first_cost_nano", "rated_at"}  # by who rates again
    assert sorted(COLUMNS) == sorted({field.column for field in RequestLog._meta.concrete_fields} - later)


@pytest.mark.django_db
def test_a_row_tells_what_the_exchange_tells() -> None:
    attempt = Attempt(provider="openai", model="gpt", token="ab12", status=429, error="rate_limited", reason="exact id")
    exchange = an_exchange(
        request_id="req", api_key_id=3, api_key="app", team_id=4, team="t", requested_model="m", provider="openai",
        vendor="openai", model="gpt", token="ab12", wire="openai_chat", stream=True, status=200, finish="stop",
        error_code="e", error_message="why", input=1, output=2, cached_input=3, cache_write_input=4, reasoning=5,
        usage_basis="vendor", latency_us=6, first_byte_us=7, dropped="top_k", attempts=[attempt],
        cost_nano=1_234_567, cost_basis="shipped", unit_prices={"input": 3_000_000_000}, session="s",
        plan=b'{"name":"m"}', tags=["nightly"], cache="stored", saved_nano=5,
        verdicts=[Verdict(by="trial", kind="budget", action="refuse", shadow=True)],
    )  # fmt: skip
    LogWriter().take([exchange])

    row = the_row(exchange)
    same = set(COLUMNS) - {"id", "started_at", "attempts", "plan", "verdicts", "judged"}
    assert {name: getattr(row, name) for name in same} == {name: getattr(exchange, name) for name in same}
    assert row.plan == {"name": "m"}
    assert row.verdicts == [{"by": "trial", "kind": "budget", "action": "refuse", "shadow": True}]
    assert row.judged == RequestLog.Judged.SHADOW
    assert row.id == uuid.UUID(exchange.id)
    assert row.started_at == datetime.fromtimestamp(NOON / 1e6, UTC)
    assert row.attempts == [
        {
            "provider": "openai",
            "model": "gpt",
            "token": "ab12",
            "status": 429,
            "error": "rate_limited",
            "reason": "exact id",
        }
    ]


@pytest.mark.django_db
def test_an_unknown_cost_is_null() -> None:
    for exchange in (an_exchange(), an_exchange(cost_nano=2**70)):
        LogWriter().take([exchange])
        row = the_row(exchange)
        assert (row.cost_nano, row.cost_basis, row.unit_prices) == (None, "unknown", {})


@pytest.mark.django_db
def test_taking_a_record_twice_changes_nothing() -> None:
    exchange = an_exchange(output=5, content=b"sealed")
    writer = LogWriter()
    writer.take([exchange])
    exchange.output, exchange.ended_by = 0, "interrupted"
    writer.take([exchange, exchange, an_exchange()])
    LogWriter().take([exchange])

    assert RequestLog.objects.count() == 2
    assert (the_row(exchange).output, the_row(exchange).ended_by) == (5, "done")
    assert RequestContent.objects.count() == 1


@pytest.mark.django_db
def test_content_is_stored_apart_and_only_where_there_is_some() -> None:
    kept, plain = an_exchange(content=b"\x00sealed\xff"), an_exchange()
    LogWriter().take([kept, plain])
    (content,) = RequestContent.objects.all()
    assert content.request_id == uuid.UUID(kept.id)
    assert bytes(content.sealed) == b"\x00sealed\xff"
    assert content.started_at == the_row(kept).started_at


@pytest.mark.django_db
@pytest.mark.parametrize("microseconds", [0, 1, 999_999])
def test_times_are_kept_to_the_microsecond_and_found_again(microseconds: int) -> None:
    exchange = an_exchange(started_at=NOON + microseconds)
    LogWriter().take([exchange])
    row = RequestLog.objects.get(started_at=the_row(exchange).started_at)
    assert row.started_at.microsecond == microseconds


@pytest.mark.django_db
def test_the_minutes_of_a_batch_are_marked_once_each() -> None:
    minute = NOON // 60_000_000
    LogWriter().take([an_exchange(started_at=NOON + seconds * 1_000_000) for seconds in (0, 1, 61, 3600)])
    assert sorted(RollupMark.objects.values_list("unit", "at")) == [(1, minute), (1, minute + 1), (1, minute + 60)]
    LogWriter().take([an_exchange()])
    assert RollupMark.objects.count() == 4


@pytest.mark.django_db(transaction=True)
def test_rows_and_marks_are_written_together_or_not_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    def dies(*_: object) -> None:
        raise OperationalError

    with monkeypatch.context() as patched:
        patched.setattr("monitoring.log_writer.marks.write", dies)
        with pytest.raises(OperationalError):
            LogWriter().take([an_exchange()])
    assert not RequestLog.objects.exists() and not RollupMark.objects.exists()


texts = st.text(max_size=400)
numbers = st.integers(-(2**63), 2**64 - 1)


@pytest.mark.django_db
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    texts=st.fixed_dictionaries(
        dict.fromkeys(("request_id", "api_key", "requested_model", "error_message", "finish", "dropped"), texts)
    ),
    numbers=st.fixed_dictionaries(dict.fromkeys(("input", "status", "latency_us", "api_key_id"), numbers)),
    started_at=st.integers(NOON - 5, NOON + 5) | st.sampled_from([-1, 0, 2**63]),
    attempt=st.builds(Attempt, provider=texts, model=texts, error=texts, input=numbers),
)
def test_anything_an_exchange_can_hold_fits(
    texts: dict[str, str], numbers: dict[str, int], started_at: int, attempt: Attempt
) -> None:
    exchange = an_exchange(**texts, **numbers, started_at=started_at, attempts=[attempt])
    LogWriter().take([exchange, an_exchange()])

    row = the_row(exchange)
    for name, text in texts.items():
        limit = RequestLog._meta.get_field(name).max_length or 10_000
        assert getattr(row, name) == text.replace("\0", "")[:limit]
    assert row.input == min(max(numbers["input"], 0), 2**63 - 1)
    assert row.status == min(max(numbers["status"], 0), 32767)
    assert row.attempts[0].get("error", "") == attempt.error.replace("\0", "")


def on_postgresql() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("needs DATABASE_URL to name a PostgreSQL server")


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_a_lost_connection_is_replaced_at_the_next_try() -> None:
    on_postgresql()
    writer, exchange = LogWriter(), an_exchange()
    writer.take([an_exchange()])
    victim = connection.connection.info.backend_pid

    def end_it() -> None:
        with connections["default"].cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [victim])
        connections.close_all()

    killer = threading.Thread(target=end_it)
    killer.start()
    killer.join()
    with pytest.raises(OperationalError):
        writer.take([exchange])
    writer.take([exchange])
    assert the_row(exchange)


def partition_names() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = %s::regclass ORDER BY 1", [
            RequestLog._meta.db_table
        ])  # fmt: skip
        return [name for (name,) in cursor.fetchall() if "_p" in name]


@pytest.mark.services
@pytest.mark.django_db
def test_partitions_are_made_for_the_days_of_a_batch_and_the_day_after() -> None:
    on_postgresql()
    LogWriter().take([an_exchange(started_at=0), an_exchange(started_at=2 * DAY - 1), an_exchange(started_at=2 * DAY)])
    made = [name.removeprefix("monitoring_requestlog_p") for name in partition_names()]
    assert [day for day in made if day.startswith("1970")] == ["19700101", "19700102", "19700103", "19700104"]


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_two_processes_that_make_the_same_partitions_both_succeed() -> None:
    on_postgresql()
    barrier, failures = threading.Barrier(4), []

    def write() -> None:
        try:
            barrier.wait()
            for day in range(5):
                LogWriter().take([an_exchange(started_at=day * DAY + 400 * DAY)])
        except Exception as error:
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=write) for _ in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert failures == []
    assert RequestLog.objects.count() == 20


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_a_partition_that_retention_dropped_is_made_again() -> None:
    on_postgresql()
    writer = LogWriter()
    writer.take([an_exchange(started_at=900 * DAY)])
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE monitoring_requestlog_p19720619")
    late = an_exchange(started_at=900 * DAY)
    with pytest.raises(Exception, match="no partition"):
        writer.take([late])
    writer.take([late])
    assert the_row(late)


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_making_a_partition_does_not_wait_for_a_long_reader() -> None:
    on_postgresql()
    reading, done = threading.Event(), threading.Event()

    def read() -> None:
        with transaction.atomic():
            RequestLog.objects.count()
            reading.set()
            done.wait(10)
        connections.close_all()

    reader = threading.Thread(target=read)
    reader.start()
    reading.wait(5)
    began = time.monotonic()
    LogWriter().take([an_exchange(started_at=1000 * DAY)])
    took = time.monotonic() - began
    done.set()
    reader.join()
    assert took < 2

"""Whatever is written, in whatever order, the rollups are the sums of the log at every grain and level."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, connections, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.exchange import Exchange
from monitoring.models import RequestLog, RollupMark, RollupState
from monitoring.rollups import figures, marks, rolling
from monitoring.rollups.figures import fresh_until
from monitoring.rollups.grains import DAY, GRAINS, HOUR, MINUTE, minute_of
from monitoring.rollups.rolling import redo, roll
from tests.monitoring.rollups import cast
from tests.monitoring.rollups.cast import (
    CUT,
    EVERYBODY,
    NOON,
    NOW,
    TODAY,
    assert_quantiles,
    assert_rolled,
    attempt,
    exchange,
    roll_all,
    write,
)

SECOND, HOURS = timedelta(seconds=1), timedelta(hours=1)

attempts = st.builds(
    attempt,
    provider=st.sampled_from(["acme", "other"]),
    model=st.sampled_from(["m1", "m2"]),
    error=st.sampled_from(
        ["", "provider_timeout", "provider_error", "rate_limit_exceeded", "provider_slow_start", "x"]
    ),
    verdict=st.sampled_from(["", "next_target", CUT]),
    duration_us=st.sampled_from([0, 1, 2_000, 5_000_000]),
    cost_nano=st.sampled_from([None, 0, 3, 10**9]),
)
FAILED = [("failed", status) for status in (0, 400, 429, 502)]
ends = st.sampled_from([("done", 200), *FAILED, ("cancelled", 499), ("interrupted", 0)])
times = st.sampled_from([0, 1, 59, 60, 61, 3599, 3600, -1, -86_400, 13 * 3600]).map(lambda s: NOON + s * SECOND)
units = st.sampled_from([0, 1, 500, 2**31])
exchanges = st.builds(
    lambda end, **more: exchange(**more, ended_by=end[0], status=end[1]),
    ends,
    at=times,
    team_id=st.integers(0, 2),
    api_key_id=st.sampled_from([0, 11, 12]),
    provider=st.sampled_from(["", "acme", "other"]),
    model=st.sampled_from(["m1", "m2"]),
    cache=st.sampled_from(["", "", "hit", "joined", "stored"]),
    stream=st.booleans(),
    latency_us=st.integers(0, 10**8),
    first_byte_us=st.sampled_from([0, 3_000, 2_000_000]),
    input=units,
    output=units,
    cached_input=units,
    reasoning=units,
    cost_nano=st.sampled_from([None, 0, 1, 123_456_789]),
    saved_nano=st.sampled_from([None, 5]),
    attempts=st.lists(attempts, max_size=3),
)


def forget() -> None:
    for table in (*cast.TABLES.values(), *cast.ATTEMPT_TABLES.values(), RequestLog, RollupMark, RollupState):
        table.objects.all().delete()


def rerated(one: Exchange) -> None:
    """As the books do: the row and its mark in one transaction."""
    one.cost_nano = (one.cost_nano or 0) + 17
    with transaction.atomic():
        RequestLog.objects.filter(pk=one.id).update(cost_nano=one.cost_nano)
        marks.mark([one.started_at // 60_000_000])


@pytest.mark.django_db
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    batches=st.lists(st.lists(exchanges, min_size=1, max_size=5), min_size=1, max_size=4),
    between=st.lists(st.sampled_from(["roll", "repeat", "rate", ""]), max_size=4),
)
def test_rollups_are_the_sums_of_the_rows(batches: list[list[Exchange]], between: list[str]) -> None:
    forget()
    written: list[Exchange] = []
    for place, batch in enumerate(batches):
        write(*batch)
        written += batch
        match between[place] if place < len(between) else "":
            case "roll":
                assert roll(now=NOW, seconds=600)
            case "repeat":
                write(*written[:3], *written[:3])
            case "rate":
                rerated(written[0])
    roll_all()
    assert_rolled(written)

    span = figures.Span(since=NOON - timedelta(days=2), until=NOON + timedelta(days=2))
    totals = figures.totals(EVERYBODY, span)
    assert (totals.requests, totals.cost_nano) == (len(written), sum(one.cost_nano or 0 for one in written))
    assert_quantiles(totals, written)


@pytest.mark.django_db
def test_what_a_row_can_hold_at_most_does_not_stop_the_rollups() -> None:
    huge = 2**63 - 1
    row: dict[str, Any] = dict.fromkeys(("input", "output", "latency_us", "first_byte_us", "cost_nano"), huge)
    odd = attempt(duration_us=2**64 - 1, cost_nano=2**64 - 1, provider="x" * 90, model="y" * 900, error="'; DROP")
    write(
        *(exchange(NOON, **row, attempts=[odd, odd]) for _ in range(3)),
        exchange(started_at=-5),
        exchange(started_at=2**63),
    )
    roll_all()
    totals = figures.totals(EVERYBODY, TODAY)
    assert (totals.requests, totals.input) == (3, 3 * 10**12)
    ever = figures.Span(since=datetime(1970, 1, 1, tzinfo=UTC), until=datetime(9999, 12, 31, 23, tzinfo=UTC))
    assert figures.totals(EVERYBODY, ever).requests == 5
    assert sum(point.figures.requests for point in figures.series(EVERYBODY, ever)) == 5


@pytest.mark.django_db
def test_only_an_answers_own_time_counts_for_latency() -> None:
    write(
        exchange(latency_us=1_000_000),
        exchange(latency_us=300, cache="hit"),
        exchange(latency_us=300, ended_by="failed", status=400),
        exchange(latency_us=60_000_000, stream=True, first_byte_us=10_000_000, output=500),
        exchange(latency_us=60_000_000, first_byte_us=59_000_000, output=500),
    )
    roll_all()
    found = figures.totals(EVERYBODY, TODAY)
    assert found.first_byte_p50_ms == pytest.approx(10_000, rel=0.25)
    assert found.p99_ms == pytest.approx(60_000, rel=0.25)
    assert found.per_second == pytest.approx(10)


# --- dying, and running twice ------------------------------------------------------------------------
class Died(Exception):
    pass


@pytest.mark.django_db
@pytest.mark.parametrize("steps", range(1, 7))
def test_a_roller_that_dies_between_its_steps_loses_nothing(steps: int, monkeypatch: pytest.MonkeyPatch) -> None:
    written = [exchange(NOON + place * HOURS, attempts=[attempt()]) for place in range(2)]
    write(*written)
    done = 0

    def redo_some(*arguments: Any) -> None:
        nonlocal done
        if done == steps:
            raise Died
        done += 1
        redo(*arguments)

    with monkeypatch.context() as patched:
        patched.setattr(rolling, "redo", redo_some)
        if steps < 5:
            with pytest.raises(Died):
                roll(now=NOW)
            assert fresh_until() is None
        else:
            assert roll(now=NOW)
    late = exchange(NOON + SECOND)
    write(late)
    roll_all()
    assert_rolled([*written, late])


@pytest.mark.django_db
@pytest.mark.parametrize("grain", GRAINS)
def test_a_stretch_that_fails_half_way_stays_as_it_was(grain: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    written = [exchange(attempts=[attempt()])]
    write(*written)
    roll_all()
    at = minute_of(NOON) // grain.unit * grain.unit
    with connection.cursor() as cursor:
        marks.write(cursor, grain.unit, [at])

    def fails(*_: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f'DELETE FROM "{grain.table}"')
        raise Died

    for name in ("replace_from_log", "replace_from_finer"):
        monkeypatch.setattr(rolling, name, fails)
    with pytest.raises(Died):
        redo(grain, at)
    assert RollupMark.objects.filter(unit=grain.unit, at=at).count() == 1
    assert_rolled(written)


@pytest.mark.django_db
def test_rolling_twice_changes_nothing() -> None:
    written = [exchange(attempts=[attempt()]), exchange(NOON - HOURS)]
    write(*written)
    for _ in range(2):
        roll_all()
        for grain in (DAY, HOUR, MINUTE):
            redo(grain, minute_of(NOON) // grain.unit * grain.unit)
    assert_rolled(written)


@pytest.mark.django_db
def test_a_run_ends_when_its_time_is_over_and_the_next_one_goes_on() -> None:
    written = [exchange(NOON + place * 60 * SECOND) for place in range(5)]
    write(*written)
    ticks = iter(range(100))
    clock: Callable[[], float] = lambda: next(ticks)  # noqa: E731
    assert not roll(now=NOW, seconds=2, clock=clock)
    assert fresh_until() is None
    assert cast.rolled(1, 0).keys() < cast.summed(written, 1, 0).keys()
    assert roll(now=NOW)
    assert fresh_until() == NOW
    assert_rolled(written)


@pytest.mark.django_db
def test_a_minute_that_is_marked_again_and_again_does_not_hold_up_the_hours(monkeypatch: pytest.MonkeyPatch) -> None:
    written = [exchange()]
    write(*written)

    def written_meanwhile(grain: Any, at: int) -> None:
        redo(grain, at)
        if grain is MINUTE:
            written.append(exchange())
            write(written[-1])

    monkeypatch.setattr(rolling, "redo", written_meanwhile)
    assert roll(now=NOW, seconds=600)
    assert cast.rolled(1440, 0)
    monkeypatch.undo()
    roll_all()
    assert_rolled(written)


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_rollers_and_writers_that_run_at_once_neither_lose_nor_count_twice() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("needs DATABASE_URL to name a PostgreSQL server")
    written = [[exchange(NOON + place * SECOND, attempts=[attempt()]) for place in range(60)] for _ in range(12)]
    roll(now=NOW)
    failures: list[BaseException] = []
    over = threading.Event()

    def guarded(task: Callable[[], None]) -> Callable[[], None]:
        def run() -> None:
            try:
                task()
            except BaseException as error:
                failures.append(error)
            finally:
                connections.close_all()

        return run

    def roll_on() -> None:
        while not over.is_set():
            roll(now=NOW)

    def write_on() -> None:
        while written_left:
            try:
                batch = written_left.pop()
            except IndexError:
                return
            write(*batch)

    written_left = list(written)
    rollers = [threading.Thread(target=guarded(roll_on)) for _ in range(3)]
    writers = [threading.Thread(target=guarded(write_on)) for _ in range(2)]
    for thread in (*rollers, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    over.set()
    for thread in rollers:
        thread.join()
    assert failures == []
    roll_all()
    assert_rolled([one for batch in written for one in batch])

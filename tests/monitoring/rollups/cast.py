"""Requests as the journal tells them, what they sum up to in plain Python, and the rollups as they stand."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from gateway.exchange import Attempt, Exchange, uuid7
from monitoring.access import Viewer
from monitoring.log_writer import LogWriter
from monitoring.models import AttemptDay, AttemptHour, AttemptMinute, DayRollup, HourRollup, MinuteRollup, RollupMark
from monitoring.rollups import levels
from monitoring.rollups.backfill import backfill
from monitoring.rollups.columns import ATTEMPT_COUNTS, ATTEMPT_SUMS, COUNTS, SUMS
from monitoring.rollups.figures import Figures, Span
from monitoring.rollups.rolling import roll

NOON = datetime(2026, 9, 21, 12, tzinfo=UTC)
NOW = NOON + timedelta(hours=3)
EVERYBODY = Viewer(teams=None, name="all")
TODAY = Span(since=datetime(2026, 9, 21, tzinfo=UTC), until=datetime(2026, 9, 22, tzinfo=UTC))
UNITS = (1, 60, 1440)
TABLES: dict[int, Any] = {1: MinuteRollup, 60: HourRollup, 1440: DayRollup}
ATTEMPT_TABLES: dict[int, Any] = {1: AttemptMinute, 60: AttemptHour, 1440: AttemptDay}
KEPT = ("hit", "similar", "joined")


def member_of(*teams: int) -> Viewer:
    return Viewer(teams=frozenset(teams), name="member")


def exchange(at: datetime = NOON, **more: Any) -> Exchange:
    """One that went well."""
    base: dict[str, Any] = {
        "id": uuid7(), "started_at": microseconds(at), "endpoint": "chat", "team_id": 1, "api_key_id": 11,
        "provider": "acme", "model": "m1", "ended_by": "done", "status": 200, "latency_us": 900_000,
        "input": 100, "output": 40, "cost_nano": 7_000,
    }  # fmt: skip
    return Exchange(**{**base, **more})


def microseconds(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def attempt(**more: Any) -> Attempt:
    return Attempt(**{"provider": "acme", "model": "m1", "status": 200, "duration_us": 800_000, "cost_nano": 5, **more})


def write(*exchanges: Exchange) -> None:
    LogWriter().take(exchanges)


def roll_all(now: datetime = NOW) -> None:
    """Rolls up all there is: what was marked, and what was there before."""
    assert roll(now=now, seconds=600)
    assert backfill(now=now, seconds=600)
    assert not RollupMark.objects.exists()


# --- what the rollups must say -----------------------------------------------------------------------
@dataclass
class Sums:
    values: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    latencies: list[int] = field(default_factory=list)
    first_bytes: list[int] = field(default_factory=list)

    def add(self, one: Exchange) -> None:
        values, kept = self.values, one.cache in KEPT
        refused = one.ended_by == "failed" and 400 <= one.status < 500
        retries = max(0, len(one.attempts) - 1)
        first = one.attempts[0] if one.attempts else None
        values["requests"] += 1
        values["refused"] += refused
        values["failed"] += one.ended_by == "interrupted" or (one.ended_by == "failed" and not refused)
        values["cancelled"] += one.ended_by == "cancelled"
        values["cached"] += kept
        values["retries"] += retries
        if first is not None and retries and one.ended_by == "done":
            values["fallbacks"] += (first.provider, first.model) != (one.provider, one.model)
        values["unpriced"] += one.cost_nano is None and bool(one.input or one.output)
        for name in ("input", "output", "cached_input", "cache_write_input", "reasoning"):
            values[name] += getattr(one, name)
        values["cost_nano"] += one.cost_nano or 0
        values["saved_nano"] += one.saved_nano or 0
        if one.ended_by == "done" and not kept:
            self.latencies.append(one.latency_us)
            if one.stream and one.first_byte_us:
                self._add_stream(one)

    def _add_stream(self, one: Exchange) -> None:
        self.first_bytes.append(one.first_byte_us)
        if one.latency_us > one.first_byte_us:
            self.values["written"] += one.output
            self.values["writing_us"] += one.latency_us - one.first_byte_us


def summed(exchanges: Iterable[Exchange], unit: int, level: int) -> dict[tuple[Any, ...], dict[str, int]]:
    """By when the stretch begins and the dimensions of the level."""
    found: dict[tuple[Any, ...], Sums] = defaultdict(Sums)
    for one in exchanges:
        at = one.started_at // 60_000_000 // unit * unit
        team = one.team_id if level & levels.TEAM else 0
        key = one.api_key_id if level & levels.KEY else 0
        target = (one.provider, one.model) if level & levels.TARGET else ("", "")
        found[at, team, key, *target].add(one)
    names = [*COUNTS, *SUMS]
    return {key: {name: sums.values[name] for name in names} for key, sums in found.items()}


def rolled(unit: int, level: int) -> dict[tuple[Any, ...], dict[str, int]]:
    """The same from the rollups. Fails where there are two rows of one."""
    names = ["at", "team_id", "api_key_id", "provider", "model", *COUNTS, *SUMS]
    rows = list(TABLES[unit].objects.filter(level=level).values_list(*names))
    found = {row[:5]: dict(zip(names[5:], row[5:], strict=True)) for row in rows}
    assert len(found) == len(rows)
    return found


def attempts_rolled(unit: int) -> dict[tuple[Any, ...], dict[str, int]]:
    names = ["at", "provider", "model", *ATTEMPT_COUNTS, *ATTEMPT_SUMS]
    rows = list(ATTEMPT_TABLES[unit].objects.values_list(*names))
    found = {row[:3]: dict(zip(names[3:], row[3:], strict=True)) for row in rows}
    assert len(found) == len(rows)
    return found


FAILURES = {"provider_error", "provider_overloaded", "provider_timeout", "provider_unreachable"}
CUT = "stop: the time for the call is over"


def attempts_summed(exchanges: Iterable[Exchange], unit: int) -> dict[tuple[Any, ...], dict[str, int]]:
    found: dict[tuple[Any, ...], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for one in exchanges:
        for each in one.attempts:
            sums = found[one.started_at // 60_000_000 // unit * unit, each.provider, each.model]
            sums["attempts"] += 1
            sums["failures"] += each.error in FAILURES and each.verdict != CUT
            sums["rate_limited"] += each.error == "rate_limit_exceeded"
            sums["timeouts"] += each.error in ("provider_timeout", "provider_slow_start") and each.verdict != CUT
            sums["cost_nano"] += each.cost_nano or 0
    return {key: dict(sums) for key, sums in found.items()}


def assert_rolled(exchanges: Sequence[Exchange], *, units: Iterable[int] = UNITS) -> None:
    """Every table and level holds just the sums of these."""
    for unit in units:
        for level in (*levels.COARSER, levels.FINEST):
            assert rolled(unit, level) == summed(exchanges, unit, level), (unit, level)
        assert attempts_rolled(unit) == attempts_summed(exchanges, unit)


def assert_quantiles(figures: Figures | Mapping[str, Any], exchanges: Iterable[Exchange]) -> None:
    """Each within a quarter of the exact one (the value of the nearest rank)."""
    sums = Sums()
    for one in exchanges:
        sums.add(one)
    for name, values, percent in (
        ("p50_ms", sums.latencies, 50),
        ("p95_ms", sums.latencies, 95),
        ("p99_ms", sums.latencies, 99),
        ("first_byte_p50_ms", sums.first_bytes, 50),
        ("first_byte_p95_ms", sums.first_bytes, 95),
    ):
        found = getattr(figures, name)
        if not values:
            assert found is None
            continue
        exact = sorted(values)[math.ceil(percent * len(values) / 100) - 1] / 1000
        assert exact / 1.25 <= found <= exact * 1.25 or max(exact, found) <= 2, name

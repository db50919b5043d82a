"""Minute, hour and day: their tables, and moments as minutes since the epoch, in which they are counted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from monitoring.models import (
    AttemptDay,
    AttemptHour,
    AttemptMinute,
    DayRollup,
    HourRollup,
    MinuteRollup,
    RollupState,
)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MINUTE = timedelta(minutes=1)
FAR = 4_223_370_240  # the last day of the year 9999: behind every row


@dataclass(frozen=True, slots=True, kw_only=True)
class Grain:
    """``unit``: its length in minutes. ``kept``: the field of ``RollupState`` that says up to where it was pruned; ""
    where it is kept for good."""

    unit: int
    table: str
    attempts: str
    kept: str

    def kept_from(self, state: RollupState) -> int:
        return int(getattr(state, self.kept)) if self.kept else 0


MINUTE = Grain(unit=1, table=MinuteRollup._meta.db_table, attempts=AttemptMinute._meta.db_table, kept="minutes_from")
HOUR = Grain(unit=60, table=HourRollup._meta.db_table, attempts=AttemptHour._meta.db_table, kept="hours_from")
DAY = Grain(unit=1440, table=DayRollup._meta.db_table, attempts=AttemptDay._meta.db_table, kept="")
GRAINS = (MINUTE, HOUR, DAY)


def finer(grain: Grain) -> Grain | None:
    place = GRAINS.index(grain)
    return GRAINS[place - 1] if place else None


def coarser(grain: Grain) -> Grain | None:
    return GRAINS[GRAINS.index(grain) + 1] if grain is not DAY else None


def minute_of(moment: datetime) -> int:
    return (moment - _EPOCH) // _MINUTE


def minutes_of(moments: Iterable[datetime]) -> set[int]:
    return {minute_of(moment) for moment in moments}


def moment_of(minute: int) -> datetime:
    return _EPOCH + minute * _MINUTE


def down(minute: int, unit: int) -> int:
    return minute - minute % unit


def up(minute: int, unit: int) -> int:
    return -(-minute // unit) * unit

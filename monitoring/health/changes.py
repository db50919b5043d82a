"""Writes what was judged: the state as it is now, the outage it begins or ends, the span of time it was watched in.

Two that judge at once make one change: the row is changed only where it still is as it was read.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from django.db import IntegrityError, transaction

from monitoring.health.board import State
from monitoring.health.facts import Judgement
from monitoring.health.judging import ILL
from monitoring.health.topic import HealthChange, health_changed
from monitoring.health.words import DOWN, OFF, UNKNOWN
from monitoring.models import HealthSpan, HealthState, Outage

GAP = timedelta(minutes=3)  # a longer time between two rounds was watched by nobody
UNWATCHED = frozenset({OFF, UNKNOWN})
SEEN = ["reason", "signal", "checked_at", "called_at", "probed_at", "probe_ok", "probe_failures", "probe_failed_at",
        "probe_reason", "probe_at"]  # fmt: skip


@dataclass(slots=True)
class Target:
    """A provider or a model of it, with its row (one that is not stored yet for what was never seen). ``news``: whether
    anything but the time of the check is to be written. ``was``: its status before this round, "" for none."""

    name: str
    row: HealthState
    judged: Judgement | None
    news: bool = False
    was: str = field(default="", init=False)

    def __post_init__(self) -> None:
        self.was = "" if self.row._state.adding else self.row.status

    @property
    def changed(self) -> bool:
        return not self.was or (self.judged is not None and self.judged.status != self.was)


def write(targets: Iterable[Target], now: datetime) -> int:
    """Returns how many targets are otherwise than they were."""
    changed: list[Target] = []
    same: list[Target] = []
    for one in targets:
        (changed if one.changed else same).append(one)
    for one in same:
        _say(one, now)
    with transaction.atomic():
        HealthState.objects.bulk_update([one.row for one in same if one.news], SEEN, batch_size=100)
        quiet = [one.row.pk for one in same if not one.news]
        for start in range(0, len(quiet), 500):
            HealthState.objects.filter(pk__in=quiet[start : start + 500]).update(checked_at=now)
    turned = [one for one in changed if _turn(one, now)]
    _watched((*turned, *same), now)
    return len([one for one in turned if one.was])


def _say(target: Target, now: datetime) -> None:
    row, judged = target.row, target.judged
    row.checked_at = now
    if judged is not None and (judged.reason[:500], judged.signal) != (row.reason, row.signal):
        row.reason, row.signal = judged.reason[:500], judged.signal
        target.news = True


def _turn(target: Target, now: datetime) -> bool:
    """One change, with its outage, in one transaction; false where another was first."""
    row = target.row
    before = _state(target.name, row) if target.was else None
    since = row.since
    _say(target, now)
    if target.judged is not None:
        row.status = target.judged.status
    row.since = now
    try:
        with transaction.atomic():
            if not _kept(row, target.was, since):
                return False
            _outage(row, now)
            if before is not None or row.status in ILL:
                change = HealthChange(before=before, after=_state(target.name, row))
                transaction.on_commit(partial(health_changed.tell, change))
    except IntegrityError:  # another made the row or the outage at the same moment, or the provider is gone
        return False
    return True


def _kept(row: HealthState, was: str, since: datetime) -> bool:
    if row._state.adding:
        row.save(force_insert=True)
        return True
    values = {name: getattr(row, name) for name in ("status", "since", *SEEN)}
    return bool(HealthState.objects.filter(pk=row.pk, status=was, since=since).update(**values))


def _outage(row: HealthState, now: datetime) -> None:
    lasting = Outage.objects.filter(provider_id=row.provider_id, model=row.model, ended_at=None)
    if row.status not in ILL:
        lasting.update(ended_at=now, ended_as=row.status)
        return
    is_down = row.status == DOWN
    if is_down:
        lasting.filter(down_at=None).update(down_at=now, status=row.status, reason=row.reason, signal=row.signal)
    if not lasting.exists():
        Outage.objects.create(
            provider_id=row.provider_id,
            model=row.model,
            status=row.status,
            began_at=now,
            down_at=now if is_down else None,
            reason=row.reason,
            signal=row.signal,
        )


def _watched(targets: Iterable[Target], now: datetime) -> None:
    """Moves the span of each target on to now; one that turned, or was not watched for a while, begins another."""
    last: dict[tuple[int, str], HealthSpan] = {}
    for span in HealthSpan.objects.filter(until__gte=now - GAP).order_by("until", "id"):
        last[span.provider_id, span.model] = span
    lasting, begun = [], []
    for target in targets:
        row = target.row
        found = last.get((row.provider_id, row.model))
        goes_on = found is not None and found.status == target.was
        if found is not None and goes_on:
            lasting.append(found.pk)  # up to the moment of a change too
        if row.status not in UNWATCHED and not (goes_on and row.status == target.was):
            begun.append(_begun(row, now))
    for start in range(0, len(lasting), 500):
        HealthSpan.objects.filter(pk__in=lasting[start : start + 500], until__lt=now).update(until=now)
    HealthSpan.objects.bulk_create(begun)


def _begun(row: HealthState, now: datetime) -> HealthSpan:
    return HealthSpan(provider_id=row.provider_id, model=row.model, status=row.status, began_at=now, until=now)


def _state(name: str, row: HealthState) -> State:
    return State(
        provider=name,
        model=row.model,
        status=row.status,
        since=row.since,
        reason=row.reason,
        signal=row.signal,
        checked_at=row.checked_at,
    )

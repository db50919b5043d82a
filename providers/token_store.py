"""Token state between the pool and its table: written in batches, read back from other processes. Blocking; run it
off the event loop."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from providers.models import Token, TokenState
from providers.pool import PROBATION_AFTER, Condition, Pool

OVERLAP = timedelta(minutes=2)  # rows are read again this long: clocks differ, and a slow transaction commits late


@dataclass(frozen=True, slots=True)
class Noted:
    """What of one token is to be written, taken from the pool on its own thread."""

    health: str
    cooling_until: datetime | None
    reason: str
    rejected_at: datetime | None
    probation_at: datetime | None
    last_used_at: datetime | None
    changed_at: float
    requests: int
    failures: int


def collect(pool: Pool) -> dict[int, Noted]:
    """Takes what changed out of the pool. Call it on the pool's thread."""
    now = pool.clock()
    notes = {}
    for token_id in pool.dirty:
        condition = pool.conditions[token_id]
        notes[token_id] = _note(condition, now)
        condition.requests = condition.failures = 0
    pool.dirty.clear()
    return notes


def give_back(pool: Pool, notes: Mapping[int, Noted]) -> None:
    """Puts notes that could not be written back, so that the next batch has them. On the pool's thread."""
    for token_id, note in notes.items():
        condition = pool.condition(token_id)
        condition.requests += note.requests
        condition.failures += note.failures
        pool.dirty.add(token_id)


def write(notes: Mapping[int, Noted]) -> None:
    """One transaction, one update a token. A row that somebody changed later keeps its health."""
    if not notes:
        return
    now = timezone.now()
    with transaction.atomic():
        known = set(Token.objects.filter(pk__in=notes).values_list("pk", flat=True))
        TokenState.objects.bulk_create(
            [TokenState(token_id=pk, updated_at=now) for pk in sorted(known)], ignore_conflicts=True
        )
        for token_id in sorted(known):
            _write_one(token_id, notes[token_id], now)


def _write_one(token_id: int, note: Noted, now: datetime) -> None:
    row = TokenState.objects.filter(pk=token_id)
    row.update(
        requests=F("requests") + note.requests,
        failures=F("failures") + note.failures,
        last_used_at=note.last_used_at,
    )
    if note.changed_at:
        changed = datetime.fromtimestamp(note.changed_at, UTC)
        row.filter(changed_at__lt=changed).update(
            health=note.health,
            cooling_until=note.cooling_until,
            reason=note.reason,
            rejected_at=note.rejected_at,
            probation_at=note.probation_at,
            changed_at=changed,
            updated_at=now,
        )


def changed_since(moment: datetime | None) -> tuple[list[TokenState], datetime]:
    """The rows written since ``moment`` (all for ``None``), and the moment to ask from next."""
    now = timezone.now()
    rows = TokenState.objects.all() if moment is None else TokenState.objects.filter(updated_at__gt=moment - OVERLAP)
    return list(rows), now


def merge(pool: Pool, rows: list[TokenState]) -> None:
    """Takes over what is newer than what this process knows. On the pool's thread."""
    for row in rows:
        condition = pool.condition(row.token_id)
        changed = row.changed_at.timestamp()
        if changed <= condition.changed_at:
            continue
        condition.changed_at = changed
        condition.invalid = row.health == TokenState.Health.INVALID
        condition.resting_until = _seconds(row.cooling_until)
        condition.rejected_at = _seconds(row.rejected_at)
        condition.probation_at = _seconds(row.probation_at)
        condition.reason = row.reason
        if not condition.invalid:
            condition.probation_wait = PROBATION_AFTER


def _note(condition: Condition, now: float) -> Noted:
    return Noted(
        health=condition.word(now),
        cooling_until=_moment(condition.resting_until),
        reason=condition.reason,
        rejected_at=_moment(condition.rejected_at),
        probation_at=_moment(condition.probation_at),
        last_used_at=_moment(condition.last_used),
        changed_at=condition.changed_at,
        requests=condition.requests,
        failures=condition.failures,
    )


def _moment(seconds: float) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds else None


def _seconds(moment: datetime | None) -> float:
    return moment.timestamp() if moment else 0.0

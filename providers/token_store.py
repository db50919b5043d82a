"""Token state between the pool and its table: written in batches, read back from other processes. ``collect``,
``give_back`` and ``merge`` belong on the event loop; the others block, run them off it.

A row takes over what is newer than itself (``changed_at``), and so does a pool; only an admin ends a retirement.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import DatabaseError, transaction
from django.utils import timezone

from providers import history, pool_watch
from providers.condition import COOLING, HEALTHY, PROBATION, RETIRED, SUSPENDED, WELL, Change, Condition
from providers.environment import environ
from providers.history import moment, seconds, token_event, word_of
from providers.models import ProviderEvent, Token, TokenState
from providers.pool import Pool

log = logging.getLogger("switchboard.tokens")

OVERLAP = timedelta(minutes=2)  # rows are read again this long: clocks differ, and a slow transaction commits late
QUOTA_EVERY = 3.0  # seconds between two writes of a token's quota
LOOK_EVERY = 10.0  # seconds between two looks at all pools, by each process
RESTS_APART = timedelta(minutes=1)  # of rests that follow each other sooner, the history keeps the first
ROTATED = "rotated"
KEPT = [
    "health", "cooling_until", "reason", "rejected_at", "probation_at", "suspensions", "rotated_at", "quota",
    "last_used_at", "requests", "failures", "changed_at", "updated_at",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Noted:
    """What of one token is to be written, taken from the pool on its own thread. Times are seconds since the epoch."""

    moves: tuple[Change, ...]
    rotated_at: float
    quota: Mapping[str, Any] | None
    last_used: float
    requests: int
    failures: int


@dataclass(frozen=True, slots=True)
class Batch:
    """What one exchange writes, by token. ``look``: it is time to look at all pools."""

    tokens: Mapping[int, Noted] = field(default_factory=dict)
    look: bool = False


def collect(pool: Pool) -> Batch:
    """Takes what changed out of the pool."""
    now = pool.clock()
    due = {one for one in pool.quotas if pool.condition(one).quota_due <= now}
    notes = {token_id: _note(pool, token_id, now, quota=token_id in due) for token_id in pool.dirty | due}
    pool.quotas -= due
    pool.dirty.clear()
    pool.moves.clear()
    look = not 0 < pool.look_at - now <= LOOK_EVERY  # further off: the clock was set back
    if look:
        pool.look_at = now + LOOK_EVERY
    return Batch(notes, look)


def _note(pool: Pool, token_id: int, now: float, *, quota: bool) -> Noted:
    condition = pool.condition(token_id)
    told = condition.quota.stored() if quota and condition.quota else None
    if told is not None:
        condition.quota_due = now + QUOTA_EVERY
    moves = tuple(pool.moves.get(token_id, ()))
    note = Noted(moves, condition.rotated_at, told, condition.last_used, condition.requests, condition.failures)
    condition.requests = condition.failures = 0
    condition.by_hand = False
    return note


def give_back(pool: Pool, batch: Batch) -> None:
    """Puts what could not be written back, so that the next batch has it."""
    for token_id, note in batch.tokens.items():
        condition = pool.condition(token_id)
        condition.requests += note.requests
        condition.failures += note.failures
        pool.dirty.add(token_id)
        if note.quota is not None:
            pool.quotas.add(token_id)
        if note.moves:
            pool.moves[token_id] = [*note.moves, *pool.moves.get(token_id, ())][-100:]
            condition.by_hand = condition.by_hand or any(move.by_hand for move in note.moves)
    if batch.look:
        pool.look_at = 0


def write(batch: Batch) -> None:
    """One transaction for the tokens. A row that somebody changed later keeps its health; what did change it becomes an
    event. Then, when it is time or something changed, a look at all pools."""
    changed = bool(batch.tokens) and _write_tokens(batch.tokens)
    if not (changed or batch.look):
        return
    try:
        pool_watch.look(environ(), now=timezone.now())
    except DatabaseError as error:  # what was written stays written: giving it back would count it twice
        log.warning("the pools could not be looked at: %s", type(error).__name__)


def _write_tokens(notes: Mapping[int, Noted]) -> bool:
    """Whether anything happened that has an event."""
    now = timezone.now()
    with transaction.atomic():
        tokens = Token.objects.filter(pk__in=notes).only("provider_id").in_bulk()
        TokenState.objects.bulk_create(
            [TokenState(token_id=pk, updated_at=now) for pk in sorted(tokens)], ignore_conflicts=True
        )
        rows = list(TokenState.objects.select_for_update().filter(pk__in=tokens).order_by("pk"))
        events = [event for row in rows for event in _apply(notes[row.pk], row, tokens[row.pk], now)]
        TokenState.objects.bulk_update(rows, KEPT, batch_size=200)
        history.write(events)
    return bool(events)


def _apply(note: Noted, row: TokenState, token: Token, now: datetime) -> list[ProviderEvent]:
    """Writes a note into its row; gives what there is to tell. That a second process suspends what is suspended is
    nothing."""
    row.requests += note.requests
    row.failures += note.failures
    row.last_used_at = moment(max(note.last_used, seconds(row.last_used_at)))
    if note.quota is not None:
        row.quota = dict(note.quota)
    events = [event for move in note.moves if (event := _move(move, row, token, now))]
    if note.rotated_at > seconds(row.rotated_at) + 1e-4:
        row.rotated_at, row.updated_at = moment(note.rotated_at), now
        word = word_of(row, now=now)
        events.append(token_event(token, before=word, after=ROTATED, reason="Sent to the back.", at=now))
    return events


def _move(move: Change, row: TokenState, token: Token, now: datetime) -> ProviderEvent | None:
    changed, at = moment(move.changed_at), moment(move.at)
    assert changed is not None and at is not None, "a move has its times"
    if changed <= row.changed_at or (row.health == RETIRED and not move.by_hand):
        return None
    if row.health in (SUSPENDED, PROBATION) and not (move.stands or move.by_hand):
        _rests_too(move, row, now)
        return None
    before = word_of(row, now=at)
    row.health, row.reason, row.suspensions = move.health, move.reason, move.suspensions
    row.cooling_until, row.rejected_at = moment(move.resting_until), moment(move.rejected_at)
    row.probation_at, row.changed_at, row.updated_at = moment(move.probation_at), changed, now
    if not move.by_hand and (before == move.health or _rested_lately(move, token, at)):
        return None
    return token_event(token, before=before, after=move.health, reason=_reason(move), at=at)


def _rests_too(move: Change, row: TokenState, now: datetime) -> None:
    """A process that did not know yet that the token is suspended has news of its rest alone: that is taken, and the
    process hears the others'."""
    row.cooling_until = moment(max(move.resting_until, seconds(row.cooling_until)))
    row.changed_at, row.updated_at = moment(move.changed_at) or row.changed_at, now


def _rested_lately(move: Change, token: Token, at: datetime) -> bool:
    if move.health != COOLING:
        return False
    return ProviderEvent.objects.filter(
        token=token, after=COOLING, at__gt=at - RESTS_APART, at__lt=at + RESTS_APART
    ).exists()


def _reason(move: Change) -> str:
    """With how long it lasts, where that is known."""
    until = {COOLING: move.resting_until, SUSPENDED: move.probation_at}.get(move.health, 0)
    lasts = f"For {until - move.at:.0f} s. " if until > move.at else ""
    return lasts + (move.reason or {HEALTHY: "It works.", PROBATION: "A call tries it."}.get(move.health, ""))


def changed_since(moment: datetime | None) -> tuple[list[TokenState], datetime]:
    """The rows written since ``moment`` (all for ``None``), and the moment to ask from next."""
    now = timezone.now()
    rows = TokenState.objects.all() if moment is None else TokenState.objects.filter(updated_at__gt=moment - OVERLAP)
    return list(rows), now


def merge(pool: Pool, rows: list[TokenState]) -> None:
    """Takes over what is newer than what this process knows, and a retirement always. Of two changes of one moment the
    one in the table counts."""
    for row in rows:
        condition = pool.condition(row.token_id)
        pool.turned(row.token_id, seconds(row.rotated_at))
        retired = row.health == RETIRED and condition.standing != RETIRED and not condition.by_hand
        if retired or row.changed_at.timestamp() >= condition.changed_at:
            _take_over(condition, row)
            pool.moves.pop(row.token_id, None)  # they are older


def _take_over(condition: Condition, row: TokenState) -> None:
    standing = row.health if row.health in (SUSPENDED, PROBATION, RETIRED) else WELL
    if standing != condition.standing:
        condition.streak = 0
        condition.points = None
    condition.standing, condition.by_hand = standing, False
    condition.changed_at = row.changed_at.timestamp()
    condition.resting_until = seconds(row.cooling_until)
    condition.rejected_at = seconds(row.rejected_at)
    condition.probation_at = seconds(row.probation_at)
    condition.suspensions = row.suspensions
    condition.reason = row.reason

"""Breakers between their process and the table: written in batches, read back from other processes; the later news
wins. ``collect``, ``give_back`` and ``merge`` belong on the event loop; the others block, run them off it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.utils import timezone

from providers import history
from providers.breaker import Breakers, State, Transition
from providers.models import BreakerState, Provider, ProviderEvent

OVERLAP = timedelta(minutes=2)  # rows are read again this long: clocks differ, and a slow transaction commits late
STEP = timedelta(milliseconds=1)
LONGEST_MODEL = 250
AT_ONCE = 200  # rows asked for or written by one query
KEPT = ["state", "reason", "opened_at", "until", "wait", "changed_at", "updated_at"]

Key = tuple[int, str]


def collect(breakers: Breakers) -> list[Transition]:
    """Takes what changed out of the breakers, oldest first."""
    return breakers.drain()


def give_back(breakers: Breakers, notes: Iterable[Transition]) -> None:
    """Puts notes that could not be written back, so that the next batch has them."""
    breakers.give_back(notes)


def write(notes: Sequence[Transition]) -> None:
    """One transaction. A row that somebody changed later stays as it is; what did change it becomes an event."""
    if not notes:
        return
    now = timezone.now()
    with transaction.atomic():
        known = set(Provider.objects.filter(pk__in={note.provider_id for note in notes}).values_list("pk", flat=True))
        told = [note for note in notes if note.provider_id in known and _storable(note.model)]
        rows = _locked(sorted({(note.provider_id, note.model) for note in told}), now)
        events = [event for note in told if (event := _apply(note, rows[note.provider_id, note.model]))]
        for row in rows.values():
            row.updated_at = now
        BreakerState.objects.bulk_update(list(rows.values()), KEPT, batch_size=AT_ONCE)
        history.write(events)


def close_by_hand(provider_id: int, model: str = "", *, now: datetime) -> bool:
    """An admin's word, for every process; ``False`` if there was nothing to close."""
    with transaction.atomic():
        row = BreakerState.objects.select_for_update().filter(provider_id=provider_id, model=model).first()
        if row is None or row.state == BreakerState.State.CLOSED:
            return False
        note = _news(row)._replace(
            after=State.CLOSED,
            reason="closed by hand",
            at=now.timestamp(),
            until=0,
            wait=0,
            changed_at=max(now, row.changed_at + STEP).timestamp(),
        )
        write([note])
    return True


def changed_since(moment: datetime | None) -> tuple[list[BreakerState], datetime]:
    """The rows written since ``moment`` (all for ``None``), and the moment to ask from next."""
    now = timezone.now()
    rows = BreakerState.objects.all()
    if moment is not None:
        rows = rows.filter(updated_at__gt=moment - OVERLAP)
    return list(rows), now


def merge(breakers: Breakers, rows: Iterable[BreakerState]) -> None:
    """Takes over what is newer than what this process knows."""
    for row in rows:
        breakers.adopt(_news(row))


def _storable(model: str) -> bool:
    """Apps name models as they like. The breaker of a name that no database takes stays in its process."""
    return len(model) <= LONGEST_MODEL and model.isprintable()


def _locked(keys: Sequence[Key], now: datetime) -> dict[Key, BreakerState]:
    """A row for each key, held until the transaction ends."""
    fresh = [BreakerState(provider_id=provider, model=model, updated_at=now) for provider, model in keys]
    BreakerState.objects.bulk_create(fresh, ignore_conflicts=True, batch_size=AT_ONCE)
    found: dict[Key, BreakerState] = {}
    for start in range(0, len(keys), AT_ONCE):
        some = set(keys[start : start + AT_ONCE])
        rows = BreakerState.objects.select_for_update().filter(
            provider_id__in={provider for provider, _ in some}, model__in={model for _, model in some}
        )
        found.update({key: row for row in rows.order_by("pk") if (key := (row.provider_id, row.model)) in some})
    return found


def _apply(note: Transition, row: BreakerState) -> ProviderEvent | None:
    """Writes the note into its row, if it is newer; gives what there is to tell of it. That a second process opened
    what was open is no event."""
    changed = _moment(note.changed_at)
    if changed <= row.changed_at:
        return None
    before, row.state, row.reason, row.wait, row.changed_at = row.state, note.after, note.reason, note.wait, changed
    row.until = _moment(note.until) if note.until else None
    if note.after is State.OPEN:
        row.opened_at = _moment(note.at)
    if before == note.after:
        return None
    return ProviderEvent(
        at=_moment(note.at),
        kind=ProviderEvent.Kind.BREAKER,
        provider_id=note.provider_id,
        model=note.model,
        before=before,
        after=note.after,
        reason=note.reason,
    )


def _news(row: BreakerState) -> Transition:
    state = State(row.state)
    changed = row.changed_at.timestamp()
    opened = row.opened_at.timestamp() if row.opened_at else changed
    since = {State.OPEN: opened, State.HALF_OPEN: opened + row.wait, State.CLOSED: changed}
    return Transition(
        row.provider_id,
        row.model,
        before=state,
        after=state,
        reason=row.reason,
        at=since[state],
        until=row.until.timestamp() if row.until else 0,
        wait=row.wait,
        changed_at=changed,
    )


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)

"""Rating a span of the request log again: batch by batch, each in one transaction with the budgets that it moves.

A row that was changed has its new cost, so a second run finds nothing to do, and a run that died is simply run again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

import msgspec
from django.db import OperationalError, connection, transaction
from django.db.models import F
from django.utils import timezone

from monitoring.books import moving
from monitoring.books.moving import Change
from monitoring.books.rating import Price, rate
from monitoring.books.span import BATCH, FIELDS, Logged, Place, Span, batches, logged, microseconds
from monitoring.models import RequestLog, Rerating
from monitoring.rollups import marks
from monitoring.rollups.grains import minutes_of
from providers.canonical import Usage
from providers.catalogue import Catalogue
from providers.pricing import Cost

TRIES = 4  # of a batch that met a lock
REST = 0.05  # seconds between batches that wrote, in which the log's writer gets its turn
_TABLE = RequestLog._meta.db_table
_to_json = msgspec.json.Encoder().encode


@dataclass(slots=True)
class Counted:
    """Sums of a run, in nano-dollars; of the rows that changed. ``after``: where it stopped, ``None`` at its end."""

    seen: int = 0
    changed: int = 0
    waiting: int = 0  # not changed, because a budget has yet to book them
    before_nano: int = 0
    after_nano: int = 0
    became_known: int = 0
    spent: dict[int, int] = field(default_factory=dict)  # by budget period
    after: Place | None = None
    whole: bool = True

    def add(self, changes: Sequence[Change]) -> None:
        self.changed += len(changes)
        self.before_nano += sum(old.row.cost_nano or 0 for old, _ in changes)
        self.after_nano += sum(new.row.cost_nano or 0 for _, new in changes)
        self.became_known += sum(old.row.cost_nano is None and new.row.cost_nano is not None for old, new in changes)


def prices(catalogue: Catalogue) -> Callable[[datetime], Price]:
    """The prices that hold now, for calls that began at a time."""

    def of(moment: datetime) -> Price:
        at = microseconds(moment)

        def price(provider: str, model: str, usage: Usage) -> Cost | None:
            found = catalogue.providers.get(provider)
            return found.prices_of(model).cost(usage, at) if found is not None else None

        return price

    return of


def preview(span: Span, catalogue: Catalogue, *, seconds: float = 10.0) -> Counted:
    """What a run would change, without changing it. After ``seconds`` it stops, and is not ``whole``."""
    counted, of, end = Counted(), prices(catalogue), time.monotonic() + seconds
    for batch in batches(span):
        counted.seen += len(batch)
        counted.add(_changes(batch, span, of))
        if time.monotonic() > end and len(batch) == BATCH:
            counted.after, counted.whole = batch[-1].place, False
            break
    return counted


def run(
    rerating: Rerating,
    span: Span,
    catalogue: Catalogue,
    *,
    after: Place | None = None,
    seconds: float = 120.0,
    rest: Callable[[], None] = lambda: time.sleep(REST),
) -> Counted:
    """Rates the rows of ``span`` behind ``after`` again and keeps ``rerating``'s sums. Stops after ``seconds`` or so;
    ``Counted.after`` says where to go on then. Raises ``OperationalError`` if the database stays busy: run it again."""
    counted, of, end = Counted(), prices(catalogue), time.monotonic() + seconds
    if after is None:
        Rerating.objects.filter(pk=rerating.pk).update(seen=0)
    for batch in batches(span, after=after):
        changes = _changes(batch, span, of)
        done = _patiently(partial(_write, rerating, span, changes, of)) if changes else Counted()
        Rerating.objects.filter(pk=rerating.pk).update(seen=F("seen") + len(batch))
        done.seen = len(batch)
        join(counted, done)
        if time.monotonic() > end and len(batch) == BATCH:
            counted.after, counted.whole = batch[-1].place, False
            return counted
        if changes:
            rest()
    Rerating.objects.filter(pk=rerating.pk).update(ended_at=timezone.now())
    return counted


def _changes(batch: Sequence[Logged], span: Span, of: Callable[[datetime], Price]) -> list[Change]:
    found = []
    for one in batch:
        rated = rate(one.row, of(one.place.started_at), wanted=span.wants)
        if rated is not None:
            found.append((one, rated))
    return found


def _write(rerating: Rerating, span: Span, changes: Sequence[Change], of: Callable[[datetime], Price]) -> Counted:
    """The rows are read again under a lock: another run may have been here since."""
    counted = Counted()
    with transaction.atomic():
        places = [old.place for old, _ in changes]
        rows = RequestLog.objects.select_for_update().filter(
            pk__in=[place.id for place in places],
            started_at__gte=places[0].started_at,
            started_at__lte=places[-1].started_at,
        )
        fresh = _changes([logged(one) for one in rows.order_by("started_at", "id").values_list(*FIELDS)], span, of)
        move = moving.moves(fresh)
        kept = [one for one in fresh if one[0].place.id not in move.waiting]
        _update(kept)
        marks.mark(minutes_of(old.place.started_at for old, _ in kept))
        moving.apply(move)
        counted.add(kept)
        counted.waiting, counted.spent = len(move.waiting), dict(move.spent)
        Rerating.objects.filter(pk=rerating.pk).update(
            changed=F("changed") + counted.changed,
            before_nano=F("before_nano") + counted.before_nano,
            after_nano=F("after_nano") + counted.after_nano,
        )
    return counted


def _update(changes: Sequence[Change]) -> None:
    """One prepared statement for all: a CASE over a thousand JSON texts takes the database longer."""
    if not changes:
        return
    now, pg = timezone.now(), connection.vendor == "postgresql"
    time_of = (lambda moment: moment) if pg else connection.ops.adapt_datetimefield_value
    json = "%s::jsonb" if pg else "%s"
    statement = (
        f'UPDATE "{_TABLE}" SET "attempts" = {json}, "unit_prices" = {json}, "cost_nano" = %s, "cost_basis" = %s, '
        '"first_cost_nano" = %s, "rated_at" = %s WHERE "id" = %s AND "started_at" = %s'
    )
    with connection.cursor() as cursor:
        cursor.executemany(statement, [_values(one, now=now, time_of=time_of, pg=pg) for one in changes])


def _values(change: Change, *, now: datetime, time_of: Callable[[datetime], Any], pg: bool) -> tuple[Any, ...]:
    old, new = change
    first = old.row.cost_nano if old.rated_at is None else old.first_cost_nano
    return (
        _to_json(new.row.attempts).decode(),
        _to_json(new.row.applied).decode(),
        new.row.cost_nano,
        new.row.cost_basis,
        first,
        time_of(now),
        old.place.id if pg else old.place.id.hex,
        time_of(old.place.started_at),
    )


def _patiently(work: Callable[[], Counted]) -> Counted:
    """Two transactions may wait for each other's rows; one is then broken off, and is as good as new."""
    for attempt in range(TRIES - 1):
        try:
            return work()
        except OperationalError:
            if connection.in_atomic_block:
                raise
            time.sleep(0.2 * (attempt + 1))
    return work()


def join(counted: Counted, done: Counted) -> None:
    """Adds the sums of a part to those of the whole."""
    for name in ("seen", "changed", "waiting", "before_nano", "after_nano", "became_known"):
        setattr(counted, name, getattr(counted, name) + getattr(done, name))
    for period, amount in done.spent.items():
        counted.spent[period] = counted.spent.get(period, 0) + amount


def begin(span: Span, *, made_by: str, reason: str) -> Rerating:
    """The record of a run that is about to be made."""
    return Rerating.objects.create(
        made_by=made_by[:150],
        since=span.since,
        until=span.until,
        provider=span.provider,
        model=span.model,
        unknown_only=span.only_unknown,
        reason=reason[:200],
    )


def span_of(rerating: Rerating) -> Span:
    return Span(
        since=rerating.since,
        until=rerating.until,
        provider=rerating.provider,
        model=rerating.model,
        only_unknown=rerating.unknown_only,
    )

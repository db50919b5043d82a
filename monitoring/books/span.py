"""Which log rows are rated again, and reading them in the order of the log, batch by batch."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet

from monitoring.books.rating import Row
from monitoring.models import RequestLog

BATCH = 1000  # rows a transaction
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIELDS = (
    *("id", "started_at", "provider", "model", "token", "attempts", "cost_nano", "cost_basis", "unit_prices"),
    *("first_cost_nano", "rated_at"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Rows that began from ``since`` until before ``until``; "" is any provider or model. A row is looked into for each
    of its attempts: a failed try at the provider counts too."""

    since: datetime
    until: datetime
    provider: str = ""
    model: str = ""
    only_unknown: bool = False

    def wants(self, attempt: Mapping[str, Any]) -> bool:
        return (
            self.provider in ("", attempt.get("provider", ""))
            and self.model in ("", attempt.get("model", ""))
            and not (self.only_unknown and attempt.get("cost_nano") is not None)
        )

    def rows(self) -> QuerySet[RequestLog]:
        found = RequestLog.objects.filter(started_at__gte=self.since, started_at__lt=self.until)
        wanted = {name: value for name, value in (("provider", self.provider), ("model", self.model)) if value}
        if wanted and connection.vendor == "postgresql":  # SQLite has no such operator; ``wants`` sorts them out
            found = found.filter(attempts__contains=[wanted])
        return found.filter(cost_nano__isnull=True) if self.only_unknown else found


@dataclass(frozen=True, slots=True)
class Place:
    """Where a row stands in the log, as a task's argument says it: ``<microseconds since the epoch>.<uuid>``."""

    started_at: datetime
    id: uuid.UUID

    def __str__(self) -> str:
        return f"{microseconds(self.started_at)}.{self.id}"

    @classmethod
    def parse(cls, text: str) -> Place:
        """Raises ``ValueError``."""
        moment, _, row = text.partition(".")
        return cls(EPOCH + timedelta(microseconds=int(moment)), uuid.UUID(row))

    def after(self) -> Q:
        later = Q(started_at__gt=self.started_at) | Q(id__gt=self.id)
        return Q(started_at__gte=self.started_at) & later


@dataclass(frozen=True, slots=True, kw_only=True)
class Logged:
    """A log row as it stands."""

    place: Place
    row: Row
    first_cost_nano: int | None
    rated_at: datetime | None


def batches(span: Span, *, after: Place | None = None, size: int = BATCH) -> Iterator[list[Logged]]:
    """From the oldest to the newest; each batch is read when it is asked for."""
    while True:
        found = span.rows() if after is None else span.rows().filter(after.after())
        rows = [logged(one) for one in found.order_by("started_at", "id").values_list(*FIELDS)[:size]]
        if rows:
            yield rows
        if len(rows) < size:
            return
        after = rows[-1].place


def logged(values: tuple[Any, ...]) -> Logged:
    """From the values of ``FIELDS``."""
    pk, started_at, provider, model, token, attempts, nano, basis, applied, first, rated_at = values
    found = attempts if isinstance(attempts, list) else []
    row = Row(
        provider=provider,
        model=model,
        token=token,
        attempts=[one for one in found if isinstance(one, dict)],
        cost_nano=nano,
        cost_basis=basis,
        applied=applied if isinstance(applied, dict) else {},
    )
    return Logged(place=Place(started_at, pk), row=row, first_cost_nano=first, rated_at=rated_at)


def microseconds(moment: datetime) -> int:
    """Since the epoch."""
    return (moment - EPOCH) // timedelta(microseconds=1)

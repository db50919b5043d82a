"""Places in the request log's order (started_at, id), and cursors: a place, a direction and the oldest time to look at,
as one opaque text."""

from __future__ import annotations

import uuid
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Q
from django.utils.crypto import constant_time_compare, salted_hmac

from monitoring.explorer.filters import FilterError

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
LATEST = datetime.max.replace(tzinfo=UTC) - MICROSECOND
OLDER, NEWER = "o", "n"
MOST_LENGTH = 300
_NO_ID, _LAST_ID = 0, 2**128 - 1
DAMAGED = "This link to a page of the log is damaged or not from here; begin again without it."


@dataclass(frozen=True, slots=True)
class Place:
    """A place between two rows: right before (older than) the row with this time and id, if there is one."""

    at: datetime
    id: uuid.UUID

    @classmethod
    def of(cls, row: Any) -> Place:
        """Before the row: what is older than it lies on one side, it and what is newer on the other."""
        return cls(row.started_at, row.id)

    @classmethod
    def behind(cls, row: Any) -> Place:
        """After the row: only what is newer lies on the newer side."""
        if row.id.int == _LAST_ID:
            return cls.at_time(min(row.started_at, LATEST) + MICROSECOND)
        return cls(row.started_at, uuid.UUID(int=row.id.int + 1))

    @classmethod
    def at_time(cls, at: datetime) -> Place:
        """Before every row of that time."""
        return cls(at, uuid.UUID(int=_NO_ID))

    def older(self) -> Q:
        return Q(started_at__lte=self.at) & (Q(started_at__lt=self.at) | Q(id__lt=self.id))

    def newer(self) -> Q:
        return Q(started_at__gte=self.at) & (Q(started_at__gt=self.at) | Q(id__gte=self.id))


@dataclass(frozen=True, slots=True)
class Cursor:
    """``since``: where the first page's time began, so that the last row of its last page does not slip out of it."""

    direction: str
    place: Place
    since: datetime | None

    def __str__(self) -> str:
        since = "" if self.since is None else _micros(self.since)
        told = f"{self.direction}.{_micros(self.place.at)}.{self.place.id.hex}.{since}".encode()
        return urlsafe_b64encode(told).decode().rstrip("=") + "." + _signature(told)

    @classmethod
    def parse(cls, text: str) -> Cursor:
        """Raises ``FilterError`` for what no page of ours has given out."""
        body, _, signature = text[:MOST_LENGTH].partition(".")
        try:
            told = urlsafe_b64decode(body + "=" * (-len(body) % 4))
            if not constant_time_compare(signature, _signature(told)):
                raise FilterError("cursor", DAMAGED)
            direction, at, row, since = told.decode().split(".")
            return cls(direction, Place(_moment(at), uuid.UUID(row)), _moment(since) if since else None)
        except (ValueError, OverflowError):
            raise FilterError("cursor", DAMAGED) from None


def _signature(told: bytes) -> str:
    return salted_hmac("switchboard.log.cursor", told, algorithm="sha256").hexdigest()[:24]


def _micros(at: datetime) -> int:
    return (at - EPOCH) // MICROSECOND


def _moment(micros: str) -> datetime:
    return EPOCH + int(micros) * MICROSECOND

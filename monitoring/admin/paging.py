"""Keyset paging for a table that only grows: no COUNT, no OFFSET, however deep one pages, and no page that takes longer
than it may (``monitoring.explorer.search``).

A cursor is the place of a row, ``<microseconds since the epoch>.<uuid>``; ``older`` and ``newer`` name the row the
next page begins after.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from monitoring.admin.log_filters import TimeFilter
from monitoring.explorer import places
from monitoring.explorer.search import AHEAD, Found, Reach, Search, TooSlow
from providers.admin.unfolded import ChangeList

OLDER, NEWER = "older", "newer"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a row stands in the order (started_at, id)."""

    started_at: datetime
    id: uuid.UUID

    def __str__(self) -> str:
        return f"{(self.started_at - EPOCH) // timedelta(microseconds=1)}.{self.id}"

    @classmethod
    def parse(cls, text: str) -> Place:
        """Raises ``ValueError`` for what no page of ours has in its links."""
        moment, _, row = text.partition(".")
        try:
            found = cls(EPOCH + timedelta(microseconds=int(moment)), uuid.UUID(row))
        except OverflowError as error:
            raise ValueError(text) from error
        if found.started_at < EPOCH:
            raise ValueError(text)
        return found

    @classmethod
    def at(cls, moment: datetime) -> Place:
        """Older than all that began then or later."""
        return cls(moment, uuid.UUID(int=0))


class Links:
    """What the pagination template gets instead of page numbers."""

    template_name = "admin/monitoring/paging.html"

    def __init__(self, *, older: str, newer: str, newest: str, shown: int) -> None:
        self.older, self.newer, self.newest, self.shown = older, newer, newest, shown


class KeysetChangeList(ChangeList):
    """A changelist ordered by (started_at, id), newest first, read one page and one row at a time."""

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet[Any]:
        self.older, self.newer = (self._take(request, name) for name in (OLDER, NEWER))
        return super().get_queryset(request, exclude_parameters)

    def times(self) -> list[dict[str, Any]]:
        """The choices of the time filter, as tabs above the list."""
        return [choice for spec in self.filter_specs if isinstance(spec, TimeFilter) for choice in spec.choices(self)]

    def _take(self, request: HttpRequest, name: str) -> Place | None:
        """The cursor of that name, out of the parameters: a link of a filter must not carry it along."""
        self.params.pop(name, None)
        for text in self.filter_params.pop(name, ()):
            try:
                return Place.parse(text)
            except ValueError:
                messages.warning(request, "That link to a page was damaged; this is the newest page.")
        return None

    def get_results(self, request: HttpRequest) -> None:
        self.request = request
        rows, older, newer = self._page(self.queryset)
        self.result_list = rows
        self.result_count = self.full_result_count = len(rows)  # equal: the header then claims no total
        self.show_full_result_count = self.show_admin_actions = False
        self.can_show_all = self.multi_page = False
        self.paginator = Links(
            older=self.get_query_string({OLDER: str(older)}) if older else "",
            newer=self.get_query_string({NEWER: str(newer)}) if newer else "",
            newest=self.get_query_string() if self.older or self.newer else "",
            shown=len(rows),
        )

    def _page(self, queryset: QuerySet[Any]) -> tuple[list[Any], Place | None, Place | None]:
        """Rows, and where the older and the newer page begin, if there is one."""
        size, found = self.list_per_page, self._found(queryset)
        rows, more = found.rows[:size], len(found.rows) > size
        further = _place(rows[-1]) if more else Place.at(found.ended_at) if found.ended_at else None
        if self.newer:
            rows = rows[::-1]
            return rows, _place(rows[-1]) if rows else self.newer, further if not more else _place(rows[0])
        return rows, further, (_place(rows[0]) if rows else self.older) if self.older else None

    def _found(self, queryset: QuerySet[Any]) -> Found:
        """One row more than a page has. What was not looked through in time is told."""
        start = None
        if self.newer or self.older:
            start = places.Place.behind(self.newer) if self.newer else places.Place.of(self.older)
        now = timezone.now()
        past = next((spec.past for spec in self.filter_specs if isinstance(spec, TimeFilter)), None)
        reach = Reach(since=EPOCH if past is None else now - past, until=now + AHEAD)
        try:
            found = Search(queryset, reach, start=start, newer=bool(self.newer)).more(self.list_per_page + 1)
        except TooSlow:
            messages.warning(
                self.request, "This takes too long to look for: choose a shorter time or a narrower filter."
            )
            return Found()
        if found.ended_at and len(found.rows) <= self.list_per_page:
            way = "Newer" if self.newer else "Older"
            said = (
                f"Looked through up to {found.ended_at:%Y-%m-%d %H:%M} UTC in the time a page may take; {way} goes on."
            )
            messages.info(self.request, said)
        return found


def _place(row: Any) -> Place:
    return Place(row.started_at, row.id)

"""Keyset paging for a table that only grows: no COUNT, no OFFSET, however deep one pages.

A cursor is the place of a row, ``<microseconds since the epoch>.<uuid>``; ``older`` and ``newer`` name the row the
next page begins after.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from monitoring.admin.log_filters import TimeFilter
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
            return cls(EPOCH + timedelta(microseconds=int(moment)), uuid.UUID(row))
        except OverflowError as error:
            raise ValueError(text) from error

    def before(self) -> Q:
        return Q(started_at__lte=self.started_at) & (Q(started_at__lt=self.started_at) | Q(id__lt=self.id))

    def after(self) -> Q:
        return Q(started_at__gte=self.started_at) & (Q(started_at__gt=self.started_at) | Q(id__gt=self.id))


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
        rows, more_older, more_newer = self._page(self.queryset)
        self.result_list = rows
        self.result_count = self.full_result_count = len(rows)  # equal: the header then claims no total
        self.show_full_result_count = self.show_admin_actions = False
        self.can_show_all = self.multi_page = False
        self.paginator = Links(
            older=self.get_query_string({OLDER: str(_place(rows[-1]))}) if rows and more_older else "",
            newer=self.get_query_string({NEWER: str(_place(rows[0]))}) if rows and more_newer else "",
            newest=self.get_query_string() if self.older or self.newer else "",
            shown=len(rows),
        )

    def _page(self, queryset: QuerySet[Any]) -> tuple[list[Any], bool, bool]:
        size = self.list_per_page
        if self.newer:
            rows = list(queryset.filter(self.newer.after()).order_by("started_at", "id")[: size + 1])
            return rows[:size][::-1], True, len(rows) > size
        if self.older:
            queryset = queryset.filter(self.older.before())
        rows = list(queryset.order_by("-started_at", "-id")[: size + 1])
        return rows[:size], len(rows) > size, self.older is not None


def _place(row: Any) -> Place:
    return Place(row.started_at, row.id)

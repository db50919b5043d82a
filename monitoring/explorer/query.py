"""The one place that filters and pages the request log: for the explorer's pages, its exports and the monitoring API.

    asked = read_filter(request.GET, viewer)
    first = page(viewer, asked)
    second = page(viewer, asked, first.next)

Nothing here counts rows or skips them, and no stored prompt or answer is read.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db.models import QuerySet

from monitoring.access import Viewer
from monitoring.explorer.asked import PARAMETERS, read_filter
from monitoring.explorer.filters import FilterError, LogFilter
from monitoring.explorer.places import EPOCH, NEWER, OLDER, Cursor, Place
from monitoring.explorer.search import AHEAD, SECONDS, Reach, Search, TooSlow
from monitoring.models import RequestLog

__all__ = ["PARAMETERS", "FilterError", "LogFilter", "LogPage", "TooSlow", "bites", "one", "page", "read_filter"]

MOST = 500  # rows of a page
BITE, BITE_SECONDS = 1_000, 60.0
LARGE = ("plan", "verdicts", "unit_prices")  # what no list shows


@dataclass(frozen=True, slots=True, kw_only=True)
class LogPage:
    """``rows``: newest first, without ``LARGE``. ``next`` leads to older ones, ``previous`` to newer ones; "" where
    there are none. ``reached``: the time ran out before the page was full or the log at its end; ``next`` goes on
    from that time. ``since``: the oldest time this page looks at."""

    rows: list[RequestLog]
    next: str = ""
    previous: str = ""
    reached: datetime | None = None
    since: datetime | None = None


def page(
    viewer: Viewer, filter: LogFilter, cursor: str = "", most: int = 50, *, now: datetime | None = None,
    seconds: float = SECONDS,
) -> LogPage:  # fmt: skip
    """Raises ``FilterError`` for a cursor that is none of ours, ``TooSlow`` where not even ten minutes of the log can
    be looked through in ``seconds``."""
    at = Cursor.parse(cursor) if cursor else None
    reach = _reach(filter, now or datetime.now(UTC), at)
    if viewer.nothing:
        return LogPage(rows=[], since=reach.since)
    rows, most = _rows(viewer, filter).defer(*LARGE), max(1, min(most, MOST))
    if at is not None and at.direction == NEWER:
        return _newer_page(rows, reach, at.place, most, seconds)
    return _older_page(rows, reach, at.place if at else None, most, seconds)


def bites(
    viewer: Viewer, filter: LogFilter, *, most: int, bite: int = BITE, now: datetime | None = None
) -> Iterator[list[RequestLog]]:
    """All of it, newest first, up to ``most``, some rows at a time: what was written when it began, however long it
    takes. Raises ``TooSlow`` where a minute is not enough for the next rows."""
    if viewer.nothing:
        return
    now = now or datetime.now(UTC)
    search = Search(_rows(viewer, filter), _reach(filter, now, None, until=now + AHEAD))
    while most > 0 and not search.over:
        rows = search.more(min(bite, most), seconds=BITE_SECONDS).rows
        most -= len(rows)
        if rows:
            yield rows


def one(viewer: Viewer, pk: uuid.UUID) -> RequestLog | None:
    """The row of that id, for who may see it."""
    found = RequestLog.objects.filter(pk=pk).first()
    return found if found is not None and viewer.sees(found.team_id) else None


def _rows(viewer: Viewer, filter: LogFilter) -> QuerySet[RequestLog]:
    return RequestLog.objects.filter(filter.condition(viewer)).order_by()


def _reach(filter: LogFilter, now: datetime, at: Cursor | None, *, until: datetime | None = None) -> Reach:
    since = filter.since
    if since is None:
        since = at.since if at and at.since else EPOCH if filter.last is None else now - filter.last
    return Reach(since=max(since, EPOCH), until=filter.until or until or now + AHEAD)


def _older_page(rows: QuerySet[RequestLog], reach: Reach, start: Place | None, most: int, seconds: float) -> LogPage:
    found = Search(rows, reach, start=start).more(most + 1, seconds=seconds)
    shown = found.rows[:most]
    following = None
    if len(found.rows) > most:
        following = Place.of(shown[-1])
    elif found.ended_at:
        following = Place.at_time(found.ended_at)
    before = Place.behind(shown[0]) if shown and start else start
    return LogPage(
        rows=shown,
        next=_cursor(OLDER, following, reach),
        previous=_cursor(NEWER, before, reach),
        reached=found.ended_at if len(found.rows) <= most else None,
        since=reach.since,
    )


def _newer_page(rows: QuerySet[RequestLog], reach: Reach, start: Place, most: int, seconds: float) -> LogPage:
    found = Search(rows, reach, start=start, newer=True).more(most + 1, seconds=seconds)
    shown = found.rows[:most][::-1]
    before = None
    if len(found.rows) > most:
        before = Place.behind(shown[0])
    elif found.ended_at:
        before = Place.at_time(found.ended_at)
    return LogPage(
        rows=shown,
        next=_cursor(OLDER, Place.of(shown[-1]) if shown else start, reach),
        previous=_cursor(NEWER, before, reach),
        reached=found.ended_at if len(found.rows) <= most else None,
        since=reach.since,
    )


def _cursor(direction: str, place: Place | None, reach: Reach) -> str:
    return str(Cursor(direction, place, reach.since)) if place else ""

"""Paging through the log: every row that matches once, in order, back and forth, while more are written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitoring.access import NOBODY, Viewer
from monitoring.explorer import search
from monitoring.explorer.filters import TROUBLED, FilterError, LogFilter
from monitoring.explorer.places import Cursor, Place
from monitoring.explorer.query import LogPage, bites, page
from monitoring.models import RequestLog
from tests.monitoring.explorer.cast import EVERYONE, row, some_log, written

pytestmark = pytest.mark.django_db
ALL = LogFilter(last=None)
property_test = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def fits(one: RequestLog, asked: LogFilter) -> bool:
    """The filter once more, in plain Python."""
    among: list[tuple[tuple[Any, ...], Any]] = [
        (asked.teams, one.team_id or 0), (asked.api_keys, one.api_key_id or 0), (asked.providers, one.provider),
        (asked.models, one.model), (asked.endpoints, one.endpoint), (asked.ended_by, one.ended_by),
    ]  # fmt: skip
    said = f"{one.error_message}\n{one.error_code}".lower()
    hit = one.cache in ("hit", "similar", "joined")
    cost, latency = one.cost_nano, one.latency_us
    return (
        all(not wanted or value in wanted for wanted, value in among)
        and (not asked.statuses or any(word in (f"{one.status // 100}xx", str(one.status)) for word in asked.statuses))
        and asked.error.lower() in said
        and (asked.cost_min is None or (cost is not None and cost >= asked.cost_min))
        and (asked.cost_max is None or (cost is not None and cost <= asked.cost_max))
        and (asked.latency_min is None or latency >= asked.latency_min)
        and (asked.latency_max is None or latency <= asked.latency_max)
        and asked.session in ("", one.session)
        and (not asked.cached or {"yes": hit, "no": not hit}.get(asked.cached, one.cache == asked.cached))
        and (not asked.judged or {"any": one.judged != "", "none": not one.judged}.get(
            asked.judged, one.judged == asked.judged))
        and (asked.stream is None or one.stream == asked.stream)
    )  # fmt: skip


def some(values: list[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.one_of(st.just(()), st.lists(st.sampled_from(values), max_size=2, unique=True).map(tuple))


def maybe(*values: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from([None, None, *values])


FILTERS = st.builds(
    LogFilter,
    last=st.just(None),
    teams=some([0, 1, 2, 9]),
    api_keys=some([0, 11, 12]),
    providers=some(["openai", "groq", "none"]),
    models=some(["claude", "llama"]),
    endpoints=some(["embeddings"]),
    statuses=some(["2xx", "4xx", "5xx", "429", "200"]),
    ended_by=some(["done", "failed", "cancelled"]),
    error=st.sampled_from(["", "", "", "RATE limit", "%", "budget_is", "vendor_error"]),
    cost_min=maybe(0, 1_000),
    cost_max=maybe(0, 1_000, 2_000_000),
    latency_min=maybe(900_000),
    latency_max=maybe(900_000),
    session=st.sampled_from(["", "", "s-1"]),
    cached=st.sampled_from(["", "", "yes", "no", "stored"]),
    judged=st.sampled_from(["", "", "any", "none", "shadow"]),
    stream=maybe(True, False),
)


def sparse(asked: LogFilter) -> LogFilter:
    """Most filters drawn at once match nothing: of these only what is drawn first is kept."""
    given = [name for name in LogFilter.__dataclass_fields__ if getattr(asked, name) != getattr(ALL, name)]
    return replace(asked, **{name: getattr(ALL, name) for name in given[2:]})


def through(
    asked: LogFilter, most: int, *, viewer: Viewer = EVERYONE, between: Callable[[], object] = lambda: None
) -> list[LogPage]:
    """All pages, from the newest to the oldest."""
    found = [page(viewer, asked, most=most)]
    while found[-1].next:
        between()
        found.append(page(viewer, asked, found[-1].next, most))
    return found


def ids(pages: list[LogPage]) -> list[object]:
    return [one.pk for each in pages for one in each.rows]


@property_test
@given(asked=FILTERS.map(sparse), most=st.sampled_from([2, 5, 9, 40]))
def check_there_and_back(log: list[RequestLog], asked: LogFilter, most: int) -> None:
    """None of so small a log's pages takes longer than it may."""
    expected = [one.pk for one in newest_first(log) if fits(one, asked)]
    pages = through(asked, most)
    assert ids(pages) == expected
    assert all(len(each.rows) <= most for each in pages)
    back = [pages[-1]]
    while back[-1].previous:
        back.append(page(EVERYONE, asked, back[-1].previous, most))
    assert ids(back[::-1]) == expected
    assert not [each for each in (*pages, *back) if each.reached]


def newest_first(log: list[RequestLog]) -> list[RequestLog]:
    return sorted(log, key=lambda one: (one.started_at, one.id), reverse=True)


def test_paging_there_and_back_shows_every_matching_row_once_in_order() -> None:
    log = list(RequestLog.objects.filter(pk__in=[one.pk for one in some_log()]))
    check_there_and_back(log)


@property_test
@given(asked=FILTERS.map(sparse), most=st.sampled_from([3, 7, 20]), ages=st.lists(st.integers(0, 500_000), max_size=6))
def check_while_written(log: list[RequestLog], asked: LogFilter, most: int, ages: list[int]) -> None:
    """What was there when it began is shown once, whatever is added at the top and in the middle."""
    waiting = [datetime.now(UTC) - timedelta(seconds=age) for age in ages]
    with transaction.atomic():
        pages = through(asked, most, between=lambda: waiting and written(row(waiting.pop(), team_id=1)))
        transaction.set_rollback(True)
    found = ids(pages)
    assert len(found) == len(set(found))
    known = {one.pk for one in log}
    assert [pk for pk in found if pk in known] == [one.pk for one in newest_first(log) if fits(one, asked)]
    shown = [(one.started_at, one.id) for each in pages for one in each.rows]
    assert shown == sorted(shown, reverse=True)


def test_rows_that_are_added_meanwhile_neither_hide_nor_repeat_others() -> None:
    now = datetime.now(UTC)
    log = list(RequestLog.objects.filter(pk__in=[one.pk for one in some_log(60)]))
    written(
        *(row(now - timedelta(seconds=age), provider="none", team_id=9) for age in range(0, 500_000, 86_400))
    )  # days
    RequestLog.objects.filter(provider="none", team_id=9).delete()
    check_while_written(log)


def test_an_export_holds_what_the_pages_show() -> None:
    some_log()
    for asked in (ALL, LogFilter(last=None, statuses=("4xx",)), LogFilter(last=timedelta(hours=6), teams=(1, 2))):
        exported = [one.pk for bite in bites(EVERYONE, asked, most=10_000, bite=7) for one in bite]
        assert exported == ids(through(asked, 13))
    assert sum(map(len, bites(EVERYONE, ALL, most=20, bite=7))) == 20


def test_the_last_day_is_looked_at_unless_more_is_asked_for() -> None:
    now = datetime.now(UTC)
    young, old, oldest = written(*(row(now - timedelta(hours=hours)) for hours in (1, 30, 800)))
    assert ids(through(LogFilter(), 10)) == [young.pk]
    assert ids(through(LogFilter(last=timedelta(days=2)), 10)) == [young.pk, old.pk]
    assert ids(through(ALL, 1)) == [young.pk, old.pk, oldest.pk]
    asked = LogFilter(since=now - timedelta(hours=31), until=now - timedelta(hours=1))
    assert ids(through(asked, 10)) == [old.pk]  # until is not included


def test_a_row_at_the_old_end_does_not_slip_out_between_two_pages() -> None:
    now = datetime.now(UTC)
    first, second = written(row(now - timedelta(hours=1)), row(now - timedelta(hours=23, minutes=59)))
    page_one = page(EVERYONE, LogFilter(), most=1, now=now)
    page_two = page(EVERYONE, LogFilter(), page_one.next, 1, now=now + timedelta(minutes=5))
    assert [page_one.rows[0].pk, page_two.rows[0].pk] == [first.pk, second.pk]


def test_an_empty_log_has_no_pages() -> None:
    for asked in (LogFilter(), ALL):
        found = page(EVERYONE, asked)
        assert (found.rows, found.next, found.previous, found.reached) == ([], "", "", None)
    assert list(bites(EVERYONE, ALL, most=10)) == []


def test_a_cursor_that_was_changed_or_made_up_is_refused() -> None:
    some_log(30)
    good = page(EVERYONE, ALL, most=5).next
    other = page(EVERYONE, ALL, most=6).next
    body, signature = good.split(".")
    bad = [
        "x",
        ".",
        good[:-1],
        f"{body[:-2]}AA.{signature}",
        f"{body}.{other.split('.')[1]}",
        good + "0",
        "\0",
        "é." + signature,
    ]
    for text in [*bad, "9" * 5000]:
        with pytest.raises(FilterError) as caught:
            page(EVERYONE, ALL, text)
        assert caught.value.param == "cursor"


def test_a_cursor_shows_no_more_than_its_reader_may_see() -> None:
    some_log(60)
    all_pages = through(ALL, 5)
    member = Viewer(teams=frozenset({1}), name="mem")
    for each in all_pages[:-1]:
        assert {one.team_id for one in page(member, ALL, each.next).rows} <= {1}
    assert page(NOBODY, ALL, all_pages[0].next).rows == []


@given(at=st.datetimes(datetime(1970, 1, 1), datetime(9999, 1, 1)), row_id=st.uuids(), newer=st.booleans())
def test_a_cursor_is_read_as_it_was_written(at: datetime, row_id: Any, newer: bool) -> None:
    cursor = Cursor("n" if newer else "o", Place(at.replace(tzinfo=UTC), row_id), None)
    assert Cursor.parse(str(cursor)) == cursor


def test_nothing_is_counted_and_nothing_skipped() -> None:
    some_log(60)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        through(ALL, 7)
    text = " ".join(query["sql"] for query in queries.captured_queries)
    assert "COUNT" not in text
    assert "OFFSET" not in text
    assert '"plan"' not in text


def test_the_errors_that_are_looked_for_are_those_that_the_index_holds() -> None:
    index = next(one for one in RequestLog._meta.indexes if one.name == "log_troubled")
    assert index.condition == TROUBLED


# --- time ---------------------------------------------------------------------------------------------


def test_a_search_whose_time_is_over_goes_on_from_where_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "WALK", 2)
    now = datetime.now(UTC)
    log = written(*(row(now - timedelta(hours=5 * number), team_id=1) for number in range(20)))
    looking = search.Search(RequestLog.objects.order_by(), search.Reach(since=now - timedelta(days=9), until=now))
    found = looking.more(1000, seconds=0)
    assert found.ended_at is not None  # after one window
    rows, steps = list(found.rows), 0
    while not looking.over:
        rows += looking.more(1000, seconds=0).rows
        steps += 1
    assert [one.pk for one in rows] == [one.pk for one in newest_first(log)][1:]  # the first is not before now
    assert steps > 1


def test_pages_of_a_search_whose_time_is_over_miss_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "WALK", 2)
    now = datetime.now(UTC)
    log = written(*(row(now - timedelta(hours=5 * number, minutes=1)) for number in range(20)))
    pages = [page(EVERYONE, ALL, seconds=0)]
    while pages[-1].next:
        pages.append(page(EVERYONE, ALL, pages[-1].next, seconds=0))
    assert ids(pages) == [one.pk for one in newest_first(log)]
    assert any(each.reached and each.next for each in pages)


def test_a_database_that_cuts_the_first_look_off_is_an_honest_error(monkeypatch: pytest.MonkeyPatch) -> None:
    some_log(10)
    monkeypatch.setattr(search.Search, "_window", _cut_off)
    with pytest.raises(search.TooSlow):
        page(EVERYONE, ALL)


def _cut_off(*_: Any) -> None:
    raise OperationalError("interrupted")


def test_sqlite_and_postgresql_stop_a_statement_that_takes_too_long() -> None:
    with pytest.raises(OperationalError) as caught:
        _count_slowly(seconds=0.05)
    assert search.cancelled(caught.value)


def _count_slowly(*, seconds: float) -> None:
    slow = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500000000) SELECT max(i) FROM n"
    with search.bounded(connection, seconds), connection.cursor() as cursor:
        cursor.execute(slow)


def test_a_window_that_takes_too_long_is_tried_again_as_a_short_one(monkeypatch: pytest.MonkeyPatch) -> None:
    now = datetime.now(UTC)
    log = written(*(row(now - timedelta(hours=hours)) for hours in range(30)))
    looks = search.Search._window
    monkeypatch.setattr(search, "WALK", 3)

    def cuts_long_ones(self: search.Search, *given: Any) -> None:
        if self._width is not None and self._width > timedelta(hours=1):
            raise OperationalError("interrupted")
        looks(self, *given)

    monkeypatch.setattr(search.Search, "_window", cuts_long_ones)
    assert ids([page(EVERYONE, ALL)]) == [one.pk for one in newest_first(log)]


def test_a_crowd_in_one_moment_is_walked_through_and_not_fetched_as_a_whole() -> None:
    now = datetime.now(UTC)
    written(*(row(now - timedelta(hours=2)) for _ in range(100)))
    looking = search.Search(RequestLog.objects.order_by(), search.Reach(since=now - timedelta(days=2), until=now))
    looking.more(10)
    assert looking._width is None
    assert looking._edge == RequestLog.objects.values_list("started_at", flat=True)[0]

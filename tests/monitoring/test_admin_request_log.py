"""The request log in the admin: read-only, and as quick on its last page as on its first."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from gateway.exchange import uuid7
from gateway.models import ApiKey
from monitoring.admin.paging import Place
from monitoring.explorer import places
from monitoring.models import RequestContent, RequestLog
from providers.crypto import encrypt
from tests.monitoring.log_days import make_days

LIST = "/admin/monitoring/requestlog/"
pytestmark = pytest.mark.django_db


def log(count: int = 1, *, age: timedelta = timedelta(minutes=1), **fields: Any) -> list[RequestLog]:
    """Rows of which every three share their microsecond: the id alone then tells their order."""
    newest = timezone.now() - age
    base: dict[str, Any] = {"endpoint": "/v1/chat/completions", "status": 200, "ended_by": "done", "provider": "demo"}
    make_days(newest - timedelta(seconds=number // 3) for number in range(count))
    return RequestLog.objects.bulk_create(
        RequestLog(
            id=uuid7(),
            started_at=newest - timedelta(seconds=number // 3),
            request_id=f"req-{number:04d}",
            **{**base, **fields},
        )
        for number in range(count)
    )


def shown(html: str) -> list[str]:
    return re.findall(rf"{LIST}([0-9a-f-]{{36}})/change/", html)


def link(html: str, rel: str) -> str | None:
    found = re.search(rf'rel="{rel}" href="([^"]+)"', html)
    return found[1].replace("&amp;", "&") if found else None


def pages(client: Client, rel: str, address: str) -> Iterator[list[str]]:
    while True:
        html = client.get(address).content.decode()
        yield shown(html)
        following = link(html, rel)
        if following is None:
            return
        address = LIST + following


def test_paging_back_and_forth_shows_every_row_once_in_order(admin_client: Client) -> None:
    log(128)
    expected = [str(pk) for pk in RequestLog.objects.values_list("pk", flat=True)]
    older = list(pages(admin_client, "next", LIST))
    assert [len(page) for page in older] == [50, 50, 28]
    assert [pk for page in older for pk in page] == expected
    last = LIST + "?older=" + str(_place(older[1][-1]))
    newer = list(pages(admin_client, "prev", last))
    assert newer == older[::-1]


def _place(pk: str) -> Place:
    return Place(RequestLog.objects.get(pk=pk).started_at, uuid.UUID(pk))


def test_no_page_counts_or_skips(admin_client: Client) -> None:
    log(120)
    deep = LIST + "?q=req&class=2&time=all&older=" + str(_place(str(RequestLog.objects.all()[60].pk)))
    for address in (LIST, deep):
        with CaptureQueriesContext(connection) as seen:
            admin_client.get(address)
        about_log = [query["sql"] for query in seen if "monitoring_requestlog" in query["sql"]]
        assert about_log
        assert not [sql for sql in about_log if "COUNT(" in sql or "OFFSET" in sql]
        assert any("LIMIT 51" in sql for sql in about_log)


@pytest.mark.skipif(connection.vendor != "sqlite", reason="reads SQLite's query plan; PostgreSQL's needs many rows")
def test_a_page_is_read_in_the_order_of_an_index() -> None:
    log(60)
    place = places.Place.of(RequestLog.objects.all()[30])
    rows = RequestLog.objects.filter(place.older()).order_by("-started_at", "-id")[:51]
    plan = rows.explain()
    assert "log_newest" in plan
    assert "TEMP B-TREE" not in plan


def test_only_the_last_day_is_shown_unless_asked(admin_client: Client) -> None:
    log(1, age=timedelta(days=2))
    assert shown(admin_client.get(LIST).content.decode()) == []
    assert len(shown(admin_client.get(f"{LIST}?time=week").content.decode())) == 1


def test_filters_and_search_find_their_rows(admin_client: Client) -> None:
    key, _ = ApiKey.issue("search-prod")
    log(1, status=502, ended_by="failed", error_message="upstream exploded", provider="openai")
    log(1, api_key_id=key.pk, api_key="search-prod", model="claude-x")
    log(1, api_key_id=999, api_key="long-gone")
    for query in (
        "class=5", "q=exploded", "ended_by__exact=failed", "key=search", "q=claude", "key=long-gone", "provider=openai",
        f"q={RequestLog.objects.filter(model='claude-x').get().pk}",
    ):  # fmt: skip
        assert len(shown(admin_client.get(f"{LIST}?{query}").content.decode())) == 1, query


def test_a_cursor_does_not_travel_along_with_a_filter(admin_client: Client) -> None:
    log(60)
    html = admin_client.get(LIST + str(link(admin_client.get(LIST).content.decode(), "next"))).content.decode()
    tabs = re.findall(r'class="sb-tab[^"]*" href="(\?[^"]*)"', html)
    assert tabs
    assert not any("older" in tab for tab in tabs)


@given(text=st.text(max_size=80))
def test_a_damaged_cursor_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError):
        Place.parse(text)


@given(moment=st.datetimes(min_value=datetime(1971, 1, 1), timezones=st.just(UTC)), row=st.uuids())
def test_a_cursor_names_its_place_exactly(moment: datetime, row: uuid.UUID) -> None:
    assert Place.parse(str(Place(moment, row))) == Place(moment, row)


@pytest.mark.parametrize("cursor", ["older=x", "newer=99999999999999999999999.0", "older=1.1", "older=&newer="])
def test_a_damaged_link_shows_the_newest_page(admin_client: Client, cursor: str) -> None:
    log(2)
    assert len(shown(admin_client.get(f"{LIST}?{cursor}").content.decode())) == 2


PLAN = {
    "name": "smart", "how": "route", "route": "smart", "strategy": "ordered",
    "targets": [
        {"provider": "openai", "model": "gpt", "reason": "the route's first"},
        {"provider": "anthropic", "model": "claude", "reason": "the route's second"},
    ],
    "dropped": [{"provider": "groq", "model": "llama", "code": "vision", "reason": "does not take images"}],
}  # fmt: skip
LIMITED = {
    "provider": "openai", "model": "gpt", "duration_us": 200, "status": 429, "error": "slow_down",
    "message": "Too many requests.", "verdict": "next_target",
}  # fmt: skip


def test_a_request_tells_its_whole_story(admin_client: Client) -> None:
    placed = ["anthropic", "claude", "cd34", 300, 600, 200, "", "lowest priority", "", 1, 2]
    [row] = log(
        1, attempts=[LIMITED, placed], latency_us=1000, usage_basis="vendor", dropped="top_k", cached_input=7, input=9,
        requested_model="smart", plan=PLAN, provider="anthropic", model="claude", session="talk-1",
        unit_prices={"input": 2_000_000_000, "cached_input": 1_000_000_000}, cost_nano=5000,
    )  # fmt: skip
    html = admin_client.get(f"{LIST}{row.pk}/change/").content.decode()
    for told in (
        "slow_down", "Too many requests.", "then: the next target", "Why here: lowest priority",
        "left:30.00%;width:60.00%",
        "The first target that answers is taken.", "the route&#x27;s second", "does not take images", "answered",
        "as the vendor counted", "The vendor&#x27;s cache saved $0.000007", "top_k", "talk-1", f"?log={row.pk}",
    ):  # fmt: skip
        assert told in html, told


def test_a_request_without_a_plan_or_an_attempt_says_so(admin_client: Client) -> None:
    [single], [refused] = log(1, attempts=[{"provider": "demo", "model": "demo"}]), log(1, status=404)
    assert "there was nothing to choose" in admin_client.get(f"{LIST}{single.pk}/change/").content.decode()
    html = admin_client.get(f"{LIST}{refused.pk}/change/").content.decode()
    assert "refused before a target was chosen" in html and "No vendor was called." in html


def test_requests_that_fell_back_are_marked_and_found(admin_client: Client) -> None:
    answered = {"provider": "anthropic", "model": "claude", "status": 200}
    [fell] = log(1, attempts=[LIMITED, answered], provider="anthropic", model="claude")
    [again] = log(1, attempts=[LIMITED, {**LIMITED, "error": ""}], provider="openai", model="gpt")
    [once] = log(1, attempts=[answered], provider="anthropic", model="claude")
    [never] = log(1, provider="")
    html = admin_client.get(LIST).content.decode()
    assert html.count("fell back") == 1 and "openai:gpt → anthropic:claude" in html
    for chosen, rows in (("fell_back", {fell}), ("several", {fell, again}), ("one", {once}), ("none", {never})):
        found = shown(admin_client.get(f"{LIST}?attempts={chosen}").content.decode())
        assert set(found) == {str(row.pk) for row in rows}, chosen


def test_the_list_does_not_read_plans(admin_client: Client) -> None:
    log(3, plan=PLAN)
    with CaptureQueriesContext(connection) as seen:
        admin_client.get(LIST)
    queries = [one["sql"] for one in seen if "monitoring_requestlog" in one["sql"]]
    assert queries and not [query for query in queries if '"plan"' in query]


def test_who_may_not_explain_gets_no_link_to_it() -> None:
    [row] = log(1, requested_model="smart")
    user = User.objects.create_user("viewer", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename="view_requestlog"))
    client = Client()
    client.force_login(user)
    assert "What would happen now?" not in client.get(f"{LIST}{row.pk}/change/").content.decode()


def test_the_log_is_read_only(admin_client: Client) -> None:
    [row] = log(1)
    assert admin_client.get(f"{LIST}add/").status_code == 404
    assert admin_client.post(f"{LIST}{row.pk}/delete/", {"post": "yes"}).status_code == 403
    admin_client.post(f"{LIST}{row.pk}/change/", {"status": "1"})
    assert RequestLog.objects.get().status == 200


def test_an_unknown_or_malformed_id_is_not_found(admin_client: Client) -> None:
    for pk in (uuid7(), "nonsense"):
        assert admin_client.get(f"{LIST}{pk}/change/").status_code == 404


def stored() -> RequestLog:
    [row] = log(1)
    sealed = encrypt('{"request": "{\\"secret plan\\": 1}", "answer": "fine", "cut": true}')
    RequestContent.objects.create(request_id=row.pk, started_at=row.started_at, sealed=sealed)
    return row


def test_content_is_opened_by_post_noted_and_not_cached(admin_client: Client) -> None:
    row = stored()
    address = f"{LIST}{row.pk}/content/"
    assert admin_client.get(address).status_code == 405
    assert "secret plan" not in admin_client.get(f"{LIST}{row.pk}/change/").content.decode()
    reply = admin_client.post(address)
    assert "secret plan" in reply.content.decode()
    assert "no-store" in reply.headers["Cache-Control"]
    assert LogEntry.objects.get().change_message == "Read the stored prompt and answer."


def test_content_needs_its_own_permission() -> None:
    row = stored()
    user = User.objects.create_user("viewer", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename="view_requestlog"))
    client = Client()
    client.force_login(user)
    assert "You may not read it" in client.get(f"{LIST}{row.pk}/change/").content.decode()
    assert client.post(f"{LIST}{row.pk}/content/").status_code == 403
    assert not LogEntry.objects.exists()


def test_content_under_a_lost_key_says_so(admin_client: Client, settings: Any) -> None:
    row = stored()
    from cryptography.fernet import Fernet

    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    assert "Cannot be opened" in admin_client.post(f"{LIST}{row.pk}/content/").content.decode()


def test_the_cost_is_shown_in_dollars_and_unknown_is_never_zero(admin_client: Client) -> None:
    (known,) = log(
        cost_nano=1_006_530_000, cost_basis="shipped", unit_prices={"input": 300_000_000}, usage_basis="vendor"
    )
    (unknown,) = log(usage_basis="vendor")
    html = admin_client.get(LIST).content.decode()
    assert "$1.00653" in html and "unknown" in html and "$0" not in html
    page = admin_client.get(f"{LIST}{known.pk}/change/").content.decode()
    assert "$1.00653 · the shipped price" in page and "input $0.30 a million" in page
    assert "unknown: no source names a price" in admin_client.get(f"{LIST}{unknown.pk}/change/").content.decode()

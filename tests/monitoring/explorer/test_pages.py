"""The explorer's pages: who sees what, what stands on them, and what they say when nothing does."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.contrib.staticfiles import finders
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from gateway.models import ApiKey, Team
from monitoring.explorer import search
from monitoring.models import RequestContent, RequestLog
from providers.crypto import encrypt
from tests.monitoring.explorer.cast import row, some_log, written
from tests.monitoring.live_cast import person

pytestmark = pytest.mark.django_db
NOW = datetime.now(UTC)
ATTEMPTS = [
    {"provider": "groq", "model": "llama", "token": "fp-secret1", "status": 502, "error": "vendor_error",
     "message": "overloaded", "verdict": "next_target", "duration_us": 100_000, "cost_basis": "shipped",
     "cost_nano": 90},
    {"provider": "openai", "model": "gpt-4o", "token": "fp-secret2", "status": 200, "started_us": 120_000,
     "duration_us": 380_000, "first_byte_us": 60_000, "waited_us": 20_000, "input": 1000, "output": 200,
     "cached_input": 400, "cost_nano": 3_200_000, "cost_basis": "shipped"},
]  # fmt: skip
PRICES = {"input": 2_500_000_000, "cached_input": 1_250_000_000, "output": 6_000_000_000}
PLAN = {
    "name": "fast", "how": "route", "route": "fast",
    "targets": [{"provider": "groq", "model": "llama", "reason": "the cheapest"},
                {"provider": "openai", "model": "gpt-4o", "reason": "behind it"}],
    "dropped": [{"provider": "azure", "model": "gpt-4o", "code": "off", "reason": "it is switched off"}],
}  # fmt: skip


@pytest.fixture
def blue() -> Team:
    return Team.objects.create(name="blue")


@pytest.fixture
def member(client: Client, blue: Team) -> Client:
    client.force_login(person("mem", teams=[blue]))
    return client


@pytest.fixture
def staff() -> Client:
    client = Client()
    client.force_login(person("ada", staff=True))
    return client


def shown(client: Client, address: str = "/logs/") -> list[str]:
    return re.findall(r'data-id="([0-9a-f-]{36})"', client.get(address).content.decode())


def test_who_is_not_signed_in_is_sent_to_the_door(client: Client) -> None:
    (one,) = written(row(NOW))
    for address in ("/logs/", "/logs/export.csv", "/logs/export.jsonl", f"/logs/{one.pk}/"):
        response = client.get(address)
        assert (response.status_code, response.headers["Location"]) == (302, f"/live/login/?next={address}")


def test_who_belongs_to_no_team_is_told_so(client: Client) -> None:
    client.force_login(person("eve"))
    for address in ("/logs/", "/logs/export.csv", f"/logs/{uuid.uuid4()}/"):
        response = client.get(address)
        assert response.status_code == 403
        assert "belong to no team" in response.content.decode()


def test_a_member_sees_their_teams_requests_and_no_others(member: Client, blue: Team) -> None:
    red = Team.objects.create(name="red-hot")
    ApiKey.issue("red-app", team=red)
    own, theirs, nobodys = written(
        row(NOW, team_id=blue.pk, team="blue"),
        row(NOW, team_id=red.pk, team="red-hot", api_key="red-app", model="red-model", session="s"),
        row(NOW, team_id=None),
    )
    assert shown(member) == [str(own.pk)]
    html = member.get("/logs/").content.decode()
    assert not [name for name in ("red-hot", "red-app", "red-model") if name in html]
    for query in (f"team={red.pk}", "model=red-model", "session=s", "team=0"):
        assert shown(member, f"/logs/?{query}") == []
    for pk in (theirs.pk, nobodys.pk, uuid.uuid4()):
        assert member.get(f"/logs/{pk}/").status_code == 404
        assert member.post(f"/logs/{pk}/content/").status_code == 404
    for kind in ("csv", "jsonl"):
        exported = b"".join(member.get(f"/logs/export.{kind}").streaming_content).decode()  # type: ignore[attr-defined]
        assert str(own.pk) in exported
        assert str(theirs.pk) not in exported and str(nobodys.pk) not in exported


def test_staff_see_everything(staff: Client, blue: Team) -> None:
    written(row(NOW, team_id=blue.pk), row(NOW, team_id=None))
    assert len(shown(staff)) == 2


def test_a_cursor_of_staff_shows_a_member_nothing_more(member: Client, staff: Client) -> None:
    written(*(row(NOW - timedelta(minutes=minute), team_id=None) for minute in range(60)))
    html = staff.get("/logs/").content.decode()
    older = re.search(r'rel="next" href="([^"]+)"', html)
    assert older
    address = older[1].replace("&amp;", "&")
    assert len(shown(staff, address)) == 10
    assert shown(member, address) == []


def test_paging_leads_there_and_back(staff: Client) -> None:
    some_log(80)
    first = shown(staff, "/logs/?since=all")
    html = staff.get("/logs/?since=all").content.decode()
    assert 'rel="prev"' not in html
    older = re.search(r'rel="next" href="([^"]+)"', html)
    assert older
    second = staff.get(older[1].replace("&amp;", "&")).content.decode()
    newer = re.search(r'rel="prev" href="([^"]+)"', second)
    assert newer
    assert shown(staff, newer[1].replace("&amp;", "&")) == first
    assert not set(re.findall(r'data-id="([0-9a-f-]{36})"', second)) & set(first)


def test_the_address_holds_the_filter_and_each_part_can_be_taken_away(staff: Client) -> None:
    html = staff.get("/logs/?provider=openai&status=5xx&status=429&since=7d&error=x").content.decode()
    chips = re.findall(r'<li class="chip"><span><b>(.*?)</b> (.*?)</span><a href="([^"]+)"', html)
    assert [(name, value) for name, value, _ in chips] == [
        ("provider", "openai"), ("status", "5xx"), ("status", "429"), ("error has", "x"),
    ]  # fmt: skip
    assert chips[1][2] == "/logs/?provider=openai&amp;status=429&amp;since=7d&amp;error=x"
    assert '<input type="hidden" name="status" value="429">' in html
    assert 'href="/logs/export.csv?provider=openai&amp;status=5xx&amp;status=429&amp;since=7d&amp;error=x"' in html


@pytest.mark.parametrize("query", ["status=abc", "since=never", "cost_min=x", "cursor=abc", "team=nobody", "error=%00"])
def test_a_filter_that_cannot_be_read_is_a_message_and_no_rows(staff: Client, query: str) -> None:
    written(row(NOW))
    response = staff.get(f"/logs/?{query}")
    assert response.status_code == 400
    assert 'role="alert"' in response.content.decode()
    assert shown(staff, f"/logs/?{query}") == []
    assert staff.get(f"/logs/export.csv?{query.replace('cursor', 'most')}").status_code == 400


def test_a_filter_that_takes_too_long_says_what_to_do(staff: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object, **__: object) -> None:
        raise search.TooSlow

    monkeypatch.setattr(search.Search, "more", never)
    response = staff.get("/logs/?error=x")
    assert response.status_code == 503
    assert "Narrow it: choose a shorter time" in response.content.decode()


def test_empty_pages_say_what_to_do(staff: Client) -> None:
    assert "No request yet" in staff.get("/logs/").content.decode()
    written(row(NOW - timedelta(days=3)))
    html = staff.get("/logs/?provider=groq").content.decode()
    assert "No request matches" in html
    assert "/logs/?provider=groq&amp;since=7d" in html


def test_the_live_tail_gets_the_table_alone(staff: Client) -> None:
    (one,) = written(row(NOW))
    html = staff.get("/logs/?part=rows&provider=openai").content.decode()
    assert str(one.pk) in html
    assert "<html" not in html and "part=rows" not in html


# --- one exchange ----------------------------------------------------------------------------------------


def whole_row(**fields: object) -> RequestLog:
    base = {
        "attempts": ATTEMPTS, "unit_prices": PRICES, "plan": PLAN, "input": 1000, "output": 200, "cached_input": 400,
        "cost_nano": 3_200_090, "latency_us": 500_000, "session": "chat-7", "stream": True, "token": "fp-secret2",
        "verdicts": [{"by": "no-pii", "kind": "pii", "action": "redact", "what": "email:2"}], "judged": "changed",
    }  # fmt: skip
    return written(row(NOW, **{**base, **fields}))[0]


def test_one_exchange_stands_on_one_page(staff: Client) -> None:
    one = whole_row()
    html = staff.get(f"/logs/{one.pk}/").content.decode()
    for expected in (
        "the cheapest", "it is switched off", "overloaded", "no-pii", "email ×2", "fp-secret1", "$0.00320009",
        "Input from the vendor&#x27;s cache", "$2.50 a million", "$0.0005", "$0.0012", "$0.0015",
        "Attempt 1, groq llama", "/logs/?session=chat-7&amp;since=all",
    ):  # fmt: skip
        assert expected in html, expected
    assert html.count('class="lane-bar"') == 2


def test_a_member_sees_no_token_and_no_way_into_the_admin(member: Client, blue: Team) -> None:
    one = whole_row(team_id=blue.pk)
    html = member.get(f"/logs/{one.pk}/").content.decode()
    assert "the cheapest" in html
    assert "fp-secret" not in html
    assert "/admin/" not in html


def test_what_a_row_does_not_hold_leaves_no_hole(staff: Client) -> None:
    bare = written(row(NOW, attempts=[], provider="", model="", cost_nano=None, usage_basis="none", status=401,
                       ended_by="failed", error_code="invalid_api_key", error_message="<b>no</b>"))[0]  # fmt: skip
    odd = whole_row(attempts=[["openai", "gpt"], {"error": 5}], unit_prices={}, verdicts={}, plan=[])
    html = staff.get(f"/logs/{bare.pk}/").content.decode()
    assert "No vendor was called." in html
    assert "&lt;b&gt;no&lt;/b&gt;" in html
    assert staff.get(f"/logs/{odd.pk}/").status_code == 200
    assert len(shown(staff)) == 2


# --- stored prompts and answers ---------------------------------------------------------------------------


def sealed(one: RequestLog) -> None:
    RequestContent.objects.create(request_id=one.pk, started_at=one.started_at, sealed=encrypt(b'{"request": "hush"}'))


def test_only_staff_with_the_permission_read_what_was_said(staff: Client, member: Client, blue: Team) -> None:
    one = whole_row(team_id=blue.pk)
    sealed(one)
    address = f"/logs/{one.pk}/content/"
    reader = person("reader", staff=True)
    reader.user_permissions.add(Permission.objects.get(codename="view_requestcontent"))
    person_with_right = person("half", teams=[blue])
    person_with_right.user_permissions.add(Permission.objects.get(codename="view_requestcontent"))
    half, full = Client(), Client()
    half.force_login(person_with_right)
    full.force_login(reader)
    for refused in (staff, member, half):
        assert address not in refused.get(f"/logs/{one.pk}/").content.decode()
        assert refused.post(address).status_code == 403
    assert LogEntry.objects.count() == 0
    assert address in full.get(f"/logs/{one.pk}/").content.decode()
    assert full.get(address).status_code == 405
    response = full.post(address)
    assert "hush" in response.content.decode()
    assert response.headers["Cache-Control"] == "no-store"
    assert LogEntry.objects.get().object_id == str(one.pk)


def test_content_that_is_not_stored_is_not_there(staff: Client) -> None:
    reader = person("reader", staff=True)
    reader.user_permissions.add(Permission.objects.get(codename="view_requestcontent"))
    staff.force_login(reader)
    assert staff.post(f"/logs/{whole_row().pk}/content/").status_code == 404


# --- what may run ------------------------------------------------------------------------------------------


def test_no_page_may_run_anything_but_our_own_files(staff: Client) -> None:
    one = whole_row()
    for address in ("/logs/", "/logs/?part=rows", f"/logs/{one.pk}/"):
        response = staff.get(address)
        assert "default-src 'none'" in response.headers["Content-Security-Policy"]
        html = response.content.decode()
        assert not re.search(r"<script(?![^>]*\bsrc=)|\son\w+=|\sstyle=", html)
        named = re.findall(r'"/static/([^"]+)"', html)
        assert [name for name in named if finders.find(name) is None] == []


def test_a_list_takes_few_queries_whatever_it_shows(staff: Client) -> None:
    some_log(60)
    staff.get("/logs/")
    with CaptureQueriesContext(connection) as queries:
        staff.get("/logs/?since=all")
    assert len(queries) < 40

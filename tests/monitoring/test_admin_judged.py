"""The shadow list, verdicts on a request's page, and who spends a budget."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from gateway.models import Budget, BudgetEntry, Guardrail
from monitoring.admin import judged
from monitoring.admin.judged import JudgedFilter
from monitoring.models import RequestLog
from tests.gateway.admin.policy_cast import BUDGETS, DOLLAR, GUARDRAILS, budget, plain, staff, text
from tests.monitoring.test_admin_request_log import LIST, link, log, shown

pytestmark = pytest.mark.django_db
REDACTED = {"by": "Personal data", "kind": "pii", "action": "redact", "what": "email:2,us_ssn:1", "us": 412}
SHADOW = {"by": "Tone", "kind": "toxicity", "action": "block", "shadow": True, "on": "reply", "score": 0.41}
WOULD = {"by": "Ads try-out", "kind": "budget", "action": "refuse", "shadow": True}


def said(*verdicts: dict[str, Any], what: str, **fields: Any) -> RequestLog:
    return log(1, verdicts=list(verdicts), judged=what, **fields)[0]


def test_the_shadow_list_is_the_log_of_what_was_judged(admin_client: Client) -> None:
    log(3)
    rows = [said(REDACTED, what="changed"), said(SHADOW, what="shadow"), said(WOULD, what="shadow")]
    page = admin_client.get(f"{LIST}?judged=any").content.decode()
    assert set(shown(page)) == {str(row.pk) for row in rows}
    words = plain(page)
    for one in (
        "Personal data",
        "personal data",
        "email ×2",
        "us ssn",
        "Ads try-out",
        "budget",
        "redacted",
    ):
        assert one in words
    assert shown(admin_client.get(f"{LIST}?judged=changed").content.decode()) == [str(rows[0].pk)]


@pytest.mark.parametrize("name", ["Tone", 'odd "name"', "50 %", "Ünï", "it's", "a\\b"])
def test_the_list_is_filtered_by_who_spoke(admin_client: Client, name: str) -> None:
    mine = said(SHADOW | {"by": name}, REDACTED, what="shadow")
    said(SHADOW | {"by": f"{name} too"}, what="shadow")
    found = RequestLog.objects.filter(judged.spoken_by(name))
    assert [str(row.pk) for row in found] == [str(mine.pk)]
    reply = admin_client.get(LIST, {"by": name, "judged": "any"})
    assert shown(reply.content.decode()) == [str(mine.pk)]


def test_calls_that_a_hard_budget_refused_are_among_its_own() -> None:
    told = "The budget 'Search, monthly' has $0.10 left of $100.00 this month."
    refused = log(1, status=402, error_code="budget_exceeded", error_message=told)[0]
    log(1, error_code="budget_exceeded", error_message=told.replace("Search", "Ads"))
    found = RequestLog.objects.filter(judged.spoken_by("Search, monthly"))
    assert [str(row.pk) for row in found] == [str(refused.pk)]


def test_the_list_pages_by_keyset_and_keeps_its_filter(admin_client: Client) -> None:
    log(60, verdicts=[SHADOW], judged="shadow")
    first = admin_client.get(f"{LIST}?judged=shadow&by=Tone").content.decode()
    following = link(first, "next")
    assert following is not None
    second = admin_client.get(LIST + following).content.decode()
    assert (len(shown(first)), len(shown(second))) == (50, 10)
    assert "By" in plain(second)


class _Chosen:
    def __init__(self, value: str) -> None:
        self.chosen = value

    def value(self) -> str:
        return self.chosen


@pytest.mark.skipif(connection.vendor != "sqlite", reason="reads SQLite's query plan; PostgreSQL's needs many rows")
def test_one_kind_of_verdict_is_read_by_its_index() -> None:
    rows = JudgedFilter.queryset(_Chosen("blocked"), None, RequestLog.objects.all())  # type: ignore[arg-type]
    assert "log_judged" in rows.order_by("-started_at", "-id")[:51].explain()


@pytest.mark.parametrize(
    "query", ["judged=x", "by=x%00y", "tag=%00", "cache=x", "tag=a%22b", "key=%00", "q=%00", "by="]
)
def test_odd_filters_are_no_error(admin_client: Client, query: str) -> None:
    log(1)
    assert admin_client.get(f"{LIST}?{query}").status_code == 200


def test_the_log_is_filtered_by_tag_and_by_what_the_cache_did(admin_client: Client) -> None:
    tagged = log(1, tags=["prod", "search"])[0]
    log(1, tags=["production"])
    hit = log(1, cache="hit", saved_nano=31_000_000, cost_nano=0)[0]
    log(1, cache="stored")
    assert shown(admin_client.get(f"{LIST}?tag=prod").content.decode()) == [str(tagged.pk)]
    page = admin_client.get(f"{LIST}?cache=any").content.decode()
    assert shown(page) == [str(hit.pk)]
    assert "saved $0.031" in plain(page)
    assert "from the cache" in plain(page)


def test_a_request_s_page_shows_the_verdicts_in_their_order(admin_client: Client) -> None:
    row = Guardrail.objects.create(name="Personal data", kind="pii")
    one = said(REDACTED, SHADOW, WOULD, what="shadow", tags=["prod"], cache="hit", saved_nano=5_000_000)
    page = admin_client.get(f"{LIST}{one.pk}/change/").content.decode()
    words = plain(page)
    assert words.index("Personal data and secrets") < words.index("Toxicity classifier") < words.index("Budget ")
    for told in ("email ×2", "412 µs", "would have blocked", "0.41", "would have refused", "saved $0.005", "prod"):
        assert told in words
    assert f"{GUARDRAILS}{row.pk}/change/" in page


def test_verdicts_of_any_shape_are_shown(admin_client: Client) -> None:
    odd: list[Any] = [{"by": "<b>x</b>"}, {"what": 5, "score": "x", "us": -1, "action": "new"}, "text", None, 7]
    one = log(1, verdicts=odd, judged="noted", tags=["<i>t</i>"])[0]
    whole = log(1, verdicts={"no": "list"}, judged="noted")[0]
    for row in (one, whole):
        page = admin_client.get(f"{LIST}{row.pk}/change/").content.decode()
        assert "<b>x</b>" not in page
        assert "<i>t</i>" not in page
    assert admin_client.get(f"{LIST}?judged=any").status_code == 200
    assert admin_client.get(GUARDRAILS).status_code == 200


def test_a_cost_that_was_rated_again_says_what_it_was(admin_client: Client) -> None:
    row = log(1, cost_nano=2_000_000, first_cost_nano=1_000_000, rated_at=timezone.now())[0]
    assert "$0.001 · rated again" in text(admin_client, f"{LIST}{row.pk}/change/")


# --- on others' pages ------------------------------------------------------------------------------


def test_guardrails_tell_what_they_said_in_the_last_day(admin_client: Client) -> None:
    Guardrail.objects.create(name="Tone", kind="toxicity", shadow=True)
    log(3, verdicts=[SHADOW], judged="shadow")
    log(1, verdicts=[SHADOW | {"action": "failed"}], judged="failed")
    log(1, verdicts=[SHADOW], judged="shadow", age=timedelta(days=2))
    with CaptureQueriesContext(connection) as seen:
        page = plain(admin_client.get(GUARDRAILS).content.decode())
    assert "3 in shadow" in page
    assert "1 failed" in page
    assert sum("monitoring_requestlog" in one["sql"] for one in seen) == 1
    assert "3 in shadow" not in text(staff("view_guardrail"), GUARDRAILS)


def spent(count: int, **fields: Any) -> None:
    row = budget(spent=count * DOLLAR)
    current = row.periods.get()
    rows = log(count, age=timedelta(0), **fields)
    BudgetEntry.objects.bulk_create(
        BudgetEntry(exchange_id=one.pk, period=current, amount=DOLLAR, at=one.started_at) for one in rows
    )


def test_a_budget_s_page_tells_who_spends_it(admin_client: Client) -> None:
    spent(4, api_key="bidder", model="gpt-4o", provider="openai")
    page = text(admin_client, _page())
    assert "bidder $4.00" in page
    assert "openai:gpt-4o $4.00" in page
    assert "bidder" not in text(staff("view_budget"), _page())


def test_who_spends_it_is_told_of_a_bounded_number_of_calls(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitoring.admin.spending.MOST_ENTRIES", 6)
    monkeypatch.setattr("monitoring.admin.spending.CHUNK", 4)
    spent(9, api_key="bidder")
    assert "of the newest 6 calls" in text(admin_client, _page())


def test_a_budget_s_page_shows_the_calls_it_would_have_refused(admin_client: Client) -> None:
    row = budget("Ads try-out", mode="shadow", spent=1)
    one = said(WOULD, what="shadow", api_key="bidder")
    page = admin_client.get(f"{BUDGETS}{row.pk}/change/").content.decode()
    assert f"{LIST}{one.pk}/change/" in page
    assert "by=Ads+try-out" in page


def _page() -> str:
    return f"{BUDGETS}{Budget.objects.get().pk}/change/"

"""Lists and forms that are asked for by what no column holds."""

from __future__ import annotations

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db
HUGE = "9" * 24


@pytest.mark.parametrize("page", ["gateway/limit", "gateway/budget", "gateway/apikey", "providers/token"])
def test_a_filter_that_no_column_holds_shows_the_whole_list(admin_client: Client, page: str) -> None:
    relation = {"providers/token": "provider__id__exact"}.get(page, "team")
    for name in (relation, "id"):
        answer = admin_client.get(f"/admin/{page}/?{name}={HUGE}", follow=True)
        assert answer.status_code == 200


@pytest.mark.parametrize("page", ["gateway/limit", "gateway/guardrail", "gateway/route", "providers/model"])
def test_an_action_on_a_row_that_is_none_changes_nothing(admin_client: Client, page: str) -> None:
    data = {"action": "delete_selected", "_selected_action": "x", "index": "0"}
    assert admin_client.post(f"/admin/{page}/", data, follow=True).status_code == 200


def test_a_relation_of_blanks_is_a_message(admin_client: Client) -> None:
    data = {
        "name": "x",
        "subject": "team",
        "team": "  ",
        "measure": "cost",
        "amount": "1",
        "period": "day",
        "mode": "soft",
    }
    assert admin_client.post("/admin/gateway/budget/add/", data, follow=True).status_code == 200

"""The admin's request log over the same search: it never hangs, and says what it did not look through."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from monitoring.admin.paging import Place
from monitoring.explorer import names, search
from monitoring.explorer.names import names_like
from tests.monitoring.explorer.cast import row, written

LIST = "/admin/monitoring/requestlog/"
NOW = datetime.now(UTC)
pytestmark = pytest.mark.django_db


def shown(html: str) -> list[str]:
    return re.findall(rf"{LIST}([0-9a-f-]{{36}})/change/", html)


def test_names_are_found_by_a_part_whatever_the_case() -> None:
    written(
        *(row(NOW, model=name, requested_model=f"ask-{name}") for name in ("gpt-4o", "gpt-4o", "claude", "", "GPT-x"))
    )
    assert sorted(names_like("model", "gpt")[0]) == ["GPT-x", "gpt-4o"]
    assert names_like("requested_model", "ASK-c") == (["ask-claude"], True)
    assert names_like("model", "none") == ([], True)
    assert names_like("model", "gpt", since=NOW + timedelta(seconds=1)) == ([], True)
    with pytest.raises(ValueError):
        names_like("id; DROP TABLE x", "a")


def test_an_empty_log_has_no_names() -> None:
    assert names_like("model", "") == ([], True)


def test_names_that_are_too_many_to_look_at_are_found_among_the_troubled(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(names, "MOST", 1)
    refused = {"status": 404, "ended_by": "failed", "error_code": "model_not_found"}
    written(row(NOW, requested_model="a"), row(NOW, requested_model="zz-typo", **refused))
    assert names_like("requested_model", "typo") == ([], False)
    assert len(shown(admin_client.get(f"{LIST}?q=zz-").content.decode())) == 1


def test_the_search_finds_models_names_that_were_asked_for_and_errors(admin_client: Client) -> None:
    by_model, by_name, by_error, by_id, typo = written(
        row(NOW, model="claude-x", requested_model="claude-x"),
        row(NOW, requested_model="fast-lane"),
        row(NOW, status=502, ended_by="failed", error_message="upstream Exploded"),
        row(NOW, request_id="req-77"),
        row(NOW, status=404, ended_by="failed", requested_model="gtp-4", model="", error_code="model_not_found"),
    )
    for text, one in (
        ("AUDE", by_model), ("fast", by_name), ("exploded", by_error), ("req-77", by_id), (str(by_id.pk), by_id),
        ("gtp", typo), ("model_not", typo),
    ):  # fmt: skip
        assert shown(admin_client.get(f"{LIST}?q={text}").content.decode()) == [str(one.pk)], text


def test_a_page_whose_time_is_over_says_so_and_goes_on(admin_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    log = written(*(row(NOW - timedelta(hours=hours)) for hours in range(1, 20)))
    monkeypatch.setattr(search, "WALK", 3)
    more = search.Search.more
    monkeypatch.setattr(search.Search, "more", lambda self, most: more(self, most, seconds=0))
    found, address = [], LIST
    for _ in range(20):
        html = admin_client.get(address).content.decode()
        found += shown(html)
        older = re.search(r'rel="next" href="([^"]+)"', html)
        if older is None:
            break
        assert "Older goes on" in html
        address = LIST + older[1].replace("&amp;", "&")
    assert found == [str(one.pk) for one in log]


def test_a_filter_that_cannot_be_looked_for_in_time_is_a_message(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: Any) -> None:
        raise search.TooSlow

    monkeypatch.setattr(search.Search, "more", never)
    response = admin_client.get(f"{LIST}?q=x")
    assert (response.status_code, "choose a shorter time" in response.content.decode()) == (200, True)


@pytest.mark.parametrize("at", ["-1", "0", "9" * 17, "253402300799999999", "9" * 40])
@pytest.mark.parametrize("row_id", ["00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"])
def test_places_beyond_all_time_are_no_error(admin_client: Client, at: str, row_id: str) -> None:
    written(row(NOW))
    for name in ("older", "newer"):
        assert admin_client.get(f"{LIST}?time=all&{name}={at}.{row_id}").status_code == 200


def test_a_place_before_the_log_has_nothing_older_and_everything_newer(admin_client: Client) -> None:
    (one,) = written(row(NOW))
    place = Place.at(NOW - timedelta(days=5))
    assert shown(admin_client.get(f"{LIST}?time=all&older={place}").content.decode()) == []
    assert shown(admin_client.get(f"{LIST}?time=all&newer={place}").content.decode()) == [str(one.pk)]

"""Limits in the admin: only the field that goes with the subject, one of a kind, and which numbers hold for whom."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from django.db import IntegrityError
from django.test import Client

from gateway.admin import effective_limits
from gateway.admin.filling import number_cell, rule_id
from gateway.admin.limit_form import LimitForm
from gateway.limits.compiling import compile_limits
from gateway.models import Limit
from providers.models import Provider
from tests.gateway.admin.policy_cast import LIMITS, key, plain, staff, team, text

pytestmark = pytest.mark.django_db
ADD = f"{LIMITS}add/"


def given(**fields: Any) -> dict[str, Any]:
    return {"subject": "everyone", "requests_per_minute": "60", "enabled": "on", **fields}


def test_what_does_not_go_with_the_subject_is_left_out(admin_client: Client) -> None:
    one = team()
    text(admin_client, ADD, given(subject="team", team=one.pk, model="gpt-4o", provider="99999"))
    row = Limit.objects.get()
    assert (row.team, row.model, row.provider) == (one, "", None)


@pytest.mark.parametrize("subject", ["team", "key", "provider", "model"])
def test_the_field_of_the_subject_is_wanted(subject: str) -> None:
    assert ["Say which."] in LimitForm(given(subject=subject)).errors.values()


def test_each_key_is_of_a_team_or_of_all(admin_client: Client) -> None:
    one = team()
    text(admin_client, ADD, given(subject="each_key"))
    text(admin_client, ADD, given(subject="each_key", team=one.pk))
    assert {row.team for row in Limit.objects.all()} == {None, one}


def test_a_second_of_a_kind_is_an_error_of_its_field() -> None:
    one, app = team(), key()
    vendor = Provider.objects.create(name="openai", vendor="openai")
    kinds: list[dict[str, Any]] = [
        {}, {"subject": "each_key"}, {"subject": "each_key", "team": one.pk}, {"subject": "team", "team": one.pk},
        {"subject": "key", "api_key": app.pk}, {"subject": "provider", "provider": vendor.pk},
        {"subject": "model", "model": "gpt-4o*"},
    ]  # fmt: skip
    for kind in kinds:
        assert LimitForm(given(**kind)).save()
        (said,) = LimitForm(given(**kind)).errors.values()
        assert "change that one" in said[0]


def test_one_that_was_taken_meanwhile_is_a_field_error_too(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, raced = Limit.save, []

    def beaten(row: Limit, *args: Any, **kwargs: Any) -> None:
        if not raced:
            raced.append(1)
            raise IntegrityError
        real(row, *args, **kwargs)

    monkeypatch.setattr(Limit, "save", beaten)
    assert "was added successfully" in text(admin_client, ADD, given())
    monkeypatch.setattr(Limit, "save", lambda *_, **__: (_ for _ in ()).throw(IntegrityError()))
    assert "Nothing was saved" in text(admin_client, ADD, given(subject="each_key"))


@pytest.mark.parametrize("number", ["0", "-3", "x", "1.5", "9" * 30])
def test_numbers_that_are_none_are_errors(number: str) -> None:
    assert "usage_per_minute" in LimitForm(given(usage_per_minute=number)).errors


@pytest.mark.parametrize("pk", ["9" * 30, "x", "-1"])
def test_a_team_that_is_none_is_an_error(admin_client: Client, pk: str) -> None:
    assert "Choose it from the list" in text(admin_client, ADD, given(subject="team", team=pk))
    assert admin_client.get(f"{ADD}?team={pk}&subject=team").status_code == 302


def test_at_least_one_number_is_wanted(admin_client: Client) -> None:
    assert "at least one of the three" in text(admin_client, ADD, given(requests_per_minute=""))


def test_an_admin_who_may_only_view_sees_the_list_and_cannot_add() -> None:
    Limit.objects.create(subject="everyone", requests_per_minute=60)
    client = staff("view_limit")
    assert "everyone together" in text(client, LIMITS)
    assert client.post(ADD, given()).status_code == 403


def test_what_is_counted_is_asked_of_the_limiter_by_its_own_names() -> None:
    one = team()
    app = key(team=one)
    vendor = Provider.objects.create(name="openai", vendor="openai")
    subjects: list[dict[str, Any]] = [
        {"subject": "everyone"}, {"subject": "team", "team": one}, {"subject": "key", "api_key": app},
        {"subject": "provider", "provider": vendor}, {"subject": "model", "model": "gpt-4o*"},
    ]  # fmt: skip
    rows = [Limit.objects.create(requests_per_minute=5, **subject) for subject in subjects]
    limits = compile_limits()
    facts: Any = SimpleNamespace(id=app.pk, team_id=one.pk, name=app.name)
    rules = {*limits.of_call(facts), *limits.of_target(vendor.pk, "openai", "gpt-4o-mini")}
    assert {rule_id(row) for row in rows} == {rule.id for rule in rules}
    assert rule_id(Limit(subject="each_key")) == ""


def test_how_full_it_is_is_said_where_it_is_known() -> None:
    assert "48 now" in plain(number_cell(60, 48))
    assert "sb-yellow" in number_cell(60, 48)
    assert "sb-red" in number_cell(60, 90)
    assert "now" not in number_cell(60, None)


def test_a_form_of_fewer_fields_works() -> None:
    assert LimitForm({"subject": "everyone", "parallel": "4"}).is_valid()


# --- in force --------------------------------------------------------------------------------------


def numbers(groups: list[effective_limits.Group]) -> list[list[tuple[str, str]]]:
    return [[(one.value, one.source) for one in group.numbers] for group in groups]


def test_numbers_are_inherited_one_by_one() -> None:
    one = team()
    app = key(team=one)
    Limit.objects.create(subject="each_key", requests_per_minute=10, usage_per_minute=20, parallel=30)
    Limit.objects.create(subject="each_key", team=one, usage_per_minute=21)
    Limit.objects.create(subject="key", api_key=app, parallel=3)
    Limit.objects.create(subject="team", team=one, requests_per_minute=100)
    own, shared, everyone = numbers(effective_limits.of_key(app))
    assert own == [("10", "each key of all"), ("21", "each key of its team"), ("3", "its own")]
    assert shared[0] == ("100", "the team's")
    assert everyone == [("any", "")] * 3


def test_a_limit_that_is_off_or_of_another_does_not_count() -> None:
    one, other = team(), team("Ads")
    app = key(team=one)
    Limit.objects.create(subject="key", api_key=app, parallel=3, enabled=False)
    Limit.objects.create(subject="each_key", team=other, parallel=5)
    Limit.objects.create(subject="team", team=other, parallel=7)
    assert all(value == "any" for group in numbers(effective_limits.of_key(app)) for value, _ in group)
    assert all(value == "any" for group in numbers(effective_limits.of_team(one)) for value, _ in group)
    alone = numbers(effective_limits.of_key(key("alone")))
    assert len(alone) == 2


def test_a_team_s_page_shows_and_sets_its_limits(admin_client: Client) -> None:
    one = team()
    page = f"/admin/gateway/team/{one.pk}/change/"
    data: dict[str, Any] = {"name": one.name, "limits-TOTAL_FORMS": 2, "limits-INITIAL_FORMS": 0}
    data |= {"limits-0-subject": "team", "limits-0-requests_per_minute": "90", "limits-0-enabled": "on"}
    data |= {"limits-1-subject": "each_key", "limits-1-parallel": "5", "limits-1-enabled": "on"}
    text(admin_client, page, data)
    assert set(one.limits.values_list("subject", flat=True)) == {"team", "each_key"}
    shown = text(admin_client, page)
    assert "Limits in force" in shown
    assert "90 the team's" in shown


def test_two_limits_of_the_same_kind_on_a_page_are_refused(admin_client: Client) -> None:
    one = team()
    data: dict[str, Any] = {"name": one.name, "limits-TOTAL_FORMS": 2, "limits-INITIAL_FORMS": 0}
    data |= {f"limits-{at}-{name}": value for at in (0, 1) for name, value in (("subject", "team"), ("parallel", "5"))}
    assert "change that one" in text(admin_client, f"/admin/gateway/team/{one.pk}/change/", data)
    assert not Limit.objects.exists()


def test_a_key_s_page_shows_and_sets_its_limit(admin_client: Client) -> None:
    app = key()
    data: dict[str, Any] = {
        "name": app.name,
        "scopes": ["inference"],
        "limits-TOTAL_FORMS": 1,
        "limits-INITIAL_FORMS": 0,
    }
    data |= {"limits-0-parallel": "5", "limits-0-enabled": "on", "tags": "search, prod", "cache": "on"}
    page = f"/admin/gateway/apikey/{app.pk}/change/"
    text(admin_client, page, data)
    app.refresh_from_db()
    assert (app.limits.get().subject, app.tags, app.cache) == ("key", ["search", "prod"], "on")
    assert "5 its own" in text(admin_client, page)
    again = data | {"limits-0-parallel": "6"}
    text(admin_client, page, again)  # the row of another tab
    assert app.limits.get().parallel == 5


@pytest.mark.parametrize("tags", ["a b", "-x", "ü", "x" * 61, "a\0b", ",".join(map(str, range(11)))])
def test_what_is_no_tag_is_refused(admin_client: Client, tags: str) -> None:
    app = key()
    data = {"name": app.name, "scopes": ["inference"], "limits-TOTAL_FORMS": 0, "limits-INITIAL_FORMS": 0, "tags": tags}
    assert "correct the error" in text(admin_client, f"/admin/gateway/apikey/{app.pk}/change/", data).lower()


def test_who_may_not_see_limits_sees_none_on_a_key_s_page() -> None:
    app = key()
    Limit.objects.create(subject="key", api_key=app, parallel=3)
    shown = text(staff("view_apikey"), f"/admin/gateway/apikey/{app.pk}/change/")
    assert "Limits in force" not in shown
    assert "Budgets that count it" not in shown

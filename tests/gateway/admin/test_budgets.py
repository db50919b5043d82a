"""Budgets in the admin: where they stand, amounts in dollars, raises, slices given back by hand."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from gateway.admin.budget_form import BudgetForm
from gateway.admin.budget_standing import Standing, standing_of
from gateway.budgets.leases import ASKING
from gateway.exchange import uuid7
from gateway.models import (
    Budget,
    BudgetEntry,
    BudgetEvent,
    BudgetLease,
    BudgetPeriod,
    BudgetRaise,
    SpendingSettings,
)
from providers.models import ConfigVersion
from tests.gateway.admin.policy_cast import (
    BUDGETS,
    DOLLAR,
    budget,
    form,
    key,
    period,
    raises,
    span,
    staff,
    team,
    text,
)

pytestmark = pytest.mark.django_db
ADD = f"{BUDGETS}add/"
NOON = datetime(2026, 4, 16, 12, tzinfo=UTC)  # the middle of a month of thirty days is a day before it


def page(row: Budget) -> str:
    return f"{BUDGETS}{row.pk}/change/"


# --- the form --------------------------------------------------------------------------------------


def test_an_amount_in_dollars_is_stored_in_nano_dollars(admin_client: Client) -> None:
    text(admin_client, ADD, form(amount="$1,250.000000001", thresholds="80, 50 100%, 80"))
    row = Budget.objects.get()
    assert (row.amount, row.thresholds) == (1_250_000_000_001, [50, 80, 100])
    html = admin_client.get(page(row)).content.decode()
    assert 'value="1250.000000001"' in html
    assert 'value="50, 80, 100"' in html


def test_usage_is_a_whole_number_of_units(admin_client: Client) -> None:
    assert "whole number of units" in text(admin_client, ADD, form(measure="usage", amount="1.5"))
    text(admin_client, ADD, form(measure="usage", amount="5,000,000"))
    assert Budget.objects.get().amount == 5_000_000


@pytest.mark.parametrize(
    "thresholds", ["x", "0", "1001", "50,,-3", "1.5", "9" * 50, "50\0", ",".join(map(str, range(1, 30)))]
)
def test_thresholds_that_are_none_are_errors(admin_client: Client, thresholds: str) -> None:
    assert "correct the error" in text(admin_client, ADD, form(thresholds=thresholds)).lower()
    assert not Budget.objects.exists()


def test_no_thresholds_are_none(admin_client: Client) -> None:
    text(admin_client, ADD, form(thresholds=""))
    assert Budget.objects.get().thresholds == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount": ""}, {"amount": "0"}, {"amount": "9" * 39}, {"subject": "team"}, {"subject": "tag", "tag": "a b"},
        {"measure": "x"}, {"period": ""}, {"mode": "x"}, {"name": ""}, {"name": "n" * 81},
        {"subject": "model", "model": "a b"}, {"subject": "key", "api_key": "12345"},
    ],
)  # fmt: skip
def test_what_is_wrong_is_an_error_of_its_field(wrong: dict[str, Any]) -> None:
    field = "team" if wrong == {"subject": "team"} else [*wrong][-1]
    assert [*BudgetForm(form(**wrong)).errors] == [field]


def test_only_the_field_of_the_subject_is_kept(admin_client: Client) -> None:
    one = team()
    text(admin_client, ADD, form(subject="tag", tag="prod", team=one.pk, model="has blanks"))
    row = Budget.objects.get()
    assert (row.tag, row.team, row.model) == ("prod", None, "")


def test_a_name_twice_is_a_field_error(admin_client: Client) -> None:
    budget("b")
    assert "already exists" in text(admin_client, ADD, form())


def test_what_it_counts_stays_once_it_has_counted(admin_client: Client) -> None:
    row = budget(spent=5)
    said = text(admin_client, page(row), raises(row, measure="usage", amount="7"))
    assert "Make a new budget instead" in said
    row.refresh_from_db()
    assert row.measure == "cost"


# --- raises ----------------------------------------------------------------------------------------


def test_a_raise_says_who_made_it_and_counts_while_it_lasts(admin_client: Client) -> None:
    row = budget()
    before = ConfigVersion.objects.get().value
    text(admin_client, page(row), raises(row, {"amount": "25.50", "reason": "launch", **span()}))
    made = BudgetRaise.objects.get()
    assert (made.amount, made.made_by, made.reason) == (25_500_000_000, "admin", "launch")
    assert ConfigVersion.objects.get().value > before
    assert standing_of(row, now=timezone.now()).amount == 125_500_000_000
    assert standing_of(row, now=timezone.now() + timedelta(days=8)).amount == 100 * DOLLAR
    assert "with $25.50 of temporary raises" in text(admin_client, page(row))


def test_another_s_raise_keeps_its_maker(admin_client: Client) -> None:
    row = budget()
    made = BudgetRaise.objects.create(
        budget=row, amount=DOLLAR, ends_at=timezone.now() + timedelta(days=1), made_by="ana"
    )
    data = raises(row, {"id": made.pk, "budget": row.pk, "amount": "2", "made_by": "me", **span()})
    text(admin_client, page(row), data | {"raises-INITIAL_FORMS": 1})
    made.refresh_from_db()
    assert (made.amount, made.made_by) == (2 * DOLLAR, "ana")


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount": "x", **span()}, {"amount": "1", **span(-3)}, {"amount": "1"}, {"amount": "4611686018", **span()},
        {"amount": "1", "starts_at_0": "x", "starts_at_1": "y", "ends_at_0": "9999-12-31", "ends_at_1": "23:59:59"},
        {"amount": "1", "reason": "x" * 201, **span()}, {"id": "77", "amount": "1", **span()},
        {"id": "9" * 30, "amount": "1", **span()},
    ],
)  # fmt: skip
def test_a_wrong_raise_is_an_error_of_the_form(admin_client: Client, wrong: dict[str, Any]) -> None:
    row = budget()
    data = raises(row, wrong)
    if "id" in wrong:
        data["raises-INITIAL_FORMS"] = 1  # somebody deleted it meanwhile
    assert "correct the error" in text(admin_client, page(row), data).lower()
    assert not BudgetRaise.objects.exists()


def test_a_raise_of_usage_is_in_units(admin_client: Client) -> None:
    row = budget(measure="usage", amount=1000)
    text(admin_client, page(row), raises(row, {"amount": "500", **span()}, measure="usage", amount="1000"))
    assert BudgetRaise.objects.get().amount == 500


# --- standing --------------------------------------------------------------------------------------


def stands(spent: int, *, leased: int = 0, now: datetime = NOON, **fields: Any) -> Standing:
    row = budget(f"b{Budget.objects.count()}", **fields)
    Budget.objects.filter(pk=row.pk).update(created_at=now - timedelta(days=10))
    row.refresh_from_db()
    period(row, at=now, spent=spent, leased=leased)
    return standing_of(row, now=now)


def test_the_forecast_goes_on_at_the_pace_so_far() -> None:
    half = stands(50 * DOLLAR, now=datetime(2026, 4, 16, tzinfo=UTC))
    assert half.forecast == 100 * DOLLAR
    assert half.exhausted_at is None
    faster = stands(80 * DOLLAR, now=datetime(2026, 4, 16, tzinfo=UTC))
    assert faster.exhausted_at == datetime(2026, 4, 19, 18, tzinfo=UTC)


def test_the_first_moments_of_a_period_say_nothing() -> None:
    early = stands(DOLLAR, now=datetime(2026, 4, 1, 2, tzinfo=UTC))
    assert early.forecast is None
    assert early.exhausted_at is None


def test_a_total_has_a_pace_but_no_end() -> None:
    whole = stands(50 * DOLLAR, period="total")
    assert (whole.ends_at, whole.forecast) == (None, None)
    assert whole.exhausted_at == NOON + timedelta(days=10)


def test_what_is_held_is_not_left() -> None:
    one = stands(60 * DOLLAR, leased=15 * DOLLAR)
    assert (one.spent, one.leased, one.left, one.percent) == (60 * DOLLAR, 15 * DOLLAR, 25 * DOLLAR, 60)
    assert stands(101 * DOLLAR).left == -DOLLAR


@pytest.mark.parametrize(("kind", "days"), [("day", 1), ("week", 7), ("month", 31)])
def test_a_period_of_before_is_over(kind: str, days: int) -> None:
    row = budget(period=kind)
    period(row, at=NOON - timedelta(days=days), spent=5)
    assert standing_of(row, now=NOON).row is None


# --- the list and the page -------------------------------------------------------------------------


def test_the_list_asks_as_often_for_one_as_for_many(admin_client: Client) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as seen:
            admin_client.get(BUDGETS)
        return len(seen)

    budget("first", spent=5)
    once = asked()
    for at in range(20):
        budget(
            f"b{at}", spent=at, period=("day", "week", "month", "total")[at % 4], subject="team", team=team(f"t{at}")
        )
    assert asked() == once


@pytest.mark.parametrize(
    ("wanted", "names"),
    [("nearly", {"full", "over"}), ("all", {"over"}), ("refusing", {"over"}), ("x", {"full", "over", "new"})],
)
def test_the_list_is_filtered_by_what_is_spent(admin_client: Client, wanted: str, names: set[str]) -> None:
    budget("full", spent=85 * DOLLAR)
    BudgetPeriod.objects.filter(budget=budget("over", spent=100 * DOLLAR)).update(refused=3)
    budget("new")
    reply = admin_client.get(f"{BUDGETS}?spent={wanted}")
    assert {row.name for row in reply.context["cl"].result_list} == names


def test_the_page_tells_period_slices_and_events(admin_client: Client) -> None:
    row = budget(spent=85 * DOLLAR, leased=5 * DOLLAR)
    now = timezone.now()
    current = row.periods.get()
    period(row, at=now - timedelta(days=32), spent=70 * DOLLAR, refused=4)
    BudgetLease.objects.create(period=current, holder=uuid7(), amount=5 * DOLLAR, renewed_at=now)
    BudgetEvent.objects.create(budget=row, kind="threshold", text="<b>80 %</b> of it", exchange_id=uuid.uuid4())
    shown = text(admin_client, page(row))
    for said in ("$85.00 of $100.00", "85 %", "50 % ✓", "80 % ✓", "70 %", "4 refused", "$5.00", "<b>80 %</b> of it"):
        assert said in shown
    assert "Give back" not in shown
    assert "$85.00 of what is spent has no entry" in shown


def test_a_page_is_there_for_who_may_only_view() -> None:
    row = budget(spent=5)
    client = staff("view_budget")
    assert "API keys that spend it most" not in text(client, page(row))
    assert client.post(page(row), form()).status_code == 403
    assert client.post(f"{BUDGETS}{row.pk}/do/disable/").status_code == 403


def test_deleting_asks_without_reading_every_entry(admin_client: Client) -> None:
    row = budget(spent=5)
    current = row.periods.get()
    BudgetEntry.objects.bulk_create(
        BudgetEntry(exchange_id=uuid.uuid4(), period=current, amount=1, at=timezone.now()) for _ in range(50)
    )
    with CaptureQueriesContext(connection) as seen:
        assert "Search, monthly" in text(admin_client, f"{BUDGETS}{row.pk}/delete/")
    assert not [one for one in seen if "budgetentry" in one["sql"].lower()]
    text(admin_client, f"{BUDGETS}{row.pk}/delete/", {"post": "yes"})
    assert not BudgetEntry.objects.exists()


def test_a_team_with_a_budget_goes_only_by_who_may_delete_budgets() -> None:
    one = team()
    budget(subject="team", team=one)
    denied = staff("view_team", "delete_team").post(f"/admin/gateway/team/{one.pk}/delete/", {"post": "yes"})
    assert denied.status_code == 403
    assert staff("view_team", "delete_team", "delete_budget").post(
        f"/admin/gateway/team/{one.pk}/delete/", {"post": "yes"}
    ).status_code in (200, 302)
    assert not Budget.objects.exists()


# --- giving a slice back ---------------------------------------------------------------------------


def silent(row: Budget, *, minutes: int = 30) -> BudgetLease:
    renewed = timezone.now() - timedelta(minutes=minutes)
    return BudgetLease.objects.create(period=row.periods.get(), holder=uuid7(), amount=5 * DOLLAR, renewed_at=renewed)


def address(row: Budget, lease: BudgetLease) -> str:
    return f"{BUDGETS}{row.pk}/leases/{lease.pk}/give-back/"


def test_a_slice_of_a_process_that_is_gone_comes_back_once(admin_client: Client) -> None:
    row = budget(spent=10 * DOLLAR, leased=5 * DOLLAR)
    lease = silent(row)
    assert "Give back" in text(admin_client, page(row))
    assert "only do this if the process is gone" in text(admin_client, address(row, lease)).lower()
    assert BudgetLease.objects.exists()
    for _ in range(2):
        text(admin_client, address(row, lease), {})
    assert not BudgetLease.objects.exists()
    assert row.periods.get().leased == 0
    event = BudgetEvent.objects.get()
    assert event.kind == "lease_lost"
    assert "admin gave back $5.00" in event.text


def test_a_slice_of_one_that_lives_is_not_taken(admin_client: Client) -> None:
    row = budget(spent=10 * DOLLAR, leased=5 * DOLLAR)
    lease = silent(row, minutes=1)
    assert "it is alive" in text(admin_client, address(row, lease), {})
    assert row.periods.get().leased == 5 * DOLLAR


def test_what_is_only_asked_for_is_no_slice(admin_client: Client) -> None:
    row = budget(spent=1)
    asked = BudgetLease.objects.create(
        period=row.periods.get(), holder=ASKING, amount=0, renewed_at=timezone.now() - timedelta(days=1)
    )
    assert "None now." in text(admin_client, page(row))
    text(admin_client, address(row, asked), {})
    assert BudgetLease.objects.exists()


def test_slices_are_taken_by_post_by_who_may_change_and_of_this_budget() -> None:
    row, other = budget(leased=5, spent=1), budget("other", spent=1)
    lease = silent(row)
    assert staff("view_budget").post(address(row, lease)).status_code == 403
    changer = staff("view_budget", "change_budget")
    changer.post(f"{BUDGETS}{other.pk}/leases/{lease.pk}/give-back/")
    changer.post(f"{BUDGETS}{row.pk}/leases/{'9' * 30}/give-back/")
    assert BudgetLease.objects.exists()
    careful = Client(enforce_csrf_checks=True)
    careful.cookies = changer.cookies
    assert careful.post(address(row, lease)).status_code == 403
    assert BudgetLease.objects.exists()


# --- others' pages ---------------------------------------------------------------------------------


def test_a_key_s_page_shows_the_budgets_that_count_it(admin_client: Client) -> None:
    one = team()
    app = key(team=one, tags=["prod"])
    budget("of the team", subject="team", team=one, spent=85 * DOLLAR)
    budget("of the tag", subject="tag", tag="prod")
    budget("of all")
    budget("of another", subject="team", team=team("Ads"))
    budget("that is off", enabled=False)
    shown = text(admin_client, f"/admin/gateway/apikey/{app.pk}/change/")
    assert all(name in shown for name in ("of the team", "of the tag", "of all", "$85.00 of $100.00"))
    assert "of another" not in shown
    assert "that is off" not in shown


def test_spending_settings_are_made_by_the_first_save(admin_client: Client) -> None:
    settings = "/admin/gateway/spendingsettings/"
    where = f"{settings}1/change/"
    assert admin_client.get(settings).headers["Location"] == where
    assert "Give both prices" in text(admin_client, where, {"assumed_input_price": "1", "assumed_output": "10"})
    for wrong in ("x", "-1", "1e99", "nan", "0.0000001"):
        text(admin_client, where, {"assumed_input_price": wrong, "assumed_output_price": "1", "assumed_output": "10"})
    text(admin_client, where, {"assumed_output": "9" * 30})
    assert not SpendingSettings.objects.exists()
    text(admin_client, where, {"assumed_input_price": "1", "assumed_output_price": "2.5", "assumed_output": "10"})
    assert SpendingSettings.current().assumed_output == 10
    assert staff("view_spendingsettings").post(where, {"assumed_output": "5"}).status_code == 403

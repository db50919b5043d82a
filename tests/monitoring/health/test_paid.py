"""Paid tests: booked like any call, refused by budgets, kept under their cap."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest

from gateway.models import Budget, BudgetEntry, BudgetLease, BudgetPeriod, SpendingSettings
from monitoring.asking import ask
from monitoring.health import board, paid
from monitoring.models import HealthCheck, HealthSettings, RequestLog
from providers.models import Provider, Token, TokenState
from tests.fake_vendor import FakeVendor, failing, in_thread
from tests.monitoring.health.cast import Clock, make_provider, price

pytestmark = pytest.mark.django_db
DOLLAR = 1_000_000_000


@pytest.fixture
def vendor() -> Iterator[FakeVendor]:
    with in_thread() as made:
        yield made


@pytest.fixture
def acme(vendor: FakeVendor) -> Provider:
    made = make_provider(vendor.url)
    price(made, "fake-large")
    return made


def budget(amount: int, *, mode: str = "hard", **fields: object) -> Budget:
    return Budget.objects.create(name="All of us", subject="everyone", amount=amount, mode=mode, **fields)


def test_a_paid_test_is_a_row_a_check_and_a_cost(acme: Provider, vendor: FakeVendor) -> None:
    check = paid.paid_test(acme.pk, "fake-large")
    row = RequestLog.objects.get()
    assert (check.ok, check.kind, check.status) == (True, "paid", 200)
    assert (row.endpoint, row.provider, row.model, row.status, row.ended_by) == (
        "health.test", "acme", "fake-large", 200, "done",
    )  # fmt: skip
    assert row.cost_nano and row.cost_nano == row.input * 1000 + row.output * 2000 == check.cost_nano
    assert row.team_id is None and row.api_key_id is None
    assert HealthCheck.objects.get().request_id == row.pk
    asked = vendor.calls()[0].json
    assert asked["model"] == "fake-large" and asked["max_tokens"] == 16
    assert board.checks(provider="acme")[0].cost_nano == row.cost_nano


def test_what_the_vendor_refuses_is_a_failed_check_and_never_raised(acme: Provider, vendor: FakeVendor) -> None:
    vendor.script(failing(500))
    check = paid.paid_test(acme.pk, "fake-large")
    row = RequestLog.objects.get()
    assert (check.ok, check.status, check.cost_nano) == (False, 500, 0)
    assert (row.ended_by, row.error_code, row.attempts[0]["error"]) == ("failed", "provider_error", "provider_error")


def test_a_token_that_the_vendor_rejects_is_out_and_told_without_its_secret(acme: Provider, vendor: FakeVendor) -> None:
    token = Token.objects.create(provider=acme, secret="sk-very-secret-one")
    vendor.script(failing(401, body=b'{"error": {"message": "no such key: sk-very-secret-one"}}'))
    check = paid.paid_test(acme.pk, "fake-large")
    assert check.ok is False and "sk-very" not in check.message
    assert "sk-very" not in str(RequestLog.objects.values().get())
    assert TokenState.objects.get(pk=token.pk).health == "suspended"
    again = paid.paid_test(acme.pk, "fake-large")
    assert again.ok is None and "no token" in again.message


def test_it_counts_in_budgets_and_gives_back_what_it_held(acme: Provider) -> None:
    of_all = budget(DOLLAR)
    told = ask(acme.pk, "fake-large", prompt="Hello", endpoint="health.test")
    period = BudgetPeriod.objects.get(budget=of_all)
    assert told.ok and period.spent == told.exchange.cost_nano and period.leased == 0
    assert BudgetEntry.objects.get().amount == period.spent and not BudgetLease.objects.exists()
    assert RequestLog.objects.get().attempts[0]["hold_nano"] >= period.spent


def test_a_soft_budget_counts_it_and_holds_nothing(acme: Provider) -> None:
    of_all = budget(1, mode="soft")
    assert ask(acme.pk, "fake-large", prompt="Hello", endpoint="health.test").ok
    assert BudgetPeriod.objects.get(budget=of_all).spent > 1 and not BudgetLease.objects.exists()


def test_a_hard_budget_with_nothing_left_refuses_before_anything_is_sent(acme: Provider, vendor: FakeVendor) -> None:
    of_all = budget(10)
    check = paid.paid_test(acme.pk, "fake-large")
    assert check.ok is None and "All of us" in check.message
    assert not vendor.calls()
    row = RequestLog.objects.get()
    assert (row.status, row.error_code, row.attempts) == (402, "budget_exceeded", [])
    assert row.verdicts[0]["by"] == "All of us"
    period = BudgetPeriod.objects.get(budget=of_all)
    assert (period.spent, period.leased, period.refused) == (0, 0, 1)


def test_a_hard_budget_refuses_a_model_whose_price_nobody_knows(acme: Provider, vendor: FakeVendor) -> None:
    budget(DOLLAR)
    check = paid.paid_test(acme.pk, "mystery")
    assert check.ok is None and "costs" in check.message and not vendor.calls()
    assert RequestLog.objects.get().error_code == "price_unknown"
    SpendingSettings(assumed_input_price=Decimal(1), assumed_output_price=Decimal(1)).save()
    assert paid.paid_test(acme.pk, "mystery").ok


def test_the_worst_price_is_known_before_and_never_passed(acme: Provider) -> None:
    worst = paid.worst_of_test(acme.pk, "fake-large")
    check = paid.paid_test(acme.pk, "fake-large")
    assert worst is not None and 0 < check.cost_nano <= worst
    assert paid.worst_of_test(acme.pk, "mystery") is None


def test_nothing_is_paid_for_by_itself_unless_an_admin_says_so(acme: Provider, vendor: FakeVendor) -> None:
    HealthSettings(paid_targets="acme:fake-large").save()
    assert paid.test_due() == 0 and not vendor.requests


def test_scheduled_tests_come_when_they_are_due(acme: Provider, vendor: FakeVendor) -> None:
    clock = Clock()
    HealthSettings(paid_enabled=True, paid_targets="acme:fake-large\nACME:mystery\nnobody:x", paid_minutes=60).save()
    assert [paid.test_due(clock=clock), paid.test_due(clock=clock)] == [1, 0]
    clock.pass_(minutes=61)
    assert paid.test_due(clock=clock) == 1
    assert [call.json["model"] for call in vendor.calls()] == ["fake-large"] * 2, "no price, no test"


def test_scheduled_tests_stop_at_the_daily_cap_which_hand_made_ones_count_in(
    acme: Provider, vendor: FakeVendor
) -> None:
    made = paid.paid_test(acme.pk, "fake-large")
    HealthCheck.objects.update(cost_nano=DOLLAR)
    HealthSettings(paid_enabled=True, paid_targets="acme:fake-large", paid_cap=Decimal("1.00"), paid_minutes=5).save()
    clock = Clock()
    HealthCheck.objects.update(at=clock().replace(hour=0, minute=0, second=0))
    if clock().hour or clock().minute > 5:  # just after midnight it is not due for another reason
        assert paid.test_due(clock=clock) == 0
    clock.pass_(days=1)
    assert made.ok and paid.test_due(clock=clock) == 1


def test_lines_that_name_no_provider_are_told(acme: Provider) -> None:
    found, wrong = paid.wanted(" acme : fake-large \n\nnobody:x\nacme\nacme:")
    assert [(one.provider.name, one.model) for one in found] == [("acme", "fake-large")]
    assert wrong == ["nobody:x", "acme", "acme:"]


def test_the_demo_s_failures_show_as_failed_checks() -> None:
    demo = make_provider("", name="demo", vendor="demo")
    assert paid.paid_test(demo.pk, "demo-fast").ok is True
    assert paid.paid_test(demo.pk, "demo-500").ok is False
    assert RequestLog.objects.get(model="demo-fast").cost_nano == 0

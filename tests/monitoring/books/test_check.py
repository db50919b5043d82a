"""The nightly check: silent while the books agree, loud when they do not, and never mending anything."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F

from gateway.budgets.consumer import BudgetConsumer
from gateway.models import BudgetEntry, BudgetEvent, BudgetPeriod
from monitoring.books import check_sql
from monitoring.books.check import check_books
from monitoring.models import BooksCheck, RequestLog
from monitoring.tasks import check_books as task
from tests.monitoring.books.cast import NOON, attempt, budget, exchange, logged, provider, reprice

pytestmark = pytest.mark.django_db
NIGHT = NOON + timedelta(hours=12)


def check(at: Any = NIGHT) -> BooksCheck:
    found = check_books(at, rest=lambda: None)
    assert found is not None
    return found


def calls(count: int = 3, **more: Any) -> list[Any]:
    provider()
    catalogue = reprice(input=1, output=2)
    budgets = [budget("Money"), budget("Units", measure="usage", period="total"), budget("Month", period="month")]
    made = [
        exchange(attempt(budgets=budgets[:2], error="x"), attempt(budgets=budgets), catalogue=catalogue)
        for _ in range(count)
    ]
    logged(
        *made,
        exchange(attempt(), catalogue=catalogue),
        exchange(attempt(cost_basis="unknown", budgets=budgets[:1])),
        **more,
    )
    return made


def mismatches() -> list[str]:
    return list(BudgetEvent.objects.filter(kind=BudgetEvent.Kind.MISMATCH).values_list("text", flat=True))


def test_without_budgets_there_is_nothing_to_check() -> None:
    task()
    assert not BooksCheck.objects.exists()


def test_books_that_agree_are_noted_and_told_to_nobody() -> None:
    calls()
    found = check()
    assert (found.differences, found.periods, found.calls) == ([], 3, 10)
    assert mismatches() == []


@pytest.mark.parametrize("what", ["entry", "spent", "log", "lost entry", "lost row", "recharged"])
def test_each_difference_is_found_told_and_left_as_it_is(what: str, caplog: pytest.LogCaptureFixture) -> None:
    made = calls()
    entry = BudgetEntry.objects.get(exchange_id=made[0].id, period__budget__name="Money")
    if what == "entry":
        BudgetEntry.objects.filter(pk=entry.pk).update(amount=F("amount") + 1)
        BudgetPeriod.objects.filter(pk=entry.period_id).update(spent=F("spent") + 1)
    elif what == "spent":
        BudgetPeriod.objects.filter(pk=entry.period_id).update(spent=F("spent") - 1)
    elif what == "log":
        row = RequestLog.objects.get(pk=made[0].id)
        row.attempts[0]["cost_nano"] += 1
        row.save(update_fields=["attempts"])
    elif what == "lost entry":
        entry.delete()
    elif what == "lost row":
        RequestLog.objects.filter(pk=made[0].id).delete()
    else:
        row = RequestLog.objects.get(pk=made[0].id)
        row.attempts = [{**one, "charged": one["charged"][1:]} for one in row.attempts]
        row.save(update_fields=["attempts"])
    before = list(BudgetEntry.objects.values()), list(BudgetPeriod.objects.values())
    with caplog.at_level(logging.WARNING, "switchboard.monitoring"):
        found = check()
    assert (list(BudgetEntry.objects.values()), list(BudgetPeriod.objects.values())) == before
    told = {one["budget"]: one for one in found.differences}
    assert set(told) == ({"Money", "Units", "Month"} if what == "lost row" else {"Money"})
    assert len(mismatches()) == len(told)
    assert "the books differ: Money, from 2026-09-21:" in caplog.text
    one = told["Money"]
    expected = {"entry": (1, 0, 0, -1), "spent": (0, 0, 0, 0), "log": (1, 0, 0, 1), "lost entry": (1, 1, 0, 4_000_000),
                "lost row": (1, 0, 1, -4_000_000), "recharged": (1, 0, 1, -4_000_000)}  # fmt: skip
    assert (one["calls"], one["unbooked"], one["unlogged"], one["off"]) == expected[what]


def test_the_same_difference_is_told_once() -> None:
    calls()
    BudgetPeriod.objects.filter(budget__name="Money").update(spent=F("spent") - 1)
    assert len(check().differences) == 1
    assert len(check(NIGHT + timedelta(minutes=5)).differences) == 1
    assert len(mismatches()) == 1
    BudgetPeriod.objects.filter(budget__name="Money").update(spent=F("spent") - 1)
    check(NIGHT + timedelta(minutes=10))
    assert len(mismatches()) == 2


def test_calls_of_the_last_minutes_are_left_for_the_next_check() -> None:
    calls(booked=False)
    assert check(NOON + timedelta(minutes=5)).differences == []
    assert {one["budget"] for one in check(NOON + timedelta(minutes=12)).differences} == {"Money", "Units", "Month"}


def test_a_side_that_was_just_ahead_is_waited_for() -> None:
    made = calls(booked=False)

    def rest() -> None:
        BudgetConsumer().take(made)
        RequestLog.objects.exclude(pk__in=[one.id for one in made]).delete()

    found = check_books(NIGHT, rest=rest)
    assert found is not None
    assert found.differences == []


def test_a_budget_that_is_gone_is_not_missed() -> None:
    calls()
    BudgetPeriod.objects.filter(budget__name="Month").first().budget.delete()
    assert check().differences == []


def test_the_next_check_begins_where_the_last_one_ended_with_some_overlap() -> None:
    calls()
    first = check()
    second = check(NIGHT + timedelta(days=3))
    assert second.since == first.until - timedelta(days=1)
    assert (second.calls, second.differences) == (10, [])
    assert check(NIGHT + timedelta(days=9)).calls == 0


def test_tallies_are_what_the_entries_are() -> None:
    calls()
    tallies = check_sql.tallies(NOON - timedelta(days=1), NOON + timedelta(days=1))
    sums = {one.budget_id: one.amount for one in tallies}
    assert sums == dict(BudgetPeriod.objects.values_list("budget_id", "spent"))

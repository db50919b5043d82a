"""Rating a span of the log again: rows, first figures, budgets and the record of the run move together."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from typing import Any
from unittest import mock

import pytest
from django.core.management import CommandError, call_command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.budgets import rebuild
from gateway.models import BudgetEntry, BudgetEvent, BudgetPeriod
from monitoring import tasks
from monitoring.books import rerating, span
from monitoring.books.span import Span
from monitoring.models import RequestLog, Rerating
from providers.canonical import Usage
from tests.monitoring.books.cast import DAY, NOON, attempt, budget, exchange, logged, provider, reprice

pytestmark = pytest.mark.django_db


def run(given: Span = DAY, catalogue: Any = None) -> Rerating:
    record = rerating.begin(given, made_by="ada", reason="wrong price")
    rerating.run(record, given, catalogue, rest=lambda: None)
    record.refresh_from_db()
    return record


def test_rows_keep_their_first_figure_and_budgets_move_along() -> None:
    provider()
    first = reprice(input=2, output=8)
    money, units = budget(), budget("Units", measure="usage")
    call = exchange(attempt(budgets=[money, units], error="timeout"), attempt(budgets=[money, units]), catalogue=first)
    logged(call)
    assert BudgetPeriod.objects.get(budget=money).spent == 12_000_000
    record = run(catalogue=reprice(input=1, output=4))
    row = RequestLog.objects.get()
    assert (row.cost_nano, row.first_cost_nano, row.cost_basis) == (6_000_000, 12_000_000, "override")
    assert [one["cost_nano"] for one in row.attempts] == [3_000_000, 3_000_000]
    assert row.unit_prices == {"input": 1_000_000_000, "output": 4_000_000_000}
    assert row.rated_at is not None
    assert (
        BudgetEntry.objects.get(period__budget=money).amount
        == BudgetPeriod.objects.get(budget=money).spent
        == 6_000_000
    )
    assert BudgetPeriod.objects.get(budget=units).spent == 3000
    assert rebuild.compare() == []
    assert (record.seen, record.changed, record.before_nano, record.after_nano) == (1, 1, 12_000_000, 6_000_000)
    assert record.ended_at is not None
    run(catalogue=reprice(input=3, output=3))
    row.refresh_from_db()
    assert (row.cost_nano, row.first_cost_nano) == (9_000_000, 12_000_000)


def test_a_first_figure_that_was_unknown_stays_unknown() -> None:
    provider()
    logged(exchange(attempt(), catalogue=reprice()))
    run(catalogue=reprice(input=1, output=1))
    run(catalogue=reprice(input=2, output=2))
    row = RequestLog.objects.get()
    assert (row.cost_nano, row.first_cost_nano) == (3_000_000, None)


def test_a_preview_says_what_a_run_then_does() -> None:
    provider()
    first = reprice(input=2, output=8)
    logged(*(exchange(attempt(), catalogue=first) for _ in range(5)), exchange())
    catalogue = reprice(input=1, output=4)
    seen = rerating.preview(DAY, catalogue)
    assert (seen.seen, seen.changed, seen.before_nano, seen.after_nano, seen.whole) == (
        6,
        5,
        30_000_000,
        15_000_000,
        True,
    )
    assert RequestLog.objects.filter(rated_at__isnull=False).count() == 0
    record = run(catalogue=catalogue)
    assert (record.changed, record.before_nano, record.after_nano) == (seen.changed, seen.before_nano, seen.after_nano)


def test_only_the_attempts_asked_for_change() -> None:
    provider(), provider("other")
    first = reprice(input=2, output=2)
    reprice("other", input=2, output=2)
    first = reprice("other", "m2", input=2, output=2)
    logged(
        exchange(attempt(provider="other", error="x"), attempt(), catalogue=first),
        exchange(attempt(), at=NOON - timedelta(days=2)),
    )
    reprice(input=1, output=1)
    run(
        Span(since=DAY.since, until=DAY.until, provider="other", model="m1"),
        catalogue=reprice("other", input=1, output=1),
    )
    row = RequestLog.objects.get(started_at__gte=DAY.since)
    assert [one["cost_nano"] for one in row.attempts] == [1_500_000, 3_000_000]


def test_a_call_that_no_budget_booked_yet_waits() -> None:
    provider()
    money = budget()
    booked = exchange(attempt(budgets=[money]), catalogue=reprice(input=2, output=2))
    late = exchange(attempt(budgets=[money]), catalogue=reprice(input=2, output=2))
    logged(booked), logged(late, booked=False)
    catalogue = reprice(input=1, output=1)
    record = run(catalogue=catalogue)
    assert (record.seen, record.changed) == (2, 1)
    assert RequestLog.objects.get(pk=late.id).cost_nano == 3_000_000
    logged(late)
    run(catalogue=catalogue)
    assert BudgetPeriod.objects.get().spent == 3_000_000
    assert rebuild.compare() == []


def test_a_pruned_entry_s_share_moves_the_one_that_carries_it() -> None:
    from gateway.budgets.pruning import CARRIED, KEPT, prune

    provider()
    logged(exchange(attempt(budgets=[budget(period="total")]), catalogue=reprice(input=2, output=2)))
    prune(NOON + KEPT + timedelta(days=1))
    run(catalogue=reprice(input=1, output=1))
    assert BudgetEntry.objects.get().exchange_id == CARRIED
    assert BudgetEntry.objects.get().amount == BudgetPeriod.objects.get().spent == 1_500_000


def test_a_run_in_slices_ends_where_one_in_a_piece_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(span, "BATCH", 3)
    monkeypatch.setattr(rerating, "BATCH", 3)
    monkeypatch.setattr(rerating, "batches", lambda given, after=None: span.batches(given, after=after, size=3))
    provider()
    first = reprice(input=2, output=2)
    logged(*(exchange(attempt(budgets=[]), catalogue=first, at=NOON + timedelta(seconds=n // 2)) for n in range(10)))
    catalogue, record = reprice(input=1, output=1), rerating.begin(DAY, made_by="", reason="")
    after, slices = None, 0
    while slices == 0 or after is not None:
        after = rerating.run(record, DAY, catalogue, after=after, seconds=-1, rest=lambda: None).after
        slices += 1
    record.refresh_from_db()
    assert (slices, record.seen, record.changed) == (4, 10, 10)
    assert record.ended_at is not None


def test_the_task_hands_its_rest_on_and_tells_of_budgets(monkeypatch: pytest.MonkeyPatch) -> None:
    provider()
    logged(exchange(attempt(budgets=[budget()]), catalogue=reprice(input=2, output=2)))
    reprice(input=1, output=1)
    record = rerating.begin(DAY, made_by="ada", reason="")
    with mock.patch.object(tasks.rerate, "apply_async") as handed:
        tasks.rerate(record.pk)
        tasks.rerate(record.pk)
        assert not handed.called
    event = BudgetEvent.objects.get(kind=BudgetEvent.Kind.CORRECTED)
    assert event.text == f"Rated again (run {record.pk}): the period from 2026-09-21 moved by -$0.0015."


def test_the_command_previews_and_runs() -> None:
    provider()
    logged(exchange(attempt(), catalogue=reprice()))
    reprice(input=1, output=1)
    said = StringIO()
    call_command("rerate", "--since", "2026-09-21", "--until", "2026-09-22T00:00", "--dry-run", stdout=said)
    assert "Would change 1 of 1 requests, from $0.00 to $0.0015; 1 had no known cost." in said.getvalue()
    call_command("rerate", "--since=2026-09-21", "--until=2026-09-22", "--unknown-only", "--provider=acme", stdout=said)
    assert RequestLog.objects.get().cost_nano == 1_500_000
    assert Rerating.objects.get().unknown_only


@pytest.mark.parametrize(
    "options",
    [
        ["--since=x", "--until=2026-09-22"],
        ["--since=2026-09-22", "--until=2026-09-22"],
        ["--since=2026-09-21", "--until=2026-13-01"],
        ["--since=2026-09-21", "--until=2026-09-22", "--provider=no"],
    ],
)
def test_the_command_says_what_is_wrong(options: list[str]) -> None:
    with pytest.raises(CommandError):
        call_command("rerate", *options)


prices = st.tuples(st.integers(0, 50), st.integers(0, 50))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    calls=st.lists(
        st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 3)), min_size=1, max_size=3), min_size=1, max_size=6
    ),
    before=prices,
    after=prices,
)
def test_budgets_move_by_exactly_what_rows_do_and_twice_changes_nothing(
    db: None, calls: list[list[tuple[int, int]]], before: tuple[int, int], after: tuple[int, int]
) -> None:
    from django.db import transaction

    with transaction.atomic():
        provider()
        budgets = [budget("One"), budget("Two", period="total")]
        old = reprice(input=before[0], output=before[1])
        logged(
            *(
                exchange(
                    *(
                        attempt(
                            Usage(input=units, output=units // 3),
                            budgets=[one for place, one in enumerate(budgets) if mask >> place & 1],
                        )
                        for units, mask in tries
                    ),
                    catalogue=old,
                )
                for tries in calls
            )
        )
        new = reprice(input=after[0], output=after[1])
        first = run(catalogue=new)
        assert rebuild.compare() == []
        for period in BudgetPeriod.objects.all():
            charged = [one for row in RequestLog.objects.all() for one in row.attempts]
            mine = [
                one.get("cost_nano") or 0
                for one in charged
                if period.budget_id in [pk for pk, _ in one.get("charged", ())]
            ]
            assert period.spent == sum(mine)
        rows = list(RequestLog.objects.order_by("pk").values())
        again = run(catalogue=new)
        assert (again.changed, again.seen) == (0, first.seen)
        assert list(RequestLog.objects.order_by("pk").values()) == rows
        transaction.set_rollback(True)

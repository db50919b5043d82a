"""Booking what calls spent: once, with the leases, and with events of what people should know."""

from __future__ import annotations

import uuid
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from gateway.budgets.consumer import BudgetConsumer
from gateway.budgets.happenings import BudgetNews, budget_event
from gateway.budgets.leases import DatabaseLeases, release, release_lost
from gateway.budgets.periods import at, period_start
from gateway.budgets.pruning import CARRIED, prune
from gateway.budgets.rebuild import compare, rebuild
from gateway.budgets.store import Key, Report, Wanted
from gateway.models import Budget, BudgetEntry, BudgetEvent, BudgetLease, BudgetPeriod, BudgetRaise
from tests.gateway.budgets.cast import NOON
from tests.gateway.budgets.database import attempt, exchange, made

pytestmark = pytest.mark.django_db
TODAY = period_start("day", NOON)


def key_of(row: Budget) -> Key:
    return row.pk, period_start(row.period, NOON)


def consumer() -> BudgetConsumer:
    return BudgetConsumer(now=lambda: at(NOON))


def leased(row: Budget, amount: int, holder: str = "h1") -> None:
    report = Report(wanted={key_of(row): Wanted(least=amount, total=amount)})
    seen = DatabaseLeases(now=lambda: at(NOON)).exchange(holder, report)
    assert seen[key_of(row)].granted == amount


def test_an_exchange_is_booked_once_however_often_it_comes() -> None:
    row = made("one", 1000)
    leased(row, 500)
    call = exchange(attempt([key_of(row)], 120, hold=300))
    for _ in range(3):
        consumer().take([call, call])
    period, lease = BudgetPeriod.objects.get(), BudgetLease.objects.get()
    assert (period.spent, period.leased, period.calls, lease.amount) == (120, 380, 1, 380)
    assert BudgetEntry.objects.get().amount == 120


def test_all_attempts_of_a_call_are_charged_to_each_of_their_budgets() -> None:
    money, usage = made("money", 1000), made("usage", 1000, measure="usage")
    first = attempt([key_of(money), key_of(usage)], 100, hold=100, units=7)
    second = attempt([key_of(money)], 50, hold=80, units=4)
    failed = attempt([key_of(money), key_of(usage)], None)
    consumer().take([exchange(first, second, failed)])
    assert dict(BudgetPeriod.objects.values_list("budget__name", "spent")) == {"money": 150, "usage": 7}


def test_a_lease_that_was_released_is_not_charged() -> None:
    row = made("one", 1000)
    leased(row, 500)
    assert release("h1") == 1 and release("h1") == 0
    consumer().take([exchange(attempt([key_of(row)], 120, hold=300))])
    period = BudgetPeriod.objects.get()
    assert (period.spent, period.leased) == (120, 0)


def test_calls_of_a_budget_that_is_gone_are_taken_and_forgotten() -> None:
    row = made("one", 1000)
    kept = made("two", 1000)
    key = key_of(row)
    row.delete()
    consumer().take([exchange(attempt([key, key_of(kept)], 120, hold=300))])
    assert BudgetEntry.objects.count() == 1


def test_exchanges_without_budgets_ask_nothing(django_assert_num_queries: object) -> None:
    with django_assert_num_queries(0):  # type: ignore[operator]
        consumer().take([exchange(attempt([], 5)) for _ in range(3)])


def test_thresholds_are_told_once_a_period_also_when_the_amount_was_raised_meanwhile() -> None:
    row = made("Search", 1000, thresholds=[50, 80, 100])
    told: list[BudgetNews] = []
    stop = budget_event.subscribe(told.append)
    try:
        consumer().take([exchange(attempt([key_of(row)], 500, hold=500))])
        consumer().take([exchange(attempt([key_of(row)], 350, hold=500))])
        BudgetRaise.objects.create(budget=row, amount=9000, starts_at=at(NOON - 10), ends_at=at(NOON + 10))
        consumer().take([exchange(attempt([key_of(row)], 4600, hold=5000))])
        BudgetRaise.objects.all().delete()
        consumer().take([exchange(attempt([key_of(row)], 1, hold=5))])
    finally:
        stop()
    assert [one.threshold for one in told] == [50, 80, 100]
    texts = list(BudgetEvent.objects.order_by("id").values_list("kind", "text"))
    assert texts[0] == ("threshold", "'Search' reached 50 %: $0.0000005 of $0.000001 today.")
    assert len(texts) == 3 and BudgetPeriod.objects.get().told == 100


def test_a_soft_budget_counts_and_tells_and_takes_from_no_lease() -> None:
    row = made("soft", 1000, mode="soft")
    consumer().take([exchange(attempt([key_of(row)], 2000))])
    period = BudgetPeriod.objects.get()
    assert (period.spent, period.leased) == (2000, 0)
    assert set(BudgetEvent.objects.values_list("kind", flat=True)) == {"threshold"}


def test_a_bill_above_its_hold_is_reported_call_by_call_and_no_other_hold_pays_for_it() -> None:
    row = made("one", 1000, thresholds=[])
    leased(row, 400)
    call = exchange(attempt([key_of(row)], 350, hold=100))
    consumer().take([call, exchange(attempt([key_of(row)], 100, hold=100))])
    event = BudgetEvent.objects.get()
    assert (event.kind, str(event.exchange_id)) == ("over_hold", call.id)
    assert "billed $0.00000035 where $0.0000001 had been held" in event.text
    period = BudgetPeriod.objects.get()
    assert (period.spent, period.leased) == (450, 200)


def test_leases_that_nobody_renewed_for_a_day_come_back_with_an_event() -> None:
    row = made("one", 1000)
    leased(row, 400, "gone")
    leased(row, 100, "alive")
    BudgetLease.objects.filter(holder="gone").update(renewed_at=timezone.now() - timedelta(hours=25))
    BudgetLease.objects.filter(holder="alive").update(renewed_at=timezone.now())
    assert release_lost() == 1
    assert BudgetPeriod.objects.get().leased == 100
    event = BudgetEvent.objects.get()
    assert event.kind == "lease_lost" and "$0.0000004" in event.text


def test_a_process_that_lacks_something_asks_the_others_and_sees_when_it_is_asked() -> None:
    row = made("one", 1000)
    leased(row, 900)
    key, store = key_of(row), DatabaseLeases(now=lambda: at(NOON))
    seen = store.exchange("h2", Report(wanted={key: Wanted(least=200, total=200)}))
    assert (seen[key].granted, seen[key].available, seen[key].others) == (0, 100, 900)
    assert store.exchange("h1", Report(look=(key,)))[key].asked
    store.exchange("h1", Report(back={key: 500}))
    assert store.exchange("h2", Report(wanted={key: Wanted(least=200, total=200)}))[key].granted == 200
    hopeless = made("two", 100)
    store.exchange("h2", Report(wanted={key_of(hopeless): Wanted(least=200, total=200)}))
    assert not store.exchange("h1", Report(look=(key_of(hopeless),)))[key_of(hopeless)].asked


def test_looking_writes_nothing_and_makes_no_period() -> None:
    row = made("one", 1000)
    seen = DatabaseLeases(now=lambda: at(NOON)).exchange("h1", Report(look=(key_of(row), (999_999, TODAY))))
    assert seen[key_of(row)].limit == 1000 and seen[999_999, TODAY].limit is None
    assert not BudgetPeriod.objects.exists()


def test_refusals_are_counted_on_the_period() -> None:
    row = made("one", 1000)
    DatabaseLeases().exchange("h1", Report(refused={key_of(row): 3, (999_999, TODAY): 1}))
    assert BudgetPeriod.objects.get().refused == 3


def test_entries_of_long_ago_go_and_their_sum_stays() -> None:
    row = made("one", 1000, period="total")
    calls = [exchange(attempt([key_of(row)], amount, hold=amount)) for amount in (1, 2, 3)]
    consumer().take(calls)
    BudgetEntry.objects.exclude(amount=3).update(at=timezone.now() - timedelta(days=401))
    assert prune() == 2 and prune() == 0
    assert dict(BudgetEntry.objects.values_list("exchange_id", "amount")) == {CARRIED: 3, uuid.UUID(calls[2].id): 3}
    BudgetEntry.objects.filter(amount=3).exclude(exchange_id=CARRIED).update(at=timezone.now() - timedelta(days=401))
    assert prune() == 1 and BudgetEntry.objects.get().amount == 6
    assert compare() == []


def test_check_tells_what_differs_and_rebuild_mends_it() -> None:
    row = made("one", 1000)
    leased(row, 500)
    consumer().take([exchange(attempt([key_of(row)], 120, hold=300))])
    out = StringIO()
    call_command("budgets", "check", stdout=out)
    assert "agrees" in out.getvalue()
    BudgetPeriod.objects.update(spent=100, leased=1)
    with pytest.raises(CommandError, match="1 periods differ"):
        call_command("budgets", "check", stdout=out)
    assert "spent is 100, its entries are 120; leased is 1, its leases are 380" in out.getvalue()
    assert len(rebuild()) == 1 and compare() == []
    assert BudgetPeriod.objects.get().spent == 120 and BudgetEvent.objects.get().kind == "corrected"


def test_a_thousand_exchanges_are_booked_in_one_batch() -> None:
    row = made("one", 10**9)
    leased(row, 10**6)
    consumer().take([exchange(attempt([key_of(row)], 10, hold=20)) for _ in range(1000)])
    period = BudgetPeriod.objects.get()
    assert (period.spent, period.leased, period.calls) == (10_000, 990_000, 1000)

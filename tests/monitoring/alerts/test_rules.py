"""What each kind of rule finds: values in, findings out; and that each reads the real thing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from gateway.models import Budget, BudgetEvent, BudgetPeriod, BudgetRaise, Team
from monitoring.alerts.findings import Terms, Unknowable
from monitoring.alerts.rules import (
    KINDS,
    budget,
    error_rate,
    journal_lag,
    latency,
    measured,
    pool_small,
    price_unknown,
    provider_down,
    token_expiring,
)
from monitoring.alerts.rules.budget import REFUSING, Spent, Told
from monitoring.alerts.rules.measured import Measured
from monitoring.alerts.rules.pool_small import Pool
from monitoring.alerts.rules.token_expiring import Expiring
from monitoring.health.board import State
from monitoring.models import AlertKind, ProcessReport
from monitoring.rollups.figures import Figures
from providers.models import Provider, Token, TokenState
from providers.status import TokenCounts
from tests.monitoring.alerts.cast import NOW, minutes

USUAL = Terms()


def seen(name: str = "openai", *, team: int = 0, **figures: Any) -> Measured:
    return Measured(f"provider:{name}", f"provider {name}", team, Figures(**figures))


def test_every_kind_has_a_module() -> None:
    assert set(KINDS) == set(AlertKind.values)


# --- figures -----------------------------------------------------------------------------------
def test_the_error_rate_is_of_what_was_tried() -> None:
    few = seen("few", requests=19, failed=19)
    refused = seen("refused", requests=1000, refused=980, failed=20)
    fine = seen("fine", requests=1000, failed=100)
    bad = seen("bad", requests=1000, failed=101, team=3)
    found = error_rate.judge(USUAL, [few, refused, fine, bad, seen("idle")])
    assert [(one.subject, one.value, one.team) for one in found] == [
        ("provider:refused", 100, 0), ("provider:bad", pytest.approx(10.1), 3),
    ]  # fmt: skip
    assert found[1].title == "10.1% of the requests fail: provider bad"
    assert error_rate.judge(Terms(threshold=50), [bad]) == []
    assert len(error_rate.judge(Terms(least_requests=1), [few])) == 1


def test_latency_is_what_one_in_twenty_takes() -> None:
    slow, quick = seen("slow", requests=20, p95_ms=61_000), seen("quick", requests=20, p95_ms=60_000)
    found = latency.judge(USUAL, [slow, quick, seen("few", requests=3, p95_ms=99_000), seen("none", requests=30)])
    assert [(one.subject, one.value) for one in found] == [("provider:slow", 61)]


def test_one_request_without_a_known_price_is_enough() -> None:
    found = price_unknown.judge(USUAL, [seen("new", requests=5, unpriced=1), seen("known", requests=5)])
    assert [one.subject for one in found] == ["provider:new"]
    assert price_unknown.judge(Terms(threshold=1), [seen("new", requests=5, unpriced=1)]) == []


def test_figures_are_taken_of_the_newest_whole_minutes() -> None:
    span = measured.window(10, NOW, lambda: NOW - timedelta(seconds=70))
    assert (span.since, span.until) == (NOW - minutes(12), NOW - minutes(2))


@pytest.mark.parametrize("fresh", [None, NOW - minutes(11)])
def test_figures_that_are_late_tell_nothing(fresh: Any) -> None:
    with pytest.raises(Unknowable):
        measured.window(10, NOW, lambda: fresh)


# --- health ------------------------------------------------------------------------------------
def state(provider: str, status: str, model: str = "") -> State:
    return State(
        provider=provider, model=model, status=status, since=NOW, reason="5 of 5 failed.", signal="traffic",
        checked_at=NOW,
    )  # fmt: skip


def test_a_provider_is_down_when_the_board_says_so() -> None:
    states = [state("a", "down"), state("b", "degraded"), state("c", "unknown"), state("a", "down", "m")]
    assert [one.subject for one in provider_down.judge(USUAL, states)] == ["provider:a"]
    assert provider_down.judge(Terms(provider="b"), states) == []
    (model,) = provider_down.judge(Terms(model="m"), states)
    assert (model.subject, model.title) == ("provider:a model:m", "a is down: m")


# --- pools and tokens --------------------------------------------------------------------------
def test_a_pool_is_small_below_its_own_number_or_one() -> None:
    three = Pool("three", TokenCounts(healthy=2, resting=1), wanted=3)
    spent = Pool("spent", TokenCounts(resting=1, suspended=1))
    bare, keyless = Pool("bare", TokenCounts()), Pool("local", TokenCounts(), wanted=2, keyless=True)
    found = pool_small.judge(USUAL, [three, spent, bare, keyless, Pool("fine", TokenCounts(healthy=1))])
    assert [(one.subject, one.level) for one in found] == [("provider:three", 0), ("provider:spent", 1)]
    assert found[0].title == "three has 2 tokens left"
    assert found[1].text == "0 of 2 tokens may be used (1 resting, 1 suspended); 1 or more are wanted."
    assert len(pool_small.judge(Terms(threshold=3), [Pool("fine", TokenCounts(healthy=2))])) == 1


def test_a_token_is_told_to_expire_three_times() -> None:
    days = {1: 20, 2: 13.5, 3: 2.5, 4: 0.01, 5: -1, 6: -8}
    tokens = [Expiring(pk, f"token {pk}", "openai", NOW + timedelta(days=left)) for pk, left in days.items()]
    found = token_expiring.judge(USUAL, tokens, NOW)
    assert [(one.subject, one.level) for one in found] == [
        ("token:2", 0), ("token:3", 1), ("token:4", 1), ("token:5", 2),
    ]  # fmt: skip
    assert [one.title.partition("openai ")[2] for one in found] == [
        "expires in 13 days", "expires in 2 days", "expires in an hour or less", "has expired",
    ]  # fmt: skip


@pytest.mark.django_db
def test_tokens_and_pools_are_read_of_providers_in_use() -> None:
    for name, dispatch in (("openai", "pooled"), ("groq", "off")):
        provider, _ = Provider.objects.update_or_create(name=name, defaults={"vendor": name, "dispatch": dispatch})
        for number in range(2):
            token = Token(provider=provider, secret=f"sk-{name}-{number}-secret", expires_at=NOW + timedelta(days=1))
            token.save()
            TokenState.objects.create(token=token, health="suspended")
    found = token_expiring.find(USUAL, NOW)
    assert len(found) == 2 and all("openai" in one.title for one in found)
    assert not any("secret" in f"{one}" for one in found)
    assert [one.subject for one in pool_small.find(USUAL, NOW)] == ["provider:openai"]


# --- the journal -------------------------------------------------------------------------------
def test_a_machine_is_behind_by_the_worst_of_its_processes() -> None:
    reports = [
        ProcessReport(name=name, host=host, journal_lag_s=lag, journal_bytes=2_500_000)
        for name, host, lag in (("1", "a", 61), ("2", "a", 300), ("3", "b", 60))
    ]
    (found,) = journal_lag.judge(USUAL, reports)
    assert (found.subject, found.value) == ("host:a", 300)
    assert "2.5 MB wait" in found.text


# --- budgets -----------------------------------------------------------------------------------
def spent(percent: float, **fields: Any) -> Spent:
    given: dict[str, Any] = {"id": 1, "name": "ads", "period": "2026-03-01", "used": percent, "words": "…", **fields}
    return Spent(percent=percent, **{"thresholds": (50, 80, 100), **given})


def test_a_budget_is_as_bad_as_the_highest_threshold_it_reached() -> None:
    levels = [[one.level for one in budget.judge(USUAL, [spent(percent)], [])] for percent in (49, 50, 99, 140)]
    assert levels == [[], [50], [80], [100]]
    assert budget.judge(Terms(threshold=90), [spent(80)], []) == []
    assert budget.judge(USUAL, [spent(80)], [])[0].title == "Budget “ads” reached 80 %"


def test_a_budget_that_refuses_calls_is_worse_than_any_threshold() -> None:
    (found,) = budget.judge(USUAL, [spent(99, refused=12)], [])
    assert (found.level, found.title) == (REFUSING, "Budget “ads” refuses calls")
    assert budget.judge(USUAL, [spent(10, refused=1)], []) == []  # one large call, or it was raised since
    assert budget.judge(USUAL, [spent(10, used=95.0, refused=1)], [])[0].level == REFUSING


def test_what_budgets_tell_once_passes_by_itself() -> None:
    events = [Told(1, "ads", "over_hold", "A vendor billed more than was held", f"event {n}", 4) for n in (2, 1)]
    (found,) = budget.judge(USUAL, [], events)
    assert found.passing and found.text == "event 2 And 1 more like it." and found.team == 4
    assert budget.judge(Terms(team=5), [], events) == []


@pytest.mark.django_db
def test_a_budget_is_over_its_threshold_until_it_is_raised_or_the_period_ends() -> None:
    team = Team.objects.create(name="ads")
    row = Budget.objects.create(name="ads", subject="team", team=team, amount=10_000_000_000, period="day")
    day = NOW.replace(hour=0)
    BudgetPeriod.objects.create(budget=row, starts_at=day, spent=8_500_000_000, refused=0)
    (found,) = budget.find(USUAL, NOW)
    assert (found.level, found.team, found.value) == (80, team.pk, 85)
    assert found.text == "$8.50 of $10.00 are spent (day)."
    assert budget.find(Terms(team=team.pk + 1), NOW) == []
    assert budget.find(USUAL, NOW + timedelta(days=1)) == []
    BudgetRaise.objects.create(budget=row, amount=10_000_000_000, starts_at=day, ends_at=NOW + timedelta(days=2))
    assert budget.find(USUAL, NOW) == []


@pytest.mark.django_db
def test_events_of_budgets_are_told_for_as_long_as_the_window() -> None:
    row = Budget.objects.create(name="all", subject="everyone", amount=10)
    for kind in BudgetEvent.Kind.values:
        BudgetEvent.objects.create(kind=kind, budget=row, text=f"It was {kind}.", at=NOW)
    found = budget.find(Terms(window_minutes=60), NOW + minutes(59))
    assert {one.text for one in found} == {"It was over_hold.", "It was lease_lost.", "It was mismatch."}
    assert budget.find(Terms(window_minutes=60), NOW + minutes(61)) == []

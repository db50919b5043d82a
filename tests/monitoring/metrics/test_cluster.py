"""What is true of all processes together is served by one of them at a time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path

import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError
from django.utils import timezone

from gateway.budgets.compiling import compile_budget
from gateway.budgets.periods import at
from gateway.models import Budget, BudgetPeriod, Team
from monitoring.metrics import families
from monitoring.metrics.cluster import DUTY, FRESH, HELD, Cluster
from monitoring.models import Alert, Duty, HealthState
from providers.models import Provider, Token, TokenState
from tests.monitoring.live_cast import close_connections
from tests.monitoring.metrics.cast import process, scrape

pytestmark = pytest.mark.django_db(transaction=True)
NOW = timezone.now()


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def cluster(holder: str, clock: Callable[[], float] | None = None) -> Cluster:
    def budgets() -> list[object]:
        return [compile_budget(row) for row in Budget.objects.filter(enabled=True)]

    return Cluster(budgets, holder=holder, clock=clock or Clock())  # type: ignore[arg-type]


def furnish() -> None:
    """A provider that is down with three tokens, a budget of each measure, and two open alerts."""
    provider = Provider.objects.create(name="acme", vendor="openai", dispatch="pooled")
    well, ill, _ = [Token.objects.create(provider=provider, secret=f"sk-canary-{number}") for number in range(3)]
    TokenState.objects.create(token=well, health="healthy")
    TokenState.objects.create(token=ill, health="suspended")
    HealthState.objects.create(provider=provider, status="down", since=NOW, checked_at=NOW)
    team = Team.objects.create(name="blue")
    money = Budget.objects.create(name="blue's money", subject="team", team=team, amount=10_000_000_000)
    usage = Budget.objects.create(name="units", subject="everyone", measure="usage", amount=5000, period="day")
    for budget, spent in ((money, 2_500_000_000), (usage, 700)):
        compiled = compile_budget(budget)
        BudgetPeriod.objects.create(budget=budget, starts_at=at(compiled.start(NOW.timestamp())), spent=spent)
    for subject, state in (("a", "firing"), ("b", "firing"), ("c", "ended"), ("d", "pending")):
        Alert.objects.create(
            rule_name="r",
            kind="budget",
            severity="warning",
            subject=subject,
            title="t",
            state=state,
            began_at=NOW,
            last_seen_at=NOW,
        )


def read(one: Cluster) -> dict[str, dict[tuple[str, ...], float]]:
    """What it serves: by metric, by the labels' values."""
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for metric in one.collect():
        found[metric.name] = {tuple(sample.labels.values()): sample.value for sample in metric.samples}
    return found


def test_the_figures_are_those_of_the_tables() -> None:
    furnish()
    one = cluster("a")
    one.read()
    found = read(one)
    assert found["switchboard_provider_health"]["acme", "down"] == 1
    assert {labels[0] for labels in found["switchboard_provider_health"]} == {"acme"}, "others are switched off"
    assert sum(found["switchboard_provider_health"].values()) == 1
    assert found["switchboard_tokens"]["acme", "healthy"] == 2
    assert found["switchboard_tokens"]["acme", "suspended"] == 1
    assert found["switchboard_budget_spent_dollars"] == {("blue's money",): 2.5}
    assert found["switchboard_budget_amount_dollars"] == {("blue's money",): 10}
    assert found["switchboard_budget_spent_units"] == {("units",): 700}
    assert found["switchboard_budget_amount_units"] == {("units",): 5000}
    assert found["switchboard_alerts_open"] == {("budget", "warning"): 2}
    assert set(found) == {family.name for family in families.FAMILIES if family.cluster}
    one.close()


def test_only_one_of_two_processes_serves_them() -> None:
    first, second = cluster("a"), cluster("b")
    for one in (first, second, first, second):
        one.read()
    assert read(first) and not read(second)
    first.close()
    second.read()
    assert read(second) and not read(first)
    second.close()
    assert not read(second)


def test_another_one_takes_over_from_a_process_that_died() -> None:
    clock = Clock()
    first, second = cluster("a", clock), cluster("b", clock)
    first.read()
    second.read()
    Duty.objects.filter(pk=DUTY).update(until=timezone.now() - timedelta(seconds=1))
    clock.now += HELD
    assert not read(first), "it serves nothing that another one may serve by now"
    second.read()
    assert read(second)
    second.close()
    first.close()


def test_one_that_lost_the_duty_serves_nothing_from_its_next_reading_on() -> None:
    first = cluster("a")
    first.read()
    Duty.objects.filter(pk=DUTY).update(holder="somebody else")
    first.read()
    assert not read(first)
    first.close()


def test_it_reads_once_in_ten_seconds_however_often_it_is_scraped() -> None:
    clock = Clock()
    one = cluster("a", clock)
    reading = one.freshen()
    assert reading is not None
    reading.result(10)
    assert one.freshen() is None
    clock.now += FRESH
    again = one.freshen()
    assert again is not None and again is not reading
    again.result(10)
    assert read(one)["switchboard_cluster_figures_age_seconds"] == {(): 0}
    one.close()


class Broken(Cluster):
    def read(self) -> None:
        raise OperationalError("the database is away: password=canary")


def test_a_database_that_is_away_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock()
    one = Broken(lambda: (), clock=clock)
    for _ in range(3):
        reading = one.freshen()
        assert reading is not None
        reading.result(10)
        clock.now += FRESH
    assert [line.message for line in caplog.records] == ["Figures of the cluster cannot be read: OperationalError"]
    one.close()


@pytest.fixture
async def no_connection_stays() -> AsyncIterator[None]:
    yield
    await close_connections()


async def test_a_sum_over_two_scraped_processes_counts_everything_once(
    tmp_path: Path, no_connection_stays: None
) -> None:
    await sync_to_async(furnish)()
    first, second = cluster("a"), cluster("b")
    async with process(tmp_path / "a", cluster=first) as here, process(tmp_path / "b", cluster=second) as there:
        for _ in range(50):  # a scrape does not wait long for the reading of a busy machine
            scraped = [await scrape(one.door) for one in (here, there)]
            if any(one.has("switchboard_alerts_open") for one in scraped):
                break
            await asyncio.sleep(0.1)
        sums: dict[str, float] = {}
        for one in scraped:
            for (name, labels), value in one.samples().items():
                if name.startswith("switchboard_budget_spent") or name == "switchboard_alerts_open":
                    sums[f"{name}{dict(labels)}"] = sums.get(f"{name}{dict(labels)}", 0) + value
        assert sums == {
            "switchboard_budget_spent_dollars{'budget': \"blue's money\"}": 2.5,
            "switchboard_budget_spent_units{'budget': 'units'}": 700,
            "switchboard_alerts_open{'kind': 'budget', 'severity': 'warning'}": 2,
        }
        assert not any("canary" in one.text for one in scraped)


class Hanging(Cluster):
    """Its database never answers."""

    def __init__(self) -> None:
        super().__init__(lambda: ())
        self.over = False

    def read(self) -> None:
        while not self.over:
            time.sleep(0.01)


async def test_a_database_that_hangs_holds_no_scrape_up(tmp_path: Path) -> None:
    hanging = Hanging()
    async with process(tmp_path, cluster=hanging) as it:
        async with asyncio.timeout(30):
            assert (await scrape(it.door)).has("switchboard_requests_in_flight")
        hanging.over = True

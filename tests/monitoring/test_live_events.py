"""What is no request on the live log: who is told of it, from which thread, and what stands in the backlog."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone

from gateway.budgets.happenings import BudgetNews, budget_event
from gateway.events import Topic
from gateway.exchange import Exchange
from gateway.models import ApiKey, Budget, BudgetEvent, Team
from monitoring.access import Viewer as Sight
from monitoring.alerts.happenings import AlertChange, alert_changed
from monitoring.health.board import State
from monitoring.health.topic import HealthChange, health_changed
from monitoring.live import events, lately
from monitoring.live.access import EVERYONE
from monitoring.live.feed import Feed
from monitoring.live.pending import MOST_EVENTS, Pending
from monitoring.live.sources import Sources
from monitoring.models import Alert, Outage
from providers import history
from providers.happenings import Happening, happened
from providers.models import Provider, ProviderEvent, Token
from tests.monitoring.live_cast import (
    RecordingLayer,
    Viewer,
    close_connections,
    exchange,
    live_feed,
    person,
    session_of,
)

EVERYTHING = Sight(teams=None, name="ada")
NOW = timezone.now().replace(microsecond=123_000)


def happening(**changes: Any) -> Happening:
    told = Happening(
        kind="token",
        provider="openai",
        token="fp-1",
        before="healthy",
        after="suspended",
        reason="It was refused.",
        at=NOW.timestamp(),
    )
    return replace(told, **changes)


def state(status: str, *, since: datetime = NOW) -> State:
    return State(
        provider="openai",
        model="",
        status=status,
        since=since,
        reason="9 of 10 calls failed.",
        signal="traffic",
        checked_at=NOW,
    )


def alert(**changes: Any) -> AlertChange:
    told = AlertChange(
        what="firing",
        alert_id=7,
        kind="budget",
        severity="critical",
        title="blue is spent",
        text="$10 of $10",
        team_id=0,
        at=NOW,
    )
    return replace(told, **changes)


class House:
    def __init__(self) -> None:
        self.layer = RecordingLayer()
        self.closed: Topic[Exchange] = Topic("closed")
        self.sources = Sources(
            providers=Topic("p"),
            health=Topic("h"),
            budgets=Topic("b"),
            alerts=Topic("a"),
        )
        self.feed = Feed(self.layer, round_seconds=0.1)

    def events(self, group: str) -> list[dict[str, Any]]:
        return [one for message in self.layer.to(group) if message["type"] == "events" for one in message["events"]]


@asynccontextmanager
async def house() -> AsyncIterator[House]:
    made = House()
    made.feed.start(opened=Topic("opened"), closed=made.closed, sources=made.sources)
    try:
        yield made
    finally:
        await made.feed.stop()


def in_a_thread(work: Callable[[], None]) -> None:
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


async def test_what_a_thread_tells_reaches_who_sees_everything_only() -> None:
    async with house() as it:
        it.feed.arrive({EVERYONE})
        it.feed.arrive({7})

        def tell() -> None:
            it.sources.providers.tell(happening())
            it.sources.health.tell(HealthChange(before=state("healthy"), after=state("down")))
            it.sources.alerts.tell(alert())

        in_a_thread(tell)
        await it.layer.wait_for(1)
        assert [(one["kind"], one["level"], one["title"]) for one in it.events("logs.all")] == [
            ("token", "bad", "Token suspended"),
            ("health", "bad", "Down"),
            ("alert", "bad", "Alert: blue is spent"),
        ]
        assert it.layer.to("logs.team.7") == []


async def test_an_alert_of_a_team_goes_to_that_team_too() -> None:
    async with house() as it:
        it.feed.arrive({7, 8})
        it.sources.alerts.tell(alert(team_id=7, what="recovery"))
        await it.layer.wait_for(1)
        assert [(one["title"], one["level"]) for one in it.events("logs.team.7")] == [
            ("Alert is over: blue is spent", "good")
        ]
        assert it.layer.to("logs.team.8") == []


async def test_a_call_that_a_task_makes_in_another_thread_is_handed_over() -> None:
    async with house() as it:
        it.feed.arrive({EVERYONE})
        in_a_thread(lambda: it.closed.tell(exchange(id="of-a-task")))
        await it.layer.wait_for(1)
        assert it.layer.to("logs.all")[0]["rows"][0]["id"] == "of-a-task"


async def test_nothing_is_kept_for_nobody_and_a_stopped_feed_takes_no_harm() -> None:
    async with house() as it:
        it.sources.providers.tell(happening())
        await asyncio.sleep(0.15)
        it.feed.arrive({EVERYONE})
        await asyncio.sleep(0.15)
        assert it.layer.sent == []
    in_a_thread(lambda: it.feed._on_news(events.of_happening(happening())))


def test_a_burst_of_events_is_thinned_out_and_counted() -> None:
    pending = Pending("logs.all", source="s")
    for number in range(MOST_EVENTS + 5):
        pending.add_event(events.of_happening(happening(token=f"fp-{number}")).event)
    text = pending.take_events()
    assert text.count('"id"') == MOST_EVENTS
    assert '"left_out":5' in text
    assert pending.take_events() == pending.take() == ""


def test_every_word_that_is_told_of_has_a_title() -> None:
    words = [("breaker", word) for word in ("open", "half_open", "closed")]
    words += [("pool", "low"), ("pool", "enough")]
    words += [("token", word) for word in ("healthy", "cooling", "suspended", "probation", "retired", "rotated")]
    for kind, after in words:
        told = events.of_happening(happening(kind=kind, after=after)).event
        assert told.title == events.TITLES[kind, after][1]
    for kind in BudgetEvent.Kind:
        assert events.of_budget(BudgetNews(kind.value, 1, "b", "text", NOW)).event.title == kind.label
    for status in ("healthy", "degraded", "down", "unknown", "off"):
        told = events.of_health(HealthChange(before=None, after=state(status)), now=NOW).event
        assert told.title == events.TITLES["health", status][1]


# --- from the database ---------------------------------------------------------------------------
def a_provider(name: str = "openai") -> tuple[Provider, Token]:
    provider, _ = Provider.objects.get_or_create(name=name, defaults={"vendor": "openai"})
    return provider, Token.objects.create(provider=provider, secret="sk-canary")


@pytest.mark.django_db(transaction=True)
def test_the_backlog_has_the_same_ids_as_what_was_told() -> None:
    heard: list[events.News] = []
    ends = Sources().subscribe(heard.append)
    provider, token = a_provider()
    budget = Budget.objects.create(name="all", subject="everyone", amount=10)
    at = timezone.now()
    history.write([history.token_event(token, before="healthy", after="cooling", reason="429", at=at)])
    history.write(
        [ProviderEvent(at=at, kind="breaker", provider=provider, model="m", before="closed", after="open", reason="x")]
    )
    news = BudgetNews("threshold", budget.pk, "all", "'all' reached 80 %", at, threshold=80)
    BudgetEvent.objects.create(at=at, kind=news.kind, budget=budget, text=news.text)
    budget_event.tell(news)
    Outage.objects.create(provider=provider, status="down", began_at=at, reason="it fails", signal="traffic")
    health_changed.tell(HealthChange(before=None, after=state("down", since=at)))
    row = Alert.objects.create(
        rule_name="r",
        kind="budget",
        severity="warning",
        subject="s",
        title="t",
        state="firing",
        began_at=at,
        fired_at=at,
        last_seen_at=at,
    )
    alert_changed.tell(alert(alert_id=row.pk, at=at))
    for end in ends:
        end()
    stored = lately.newest(EVERYTHING)
    assert {one.id for one in stored} == {one.event.id for one in heard}
    assert {one.kind for one in stored} == {"token", "breaker", "budget", "health", "alert"}
    assert not [one for one in stored if "canary" in str(one)]


@pytest.mark.django_db
def test_a_members_backlog_has_the_own_teams_budgets_and_alerts_only() -> None:
    blue, red = Team.objects.create(name="blue"), Team.objects.create(name="red")
    key, _ = ApiKey.issue("shop", team=blue)
    of_blue = Budget.objects.create(name="of-blue", subject="team", team=blue, amount=10)
    of_key = Budget.objects.create(name="of-key", subject="key", api_key=key, amount=10)
    of_red = Budget.objects.create(name="of-red", subject="team", team=red, amount=10)
    of_all = Budget.objects.create(name="of-all", subject="everyone", amount=10)
    for budget in (of_blue, of_key, of_red, of_all):
        BudgetEvent.objects.create(kind="threshold", budget=budget, text=f"{budget.name} reached 50 %")
    for team in (blue, red, None):
        Alert.objects.create(
            rule_name="r",
            kind="budget",
            severity="warning",
            subject=str(team),
            title=f"alert of {team}",
            state="ended",
            team_id=team.pk if team else None,
            began_at=NOW,
            fired_at=NOW,
            last_seen_at=NOW,
            ended_at=NOW + timedelta(seconds=1),
        )
    provider, _ = a_provider()
    ProviderEvent.objects.create(at=timezone.now(), kind="pool", provider=provider, after="low")
    seen = lately.newest(Sight(teams=frozenset({blue.pk}), name="bob"))
    assert sorted(one.name for one in seen) == ["alert of blue", "alert of blue", "of-blue", "of-key"]
    assert [lately.team_of(one.pk) for one in (of_blue, of_key, of_red, of_all)] == [blue.pk, blue.pk, red.pk, 0]
    assert lately.team_of(12345) == 0
    assert len(lately.newest(EVERYTHING)) == 4 + 6 + 1


@pytest.mark.django_db
def test_what_is_older_than_a_day_is_left_to_the_histories() -> None:
    provider, _ = a_provider()
    ProviderEvent.objects.create(at=timezone.now() - timedelta(hours=25), kind="pool", provider=provider, after="low")
    assert lately.newest(EVERYTHING) == []


@pytest.mark.django_db(transaction=True)
async def test_a_budgets_event_reaches_its_team_and_no_other() -> None:
    blue = await sync_to_async(Team.objects.create)(name="blue")
    red = await sync_to_async(Team.objects.create)(name="red")
    budget = await sync_to_async(Budget.objects.create)(name="of-blue", subject="team", team=blue, amount=10)
    sessions = [
        await sync_to_async(lambda user=user, team=team: session_of(person(user, teams=[team])))()
        for user, team in (("bob", blue), ("eve", red))
    ]
    async with live_feed():
        bob, eve = Viewer(sessions[0]), Viewer(sessions[1])
        for viewer in (bob, eve):
            await viewer.connect()
            await viewer.next()
        news = BudgetNews("threshold", budget.pk, budget.name, "'of-blue' reached 80 %", NOW, threshold=80)
        in_a_thread(lambda: happened.tell(happening()))
        in_a_thread(lambda: budget_event.tell(news))
        message = await bob.next()
        assert (message["type"], [one["name"] for one in message["events"]]) == ("events", ["of-blue"])
        assert await eve.hears_nothing()
        for viewer in (bob, eve):
            await viewer.leave()
    await close_connections()

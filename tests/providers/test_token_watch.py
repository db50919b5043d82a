"""Looking at all pools: what is low, what has enough again and what expired is told once, by whichever process."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from providers import pool_watch, token_store
from providers.happenings import Happening, Topic, happened
from providers.models import Provider, ProviderEvent, Token, TokenState
from providers.pool import Pool
from providers.token_changes import mark_healthy, rest, retire

pytestmark = pytest.mark.django_db


@pytest.fixture
def acme() -> Provider:
    made = Provider.objects.create(name="acme", vendor="openai", dispatch="pooled", smallest_pool=2)
    for n in range(3):
        Token.objects.create(provider=made, secret=f"sk-{n}")
    return made


@pytest.fixture
def told() -> Iterator[list[Happening]]:
    heard: list[Happening] = []
    stop = happened.subscribe(heard.append)
    yield heard
    stop()


def tokens(acme: Provider) -> list[Token]:
    return list(Token.objects.filter(provider=acme).order_by("id"))


def look(at: datetime | None = None) -> None:
    pool_watch.look({}, now=at or timezone.now())


def pool_story(acme: Provider) -> list[str]:
    rows = ProviderEvent.objects.filter(provider=acme, kind=ProviderEvent.Kind.POOL).order_by("id")
    return [row.after for row in rows]


def test_a_pool_with_enough_tokens_is_no_news(acme: Provider, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(2):
        look()
    assert not ProviderEvent.objects.exists()


def test_a_pool_that_falls_below_is_told_once_and_once_when_it_has_enough_again(acme: Provider) -> None:
    now = timezone.now()
    first, second, _ = tokens(acme)
    retire(first, now=now)
    assert pool_story(acme) == []
    retire(second, now=now)
    for n in range(3):
        look(now + timedelta(seconds=n))
    assert pool_story(acme) == ["low"]
    row = ProviderEvent.objects.get(kind=ProviderEvent.Kind.POOL)
    assert (row.before, row.reason) == ("enough", "1 of 3 tokens may be used; 2 or more are wanted.")
    mark_healthy(first, now=now + timedelta(seconds=10))
    look(now + timedelta(seconds=30))
    assert pool_story(acme) == ["low"], "it must stay so for a while"
    for n in range(41, 44):
        look(now + timedelta(seconds=n))
    assert pool_story(acme) == ["low", "enough"]


def test_a_pool_that_flaps_is_low_once(acme: Provider) -> None:
    now = timezone.now()
    rested = tokens(acme)[:2]
    for n in range(0, 300, 20):
        at = now + timedelta(seconds=n)
        for token in rested:
            rest(token, until=at + timedelta(seconds=15), now=at)
        look(at)
        look(at + timedelta(seconds=16))
    assert pool_story(acme) == ["low"]
    look(now + timedelta(seconds=600))
    assert pool_story(acme) == ["low", "enough"]


@pytest.mark.parametrize(
    "state",
    [
        {"health": "suspended"},
        {"health": "retired"},
        {"health": "cooling", "cooling_until": timedelta(minutes=5)},
        {"health": "probation", "cooling_until": timedelta(minutes=5)},
    ],
)
def test_what_is_out_or_rests_is_not_counted(acme: Provider, state: dict[str, Any]) -> None:
    now = timezone.now()
    if "cooling_until" in state:
        state = {**state, "cooling_until": now + state["cooling_until"]}
    for token in tokens(acme)[:2]:
        TokenState.objects.create(token=token, **state)
    look(now)
    assert pool_story(acme) == ["low"]


def test_a_token_on_probation_or_whose_rest_is_over_counts(acme: Provider) -> None:
    now = timezone.now()
    first, second, _ = tokens(acme)
    TokenState.objects.create(token=first, health="probation")
    TokenState.objects.create(token=second, health="cooling", cooling_until=now - timedelta(seconds=1))
    look(now)
    assert pool_story(acme) == []


@pytest.mark.parametrize(
    "fields", [{"dispatch": "off"}, {"smallest_pool": 0}, {"vendor": "gone"}, {"vendor": "ollama", "smallest_pool": 9}]
)
def test_nobody_is_told_of_a_pool_that_nobody_asked_about(acme: Provider, fields: dict[str, Any]) -> None:
    Provider.objects.filter(pk=acme.pk).update(**fields)
    Token.objects.all().delete()
    look()
    assert pool_story(acme) == []


def test_the_last_token_taken_away_is_told(acme: Provider) -> None:
    Token.objects.all().delete()
    look()
    assert pool_story(acme) == ["low"]


def test_an_expired_token_is_told_once_and_again_when_its_date_was_moved_and_came(acme: Provider) -> None:
    now = timezone.now()
    token = tokens(acme)[0]
    Token.objects.filter(pk=token.pk).update(expires_at=now + timedelta(seconds=5))
    look(now)
    assert not ProviderEvent.objects.filter(token=token).exists()
    for n in (5, 6, 60):
        look(now + timedelta(seconds=n))
    row = ProviderEvent.objects.get(token=token)
    assert (row.before, row.after, row.at) == ("healthy", "retired", now + timedelta(seconds=5))
    Token.objects.filter(pk=token.pk).update(expires_at=now + timedelta(days=1))
    look(now + timedelta(days=2))
    assert ProviderEvent.objects.filter(token=token).count() == 2


def test_a_process_looks_now_and_then_and_when_something_changed(acme: Provider) -> None:
    now = timezone.now().timestamp()
    pool = Pool(clock=lambda: now)
    assert [token_store.collect(pool).look, token_store.collect(pool).look] == [True, False]
    token_store.give_back(pool, token_store.Batch(look=True))
    token_store.write(token_store.collect(pool))
    for token in tokens(acme)[:2]:
        pool.retire(token.pk, "old")
    token_store.write(token_store.collect(pool))
    assert pool_story(acme) == ["low"]


def test_who_listens_is_told_after_the_commit(
    acme: Provider, told: list[Happening], django_capture_on_commit_callbacks: Any
) -> None:
    token = tokens(acme)[0]
    with django_capture_on_commit_callbacks(execute=True):
        retire(token, now=timezone.now(), by="ann")
        assert not told
    assert [(one.kind, one.provider, one.token, one.before, one.after, one.reason) for one in told] == [
        ("token", "acme", token.fingerprint, "healthy", "retired", "Retired by ann.")
    ]


def test_a_listener_that_fails_is_logged_and_the_others_hear_it(caplog: pytest.LogCaptureFixture) -> None:
    topic: Topic[int] = Topic("numbers")
    heard: list[int] = []
    topic.subscribe(lambda number: heard.append(1 // number))
    stop = topic.subscribe(heard.append)
    topic.tell(0)
    stop()
    topic.tell(1)
    assert heard == [0, 1] and "a listener of numbers failed" in caplog.text

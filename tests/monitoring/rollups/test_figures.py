"""Figures are right for who asks, by what is asked, and nobody sees what is another team's."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.models import ApiKey, Team
from monitoring.access import NOBODY, Viewer, viewer_of_key, viewer_of_user
from monitoring.rollups import figures
from monitoring.rollups.figures import BY, Attempts, Figures, Only, Span
from tests.monitoring.rollups.cast import (
    CUT,
    EVERYBODY,
    NOON,
    TODAY,
    assert_quantiles,
    attempt,
    exchange,
    member_of,
    roll_all,
    write,
)

pytestmark = pytest.mark.django_db
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
ODD = ["a' OR 1=1 --", "%s", "100%", "\0", "\ud800", "ünï"]


def the_usual() -> list[Any]:
    """Two teams and a key of none, two providers, three hours."""
    rows = [
        exchange(NOON + 2 * HOUR, team_id=1, api_key_id=11, provider="acme", model="m1", attempts=[attempt()]),
        exchange(NOON, team_id=1, api_key_id=11, provider="acme", model="m1", cost_nano=5),
        exchange(NOON + MINUTE, team_id=1, api_key_id=12, provider="other", model="m2", cost_nano=None),
        exchange(NOON + HOUR, team_id=2, api_key_id=21, provider="acme", model="m2", ended_by="failed", status=503),
        exchange(NOON + HOUR, team_id=0, api_key_id=1, provider="", model="", ended_by="failed", status=401),
        exchange(NOON + HOUR, team_id=0, api_key_id=1, provider="acme", model="m1", ended_by="cancelled", status=499),
    ]
    write(*rows)
    roll_all()
    return rows


def counts(groups: list[figures.Group]) -> dict[str, int]:
    return {group.label: group.figures.requests for group in groups}


def test_totals_tell_what_happened() -> None:
    rows = the_usual()
    found = figures.totals(EVERYBODY, TODAY)
    assert (found.requests, found.failed, found.refused, found.cancelled, found.unpriced) == (6, 1, 1, 1, 1)
    assert found.error_rate == 0.25
    assert found.cost_nano == sum(row.cost_nano or 0 for row in rows)
    assert_quantiles(found, rows)


def test_by_each_dimension() -> None:
    the_usual()
    Team.objects.create(pk=1, name="Research")
    ApiKey(pk=11, name="app", hash=b"1", hint="…").save()
    assert counts(figures.by("provider", EVERYBODY, TODAY)) == {"acme": 4, "none": 1, "other": 1}
    assert counts(figures.by("model", EVERYBODY, TODAY)) == {"m1": 3, "m2": 2, "none": 1}
    assert counts(figures.by("team", EVERYBODY, TODAY)) == {"Research": 3, "none": 2, "(deleted) 2": 1}
    found = counts(figures.by("api_key", EVERYBODY, TODAY))
    assert found == {"(deleted) 1": 2, "app": 2, "(deleted) 12": 1, "(deleted) 21": 1}
    assert [group.key for group in figures.by("team", EVERYBODY, TODAY)] == ["1", "0", "2"]


@pytest.mark.parametrize("dimension", BY)
@pytest.mark.parametrize("most", [1, 2, 3, 50])
def test_what_is_beyond_the_most_is_others_and_nothing_is_lost(dimension: str, most: int) -> None:
    the_usual()
    everything, groups = figures.totals(EVERYBODY, TODAY), figures.by(dimension, EVERYBODY, TODAY, most=most)
    for name in ("requests", "failed", "cost_nano", "input", "unpriced"):
        assert sum(getattr(group.figures, name) for group in groups) == getattr(everything, name)
    assert len(groups) <= most + 1
    if len(groups) > most:
        assert (groups[-1].key, groups[-1].label) == ("", "others")


def test_others_have_quantiles_of_their_own() -> None:
    slow, quick = [exchange(provider="slow", latency_us=60_000_000) for _ in range(3)], exchange(latency_us=50_000)
    write(*slow, quick)
    roll_all()
    top, others = figures.by("provider", EVERYBODY, TODAY, most=1)
    assert_quantiles(top.figures, slow)
    assert_quantiles(others.figures, [quick])


def test_only_narrows_and_several_are_alternatives() -> None:
    the_usual()
    for only, requests in (
        (Only(teams=(1,)), 3),
        (Only(teams=(1, 2)), 4),
        (Only(teams=(0,)), 2),
        (Only(api_keys=(11, 21)), 3),
        (Only(providers=("acme",)), 4),
        (Only(providers=("",)), 1),
        (Only(models=("m2",), teams=(1,)), 1),
        (Only(models=("m2",), api_keys=(11,)), 0),
    ):
        assert figures.totals(EVERYBODY, TODAY, only).requests == requests, only
        assert sum(point.figures.requests for point in figures.series(EVERYBODY, TODAY, only)) == requests
        assert sum(counts(figures.by("model", EVERYBODY, TODAY, only)).values()) == requests


def test_a_filter_that_nothing_can_match_is_no_error() -> None:
    the_usual()
    for only in (
        *(Only(providers=(word,), models=(word, "nothing")) for word in ODD),
        *(Only(teams=(number,), api_keys=(number,)) for number in (2**63, -(2**80), 10**400)),
    ):
        assert figures.totals(EVERYBODY, TODAY, only) == Figures()
        assert figures.by("team", EVERYBODY, TODAY, only) == []
    both = Only(providers=("acme", "\0"))
    assert figures.totals(EVERYBODY, TODAY, both).requests == 4


def test_a_dimension_that_does_not_exist_is_refused() -> None:
    for ask in (figures.by, figures.series_by):
        with pytest.raises(ValueError, match="provider, model, team, api_key"):
            ask("vendor; DROP TABLE", EVERYBODY, TODAY)


# --- who sees what -----------------------------------------------------------------------------------
only_any = st.builds(
    Only,
    teams=st.lists(st.integers(0, 4), max_size=3),
    api_keys=st.lists(st.sampled_from([0, 1, 11, 12, 21]), max_size=2),
    providers=st.lists(st.sampled_from(["acme", "other", ""]), max_size=2),
    models=st.lists(st.sampled_from(["m1", "m2", ""]), max_size=2),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(teams=st.frozensets(st.integers(0, 4), max_size=3), only=only_any, dimension=st.sampled_from(BY))
def test_a_viewer_with_teams_gets_their_rows_and_no_others(
    teams: frozenset[int], only: Only, dimension: str, once: list[Any]
) -> None:
    seen = [
        row
        for row in once
        if row.team_id in teams - {0}
        and (not only.teams or row.team_id in only.teams)
        and (not only.api_keys or row.api_key_id in only.api_keys)
        and (not only.providers or row.provider in only.providers)
        and (not only.models or row.model in only.models)
    ]
    viewer, cost = Viewer(teams=teams, name="m"), sum(row.cost_nano or 0 for row in seen)
    totals = figures.totals(viewer, TODAY, only)
    assert (totals.requests, totals.cost_nano) == (len(seen), cost)
    assert_quantiles(totals, seen)
    for most in (1, 50):
        groups = figures.by(dimension, viewer, TODAY, only, most=most)
        assert sum(group.figures.cost_nano for group in groups) == cost
        lines = figures.series_by(dimension, viewer, TODAY, only, most=most)
        assert sum(point.figures.requests for _, points in lines for point in points) <= len(seen)
    assert sum(point.figures.cost_nano for point in figures.series(viewer, TODAY, only)) == cost
    names = {"provider": "provider", "model": "model", "team": "team_id", "api_key": "api_key_id"}
    keys = {str(getattr(row, names[dimension])) for row in seen}
    assert {group.key for group in figures.by(dimension, viewer, TODAY, only)} == keys


@pytest.fixture
def once() -> list[Any]:
    return the_usual()


def test_people_and_keys_see_what_their_teams_did() -> None:
    team, other = Team.objects.create(pk=1, name="Research"), Team.objects.create(pk=2, name="Sales")
    the_usual()
    ada = User.objects.create_user("ada")
    team.members.add(ada)
    key, _ = ApiKey.issue("watcher", team=other, scopes=["monitoring"])
    for viewer, requests in (
        (viewer_of_user(ada), 3),
        (viewer_of_key(key), 1),
        (NOBODY, 0),
        (member_of(), 0),
        (member_of(0), 0),
        (viewer_of_user(User.objects.create_user("boss", is_staff=True)), 6),
    ):
        assert figures.totals(viewer, TODAY).requests == requests
        assert sum(counts(figures.by("team", viewer, TODAY)).values()) == requests
    assert counts(figures.by("team", viewer_of_user(ada), TODAY)) == {"Research": 3}


def test_who_sees_nothing_asks_the_database_for_nothing(django_assert_max_num_queries: Any) -> None:
    the_usual()
    with django_assert_max_num_queries(1):
        assert figures.totals(NOBODY, TODAY) == Figures()


# --- series ------------------------------------------------------------------------------------------
def test_a_series_has_no_gap() -> None:
    the_usual()
    points = figures.series(EVERYBODY, Span(since=NOON - HOUR, until=NOON + 4 * HOUR), step=HOUR)
    assert [point.at for point in points] == [NOON + (place - 1) * HOUR for place in range(5)]
    assert [point.figures.requests for point in points] == [0, 2, 3, 1, 0]
    minutes = figures.series(EVERYBODY, Span(since=NOON, until=NOON + 3 * MINUTE), step=MINUTE)
    assert [point.figures.requests for point in minutes] == [1, 1, 0]
    (day,) = figures.series(EVERYBODY, TODAY, step=DAY)
    assert (day.at, day.figures.requests) == (TODAY.since, 6)
    weeks = figures.series(EVERYBODY, TODAY, step=7 * DAY)
    assert [point.figures.requests for point in weeks] == [6]


@pytest.mark.parametrize("dimension", BY)
def test_a_series_each(dimension: str) -> None:
    the_usual()
    found = figures.series_by(dimension, EVERYBODY, TODAY, step=HOUR, most=2)
    groups = figures.by(dimension, EVERYBODY, TODAY, most=2)
    assert [group for group, _ in found] == groups[:2]
    for group, points in found:
        assert len(points) == 24
        assert sum(point.figures.requests for point in points) == group.figures.requests


def test_an_empty_span_is_nothing() -> None:
    the_usual()
    for span in (Span(since=NOON, until=NOON), Span(since=NOON, until=NOON - DAY)):
        assert figures.totals(EVERYBODY, span) == Figures()
        assert figures.by("team", EVERYBODY, span) == []
        assert figures.series(EVERYBODY, span) == []
        assert figures.attempts(span) == []


def test_a_span_holds_its_begin_and_not_its_end() -> None:
    write(exchange(NOON), exchange(NOON + MINUTE))
    roll_all()
    assert figures.totals(EVERYBODY, Span(since=NOON, until=NOON + MINUTE)).requests == 1
    assert figures.totals(EVERYBODY, Span(since=NOON - HOUR, until=NOON)).requests == 0


def test_before_the_first_run_there_is_nothing_and_no_error() -> None:
    write(exchange())
    assert figures.fresh_until() is None
    assert figures.totals(EVERYBODY, TODAY) == Figures()
    assert figures.series_by("team", EVERYBODY, TODAY) == []


# --- attempts ----------------------------------------------------------------------------------------
def some_attempts() -> None:
    failed = attempt(error="provider_overloaded", verdict="next_target", duration_us=1_000, cost_nano=None)
    limited = attempt(error="rate_limit_exceeded", verdict="next_token")
    late, hurried = (attempt(error="provider_timeout", verdict=verdict) for verdict in ("next_target", CUT))
    rejected = attempt(error="provider_credential_rejected", verdict="next_token")
    good = attempt(provider="other", model="m2", duration_us=3_000_000)
    write(
        exchange(attempts=[failed, limited, good], provider="other", model="m2"),
        exchange(attempts=[late, hurried, rejected, attempt(model="m3")], model="m3"),
        exchange(NOON + HOUR, attempts=[attempt()]),
    )
    roll_all()


def test_attempts_tell_what_a_provider_did() -> None:
    some_attempts()
    acme, other = figures.attempts(TODAY)
    assert (acme.attempts, acme.failures, acme.rate_limited, acme.timeouts, acme.cost_nano) == (7, 2, 1, 1, 30)
    assert acme.p50_ms == pytest.approx(800, rel=0.25)
    assert acme.failure_rate == 2 / 7
    assert (other.provider, other.attempts, other.failure_rate) == ("other", 1, 0)
    assert figures.attempts(TODAY, provider="acme") == [acme]
    by_model = [(one.provider, one.model, one.attempts) for one in figures.attempts(TODAY, by_model=True)]
    assert by_model == [("acme", "m1", 6), ("acme", "m3", 1), ("other", "m2", 1)]


def test_attempts_as_a_series() -> None:
    some_attempts()
    span = Span(since=NOON - HOUR, until=NOON + 2 * HOUR)
    assert [(at, one.attempts) for at, one in figures.attempt_series("acme", span, step=HOUR)] == [
        (NOON - HOUR, 0),
        (NOON, 6),
        (NOON + HOUR, 1),
    ]
    assert figures.attempt_series("nobody", span, step=3 * HOUR)[0][1] == Attempts(provider="nobody", model="")
    assert sum(one.attempts for _, one in figures.attempt_series("", span)) == 8
    assert [figures.attempts(span, provider=word) for word in ODD] == [[]] * len(ODD)


def test_fallbacks_and_retries_are_counted() -> None:
    some_attempts()
    found = figures.totals(EVERYBODY, TODAY)
    assert (found.fallbacks, found.retries) == (2, 5)


def test_questions_are_asked_on_no_writers_lock() -> None:
    """On SQLite a transaction would wait for, and hold up, whoever writes."""
    if connection.vendor != "sqlite":
        pytest.skip("of SQLite only")
    the_usual()
    said: list[str] = []

    def listen(execute: Any, sql: str, *rest: Any) -> Any:
        said.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(listen):
        figures.by("team", EVERYBODY, TODAY)
    assert all(sql.lstrip().startswith("SELECT") for sql in said)

"""From rows to what a call sees: order, who they are for, rows that are no good, what makes a process look again."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from gateway.guardrails.changes import connect
from gateway.guardrails.compiled import NO_GUARDRAILS, Guardrails
from gateway.guardrails.compiling import GUARDRAIL_LABELS, compile_guardrails
from gateway.models import ApiKey, Guardrail, Route, Team, hash_key
from providers.models import ConfigVersion
from tests.gateway.guardrails.cast import guard


@pytest.fixture(autouse=True)
def _connected() -> None:
    connect()


def row(name: str, **more: Any) -> Guardrail:
    made: Guardrail = Guardrail.objects.create(name=name, **{"kind": "pii", **more})
    return made


def key(name: str, team: Team | None = None) -> ApiKey:
    made: ApiKey = ApiKey.objects.create(name=name, hash=hash_key(f"sk-sb-{name}"), team=team)
    return made


def version() -> int:
    return ConfigVersion.objects.filter(pk=1).values_list("value", flat=True).first() or 0


def names(found: Guardrails, team: int = 0, key_id: int = 0, route: str = "") -> list[str]:
    return [one.name for one in found.of(team, key_id, route)]


def test_without_any_there_is_nothing_to_look_at() -> None:
    assert NO_GUARDRAILS.empty
    assert NO_GUARDRAILS.of(1, 1, "x") == ()


def test_who_a_guardrail_is_for() -> None:
    found = Guardrails(
        guards=(
            guard(id=1, name="all"),
            guard(id=2, name="team", teams=frozenset({1})),
            guard(id=3, name="key", keys=frozenset({7})),
            guard(id=4, name="either", teams=frozenset({2}), routes=frozenset({"smart"})),
        )
    )
    assert not found.empty
    assert names(found) == ["all"]
    assert names(found, team=1) == ["all", "team"]
    assert names(found, team=1, key_id=7) == ["all", "team", "key"]
    assert names(found, route="smart") == names(found, team=2) == ["all", "either"]
    assert found.of(5, 900, "other") is found.of(6, 901, "another")  # nobody in particular: kept once


@pytest.mark.django_db
def test_rows_in_their_order_with_whom_they_are_for() -> None:
    team, route = Team.objects.create(name="Search"), Route.objects.create(name="smart")
    first, second = row("late", position=200), row("soon", position=5, on_failure="open", shadow=True, timeout=2)
    row("off", enabled=False)
    first.teams.add(team)
    second.routes.add(route)
    second.api_keys.add(owner := key("app"))
    soon, late = compile_guardrails().guards
    assert (soon.name, soon.closed, soon.shadow, soon.timeout) == ("soon", False, True, 2)
    assert (soon.keys, soon.routes, soon.teams) == ({owner.pk}, {"smart"}, frozenset())
    assert (late.name, late.teams, late.closed) == ("late", {team.pk}, True)


@pytest.mark.django_db
def test_a_handful_of_queries_for_any_number_of_rows(django_assert_num_queries: Any) -> None:
    team = Team.objects.create(name="Search")
    for number in range(5):
        row(f"row {number}").teams.add(team)
    with django_assert_num_queries(5):
        assert len(compile_guardrails().guards) == 5


@pytest.mark.django_db
@pytest.mark.parametrize(
    "more",
    [
        {"settings": {"entities": ["SHOES"]}},
        {"settings": ["x"]},
        {"kind": "shoes"},
        {"kind": "safety", "action": "redact"},
    ],
)
def test_a_row_that_is_no_good_is_compiled_all_the_same(more: dict[str, Any], caplog: Any) -> None:
    row("bad", **more)
    with caplog.at_level(logging.ERROR):
        (bad,) = compile_guardrails().guards
    assert bad.broken
    assert bad.settings is None
    assert "the guardrail bad cannot be used" in caplog.text


@pytest.mark.django_db
def test_what_a_guardrail_is_for_is_told_to_every_process() -> None:
    team = Team.objects.create(name="Search")
    one = row("one")
    for change in (lambda: one.teams.add(team), lambda: one.teams.remove(team), lambda: one.teams.set([team])):
        before = version()
        change()
        assert version() > before
    assert Guardrail._meta.label in GUARDRAIL_LABELS


@pytest.mark.django_db
def test_a_guardrail_of_a_team_that_goes_is_switched_off_and_not_everybodys() -> None:
    team, other = Team.objects.create(name="Search"), Team.objects.create(name="Sales")
    lone, shared = row("lone"), row("shared")
    lone.teams.add(team)
    shared.teams.add(team, other)
    before = version()
    team.delete()
    assert version() > before
    lone.refresh_from_db()
    assert not lone.enabled
    (left,) = compile_guardrails().guards
    assert (left.name, left.teams) == ("shared", {other.pk})

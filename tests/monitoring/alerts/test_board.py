"""Who sees which alerts."""

from __future__ import annotations

import pytest

from gateway.models import Team
from monitoring.access import NOBODY, Viewer
from monitoring.alerts import board, incidents
from monitoring.models import Severity
from tests.monitoring.alerts.cast import NOW, a_finding, a_rule, minutes

pytestmark = pytest.mark.django_db
EVERYBODY = Viewer(teams=None, name="staff")


def test_a_team_sees_its_own_and_only_who_sees_everything_the_others() -> None:
    mine, theirs = (Team.objects.create(name=name).pk for name in ("mine", "theirs"))
    rule = a_rule()
    incidents.apply(rule, [a_finding("a", team=mine), a_finding("b", team=theirs), a_finding("c")], NOW)
    member = Viewer(teams=frozenset({mine}), name="ada")
    for found in (board.open_alerts(member), board.recent(member, NOW)):
        assert [one.subject for one in found] == ["a"]
    assert {one.subject for one in board.open_alerts(EVERYBODY)} == {"a", "b", "c"}
    assert board.open_alerts(NOBODY) == board.recent(NOBODY, NOW) == []


def test_the_gravest_come_first_and_what_waits_is_not_shown() -> None:
    for number, severity in enumerate(Severity.values):
        rule = a_rule(name=severity, severity=severity)
        incidents.apply(rule, [a_finding(severity)], NOW + minutes(number))
    incidents.apply(a_rule(name="waits", wait_minutes=5), [a_finding("waits")], NOW)
    assert [one.subject for one in board.open_alerts(EVERYBODY)] == ["critical", "warning", "info"]


def test_recent_ones_lasted_into_the_time_or_began_in_it() -> None:
    rule = a_rule()
    incidents.apply(rule, [a_finding("old"), a_finding("long")], NOW)
    incidents.apply(rule, [a_finding("long")], NOW + minutes(10))
    incidents.apply(rule, [a_finding("long"), a_finding("new")], NOW + minutes(20))
    found = board.recent(EVERYBODY, NOW + minutes(15))
    assert [(one.subject, one.open) for one in found] == [("new", True), ("long", True)]
    assert len(board.recent(EVERYBODY, NOW)) == 3

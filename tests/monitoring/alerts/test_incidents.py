"""Alerts in the database: one for each thing, told once, whoever looks and however many look at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from monitoring.alerts import incidents, work
from monitoring.alerts.defaults import RULES, ensure_defaults
from monitoring.alerts.findings import Finding, Terms, Unknowable
from monitoring.alerts.happenings import AlertChange, alert_changed
from monitoring.alerts.machine import step
from monitoring.duties import duty
from monitoring.models import Alert, AlertMessage, AlertNews, AlertRule
from tests.monitoring.alerts.cast import NOW, a_channel, a_finding, a_rule, kinds, minutes

pytestmark = pytest.mark.django_db


def told() -> list[tuple[str, str]]:
    """What messages say: of what, and what."""
    return list(AlertNews.objects.order_by("at", "pk").values_list("alert__subject", "what"))


def always(*findings: Finding) -> Callable[[Terms, datetime], Sequence[Finding]]:
    return lambda terms, now: findings


def test_a_thing_is_an_alert_from_its_beginning_to_its_end() -> None:
    rule = a_rule(a_channel(), wait_minutes=2, calm_minutes=1)
    for minute in range(3):
        incidents.apply(rule, [a_finding(title=f"down for {minute}", value=minute)], NOW + minutes(minute))
    row = Alert.objects.get()
    assert (row.state, row.began_at, row.fired_at) == ("firing", NOW, NOW + minutes(2))
    assert (row.title, row.value, row.rule_name, row.severity) == ("down for 2", 2, "down", "warning")
    incidents.apply(rule, [], NOW + minutes(3))
    assert Alert.objects.get().state == "firing"
    incidents.apply(rule, [], NOW + minutes(4))
    row = Alert.objects.get()
    assert (row.state, row.ended_at) == ("ended", NOW + minutes(4))
    incidents.apply(rule, [a_finding()], NOW + minutes(5))
    assert Alert.objects.count() == 2  # the next time is another alert


def test_what_did_not_last_leaves_no_row() -> None:
    rule = a_rule(a_channel(), wait_minutes=5)
    incidents.apply(rule, [a_finding()], NOW)
    assert Alert.objects.get().state == "pending"
    incidents.apply(rule, [], NOW + minutes(1))
    assert not Alert.objects.exists() and not AlertMessage.objects.exists()


def test_what_belongs_together_is_one_message_for_each_channel() -> None:
    ops, boss = a_channel("ops"), a_channel("boss")
    down, pool = a_rule(ops, boss, group_seconds=60), a_rule(ops, name="pool", group_seconds=10)
    incidents.apply(down, [a_finding("a"), a_finding("b")], NOW)
    incidents.apply(pool, [a_finding("c")], NOW)
    assert AlertMessage.objects.count() == 2
    message = AlertMessage.objects.get(channel=ops)
    assert set(message.news.values_list("alert__subject", flat=True)) == {"a", "b", "c"}
    assert (message.next_at - NOW).total_seconds() == 10  # what is in a hurry takes the others along


def test_a_message_that_was_tried_gets_nothing_more() -> None:
    """It may have arrived: a receiver that knows its key would drop what came later."""
    rule = a_rule(a_channel())
    incidents.apply(rule, [a_finding("a")], NOW)
    AlertMessage.objects.update(tries=1)
    incidents.apply(rule, [a_finding("a"), a_finding("b")], NOW + minutes(1))
    assert [row.news.count() for row in AlertMessage.objects.order_by("pk")] == [1, 1]


def test_it_is_repeated_while_it_lasts_until_somebody_sees_to_it() -> None:
    rule = a_rule(a_channel(), repeat_minutes=10)
    for minute in range(0, 25, 5):
        AlertMessage.objects.update(state="sent")
        incidents.apply(rule, [a_finding()], NOW + minutes(minute))
    assert [what for _, what in told()] == ["firing", "repeat", "repeat"]
    row = Alert.objects.get()
    assert incidents.acknowledge(row.pk, by="ada", now=NOW + minutes(21))
    assert not incidents.acknowledge(row.pk, by="bob", now=NOW + minutes(22))
    for minute in range(25, 60, 5):
        incidents.apply(rule, [a_finding()], NOW + minutes(minute))
    assert len(told()) == 3
    assert Alert.objects.get().acknowledged_by == "ada"


def test_what_becomes_worse_is_told_again_and_must_be_seen_to_again() -> None:
    rule = a_rule(a_channel())
    incidents.apply(rule, [a_finding(level=50)], NOW)
    incidents.acknowledge(Alert.objects.get().pk, by="ada", now=NOW)
    AlertMessage.objects.update(state="sent")
    incidents.apply(rule, [a_finding(level=80)], NOW + minutes(1))
    row = Alert.objects.get()
    assert (row.acknowledged_at, row.acknowledged_by) == (None, "")
    assert [what for _, what in told()] == ["firing", "worse"]


def test_two_evaluators_that_saw_the_same_tell_it_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between one's look and its write the other one does the whole of it."""
    rule = a_rule(a_channel())
    raced = []

    def slow(*args: Any) -> Any:
        took = step(*args)
        if not raced:
            raced.append(True)
            incidents.apply(AlertRule.objects.get(pk=rule.pk), findings, moment)
        return took

    monkeypatch.setattr(incidents, "step", slow)
    for minute, findings in enumerate([[a_finding()], [a_finding(level=2)], []]):
        raced.clear()
        moment = NOW + minutes(minute)
        AlertMessage.objects.update(state="sent")
        incidents.apply(rule, findings, moment)
        assert raced
    assert Alert.objects.count() == 1
    assert [what for _, what in told()] == ["firing", "worse", "recovery"]


def test_only_who_has_the_duty_evaluates() -> None:
    a_rule(a_channel())
    with duty("alerts", seconds=60) as mine:
        assert mine
        assert work.evaluate(now=NOW, kinds=kinds(always(a_finding()))) == 0
    assert not Alert.objects.exists()
    assert work.evaluate(now=NOW, kinds=kinds(always(a_finding()))) >= 1


def test_what_cannot_be_told_neither_begins_nor_ends_anything() -> None:
    rule = a_rule(a_channel())
    incidents.apply(rule, [a_finding()], NOW)

    def unknowable(terms: Terms, now: datetime) -> list[Finding]:
        raise Unknowable("The figures are late.")

    def broken(terms: Terms, now: datetime) -> list[Finding]:
        raise ZeroDivisionError

    work.judge_all(NOW + minutes(1), kinds(unknowable))
    assert AlertRule.objects.get().problem == "The figures are late."
    work.judge_all(NOW + minutes(2), kinds(broken))
    assert "ZeroDivisionError" in AlertRule.objects.get().problem
    assert Alert.objects.get().state == "firing"
    work.judge_all(NOW + minutes(3), kinds(always(a_finding())))
    assert AlertRule.objects.get().problem == ""


def test_one_rule_that_fails_stops_none_of_the_others() -> None:
    first, second = a_rule(a_channel()), a_rule(name="later", threshold=5)

    def half(terms: Terms, now: datetime) -> list[Finding]:
        if terms.threshold is None:
            raise RuntimeError
        return [a_finding()]

    work.judge_all(NOW, kinds(half))
    assert Alert.objects.get().rule == second and AlertRule.objects.get(pk=first.pk).problem


@pytest.mark.parametrize("how", ["disable", "delete"])
def test_alerts_of_a_rule_that_is_gone_are_over_and_nobody_is_told(how: str) -> None:
    rule, other = a_rule(a_channel()), a_rule(name="waits", wait_minutes=5)
    incidents.apply(rule, [a_finding()], NOW)
    incidents.apply(other, [a_finding()], NOW)
    if how == "disable":
        AlertRule.objects.update(enabled=False)
    else:
        AlertRule.objects.all().delete()
    work.judge_all(NOW + minutes(1), kinds(always(a_finding())))
    row = Alert.objects.get()
    assert (row.state, row.ended_at, row.rule_name) == ("ended", NOW + minutes(1), "down")
    assert [what for _, what in told()] == ["firing"]


def test_without_a_wish_for_it_nobody_is_told_that_it_is_over() -> None:
    rule = a_rule(a_channel(), notify_recovery=False)
    incidents.apply(rule, [a_finding()], NOW)
    AlertMessage.objects.update(state="sent")
    incidents.apply(rule, [], NOW + minutes(1))
    assert Alert.objects.get().state == "ended" and len(told()) == 1


def test_a_rule_without_a_channel_shows_its_alerts_all_the_same() -> None:
    assert incidents.apply(a_rule(), [a_finding()], NOW) == 1
    assert Alert.objects.get().open and not AlertMessage.objects.exists()


def test_changes_are_told_in_process_after_the_commit(
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    heard: list[AlertChange] = []
    unsubscribe = alert_changed.subscribe(heard.append)
    rule = a_rule(a_channel())
    try:
        with django_capture_on_commit_callbacks(execute=True):
            incidents.apply(rule, [a_finding(team=7)], NOW)
            assert not heard
        with django_capture_on_commit_callbacks(execute=True):
            incidents.acknowledge(Alert.objects.get().pk, by="ada", now=NOW)
            incidents.apply(rule, [], NOW + minutes(1))
    finally:
        unsubscribe()
    assert [(one.what, one.team_id, one.severity) for one in heard] == [
        ("firing", 7, "warning"), ("acknowledged", 7, "warning"), ("recovery", 7, "warning"),
    ]  # fmt: skip


def test_the_first_rules_are_made_once_and_stay_deleted() -> None:
    assert ensure_defaults()
    assert AlertRule.objects.filter(enabled=True).count() == len(RULES)
    AlertRule.objects.first().delete()  # type: ignore[union-attr]
    assert not ensure_defaults()
    assert AlertRule.objects.count() == len(RULES) - 1


def test_what_is_old_is_forgotten() -> None:
    rule = a_rule(a_channel())
    incidents.apply(rule, [a_finding("a")], NOW)
    incidents.apply(rule, [a_finding("b")], NOW)  # a is over
    AlertMessage.objects.update(state="sent", created_at=NOW)
    work.prune(NOW + minutes(1440 * 29))
    assert AlertMessage.objects.exists()
    work.prune(NOW + minutes(1440 * 200))
    assert not AlertMessage.objects.exists()
    assert Alert.objects.get().subject == "b"  # what lasts is kept


class AnyCourse(TestCase):
    """Whatever is found when, by however many: at most one alert is open for each thing, and each beginning and end is
    told once."""

    @settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.lists(st.tuples(st.integers(0, 3), st.sets(st.sampled_from("abc")), st.booleans()), max_size=15))
    def test_any_course(self, looks: list[tuple[int, set[str], bool]]) -> None:
        rule = a_rule(a_channel(f"c{AlertRule.objects.count()}"), name=f"r{AlertRule.objects.count()}")
        now, lasting, began, over = NOW, set[str](), 0, 0
        for wait, there, twice in looks:
            now += minutes(wait)
            AlertMessage.objects.update(state="sent")
            began, over = began + len(there - lasting), over + len(lasting - there)
            lasting = there
            for _ in range(2 if twice else 1):
                incidents.apply(rule, [a_finding(one) for one in there], now)
        rows = Alert.objects.filter(rule=rule)
        assert sorted(rows.filter(state="firing").values_list("subject", flat=True)) == sorted(lasting)
        whats = list(AlertNews.objects.filter(alert__rule=rule).values_list("what", flat=True))
        assert (whats.count("firing"), whats.count("recovery")) == (began, over)

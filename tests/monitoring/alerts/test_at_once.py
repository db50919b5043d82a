"""Several evaluators and senders at the same time, each with its own connection to a real server."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from monitoring.alerts import delivering, incidents
from monitoring.alerts.outcome import TryAgain
from monitoring.alerts.story import Story
from monitoring.models import Alert, AlertChannel, AlertMessage, AlertNews, AlertRule
from tests.monitoring.alerts.cast import NOW, a_channel, a_finding, a_rule, minutes

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]
AT_ONCE = 6


def all_at_once(work: Callable[[], object]) -> None:
    gate = threading.Barrier(AT_ONCE)

    def one() -> None:
        try:
            gate.wait(20)
            work()
        finally:
            connection.close()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        for done in [pool.submit(one) for _ in range(AT_ONCE)]:
            done.result(60)


def test_many_evaluators_make_one_alert_and_tell_each_thing_once() -> None:
    a_rule(a_channel("ops"), a_channel("boss"))
    for minute, found in enumerate(([a_finding("a"), a_finding("b")], [a_finding("a", level=2)], [])):
        AlertMessage.objects.update(state="sent")
        all_at_once(lambda: incidents.apply(AlertRule.objects.get(), found, NOW + minutes(minute)))  # noqa: B023
    assert Alert.objects.count() == 2
    told = sorted(AlertNews.objects.values_list("message__channel__name", "alert__subject", "what"))
    each = [("a", "firing"), ("a", "recovery"), ("a", "worse"), ("b", "firing"), ("b", "recovery")]
    assert told == [(channel, *one) for channel in ("boss", "ops") for one in each]


def test_many_senders_send_each_message_once() -> None:
    for number in range(8):
        incidents.apply(a_rule(a_channel(f"c{number}"), name=f"r{number}", group_seconds=0), [a_finding()], NOW)
    sent: list[str] = []

    def send(channel: AlertChannel, story: Story) -> int:
        sent.append(story.key)
        if len(sent) == 3:
            raise TryAgain("Busy.", retry_after=3600)
        return 200

    all_at_once(lambda: delivering.deliver(send=send))
    assert len(sent) == len(set(sent)) == 8
    assert AlertMessage.objects.filter(state="sent").count() == 7


def test_news_that_come_while_a_message_is_taken_are_in_it_or_in_the_next() -> None:
    rule = a_rule(a_channel(), group_seconds=0)
    told: list[str] = []

    def send(channel: AlertChannel, story: Story) -> int:
        told.extend(one.subject for one in story.items)
        return 200

    numbers = iter(range(100))
    lock = threading.Lock()

    def both() -> None:
        with lock:
            mine = [a_finding(f"s{next(numbers)}") for _ in range(3)]
        for one in mine:
            incidents._advance(rule, one.subject, None, one, NOW)
            delivering.deliver(send=send)

    all_at_once(both)
    delivering.deliver(send=send)
    assert sorted(told) == sorted(f"s{number}" for number in range(3 * AT_ONCE))

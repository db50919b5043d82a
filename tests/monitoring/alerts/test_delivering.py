"""Delivering: one sender a message, again until it arrived, held in quiet times, never lost."""

from __future__ import annotations

import logging
from datetime import datetime, time, timedelta

import pytest
import time_machine

from monitoring.alerts import asking, delivering, incidents, outcome
from monitoring.alerts.outcome import Refused, TryAgain, next_try
from monitoring.alerts.story import Story
from monitoring.models import Alert, AlertChannel, AlertMessage, AlertRule
from tests.monitoring.alerts.cast import NOW, SECRET_URL, a_channel, a_finding, a_rule, minutes

pytestmark = pytest.mark.django_db


class Way:
    """A way to receivers that notes what goes over it. ``errors`` are raised first, one a try."""

    def __init__(self, *errors: BaseException) -> None:
        self.errors = list(errors)
        self.stories: list[Story] = []

    def __call__(self, channel: AlertChannel, story: Story) -> int:
        self.stories.append(story)
        if self.errors:
            raise self.errors.pop(0)
        return 200


def fired(rule: AlertRule, *subjects: str, at: datetime = NOW) -> None:
    incidents.apply(rule, [a_finding(one) for one in subjects], at)


def run(way: Way, at: datetime) -> int:
    with time_machine.travel(at, tick=False):
        return delivering.deliver(send=way)


def test_a_message_waits_for_what_belongs_to_it_and_is_sent_once() -> None:
    fired(a_rule(a_channel(), group_seconds=30), "a", "b")
    way = Way()
    assert run(way, NOW + timedelta(seconds=29)) == 0
    assert run(way, NOW + timedelta(seconds=31)) == 1
    assert run(way, NOW + minutes(60)) == 0
    assert [[one.subject for one in story.items] for story in way.stories] == [["a", "b"]]
    row = AlertMessage.objects.get()
    assert (row.state, row.status, row.tries, row.error) == ("sent", 200, 1, "")


def test_waits_between_tries_double_up_to_an_hour_for_a_day() -> None:
    waits = []
    for tries in range(1, outcome.MOST_TRIES):
        at = next_try(tries, NOW)
        assert at is not None
        waits.append((at - NOW).total_seconds() / 60)
    assert waits[:8] == [1, 2, 4, 8, 16, 32, 60, 60]
    assert 22 * 60 <= sum(waits) <= 26 * 60
    assert next_try(outcome.MOST_TRIES, NOW) is None


@pytest.mark.parametrize("asked, seconds", [(7.5, 7.5), (0, 1), (10**8, 6 * 3600)])
def test_a_receiver_says_when_to_come_again(asked: float, seconds: float) -> None:
    at = next_try(1, NOW, retry_after=asked)
    assert at is not None and (at - NOW).total_seconds() == seconds


def test_what_does_not_arrive_is_tried_again_under_the_same_key() -> None:
    fired(a_rule(a_channel(), group_seconds=0), "a")
    way = Way(TryAgain("It answered with status 503.", status=503), TryAgain("Busy.", status=429, retry_after=17))
    assert run(way, NOW) == 0
    row = AlertMessage.objects.get()
    assert (row.state, row.error, row.status, row.next_at) == (
        "waiting", "It answered with status 503.", 503, NOW + minutes(1),
    )  # fmt: skip
    assert run(way, NOW + minutes(1)) == 0
    assert AlertMessage.objects.get().next_at == NOW + minutes(1) + timedelta(seconds=17)
    assert run(way, NOW + minutes(2)) == 1
    assert len({story.key for story in way.stories}) == 1 and len(way.stories) == 3


def test_what_cannot_get_better_fails_at_once_and_can_be_tried_again_by_hand() -> None:
    fired(a_rule(a_channel(), group_seconds=0), "a")
    way = Way(Refused("It answered with status 404 (no_service).", status=404))
    run(way, NOW)
    row = AlertMessage.objects.get()
    assert (row.state, row.error, row.status) == ("failed", "It answered with status 404 (no_service).", 404)
    assert run(way, NOW + minutes(600)) == 0
    assert asking.again(row) and not asking.again(row)
    assert delivering.deliver(send=way) == 1


def test_a_day_of_failures_is_given_up() -> None:
    fired(a_rule(a_channel(), group_seconds=0), "a")
    now, way = NOW, Way(*[TryAgain("Away.") for _ in range(100)])
    while AlertMessage.objects.get().state == "waiting":
        now = AlertMessage.objects.get().next_at
        run(way, now)
    assert AlertMessage.objects.get().state == "failed"
    assert len(way.stories) == outcome.MOST_TRIES and timedelta(hours=22) < now - NOW < timedelta(hours=26)


class Crash(BaseException):
    """The process dies."""


def test_a_crash_between_sending_and_noting_repeats_and_loses_nothing() -> None:
    fired(a_rule(a_channel(), group_seconds=0), "a")
    way = Way(Crash())
    with pytest.raises(Crash):
        run(way, NOW)
    assert AlertMessage.objects.get().state == "sending"
    assert run(way, NOW + minutes(1)) == 0  # its sender may still be at it
    assert run(way, NOW + delivering.PATIENCE) == 1
    assert [story.key for story in way.stories] == [str(AlertMessage.objects.get().key)] * 2
    assert AlertMessage.objects.get().state == "sent"


def test_a_sender_that_was_taken_for_dead_changes_nothing_any_more() -> None:
    fired(a_rule(a_channel(), group_seconds=0), "a")
    later = Way()

    def hangs(channel: AlertChannel, story: Story) -> int:
        assert run(later, NOW + delivering.PATIENCE) == 1
        raise TryAgain("Too late.")

    delivering.deliver_one(AlertMessage.objects.get().pk, send=hangs, now=NOW)
    assert (AlertMessage.objects.get().state, AlertMessage.objects.get().error) == ("sent", "")


def test_of_two_senders_one_takes_the_message() -> None:
    fired(a_rule(a_channel(), group_seconds=0), "a")
    second = Way()

    def first(channel: AlertChannel, story: Story) -> int:
        assert run(second, NOW) == 0
        return 200

    assert delivering.deliver_one(AlertMessage.objects.get().pk, send=first, now=NOW)
    assert not second.stories


def test_when_the_way_is_free_again_what_waits_for_its_next_try_goes_too() -> None:
    rule = a_rule(a_channel(), group_seconds=0)
    fired(rule, "a")
    way = Way(*[TryAgain("Away.")] * 6)
    for minute in (0, 1, 3, 7, 15, 31):
        run(way, NOW + minutes(minute))
    fired(rule, "a", "b", at=NOW + minutes(40))
    assert run(way, NOW + minutes(40)) == 1
    assert run(way, NOW + minutes(40)) == 1


def test_an_error_nobody_thought_of_is_tried_again_and_tells_nothing_secret(
    caplog: pytest.LogCaptureFixture,
) -> None:
    fired(a_rule(a_channel(), group_seconds=0), "a")
    with caplog.at_level(logging.DEBUG):
        run(Way(ValueError(f"cannot parse {SECRET_URL}")), NOW)
    row = AlertMessage.objects.get()
    assert (row.state, row.error) == ("waiting", "It could not be sent (ValueError).")
    assert "PSECRET" not in caplog.text and "s3cr3t" not in caplog.text


def test_a_channel_that_was_switched_off_gets_nothing_but_tests() -> None:
    channel = a_channel()
    fired(a_rule(channel, group_seconds=0), "a")
    AlertChannel.objects.update(enabled=False)
    asking.test(channel, by="ada")
    way = Way()
    delivering.deliver(send=way)
    assert [story.test for story in way.stories] == [True]
    assert AlertMessage.objects.get(what="news").error == "The channel was switched off."
    fired(a_rule(channel, name="second"), "b")
    assert AlertMessage.objects.count() == 2


def test_a_message_whose_alerts_were_deleted_goes_too() -> None:
    fired(a_rule(a_channel(), group_seconds=0), "a")
    Alert.objects.all().delete()
    way = Way()
    assert run(way, NOW) == 0 and not way.stories and not AlertMessage.objects.exists()


# --- quiet times -------------------------------------------------------------------------------
NIGHT = {"quiet_from": time(22), "quiet_until": time(7)}
EVENING = NOW.replace(hour=23)
MORNING = (NOW + timedelta(days=1)).replace(hour=7)


def test_what_comes_in_a_quiet_time_is_one_digest_at_its_end() -> None:
    channel = a_channel(**NIGHT)
    rule = a_rule(channel, group_seconds=0, repeat_minutes=60)
    way = Way()
    for hour in range(8):
        there = ["a", "b"] if hour < 4 else ["b"]
        fired(rule, *there, at=EVENING + timedelta(hours=hour))
        assert run(way, EVENING + timedelta(hours=hour)) == 0
    assert AlertMessage.objects.get().held
    assert run(way, MORNING) == 1
    (story,) = way.stories
    assert [(one.subject, one.word) for one in story.items] == [("b", "Began"), ("a", "Began, and is over")]
    assert story.title == "1 alert, 1 over"
    assert not AlertMessage.objects.get().held


def test_what_began_by_day_and_ended_in_the_night_is_told_in_the_morning() -> None:
    rule, way = a_rule(a_channel(**NIGHT), group_seconds=0), Way()
    fired(rule, "a", at=NOW)
    assert run(way, NOW) == 1
    fired(rule, at=EVENING)
    assert run(way, EVENING) == 0
    assert run(way, MORNING) == 1
    assert way.stories[1].title == "Over: a is down"


@pytest.mark.parametrize("mode, passes", [("critical", 1), ("hold", 0)])
def test_critical_ones_pass_where_the_channel_says_so(mode: str, passes: int) -> None:
    channel, way = a_channel(**NIGHT, quiet_mode=mode), Way()
    fired(a_rule(channel, group_seconds=0, severity="critical"), "grave", at=EVENING)
    fired(a_rule(channel, name="other", group_seconds=0), "light", at=EVENING)
    assert run(way, EVENING) == passes
    assert [[one.subject for one in story.items] for story in way.stories] == [["grave"]] * passes
    assert run(way, MORNING) == 1


def test_a_message_that_waited_into_the_night_is_held() -> None:
    rule, way = a_rule(a_channel(**NIGHT), group_seconds=600), Way()
    fired(rule, "a", at=EVENING - minutes(65))
    assert run(way, EVENING - minutes(55)) == 0
    assert run(way, MORNING) == 1


def test_two_held_messages_become_one() -> None:
    rule, way = a_rule(a_channel(**NIGHT), group_seconds=600), Way()
    fired(rule, "a", at=EVENING - minutes(65))  # before the night
    fired(rule, "a", "b", at=EVENING)
    run(way, EVENING + minutes(1))
    assert AlertMessage.objects.filter(held=True).count() == 2
    assert run(way, MORNING) == 1
    assert [sorted(one.subject for one in story.items) for story in way.stories] == [["a", "b"]]


def test_a_quiet_time_that_is_taken_back_ends_at_once() -> None:
    rule, way = a_rule(a_channel(**NIGHT), group_seconds=0), Way()
    fired(rule, "a", at=EVENING)
    assert run(way, EVENING) == 0
    AlertChannel.objects.update(quiet_from=None, quiet_until=None)
    assert run(way, EVENING + minutes(1)) == 1


def test_a_test_is_sent_in_a_quiet_time_too() -> None:
    channel, way = a_channel(quiet_from=time(0), quiet_until=time(0)), Way()
    message = asking.test(channel, by="ada")
    assert delivering.deliver_one(message.pk, send=way)
    assert way.stories[0].test and way.stories[0].title == "A test of the channel “ops”"


def test_a_zone_that_this_machine_does_not_know_holds_nothing() -> None:
    rule, way = a_rule(a_channel(**NIGHT, quiet_zone="Mars/Olympus"), group_seconds=0), Way()
    fired(rule, "a", at=EVENING)
    assert run(way, EVENING) == 1

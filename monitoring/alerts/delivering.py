"""Sending what is due: each message by one sender in the cluster, again and again until it arrived. One that crashes
between sending and noting so repeats the message, under the same key; none is lost."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from monitoring.alerts import outcome, posting, sending
from monitoring.alerts.outcome import NotSent, TryAgain
from monitoring.alerts.story import RANK, Story, tell
from monitoring.models import AlertChannel, AlertMessage

log = logging.getLogger("switchboard.alerts")

Send = Callable[[AlertChannel, Story], int]
State = AlertMessage.State
PATIENCE = timedelta(minutes=3)  # a sender that said nothing for so long is dead; a send takes half a minute at most
MOST = 50


def deliver(*, seconds: float = 45.0, send: Send = sending.send) -> int:
    """Sends what is due, one after the other, for at most so long. Returns how many arrived."""
    ends, sent = time.monotonic() + seconds, 0
    for pk in due(timezone.now()):
        if time.monotonic() > ends:
            break  # the next run goes on
        sent += deliver_one(pk, send=send)
    return sent


def due(now: datetime) -> list[int]:
    """Ids of what is to be sent, the longest waiting first. What a quiet time holds is looked at each time: it may
    have been taken back."""
    rows = AlertMessage.objects.filter(state__in=(State.WAITING, State.SENDING))
    rows = rows.filter(Q(next_at__lte=now) | Q(held=True)).order_by("next_at", "pk")
    return list(rows.values_list("pk", flat=True)[:MOST])


def deliver_one(pk: int, *, send: Send = sending.send, now: datetime | None = None) -> bool:
    """Tries to send one message, if it is due. Whether it arrived."""
    begun = now or timezone.now()
    message = _take(pk, begun)
    if message is None:
        return False
    story = tell(message, begun)
    try:
        status = send(message.channel, story)
    except NotSent as error:
        _not_sent(message, error, now or timezone.now())
        return False
    except Exception as error:  # its text may hold the address: only its kind is told
        _not_sent(message, TryAgain(f"It could not be sent ({type(error).__name__})."), now or timezone.now())
        return False
    _sent(message, status, now or timezone.now())
    return True


def _take(pk: int, now: datetime) -> AlertMessage | None:
    """Marks the message as ours; ``None``: it is not due, held, taken by another, or was given up."""
    with transaction.atomic():
        rows = AlertMessage.objects.select_for_update(of=("self",)).select_related("channel")
        message = rows.filter(pk=pk, state__in=(State.WAITING, State.SENDING)).first()
        if message is None or (message.next_at > now and not message.held):
            return None
        news = message.what == AlertMessage.What.NEWS
        if news and not message.channel.enabled:
            _end(message, State.FAILED, error="The channel was switched off.")
            return None
        if news and message.state == State.WAITING and _is_held(message, now):
            return None
        if news and message.held:
            posting.absorb(message)
        if news and not message.news.exists():  # its alerts were deleted
            message.delete()
            return None
        message.state, message.held, message.next_at = State.SENDING, False, now + PATIENCE
        message.tries += 1
        message.save(update_fields=["state", "held", "next_at", "tries"])
    return message


def _is_held(message: AlertMessage, now: datetime) -> bool:
    severities = list(message.news.values_list("alert__severity", flat=True))
    gravest = max(severities, key=lambda one: RANK.get(one, 0), default="info")
    until = posting.held_until(message.channel, gravest, now)
    if until is None:
        return False
    if not message.held or message.next_at != until:
        message.held, message.next_at = True, until
        message.save(update_fields=["held", "next_at"])
    return True


def _sent(message: AlertMessage, status: int, now: datetime) -> None:
    _end(message, State.SENT, status=status, sent_at=now, error="")
    others = AlertMessage.objects.filter(channel_id=message.channel_id, state=State.WAITING, tries__gt=0)
    others.filter(next_at__gt=now).update(next_at=now)  # the way is free again


def _not_sent(message: AlertMessage, error: NotSent, now: datetime) -> None:
    again = None
    if isinstance(error, TryAgain):
        again = outcome.next_try(message.tries, now, retry_after=error.retry_after)
    if again is None:
        log.warning("message %s to %s was given up: %s", message.pk, message.channel.name, error.message)
        _end(message, State.FAILED, status=error.status, error=error.message)
    else:
        log.info("message %s to %s is tried again: %s", message.pk, message.channel.name, error.message)
        _end(message, State.WAITING, status=error.status, error=error.message, next_at=again)


def _end(message: AlertMessage, state: str, **values: object) -> None:
    """Only as whoever took it: a sender that was taken for dead changes nothing any more."""
    mine = AlertMessage.objects.filter(pk=message.pk, tries=message.tries).exclude(state=State.SENT)
    mine.update(state=state, **values)

"""Messages that somebody asks for: a test of a channel, and one that was given up once more."""

from __future__ import annotations

from django.utils import timezone

from monitoring.models import AlertChannel, AlertMessage

SEND_TASK = "monitoring.tasks.send_alert_message"  # takes a message's id


def test(channel: AlertChannel, *, by: str) -> AlertMessage:
    """A test that waits to be sent, quiet times or not, also where the channel is switched off."""
    now = timezone.now()
    return AlertMessage.objects.create(
        channel=channel, what=AlertMessage.What.TEST, asked_by=by[:150], created_at=now, next_at=now
    )


def again(message: AlertMessage) -> bool:
    """One that was given up waits to be sent once more. Whether it was given up."""
    rows = AlertMessage.objects.filter(pk=message.pk, state=AlertMessage.State.FAILED)
    return bool(rows.update(state=AlertMessage.State.WAITING, tries=0, next_at=timezone.now()))

"""From what there is to tell to messages: one for each channel, which waits a little for what belongs to it, and in
quiet times until they end."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from monitoring.alerts.quiet import Quiet
from monitoring.models import Alert, AlertChannel, AlertMessage, AlertNews, AlertRule, Severity

WAITING = AlertMessage.State.WAITING


def note(alert: Alert, what: str, rule: AlertRule, now: datetime) -> None:
    """Writes the news into the messages of the rule's channels. Call it in the transaction that changed the alert."""
    for channel in rule.channels.filter(enabled=True).defer("address", "secret"):
        until = held_until(channel, alert.severity, now)
        due = until or now + timedelta(seconds=rule.group_seconds)
        _add(_gathering(channel, due, held=until is not None, now=now, alert=alert), alert, what, now)


def quiet_of(channel: AlertChannel) -> Quiet | None:
    """``None``: it has none, or its zone is unknown on this machine: then it is better to be told than not."""
    if channel.quiet_from is None or channel.quiet_until is None:
        return None
    try:
        zone = ZoneInfo(channel.quiet_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
    return Quiet(begins=channel.quiet_from, ends=channel.quiet_until, zone=zone, days=channel.quiet_days)


def held_until(channel: AlertChannel, severity: str, now: datetime) -> datetime | None:
    """When something of this severity may be told; ``None``: now."""
    if channel.quiet_mode == AlertChannel.Quiet.CRITICAL and severity == Severity.CRITICAL:
        return None
    quiet = quiet_of(channel)
    return quiet.ends_at(now) if quiet is not None else None


def _gathering(channel: AlertChannel, due: datetime, *, held: bool, now: datetime, alert: Alert) -> AlertMessage:
    """The channel's message that still waits for more, locked; else a new one. One that was tried already may have
    arrived: what it says stays as it is."""
    rows = AlertMessage.objects.select_for_update().filter(
        channel=channel, state=WAITING, what=AlertMessage.What.NEWS, tries=0, held=held
    )
    row = rows.order_by("pk").first()
    if row is None:
        return AlertMessage.objects.create(channel=channel, held=held, created_at=now, next_at=due)
    if due < row.next_at:
        row.next_at = due
        row.save(update_fields=["next_at"])
    return row


def _add(message: AlertMessage, alert: Alert, what: str, now: datetime) -> None:
    """Once for each alert. That it is over by now, or worse, the message tells by itself when it is sent."""
    AlertNews.objects.get_or_create(message=message, alert=alert, defaults={"what": what, "at": now})


def absorb(message: AlertMessage) -> None:
    """Takes over what other held messages of the channel say: one digest. Call it in a transaction."""
    others = AlertMessage.objects.select_for_update().filter(
        channel_id=message.channel_id, state=WAITING, what=AlertMessage.What.NEWS, tries=0, held=True
    )
    for other in others.exclude(pk=message.pk):
        said = list(AlertNews.objects.filter(message=message).values_list("alert", flat=True))
        AlertNews.objects.filter(message=other).exclude(alert__in=said).update(message=message)
        other.delete()

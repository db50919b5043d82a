"""How alerts and their messages look in lists."""

from __future__ import annotations

from datetime import timedelta

from django.utils.html import format_html
from django.utils.safestring import SafeString

from monitoring.models import Alert, AlertMessage, Severity
from providers.admin import cells
from providers.admin.cells import Tone

TONES: dict[str, Tone] = {Severity.INFO: "blue", Severity.WARNING: "yellow", Severity.CRITICAL: "red"}
STATES: dict[str, tuple[str, Tone]] = {
    AlertMessage.State.WAITING: ("waiting", "blue"),
    AlertMessage.State.SENDING: ("being sent", "blue"),
    AlertMessage.State.SENT: ("sent", "green"),
    AlertMessage.State.FAILED: ("failed", "red"),
}


def severity(row: Alert) -> SafeString:
    return cells.chip(row.get_severity_display(), "grey" if row.ended_at else TONES.get(row.severity, "grey"))


def state(row: Alert) -> SafeString:
    if row.ended_at is not None:
        return cells.chip("over", "green", title=f"{row.ended_at:%Y-%m-%d %H:%M:%S} UTC")
    if row.acknowledged_at is not None:
        by = f"{row.acknowledged_by}, {row.acknowledged_at:%Y-%m-%d %H:%M} UTC"
        return cells.chip("seen to", "blue", title=by)
    return cells.chip("open", TONES.get(row.severity, "grey"))


def lasted(row: Alert) -> str:
    return cells.span(timedelta(seconds=row.lasted()))


def message_state(row: AlertMessage) -> SafeString:
    word, tone = STATES.get(row.state, (row.state, "grey"))
    if row.state == AlertMessage.State.WAITING and row.held:
        word = "held: quiet time"
    elif row.state == AlertMessage.State.WAITING and row.tries:
        word, tone = "tried again later", "yellow"
    return cells.chip(word, tone)


def outcome(row: AlertMessage) -> SafeString | str:
    """In words: when it arrived, why it did not, when it is tried again."""
    if row.state == AlertMessage.State.SENT:
        return format_html("{}{}", cells.moment(row.sent_at), f", status {row.status}" if row.status else "")
    if row.state == AlertMessage.State.FAILED:
        return row.error or "given up"
    next_one = format_html("{} {}", "Next try" if row.tries else "Due", cells.moment(row.next_at))
    return format_html("{} {}", row.error, next_one) if row.error else next_one


def what(row: AlertMessage, titles: list[str]) -> SafeString:
    if row.what == AlertMessage.What.TEST:
        return cells.two_lines("Test", f"by {row.asked_by}" if row.asked_by else "")
    more = f"and {len(titles) - 1} more" if len(titles) > 1 else ""
    return cells.two_lines(titles[0] if titles else "Nothing any more", more)

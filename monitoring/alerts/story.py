"""What a message says, before it takes the shape of its channel."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.urls import reverse

from monitoring.models import Alert, AlertKind, AlertMessage, AlertNews, Severity

RANK = {Severity.INFO.value: 0, Severity.WARNING.value: 1, Severity.CRITICAL.value: 2}
WORDS = {"firing": "Began", "worse": "Became worse", "repeat": "Still so", "recovery": "Over"}
OVER = "recovery"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One alert. ``event``: firing, worse, repeat or recovery; ``ended_at`` is set where it is over, also where it
    began and ended before anybody was told."""

    id: int
    event: str
    kind: str
    severity: str
    rule: str
    subject: str
    title: str
    text: str
    value: float | None
    team_id: int
    began_at: datetime
    ended_at: datetime | None
    url: str = ""

    @property
    def over(self) -> bool:
        return self.ended_at is not None

    @property
    def word(self) -> str:
        if self.over:
            return "Over" if self.event == OVER else "Began, and is over"
        return WORDS.get(self.event, self.event)

    @property
    def times(self) -> str:
        began = f"since {self.began_at:%Y-%m-%d %H:%M} UTC"
        return began if self.ended_at is None else f"{began}, until {self.ended_at:%Y-%m-%d %H:%M} UTC"

    @property
    def meta(self) -> str:
        """A line below the text."""
        return f"{self.severity.capitalize()} · {self.rule} · {self.times}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """``key`` stays the same from try to try. ``severity`` is the gravest of what lasts; "over" if nothing does."""

    key: str
    channel: str
    test: bool
    title: str
    severity: str
    items: tuple[Item, ...]
    at: datetime
    url: str = ""


def tell(message: AlertMessage, now: datetime) -> Story:
    """Reads the message's news with what their alerts are by now."""
    rows = AlertNews.objects.filter(message=message).select_related("alert").order_by("at", "pk")
    items = tuple(sorted((_item(row) for row in rows), key=lambda one: (one.over, -RANK.get(one.severity, 0))))
    test = message.what == AlertMessage.What.TEST
    lasting = [one.severity for one in items if not one.over]
    return Story(
        key=str(message.key),
        channel=message.channel.name,
        test=test,
        title=f"A test of the channel “{message.channel.name}”" if test else headline(items),
        severity="info" if test else max(lasting, key=lambda one: RANK.get(one, 0), default="over"),
        items=items,
        at=now,
        url=public(reverse("admin:monitoring_alert_changelist")),
    )


def headline(items: tuple[Item, ...]) -> str:
    """One line: of a single alert what it is, of several how many."""
    if len(items) == 1:
        one = items[0]
        return f"{one.word}: {one.title}" if one.over or one.event != "firing" else one.title
    lasting = sum(not one.over for one in items)
    parts = [f"{lasting} {'alert' if lasting == 1 else 'alerts'}" if lasting else ""]
    parts.append(f"{len(items) - lasting} over" if len(items) > lasting else "")
    return ", ".join(filter(None, parts)) or "Alerts"


def public(path: str) -> str:
    """The whole address of a page; "" where nobody said how this installation is reached."""
    base: str = getattr(settings, "PUBLIC_URL", "")
    return f"{base.rstrip('/')}{path}" if base else ""


def kind_label(kind: str) -> str:
    return dict(AlertKind.choices).get(kind, kind)


def _item(row: AlertNews) -> Item:
    alert: Alert = row.alert
    event = OVER if row.what == AlertNews.What.REPEAT and alert.ended_at is not None else row.what
    return Item(
        id=alert.pk,
        event=event,
        kind=alert.kind,
        severity=alert.severity,
        rule=alert.rule_name,
        subject=alert.subject,
        title=alert.title,
        text=alert.text,
        value=alert.value,
        team_id=alert.team_id or 0,
        began_at=alert.began_at,
        ended_at=alert.ended_at,
        url=public(reverse("admin:monitoring_alert_change", args=[alert.pk])),
    )

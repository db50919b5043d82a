"""AlertChannel: where messages go. AlertMessage: one of them, until it has arrived or was given up."""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import urlsplit

from django.db import models
from django.utils import timezone

from monitoring.models.alert import Alert
from providers.crypto import EncryptedTextField
from providers.models.token import fingerprint


def every_day() -> list[int]:
    return [0, 1, 2, 3, 4, 5, 6]


class AlertChannel(models.Model):
    """``address`` is a webhook's URL, which is a secret, or e-mail addresses with commas between them. ``hint`` is what
    may be shown of it. Quiet times begin on the days of ``quiet_days`` (0 is Monday), by the clock of ``quiet_zone``;
    one that ends before it begins lasts into the next day."""

    class Kind(models.TextChoices):
        EMAIL = "email", "E-mail"
        SLACK = "slack", "Slack"
        DISCORD = "discord", "Discord"
        TEAMS = "teams", "Microsoft Teams"
        WEBHOOK = "webhook", "Webhook"

    class Quiet(models.TextChoices):
        HOLD = "hold", "Hold everything until they end"
        CRITICAL = "critical", "Only critical ones pass, the others are held"

    name = models.CharField(max_length=80, unique=True)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    enabled = models.BooleanField(default=True)
    address = EncryptedTextField(help_text="Stored encrypted; it is never shown again.")
    secret = EncryptedTextField("signing secret", blank=True, default="")
    fingerprint = models.CharField(max_length=16, editable=False)
    hint = models.CharField(max_length=200, blank=True, editable=False)
    quiet_from = models.TimeField(null=True, blank=True)
    quiet_until = models.TimeField(null=True, blank=True)
    quiet_zone = models.CharField("time zone", max_length=60, default="UTC")
    quiet_days = models.JSONField(default=every_day, blank=True)
    quiet_mode = models.CharField("in quiet times", max_length=10, choices=Quiet.choices, default=Quiet.CRITICAL)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        verbose_name = "alert channel"

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.fingerprint = fingerprint(self.address)
        self.hint = shown(self.kind, self.address)
        super().save(*args, **kwargs)

    def __str__(self) -> str:
        return self.name


class AlertMessage(models.Model):
    """``key`` is told to the receiver with every try, so that it can tell a repeated one. ``held``: by a quiet time.
    While it is ``sending``, ``next_at`` is when its sender counts as dead and another one may try."""

    class What(models.TextChoices):
        NEWS = "news", "Alerts"
        TEST = "test", "Test"

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        SENDING = "sending", "Being sent"
        SENT = "sent", "Sent"
        FAILED = "failed", "Failed"

    channel = models.ForeignKey(AlertChannel, on_delete=models.CASCADE, related_name="messages")
    what = models.CharField(max_length=10, choices=What.choices, default=What.NEWS)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    held = models.BooleanField(default=False)
    tries = models.PositiveSmallIntegerField(default=0)
    status = models.PositiveSmallIntegerField(default=0)  # the receiver's last HTTP status; 0: none, or e-mail
    error = models.CharField(max_length=300, blank=True)
    asked_by = models.CharField(max_length=150, blank=True)  # of a test
    created_at = models.DateTimeField(default=timezone.now)
    next_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    alerts = models.ManyToManyField(Alert, through="AlertNews", related_name="messages")

    class Meta:
        ordering = ["-created_at", "-id"]
        verbose_name = "alert message"
        indexes = [
            models.Index(fields=["next_at"], name="message_due", condition=models.Q(state__in=["waiting", "sending"])),
            models.Index(fields=["channel", "-created_at"], name="message_by_channel"),
        ]

    def __str__(self) -> str:
        return f"{self.get_what_display()} to {self.channel.name}"


class AlertNews(models.Model):
    """What a message says of one alert."""

    class What(models.TextChoices):
        FIRING = "firing", "Began"
        WORSE = "worse", "Became worse"
        REPEAT = "repeat", "Still so"
        RECOVERY = "recovery", "Over"

    message = models.ForeignKey(AlertMessage, on_delete=models.CASCADE, related_name="news")
    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="news")
    what = models.CharField(max_length=10, choices=What.choices)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["at", "id"]
        constraints = [models.UniqueConstraint(fields=["message", "alert"], name="alert_once_a_message")]

    def __str__(self) -> str:
        return f"{self.what}: {self.alert_id}"


def shown(kind: str, address: str) -> str:
    """Of a URL its host, of e-mail addresses the first letter and what stands behind the @."""
    if kind == AlertChannel.Kind.EMAIL:
        masked = [f"{one[:1]}…@{one.rpartition('@')[2]}" for one in addresses(address)]
        return ", ".join(masked)[:200]
    try:
        return (urlsplit(address).hostname or "")[:200]
    except ValueError:
        return ""


def addresses(text: str) -> list[str]:
    """E-mail addresses that have commas, semicolons or lines between them."""
    return [one.strip() for one in text.replace(";", ",").replace("\n", ",").split(",") if one.strip()]

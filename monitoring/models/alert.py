"""AlertRule: when people want to be told. Alert: one thing that was so, from its beginning to its end."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from gateway.models import Team
from providers.models import Provider

A_DAY = 1440  # minutes
A_MONTH = 31 * A_DAY


class Severity(models.TextChoices):
    INFO = "info", "Info"
    WARNING = "warning", "Warning"
    CRITICAL = "critical", "Critical"


class AlertKind(models.TextChoices):
    """Each is a module of ``monitoring.alerts.rules``."""

    BUDGET = "budget", "Budget"
    ERROR_RATE = "error_rate", "Error rate"
    LATENCY = "latency", "Latency"
    PROVIDER_DOWN = "provider_down", "Provider down"
    POOL_SMALL = "pool_small", "Token pool small"
    TOKEN_EXPIRING = "token_expiring", "Token expiring"
    JOURNAL_LAG = "journal_lag", "Journal behind"
    PRICE_UNKNOWN = "price_unknown", "Price unknown"


class AlertRule(models.Model):
    """What ``threshold`` counts, the kind says; empty: the kind's own default. ``wait_minutes`` is how long something
    must be so before it is told, ``calm_minutes`` how long it must be over before that is told."""

    class Per(models.TextChoices):
        ALL = "all", "All together"
        PROVIDER = "provider", "Each provider"
        MODEL = "model", "Each model"
        TEAM = "team", "Each team"

    name = models.CharField(max_length=80, unique=True)
    kind = models.CharField(max_length=20, choices=AlertKind.choices)
    enabled = models.BooleanField(default=True)
    severity = models.CharField(max_length=10, choices=Severity.choices, default=Severity.WARNING)
    threshold = models.FloatField(
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(1e12)],
        help_text="Empty: the usual one of its kind.",
    )
    window_minutes = models.PositiveIntegerField(
        "looks back",
        default=10,
        validators=[MinValueValidator(1), MaxValueValidator(A_MONTH)],
        help_text="Minutes that the figures are taken of.",
    )
    least_requests = models.PositiveIntegerField(
        "least requests", default=20, help_text="Fewer requests than these in that time say nothing."
    )
    wait_minutes = models.PositiveIntegerField(
        "only after",
        default=0,
        validators=[MaxValueValidator(A_DAY)],
        help_text="Minutes that it must last before anybody is told. 0: at once.",
    )
    calm_minutes = models.PositiveIntegerField(
        "over after",
        default=5,
        validators=[MaxValueValidator(A_DAY)],
        help_text="Minutes that it must be gone before it counts as over: what flaps is told once.",
    )
    per = models.CharField(
        "judged for", max_length=10, choices=Per.choices, default=Per.PROVIDER, help_text="Each is an alert of its own."
    )
    provider = models.ForeignKey(
        Provider, on_delete=models.CASCADE, null=True, blank=True, related_name="+", help_text="Empty: all."
    )
    model = models.CharField(max_length=250, blank=True, help_text="The provider's own id of it. Empty: all.")
    team = models.ForeignKey(
        Team, on_delete=models.CASCADE, null=True, blank=True, related_name="+", help_text="Empty: all."
    )
    channels = models.ManyToManyField(
        "monitoring.AlertChannel", blank=True, related_name="rules", help_text="None: it is shown here only."
    )
    repeat_minutes = models.PositiveIntegerField(
        "tell again every",
        default=240,
        validators=[MaxValueValidator(A_MONTH)],
        help_text="Minutes, while it lasts and nobody has acknowledged it. 0: never.",
    )
    notify_recovery = models.BooleanField("tell when it is over", default=True)
    group_seconds = models.PositiveIntegerField(
        "gather for",
        default=30,
        validators=[MaxValueValidator(3600)],
        help_text="Seconds that a message waits for what belongs to it. 0: none.",
    )
    problem = models.CharField(max_length=300, blank=True, editable=False)  # why it could not be judged the last time
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        verbose_name = "alert rule"

    def clean(self) -> None:
        if self.repeat_minutes and self.repeat_minutes < 5:
            raise ValidationError({"repeat_minutes": "Every five minutes at most, or 0 for never."})

    def __str__(self) -> str:
        return self.name


class Alert(models.Model):
    """One thing that a rule found to be so. ``subject`` says what it is about, in words that stay the same; ``title``
    and ``text`` say it to people. ``level`` grows when it becomes worse. What the rule said is copied: the alert
    outlives it. ``revision`` counts the changes, so that two evaluators never both make one."""

    class State(models.TextChoices):
        PENDING = "pending", "Waiting whether it lasts"
        FIRING = "firing", "Open"
        ENDED = "ended", "Over"

    rule = models.ForeignKey(AlertRule, on_delete=models.SET_NULL, null=True, related_name="alerts")
    rule_name = models.CharField(max_length=80)
    kind = models.CharField(max_length=20, choices=AlertKind.choices)
    severity = models.CharField(max_length=10, choices=Severity.choices)
    subject = models.CharField(max_length=200)
    title = models.CharField(max_length=200)
    text = models.CharField(max_length=1000, blank=True)
    value = models.FloatField(null=True)
    level = models.IntegerField(default=0)
    passing = models.BooleanField(default=False)  # ends by itself as time goes by: nobody is told that it is over
    team_id = models.BigIntegerField(null=True)  # whose it is; null: only who sees everything sees it
    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING)
    began_at = models.DateTimeField()
    fired_at = models.DateTimeField(null=True)
    last_seen_at = models.DateTimeField()
    calm_since = models.DateTimeField(null=True)  # since when it is not so any more
    told_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.CharField(max_length=150, blank=True)
    revision = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-began_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["rule", "subject"], condition=~Q(state="ended"), name="alert_open_once"),
        ]
        indexes = [
            models.Index(fields=["state", "-began_at"], name="alert_by_state"),
            models.Index(fields=["team_id", "-began_at"], name="alert_by_team"),
        ]

    @property
    def open(self) -> bool:
        return self.state == self.State.FIRING

    def lasted(self) -> float:
        """Seconds from its beginning to its end, or until now."""
        return ((self.ended_at or timezone.now()) - self.began_at).total_seconds()

    def __str__(self) -> str:
        return self.title

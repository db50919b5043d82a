"""Health of providers and models: how each is, how it was, what was tried to find out; and when what counts as ill."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from providers.models import Provider


class Status(models.TextChoices):
    """The words of ``monitoring.health.board``."""

    HEALTHY = "healthy", "Healthy"
    DEGRADED = "degraded", "Degraded"
    DOWN = "down", "Down"
    UNKNOWN = "unknown", "Unknown"
    OFF = "off", "Switched off"


class Signal(models.TextChoices):
    NONE = "", "–"
    TRAFFIC = "traffic", "Traffic"
    BREAKER = "breaker", "Circuit breaker"
    PROBE = "probe", "Free probe"
    TEST = "test", "Token pool"


class HealthState(models.Model):
    """How a provider (model ""), or one model of it, is now. Written by one runner in the cluster."""

    provider = models.ForeignKey(Provider, on_delete=models.CASCADE, related_name="health")
    model = models.CharField(max_length=250, blank=True)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.UNKNOWN)
    since = models.DateTimeField()
    reason = models.CharField(max_length=500, blank=True)
    signal = models.CharField(max_length=10, choices=Signal.choices, blank=True)
    checked_at = models.DateTimeField()
    called_at = models.DateTimeField(null=True, blank=True)  # the last attempt that was seen
    probed_at = models.DateTimeField(null=True, blank=True)
    probe_ok = models.BooleanField(null=True)  # None: it could not tell, or there was none
    probe_failures = models.PositiveIntegerField(default=0)  # in a row
    probe_failed_at = models.DateTimeField(null=True, blank=True)
    probe_reason = models.CharField(max_length=500, blank=True)
    probe_at = models.DateTimeField(null=True, blank=True)  # not before then

    class Meta:
        ordering = ["provider__name", "model"]
        verbose_name = "provider health"
        verbose_name_plural = "provider health"
        constraints = [models.UniqueConstraint(fields=["provider", "model"], name="health_once_a_target")]

    def __str__(self) -> str:
        return f"{self.status} ({self.provider_id} {self.model})".rstrip()


class HealthSpan(models.Model):
    """A stretch of time in which a target was watched and had one status. A gap between two is time that nobody
    watched: it counts neither as up nor as down."""

    provider = models.ForeignKey(Provider, on_delete=models.CASCADE, related_name="health_spans")
    model = models.CharField(max_length=250, blank=True)
    status = models.CharField(max_length=10, choices=Status.choices)
    began_at = models.DateTimeField()
    until = models.DateTimeField(db_index=True)  # moved on while it lasts

    class Meta:
        ordering = ["-began_at", "-id"]
        indexes = [models.Index(fields=["provider", "model", "-until"], name="health_span_of")]

    def __str__(self) -> str:
        return f"{self.status} ({self.provider_id} {self.model})".rstrip()


class Outage(models.Model):
    """A stretch in which a target was degraded or down, from its begin to when it was healthy, unknown or off."""

    provider = models.ForeignKey(Provider, on_delete=models.CASCADE, related_name="outages")
    model = models.CharField(max_length=250, blank=True)
    status = models.CharField(max_length=10, choices=Status.choices)  # the worst it was
    began_at = models.DateTimeField()
    down_at = models.DateTimeField(null=True, blank=True)  # when it was first down; null: it never was
    ended_at = models.DateTimeField(null=True, blank=True, db_index=True)
    ended_as = models.CharField(max_length=10, choices=Status.choices, blank=True)
    reason = models.CharField(max_length=500, blank=True)
    signal = models.CharField(max_length=10, choices=Signal.choices, blank=True)
    fallbacks = models.PositiveIntegerField(default=0)  # requests that another target answered meanwhile
    counted_at = models.DateTimeField(null=True, blank=True)  # when those were counted last

    class Meta:
        ordering = ["-began_at", "-id"]
        indexes = [models.Index(fields=["provider", "-began_at"], name="outage_by_provider")]
        constraints = [
            models.UniqueConstraint(fields=["provider", "model"], condition=Q(ended_at=None), name="one_open_outage")
        ]

    def __str__(self) -> str:
        return f"{self.status} from {self.began_at:%Y-%m-%d %H:%M}"


class HealthCheck(models.Model):
    """One probe, or one paid test."""

    class Kind(models.TextChoices):
        PROBE = "probe", "Free probe"
        TEST = "test", "Token test"
        PAID = "paid", "Paid test"

    provider = models.ForeignKey(Provider, on_delete=models.CASCADE, related_name="health_checks")
    model = models.CharField(max_length=250, blank=True)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    at = models.DateTimeField(db_index=True)
    ok = models.BooleanField(null=True)  # None: it cannot tell
    status = models.PositiveSmallIntegerField(default=0)
    message = models.CharField(max_length=500, blank=True)
    latency_ms = models.PositiveIntegerField(default=0)
    cost_nano = models.BigIntegerField(default=0)
    request_id = models.UUIDField(null=True, blank=True)  # its row in the request log

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [models.Index(fields=["provider", "-at"], name="check_by_provider")]

    def __str__(self) -> str:
        return f"{self.kind} {self.at:%Y-%m-%d %H:%M}"


class HealthSettings(models.Model):
    """One row: what counts as ill, when a free probe is made, and whether paid tests are."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    window_minutes = models.PositiveSmallIntegerField(
        default=5, validators=[MinValueValidator(1), MaxValueValidator(60)]
    )
    least_failures = models.PositiveSmallIntegerField(
        default=5, validators=[MinValueValidator(2), MaxValueValidator(10_000)]
    )
    down_percent = models.PositiveSmallIntegerField(
        default=50, validators=[MinValueValidator(1), MaxValueValidator(100)]
    )
    degraded_percent = models.PositiveSmallIntegerField(
        default=10, validators=[MinValueValidator(1), MaxValueValidator(100)]
    )
    recover_after = models.PositiveSmallIntegerField(
        default=3, validators=[MinValueValidator(1), MaxValueValidator(1000)]
    )
    probe_minutes = models.PositiveSmallIntegerField(
        default=5, validators=[MinValueValidator(1), MaxValueValidator(1440)]
    )
    paid_enabled = models.BooleanField(default=False)
    paid_targets = models.TextField(blank=True, max_length=4000)
    paid_minutes = models.PositiveSmallIntegerField(
        default=60, validators=[MinValueValidator(5), MaxValueValidator(10_080)]
    )
    paid_cap = models.DecimalField(
        max_digits=8, decimal_places=2, default=Decimal("1.00"), validators=[MinValueValidator(0)]
    )
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = "health settings"
        verbose_name_plural = "health settings"

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.pk = 1
        self._state.adding = not type(self).objects.filter(pk=1).exists()  # there is one row, whoever made it
        super().save(*args, **kwargs)

    @classmethod
    def current(cls) -> HealthSettings:
        """The row, or one with the defaults that is not saved."""
        return cls.objects.filter(pk=1).first() or cls(pk=1)

    def __str__(self) -> str:
        return "Health settings"

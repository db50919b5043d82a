"""BreakerState: what processes know of a circuit breaker: one that opened is open in all, and after a restart."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from providers.models.provider import Provider
from providers.models.token import EPOCH


class BreakerState(models.Model):
    """Runtime state. ``model`` is "" for the provider's own breaker."""

    class State(models.TextChoices):
        CLOSED = "closed", "Closed"
        OPEN = "open", "Open"
        HALF_OPEN = "half_open", "Half-open"

    provider = models.ForeignKey(Provider, on_delete=models.CASCADE, related_name="breakers")
    model = models.CharField(max_length=250, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.CLOSED)
    reason = models.CharField(max_length=500, blank=True)
    opened_at = models.DateTimeField(null=True, blank=True)
    until = models.DateTimeField(null=True, blank=True)  # when an open one lets the first probe through
    wait = models.FloatField(default=0)  # seconds it was opened for
    changed_at = models.DateTimeField(default=EPOCH)  # when the state last changed; the later news wins
    updated_at = models.DateTimeField(default=timezone.now, db_index=True)  # when the row was last written

    class Meta:
        constraints = [models.UniqueConstraint(fields=["provider", "model"], name="breaker_once_per_target")]

    def __str__(self) -> str:
        return f"{self.state} ({self.provider_id} {self.model})".rstrip()

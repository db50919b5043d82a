"""ProviderEvent: what happened to tokens, breakers and pools, for people who ask why."""

from __future__ import annotations

from django.db import models

from providers.models.provider import Provider
from providers.models.token import Token


class ProviderEvent(models.Model):
    """One change, written by the process that made it. Runtime state: it bumps no version."""

    class Kind(models.TextChoices):
        TOKEN = "token", "Token"
        BREAKER = "breaker", "Circuit breaker"
        POOL = "pool", "Token pool"
        CONFIG = "config", "Configuration"

    at = models.DateTimeField(db_index=True)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    provider = models.ForeignKey(Provider, on_delete=models.CASCADE, related_name="events")
    token = models.ForeignKey(Token, on_delete=models.CASCADE, null=True, blank=True, related_name="events")
    model = models.CharField(max_length=250, blank=True)
    before = models.CharField(max_length=20, blank=True)
    after = models.CharField(max_length=20, blank=True)
    reason = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [
            models.Index(fields=["provider", "-at"], name="event_by_provider"),
            models.Index(fields=["token", "-at"], name="event_by_token"),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.before} → {self.after}"

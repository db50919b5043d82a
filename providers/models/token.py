"""Token: one upstream credential of a provider, and what became of it."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any

from django.db import models
from django.utils import timezone

from providers.crypto import EncryptedTextField
from providers.models.config_version import VersionedModel
from providers.models.provider import Provider

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def fingerprint(secret: str) -> str:
    """Ten hexadecimal digits that name a secret without telling it (the start of its SHA-256)."""
    return hashlib.sha256(secret.encode()).hexdigest()[:10]


class Token(VersionedModel):
    class Source(models.TextChoices):
        ADMIN = "admin", "Admin"
        ENVIRONMENT = "env", "Environment"

    provider = models.ForeignKey(Provider, on_delete=models.CASCADE, related_name="tokens")
    label = models.CharField(max_length=80, blank=True)
    secret = EncryptedTextField(help_text="Stored encrypted; it is never shown again.")
    fingerprint = models.CharField(max_length=16, editable=False, db_index=True)
    enabled = models.BooleanField(default=True)
    source = models.CharField(max_length=10, choices=Source.choices, default=Source.ADMIN, editable=False)
    env_name = models.CharField(max_length=120, blank=True, editable=False)
    max_in_flight = models.PositiveIntegerField(
        "calls at once", null=True, blank=True, help_text="In one process. Empty: no limit."
    )
    requests_per_minute = models.PositiveIntegerField(null=True, blank=True, help_text="Empty: no limit.")
    usage_per_minute = models.PositiveIntegerField(
        null=True, blank=True, help_text="Input and output units together. Empty: no limit."
    )
    expires_at = models.DateTimeField(null=True, blank=True, help_text="Not used from then on. Empty: never.")
    created_at = models.DateTimeField(auto_now_add=True)
    rotated_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["provider", "id"]
        constraints = [
            models.UniqueConstraint(fields=["provider", "fingerprint"], name="token_once_per_provider"),
        ]

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.fingerprint = fingerprint(self.secret)
        super().save(*args, **kwargs)

    def __str__(self) -> str:
        return f"{self.label or self.env_name or 'token'} ({self.fingerprint})"


class TokenState(models.Model):
    """Runtime state, written in batches by the pool; it neither bumps the version nor lands in the audit log."""

    class Health(models.TextChoices):
        HEALTHY = "healthy", "Healthy"
        COOLING = "cooling", "Resting"
        SUSPENDED = "suspended", "Suspended"
        PROBATION = "probation", "On probation"
        RETIRED = "retired", "Retired"

    token = models.OneToOneField(Token, on_delete=models.CASCADE, primary_key=True, related_name="state")
    health = models.CharField(max_length=10, choices=Health.choices, default=Health.HEALTHY)
    cooling_until = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=500, blank=True)
    rejected_at = models.DateTimeField(null=True, blank=True)  # the last 401
    probation_at = models.DateTimeField(null=True, blank=True)  # when a suspended token may be tried again
    suspensions = models.PositiveIntegerField(default=0)  # in a row: each lasts longer than the last
    rotated_at = models.DateTimeField(null=True, blank=True)  # sent to the back of the queue by hand
    quota = models.JSONField(default=dict, blank=True)  # what the vendor last told of its limits
    last_used_at = models.DateTimeField(null=True, blank=True)
    tested_at = models.DateTimeField(null=True, blank=True)
    requests = models.PositiveBigIntegerField(default=0)
    failures = models.PositiveBigIntegerField(default=0)
    changed_at = models.DateTimeField(default=EPOCH)  # when health last changed; the later news wins
    updated_at = models.DateTimeField(default=timezone.now, db_index=True)  # when the row was last written

    def __str__(self) -> str:
        return f"{self.health} ({self.token_id})"

"""API key: a key Switchboard issues to an app. Only its hash is stored; it is shown once."""

from __future__ import annotations

import hashlib
import secrets
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from gateway.models.caching import cache_mode_field, cache_seconds_field
from gateway.models.team import Team
from gateway.tags import MOST_TAGS, is_tag
from providers.models import VersionedModel

PREFIX = "sk-sb-"


class Scope(models.TextChoices):
    INFERENCE = "inference", "Inference: call models"
    MONITORING = "monitoring", "Monitoring: read logs and figures"
    ADMIN = "admin", "Admin: change configuration"


class Priority(models.IntegerChoices):
    """The lower number goes first."""

    HIGH = 0, "High"
    NORMAL = 1, "Normal"
    LOW = 2, "Low"


def new_secret() -> str:
    """A fresh key with 256 bits of entropy: high enough that a plain SHA-256 is a safe stored form."""
    return PREFIX + secrets.token_urlsafe(32)


def hash_key(secret: str) -> bytes:
    """What is stored and looked up."""
    return hashlib.sha256(secret.encode()).digest()


def default_scopes() -> list[str]:
    return [Scope.INFERENCE.value]


class ApiKey(VersionedModel):
    name = models.CharField(max_length=80, unique=True)
    team = models.ForeignKey(Team, on_delete=models.SET_NULL, null=True, blank=True, related_name="api_keys")
    hash = models.BinaryField(max_length=32, unique=True, editable=False)
    hint = models.CharField(max_length=16, editable=False)  # its last four characters
    enabled = models.BooleanField(default=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    scopes = models.JSONField(default=default_scopes, blank=True)
    allowed_models = models.JSONField(
        default=list, blank=True, help_text="Names or patterns (gpt-*). Empty: every model."
    )
    max_in_flight = models.PositiveIntegerField(
        "calls at once", null=True, blank=True, help_text="In one process; more wait shortly, then get 429. Empty: any."
    )
    priority = models.PositiveSmallIntegerField(
        choices=Priority.choices, default=Priority.NORMAL, help_text="Who goes first when calls have to wait."
    )
    tags = models.JSONField(
        default=list, blank=True, help_text="Of all its calls, beside those they name by x-switchboard-tags."
    )
    cache = cache_mode_field()
    cache_seconds = cache_seconds_field()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = "API key"
        ordering = ["name"]

    @classmethod
    def issue(cls, name: str, *, secret: str | None = None, **fields: Any) -> tuple[ApiKey, str]:
        """Makes and stores a key; returns it with its secret, which is nowhere else. Raises ``ValidationError``."""
        secret = secret or new_secret()
        key = cls(name=name, **fields)
        key.set_secret(secret)
        key.full_clean()
        key.save()
        return key, secret

    def set_secret(self, secret: str) -> None:
        self.hash = hash_key(secret)
        self.hint = "…" + secret[-4:]

    def clean(self) -> None:
        unknown = [scope for scope in self.scopes or [] if scope not in Scope.values]
        if unknown:
            raise ValidationError({"scopes": f"Unknown scope: {', '.join(map(str, unknown))}."})
        if not isinstance(self.allowed_models, list) or not all(isinstance(one, str) for one in self.allowed_models):
            raise ValidationError({"allowed_models": "A list of names or patterns."})
        if not isinstance(self.tags, list) or not all(is_tag(one) for one in self.tags) or len(self.tags) > MOST_TAGS:
            raise ValidationError({"tags": f"A list of up to {MOST_TAGS} tags: letters, digits, - _ . : / each."})

    def __str__(self) -> str:
        return self.name

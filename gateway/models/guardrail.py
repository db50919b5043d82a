"""Guardrail: one check of what is asked and answered, and what happens when it finds something."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from gateway.models.api_key import ApiKey
from gateway.models.route import Route
from gateway.models.team import Team
from providers.models import VersionedModel


class Guardrail(VersionedModel):
    """``settings`` depend on ``kind``; gateway/guardrails/settings.py says what each may hold, and checks it. Without
    teams, keys and routes it is for every call; with some, for the calls of any of them."""

    class Kind(models.TextChoices):
        PII = "pii", "Personal data and secrets"
        WORDS = "words", "Words"
        PATTERNS = "patterns", "Patterns (regular expressions)"
        SAFETY = "safety", "Safety classifier"
        TOXICITY = "toxicity", "Toxicity classifier"
        SIZE = "size", "Input size"
        MODELS = "models", "Allowed models"
        SCHEMA = "schema", "JSON schema of replies"

    class Action(models.TextChoices):
        BLOCK = "block", "Block: refuse the call"
        REDACT = "redact", "Redact: put a placeholder in its place"
        RESTORE = "restore", "Redact, and restore in the reply"
        LOG = "log", "Log only"

    class OnFailure(models.TextChoices):
        CLOSED = "closed", "Closed: refuse the call"
        OPEN = "open", "Open: let it through"

    name = models.CharField(max_length=80, unique=True)
    enabled = models.BooleanField(default=True)
    position = models.PositiveSmallIntegerField(default=100, help_text="Guardrails run in this order, lowest first.")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    on_requests = models.BooleanField("checks requests", default=True)
    on_replies = models.BooleanField("checks replies", default=False)
    action = models.CharField(max_length=8, choices=Action.choices, default=Action.BLOCK)
    shadow = models.BooleanField(default=False, help_text="Only notes what it would have done.")
    settings = models.JSONField(default=dict, blank=True)
    on_failure = models.CharField(max_length=6, choices=OnFailure.choices, default=OnFailure.CLOSED)
    timeout = models.FloatField(
        default=5.0, validators=[MinValueValidator(0.01), MaxValueValidator(120)], help_text="Seconds for one check."
    )
    teams = models.ManyToManyField(Team, blank=True, related_name="guardrails")
    api_keys = models.ManyToManyField(ApiKey, blank=True, related_name="guardrails", verbose_name="API keys")
    routes = models.ManyToManyField(Route, blank=True, related_name="guardrails")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["position", "id"]

    def clean(self) -> None:
        errors: dict[str, Any] = {}
        if not (self.on_requests or self.on_replies):
            errors["on_requests"] = "Check requests, replies or both."
        if errors:
            raise ValidationError(errors)

    def __str__(self) -> str:
        return self.name

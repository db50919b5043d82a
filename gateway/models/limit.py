"""Limit: how many calls and how much usage a minute, and how many calls at once, over all processes together."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from gateway.models.api_key import ApiKey
from gateway.models.team import Team
from providers.models import Provider, VersionedModel

MOST = 1_000_000_000_000


def optional_count(name: str, help_text: str) -> models.PositiveBigIntegerField[int | None, int | None]:
    limits = [MinValueValidator(1), MaxValueValidator(MOST)]
    return models.PositiveBigIntegerField(
        name, null=True, blank=True, validators=limits, help_text=f"{help_text} Empty: any."
    )


class Limit(VersionedModel):
    """One subject and its numbers. A key's own row stands before that of its team's keys, which stands before that of
    all keys: number by number, what is empty is inherited. All other rows hold side by side."""

    class Subject(models.TextChoices):
        EVERYONE = "everyone", "Everyone together"
        EACH_KEY = "each_key", "Each API key (of a team, or of all)"
        KEY = "key", "One API key"
        TEAM = "team", "A team together"
        PROVIDER = "provider", "A provider"
        MODEL = "model", "A model"

    NUMBERS = ("requests_per_minute", "usage_per_minute", "parallel")

    subject = models.CharField(max_length=10, choices=Subject.choices)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, null=True, blank=True, related_name="limits")
    api_key = models.ForeignKey(
        ApiKey, on_delete=models.CASCADE, null=True, blank=True, related_name="limits", verbose_name="API key"
    )
    provider = models.ForeignKey(Provider, on_delete=models.CASCADE, null=True, blank=True, related_name="limits")
    model = models.CharField(
        max_length=250, blank=True, help_text="A model's own id, <provider>:<id>, or a pattern of either (gpt-4o*)."
    )
    requests_per_minute = optional_count("requests a minute", "In any 60 seconds.")
    usage_per_minute = optional_count("usage a minute", "Input and output units together, in any 60 seconds.")
    parallel = optional_count("requests at once", "More get 429 at once.")
    enabled = models.BooleanField(default=True)
    note = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["subject", "id"]
        constraints = [
            models.UniqueConstraint(fields=["api_key"], condition=Q(subject="key"), name="one_limit_a_key"),
            models.UniqueConstraint(
                fields=["team", "subject"], condition=Q(subject__in=("team", "each_key")), name="one_limit_a_team"
            ),
            models.UniqueConstraint(fields=["provider"], condition=Q(subject="provider"), name="one_limit_a_provider"),
            models.UniqueConstraint(fields=["model"], condition=Q(subject="model"), name="one_limit_a_model"),
        ]

    def clean(self) -> None:
        errors = subject_errors(self, optional={"each_key": "team"})
        if not any(getattr(self, name) for name in self.NUMBERS):
            errors["requests_per_minute"] = "Give at least one of the three numbers."
        alone = Limit.objects.filter(subject=self.subject, team=None).exclude(pk=self.pk)
        if self.subject in ("everyone", "each_key") and self.team_id is None and alone.exists():
            errors["subject"] = "There is such a limit already."
        if errors:
            raise ValidationError(errors)

    def __str__(self) -> str:
        return f"{self.get_subject_display()}: {named_subject(self)}".removesuffix(": ")


def subject_errors(row: Any, *, optional: dict[str, str] | None = None) -> dict[str, Any]:
    """What is wrong with the fields that say whom a limit or budget is for: exactly the one its subject names."""
    optional = optional or {}
    wanted = {"key": "api_key", "each_key": "", "everyone": ""}.get(row.subject, row.subject)
    errors: dict[str, Any] = {}
    for field in ("team", "api_key", "provider", "model", "tag"):
        if not hasattr(row, field):
            continue
        given = bool(getattr(row, f"{field}_id", None) if hasattr(row, f"{field}_id") else getattr(row, field))
        if field == wanted and not given:
            errors[field] = "Say which."
        elif given and field not in (wanted, optional.get(row.subject, "")):
            errors[field] = "Does not go with what it is for; leave it empty."
    return errors


def named_subject(row: Any) -> str:
    """Whom a limit or budget is for, by name; "" for everyone."""
    for field in ("team", "api_key", "provider", "model", "tag"):
        value = getattr(row, field, None)
        if value:
            return str(value)
    return ""

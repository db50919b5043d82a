"""Team: people and API keys that share budgets and dashboards."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from providers.models import VersionedModel


class Team(VersionedModel):
    name = models.CharField(max_length=80, unique=True)
    members = models.ManyToManyField(settings.AUTH_USER_MODEL, blank=True, related_name="teams")
    store_content = models.BooleanField(
        "store prompts and answers",
        default=False,
        help_text="Encrypted, with secrets redacted. Off: only counts and times are kept.",
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

"""MetricsBaseline: from when the displayed metrics of providers are counted."""

from __future__ import annotations

from django.db import models


class MetricsBaseline(models.Model):
    """One reset; the newest counts. It moves what ``/providers/metrics`` shows, and nothing that counts money."""

    at = models.DateTimeField(db_index=True)
    by = models.CharField(max_length=150)  # the user's or API key's name

    class Meta:
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} by {self.by}"

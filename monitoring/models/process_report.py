"""ProcessReport: what each process of the cluster last said of itself."""

from __future__ import annotations

from django.db import models


class ProcessReport(models.Model):
    """Written by the process every ten seconds (``monitoring.alerts.process``): one whose ``at`` is older than a
    minute is gone, or cannot reach the database. ``journal_lag_s`` is the age of the oldest closed call of its machine
    that some consumer has not taken yet, ``journal_bytes`` how much waits there to be taken."""

    class Kind(models.TextChoices):
        WEB = "web", "Web"
        WORKER = "worker", "Worker"

    name = models.CharField(primary_key=True, max_length=80)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    host = models.CharField(max_length=100)
    version = models.CharField(max_length=40, blank=True)
    started_at = models.DateTimeField()
    at = models.DateTimeField(db_index=True)
    journal_lag_s = models.FloatField(default=0)
    journal_bytes = models.PositiveBigIntegerField(default=0)

    class Meta:
        ordering = ["host", "name"]

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"

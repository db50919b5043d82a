"""The books and those who check them: rating again, reconciliation with a vendor's export, the nightly check."""

from __future__ import annotations

from django.db import models
from django.utils import timezone


class Rerating(models.Model):
    """One run that recomputed the cost of a span of log rows under corrected prices. Sums are nano-dollars."""

    at = models.DateTimeField(default=timezone.now)
    made_by = models.CharField(max_length=150, blank=True)
    since, until = models.DateTimeField(), models.DateTimeField()
    provider = models.CharField(max_length=50, blank=True)
    model = models.CharField(max_length=250, blank=True)
    unknown_only = models.BooleanField("only unknown costs", default=False)
    reason = models.CharField(max_length=200, blank=True)
    seen = models.PositiveBigIntegerField(default=0)
    changed = models.PositiveBigIntegerField(default=0)
    before_nano = models.BigIntegerField(default=0)
    after_nano = models.BigIntegerField(default=0)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"{self.since:%Y-%m-%d} to {self.until:%Y-%m-%d}"


class Reconciliation(models.Model):
    """A vendor's usage export that was uploaded, and how the books differ from it."""

    class Kind(models.TextChoices):
        OPENAI = "openai", "OpenAI"
        ANTHROPIC = "anthropic", "Anthropic"
        OPENROUTER = "openrouter", "OpenRouter"
        GENERIC = "generic", "Any: by a mapping of columns"

    at = models.DateTimeField(default=timezone.now)
    made_by = models.CharField(max_length=150, blank=True)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    provider = models.CharField(max_length=50)
    file_name = models.CharField(max_length=200)
    mapping = models.JSONField(default=dict, blank=True)
    since, until = models.DateField(null=True, blank=True), models.DateField(null=True, blank=True)
    rows = models.PositiveBigIntegerField(default=0)
    unread = models.PositiveBigIntegerField(default=0)  # rows that could not be read; ``problems`` says why
    problems = models.JSONField(default=list, blank=True)
    theirs_nano = models.BigIntegerField(null=True, blank=True)  # null: the export holds no costs
    ours_nano = models.BigIntegerField(default=0)

    class Meta:
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"{self.provider}: {self.file_name}"


class ReconciliationLine(models.Model):
    """One token, model and day. What the export does not tell is null, and not compared."""

    reconciliation = models.ForeignKey(Reconciliation, on_delete=models.CASCADE, related_name="lines")
    day = models.DateField()
    token = models.CharField(max_length=120, blank=True)  # the vendor's name or id of the key, or our fingerprint
    model = models.CharField(max_length=250, blank=True)
    theirs_requests = models.BigIntegerField(null=True, blank=True)
    theirs_input = models.BigIntegerField(null=True, blank=True)
    theirs_output = models.BigIntegerField(null=True, blank=True)
    theirs_nano = models.BigIntegerField(null=True, blank=True)
    ours_requests = models.BigIntegerField(default=0)
    ours_input = models.BigIntegerField(default=0)
    ours_output = models.BigIntegerField(default=0)
    ours_nano = models.BigIntegerField(default=0)
    ours_unknown = models.BigIntegerField(default=0)  # our requests without a known cost

    class Meta:
        ordering = ["-day", "token", "model"]

    def __str__(self) -> str:
        return f"{self.day} {self.token} {self.model}"


class BooksCheck(models.Model):
    """One nightly comparison of what budgets booked with the request log and the journal."""

    at = models.DateTimeField(default=timezone.now)
    since, until = models.DateTimeField(), models.DateTimeField()
    periods = models.PositiveIntegerField(default=0)
    calls = models.PositiveBigIntegerField(default=0)
    differences = models.JSONField(default=list, blank=True)  # [{budget, period, spent, entries, log, …}], empty: equal

    class Meta:
        ordering = ["-at"]
        verbose_name = "check of the books"
        verbose_name_plural = "checks of the books"

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M}"

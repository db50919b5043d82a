"""The request log: one row an exchange, written from the journal. Payloads lie apart from the row."""

from __future__ import annotations

from django.db import models


class RequestLog(models.Model):
    """One exchange. On PostgreSQL the table is partitioned by day on ``started_at`` and unique on
    (started_at, id); both come from the journal, so taking a record twice changes nothing. Names are copied
    onto the row: the log outlives the key, team and provider it tells of."""

    class EndedBy(models.TextChoices):
        DONE = "done", "Done"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled by the app"
        INTERRUPTED = "interrupted", "Interrupted"

    class Judged(models.TextChoices):
        """The most that a guardrail or a budget said of it."""

        BLOCKED = "blocked", "Blocked"
        SHADOW = "shadow", "Would have been refused or changed"
        CHANGED = "changed", "Redacted"
        NOTED = "noted", "Noted"
        FAILED = "failed", "A guardrail failed"

    id = models.UUIDField(primary_key=True)
    started_at = models.DateTimeField()
    request_id = models.CharField(max_length=64, blank=True)
    endpoint = models.CharField(max_length=40)
    api_key_id = models.BigIntegerField(null=True, blank=True)
    api_key = models.CharField(max_length=80, blank=True)
    team_id = models.BigIntegerField(null=True, blank=True)
    team = models.CharField(max_length=80, blank=True)
    requested_model = models.CharField(max_length=250, blank=True)
    provider = models.CharField(max_length=50, blank=True)
    vendor = models.CharField(max_length=50, blank=True)
    model = models.CharField(max_length=250, blank=True)
    token = models.CharField("token fingerprint", max_length=16, blank=True)
    wire = models.CharField(max_length=20, blank=True)
    stream = models.BooleanField(default=False)
    status = models.PositiveSmallIntegerField(default=0)
    ended_by = models.CharField(max_length=12, choices=EndedBy.choices)
    finish = models.CharField(max_length=20, blank=True)
    error_code = models.CharField(max_length=60, blank=True)
    error_message = models.TextField(blank=True)
    input = models.PositiveBigIntegerField("input usage", default=0)
    output = models.PositiveBigIntegerField("output usage", default=0)
    cached_input = models.PositiveBigIntegerField("cached input", default=0)
    cache_write_input = models.PositiveBigIntegerField("cache-written input", default=0)
    reasoning = models.PositiveBigIntegerField("reasoning usage", default=0)
    usage_basis = models.CharField(max_length=10, default="none")
    cost_nano = models.BigIntegerField("cost", null=True, blank=True)  # nano-dollars of all attempts; null: unknown
    cost_basis = models.CharField(max_length=20, default="unknown")  # whose price it was
    unit_prices = models.JSONField(default=dict)  # nano-dollars for a million units, as applied
    latency_us = models.PositiveBigIntegerField(default=0)
    first_byte_us = models.PositiveBigIntegerField(default=0)
    dropped = models.CharField(max_length=300, blank=True)
    attempts = models.JSONField(default=list)
    session = models.CharField(max_length=64, blank=True)  # the conversation it was a turn of, where it has a name
    plan = models.JSONField(default=dict)  # why it went where it went; {} where nothing was to be chosen

    tags = models.JSONField(default=list)
    verdicts = models.JSONField(default=list)  # of guardrails, and of budgets in shadow mode; never what they found
    judged = models.CharField(max_length=10, choices=Judged.choices, blank=True)
    cache = models.CharField(max_length=10, blank=True)  # hit, similar, joined or stored
    saved_nano = models.BigIntegerField("saved", null=True, blank=True)  # what a cached answer had cost
    first_cost_nano = models.BigIntegerField("first cost", null=True, blank=True)  # before it was rated again
    rated_at = models.DateTimeField("rated again at", null=True, blank=True)

    class Meta:
        ordering = ["-started_at", "-id"]
        verbose_name = "request"
        verbose_name_plural = "request log"
        indexes = [
            models.Index(fields=["-started_at", "-id"], name="log_newest"),
            # Names behind the time are looked at in the index, so that two that never meet cost no row.
            models.Index(fields=["api_key_id", "-started_at", "model", "provider"], name="log_by_key"),
            models.Index(fields=["team_id", "-started_at", "model", "provider", "api_key_id"], name="log_by_team"),
            models.Index(fields=["provider", "-started_at", "model"], name="log_by_provider"),
            models.Index(fields=["judged", "-started_at"], name="log_judged", condition=~models.Q(judged="")),
            models.Index(fields=["model", "-started_at"], name="log_by_model"),
            models.Index(fields=["requested_model", "-started_at"], name="log_by_asked"),
            models.Index(fields=["endpoint", "stream", "-started_at"], name="log_by_endpoint"),
            models.Index(
                fields=["status", "ended_by", "-started_at"],
                name="log_troubled",
                condition=models.Q(status__gte=400) | ~models.Q(ended_by="done"),
            ),
            models.Index(fields=["cost_nano"], name="log_by_cost"),
            models.Index(fields=["latency_us"], name="log_by_latency"),
            models.Index(fields=["request_id"], name="log_by_request"),
            models.Index(fields=["session", "-started_at"], name="log_by_session", condition=~models.Q(session="")),
            models.Index(fields=["cache", "-started_at"], name="log_cached", condition=~models.Q(cache="")),
            models.Index(fields=["-started_at"], name="log_several", condition=models.Q(attempts__1__isnull=False)),
            models.Index(fields=["-started_at"], name="log_untried", condition=models.Q(attempts__0__isnull=True)),
        ]

    def __str__(self) -> str:
        return str(self.id)


class RequestContent(models.Model):
    """What was asked and answered, encrypted (``providers.crypto``), for teams that store it."""

    request_id = models.UUIDField(primary_key=True)
    started_at = models.DateTimeField(db_index=True)
    sealed = models.BinaryField()

    def __str__(self) -> str:
        return str(self.request_id)

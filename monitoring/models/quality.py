"""Quality of answers as a judge model scored it, on a sample; and whether one is asked at all."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from providers.models import Provider


class QualitySettings(models.Model):
    """One row. Off until an admin switches it on: what is judged goes to the judge's vendor."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    enabled = models.BooleanField(default=False)
    provider = models.ForeignKey(Provider, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    model = models.CharField(max_length=250, blank=True)
    sample_percent = models.DecimalField(
        max_digits=5,
        decimal_places=2,
        default=Decimal("1.00"),
        validators=[MinValueValidator(Decimal("0.01")), MaxValueValidator(100)],
    )
    daily_cap = models.DecimalField(
        max_digits=8, decimal_places=2, default=Decimal("1.00"), validators=[MinValueValidator(0)]
    )
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = "quality settings"
        verbose_name_plural = "quality settings"

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.pk = 1
        self._state.adding = not type(self).objects.filter(pk=1).exists()  # there is one row, whoever made it
        super().save(*args, **kwargs)

    @classmethod
    def current(cls) -> QualitySettings:
        """The row, or one with the defaults that is not saved."""
        return cls.objects.select_related("provider").filter(pk=1).first() or cls(pk=1)

    def __str__(self) -> str:
        return "Quality settings"


class QualityScore(models.Model):
    """What the judge said of one answer; each score from 0 (bad) to 1 (good), null where it did not say or could not
    be read. Names are copied onto the row: it outlives whom it tells of."""

    request_id = models.UUIDField(primary_key=True)
    at = models.DateTimeField(db_index=True)  # when the request began
    judged_at = models.DateTimeField(db_index=True)
    team_id = models.BigIntegerField(null=True, blank=True)
    team = models.CharField(max_length=80, blank=True)
    provider = models.CharField(max_length=50, blank=True)
    model = models.CharField(max_length=250, blank=True)
    relevance = models.FloatField(null=True, blank=True)
    coherence = models.FloatField(null=True, blank=True)
    accuracy = models.FloatField(null=True, blank=True)
    safety = models.FloatField(null=True, blank=True)
    judge = models.CharField(max_length=310, blank=True)  # "provider:model"
    cost_nano = models.BigIntegerField(null=True, blank=True)
    note = models.CharField(max_length=300, blank=True)  # why there are no scores; "" where there are

    class Meta:
        ordering = ["-at", "-request_id"]
        verbose_name = "quality score"
        indexes = [models.Index(fields=["team_id", "-at"], name="quality_by_team")]

    def __str__(self) -> str:
        return str(self.request_id)

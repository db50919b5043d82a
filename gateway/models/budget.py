"""Budget: how much a subject may spend in a period. The rows with ``spent`` and ``leased`` are the truth; processes
lease slices of them and spend those in memory (gateway/budgets)."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone

from gateway.models.api_key import ApiKey
from gateway.models.limit import named_subject, subject_errors
from gateway.models.team import Team
from providers.models import Provider, VersionedModel

MOST = 2**62  # nano-dollars: four billion dollars
USUAL_THRESHOLDS = (50, 80, 100)


def usual_thresholds() -> list[int]:
    return list(USUAL_THRESHOLDS)


class Budget(VersionedModel):
    """``amount`` is in nano-dollars, or in units of usage, as ``measure`` says. Periods begin in UTC; a week on
    Monday."""

    class Subject(models.TextChoices):
        EVERYONE = "everyone", "Everyone together"
        TEAM = "team", "A team"
        KEY = "key", "An API key"
        PROVIDER = "provider", "A provider"
        MODEL = "model", "A model"
        TAG = "tag", "A tag"

    class Measure(models.TextChoices):
        COST = "cost", "Money"
        USAGE = "usage", "Usage: input and output units"

    class Period(models.TextChoices):
        DAY = "day", "Day"
        WEEK = "week", "Week"
        MONTH = "month", "Calendar month"
        TOTAL = "total", "In total"

    class Mode(models.TextChoices):
        HARD = "hard", "Hard: never more than that"
        SOFT = "soft", "Soft: alerts only"
        SHADOW = "shadow", "Shadow: notes what it would have refused"

    name = models.CharField(max_length=80, unique=True)
    enabled = models.BooleanField(default=True)
    subject = models.CharField(max_length=10, choices=Subject.choices)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, null=True, blank=True, related_name="budgets")
    api_key = models.ForeignKey(
        ApiKey, on_delete=models.CASCADE, null=True, blank=True, related_name="budgets", verbose_name="API key"
    )
    provider = models.ForeignKey(Provider, on_delete=models.CASCADE, null=True, blank=True, related_name="budgets")
    model = models.CharField(
        max_length=250, blank=True, help_text="A model's own id, <provider>:<id>, or a pattern of either (gpt-4o*)."
    )
    tag = models.CharField(
        max_length=60, blank=True, help_text="Calls carry it by x-switchboard-tags, or by their API key's tags."
    )
    measure = models.CharField(max_length=6, choices=Measure.choices, default=Measure.COST)
    amount = models.PositiveBigIntegerField(validators=[MinValueValidator(1), MaxValueValidator(MOST)])
    period = models.CharField(max_length=6, choices=Period.choices, default=Period.MONTH)
    mode = models.CharField(max_length=6, choices=Mode.choices, default=Mode.HARD)
    thresholds = models.JSONField(
        default=usual_thresholds, blank=True, help_text="Percent of the amount; an event tells when each is reached."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]

    def clean(self) -> None:
        errors = subject_errors(self)
        given = self.thresholds
        if not isinstance(given, list) or not all(type(one) is int and 1 <= one <= 1000 for one in given):
            errors["thresholds"] = "A list of whole percents from 1 to 1000: [50, 80, 100]."
        if errors:
            raise ValidationError(errors)

    @property
    def subject_name(self) -> str:
        return named_subject(self)

    def __str__(self) -> str:
        return self.name


class BudgetRaise(VersionedModel):
    """More for a while: counts from ``starts_at`` until ``ends_at``."""

    budget = models.ForeignKey(Budget, on_delete=models.CASCADE, related_name="raises")
    amount = models.PositiveBigIntegerField(validators=[MinValueValidator(1), MaxValueValidator(MOST)])
    starts_at = models.DateTimeField(default=timezone.now)
    ends_at = models.DateTimeField()
    reason = models.CharField(max_length=200, blank=True)
    made_by = models.CharField(max_length=150, blank=True, editable=False)

    class Meta:
        verbose_name = "temporary raise"
        ordering = ["ends_at"]

    def clean(self) -> None:
        begins, ends = getattr(self, "starts_at", None), getattr(self, "ends_at", None)
        if begins and ends and ends <= begins:
            raise ValidationError({"ends_at": "After its beginning."})

    def __str__(self) -> str:
        return f"until {self.ends_at:%Y-%m-%d %H:%M} UTC"


class BudgetPeriod(models.Model):
    """One period of a budget. ``spent`` is booked for good, ``leased`` is what processes may still book: for a hard
    budget both together never pass the amount, unless a vendor billed more than a hold. Runtime state: it bumps no
    version."""

    budget = models.ForeignKey(Budget, on_delete=models.CASCADE, related_name="periods")
    starts_at = models.DateTimeField()
    spent = models.BigIntegerField(default=0)
    leased = models.BigIntegerField(default=0)
    calls = models.PositiveBigIntegerField(default=0)
    refused = models.PositiveBigIntegerField(default=0)  # or would have been, in shadow mode
    told = models.PositiveSmallIntegerField(default=0)  # the highest threshold that was told, in percent

    class Meta:
        ordering = ["-starts_at"]
        constraints = [models.UniqueConstraint(fields=["budget", "starts_at"], name="one_row_a_period")]

    def __str__(self) -> str:
        return f"{self.budget_id} from {self.starts_at:%Y-%m-%d}"


class BudgetLease(models.Model):
    """The slice of a period that one process holds. ``holder`` is the name of its journal's directory: the slice comes
    back when that journal is delivered to the end, so that nothing spent is given out twice."""

    period = models.ForeignKey(BudgetPeriod, on_delete=models.CASCADE, related_name="leases")
    holder = models.CharField(max_length=36, db_index=True)
    amount = models.BigIntegerField(default=0)
    renewed_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["period", "holder"], name="one_lease_a_holder")]

    def __str__(self) -> str:
        return f"{self.holder}: {self.amount}"


class BudgetEntry(models.Model):
    """What one exchange spent of one period: taking it twice changes nothing, and the sum can be told again."""

    exchange_id = models.UUIDField()
    period = models.ForeignKey(BudgetPeriod, on_delete=models.CASCADE, related_name="entries")
    amount = models.BigIntegerField()
    at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["exchange_id", "period"], name="booked_once")]

    def __str__(self) -> str:
        return f"{self.exchange_id}: {self.amount}"


class BudgetEvent(models.Model):
    """What people should know of a budget: written once, by the process that noticed."""

    class Kind(models.TextChoices):
        THRESHOLD = "threshold", "Threshold reached"
        OVER_HOLD = "over_hold", "A vendor billed more than was held"
        LEASE_LOST = "lease_lost", "A lease came back from a process that is gone"
        MISMATCH = "mismatch", "The books differ"
        CORRECTED = "corrected", "Corrected"

    at = models.DateTimeField(db_index=True, default=timezone.now)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    budget = models.ForeignKey(Budget, on_delete=models.CASCADE, null=True, blank=True, related_name="events")
    exchange_id = models.UUIDField(null=True, blank=True)
    text = models.CharField(max_length=500)

    class Meta:
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return self.text


class SpendingSettings(VersionedModel):
    """One row: what budgets assume where nobody said. Prices are USD for a million units."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    assumed_input_price = models.DecimalField(
        max_digits=14,
        decimal_places=6,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text="USD for a million input units of a model without a known price. Empty: hard budgets refuse it.",
    )
    assumed_output_price = models.DecimalField(
        max_digits=14,
        decimal_places=6,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text="USD for a million output units of such a model.",
    )
    assumed_output = models.PositiveIntegerField(
        default=4096,
        validators=[MinValueValidator(1), MaxValueValidator(10_000_000)],
        help_text="The most output of a call that names no maximum, sent to the vendor where a hard budget holds.",
    )
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = "spending settings"
        verbose_name_plural = "spending settings"

    def clean(self) -> None:
        if (self.assumed_input_price is None) != (self.assumed_output_price is None):
            raise ValidationError("Give both prices, or none.")

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.pk = 1
        self._state.adding = not type(self).objects.filter(pk=1).exists()  # there is one row, whoever made it
        super().save(*args, **kwargs)

    @classmethod
    def current(cls) -> SpendingSettings:
        """The row, or one with the defaults that is not saved."""
        return cls.objects.filter(pk=1).first() or cls(pk=1)

    def __str__(self) -> str:
        return "Spending settings"

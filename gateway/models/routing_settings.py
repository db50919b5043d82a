"""RoutingSettings: one row with what holds for every call that no route says otherwise for."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from providers.models import Provider, VersionedModel

LONGEST = 86_400.0


def seconds(default: float, *, least: float = 0, help_text: str) -> models.FloatField[float, float]:
    limits = [MinValueValidator(least), MaxValueValidator(LONGEST)]
    return models.FloatField(default=default, validators=limits, help_text=help_text)


class RoutingSettings(VersionedModel):
    """The one row; where it is missing, the defaults here hold. Times are in seconds."""

    class Sticky(models.TextChoices):
        OFF = "off", "Off"
        NAMED = "named", "When the app names the session"
        CONVERSATION = "conversation", "Conversations: by name, else by their first messages"

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    default_backend = models.ForeignKey(
        Provider,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="The primary for models several providers have; it also gets names that no provider lists.",
    )
    last_resort = models.CharField(
        max_length=250, blank=True, help_text="The name tried when all else failed, as a local model: ollama:llama3.2"
    )
    sticky = models.CharField(max_length=12, choices=Sticky.choices, default=Sticky.CONVERSATION)
    sticky_seconds = seconds(3600, help_text="How long a conversation stays with its target and token without a turn.")

    max_attempts = models.PositiveSmallIntegerField(
        default=12,
        validators=[MinValueValidator(1), MaxValueValidator(50)],
        help_text="Over all targets and tokens of a call.",
    )
    retries = models.PositiveSmallIntegerField(
        default=1,
        validators=[MaxValueValidator(10)],
        help_text="How often all targets are tried again when each failed in a way that may pass.",
    )
    backoff_base = seconds(0.25, help_text="The wait before the first retry; each next one is twice as long.")
    backoff_cap = seconds(8, help_text="The longest wait before a retry.")
    deadline = seconds(1800, least=1, help_text="For a whole call with all its attempts.")
    slow_start = seconds(
        0, help_text="A stream without content after this many seconds goes to the next target. 0: off."
    )
    hedge = models.BooleanField(
        default=False, help_text="Ask a second target when the first is slower than 19 of 20 calls were; costs more."
    )

    breaker_window = seconds(60, least=1, help_text="Failures are counted over this time.")
    breaker_minimum = models.PositiveIntegerField(
        default=10, validators=[MinValueValidator(1)], help_text="Calls in the window before a breaker may open."
    )
    breaker_rate = models.FloatField(
        default=0.5,
        validators=[MinValueValidator(0.01), MaxValueValidator(1)],
        help_text="The share of failed calls that opens it.",
    )
    breaker_open = seconds(15, least=0.1, help_text="How long it stays open before the first probe; doubles.")
    breaker_longest = seconds(300, least=0.1, help_text="The longest it stays open.")
    breaker_probes = models.PositiveSmallIntegerField(
        default=2, validators=[MinValueValidator(1), MaxValueValidator(20)], help_text="Good probes that close it."
    )

    max_in_flight = models.PositiveIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1)], help_text="Calls at once in one process. Empty: any."
    )
    queue_length = models.PositiveIntegerField(default=200, help_text="Calls that may wait for room.")
    queue_seconds = seconds(5, help_text="The longest a call waits for room.")
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = "routing settings"
        verbose_name_plural = "routing settings"

    def clean(self) -> None:
        if self.breaker_longest < self.breaker_open:
            raise ValidationError({"breaker_longest": "Not shorter than the first time it is open."})
        if self.backoff_cap < self.backoff_base:
            raise ValidationError({"backoff_cap": "Not shorter than the first wait."})

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.pk = 1
        self._state.adding = not type(self).objects.filter(pk=1).exists()  # there is one row, whoever made it
        super().save(*args, **kwargs)

    @classmethod
    def current(cls) -> RoutingSettings:
        """The row, or one with the defaults that is not saved."""
        return cls.objects.filter(pk=1).first() or cls(pk=1)

    def __str__(self) -> str:
        return "Routing settings"

"""What the answer cache may do, by default; routes and API keys say otherwise by fields of their own."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from providers.models import VersionedModel

LONGEST = 366 * 86_400


class CacheMode(models.TextChoices):
    """``ASKED``: only for calls whose headers ask for it."""

    OFF = "off", "Off, whatever a call asks"
    ASKED = "asked", "When a call asks for it"
    ON = "on", "On, unless a call asks otherwise"


def cache_mode_field() -> models.CharField[str, str]:
    return models.CharField(
        "answer cache", max_length=5, choices=CacheMode.choices, blank=True, help_text="Empty: as everywhere."
    )


def cache_seconds_field() -> models.PositiveIntegerField[int | None, int | None]:
    return models.PositiveIntegerField(
        "answers keep (seconds)",
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(LONGEST)],
        help_text="Empty: as everywhere.",
    )


class CacheSettings(VersionedModel):
    """The one row; where it is missing, the defaults here hold."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    mode = models.CharField(max_length=5, choices=CacheMode.choices, default=CacheMode.ASKED)
    seconds = models.PositiveIntegerField(
        "answers keep (seconds)", default=3600, validators=[MinValueValidator(1), MaxValueValidator(LONGEST)]
    )
    share_between_teams = models.BooleanField(
        default=False, help_text="One team's answer may be another's. Off: each team has answers of its own."
    )
    join = models.BooleanField(
        "join identical requests", default=False, help_text="Those in flight are answered by one call."
    )
    memory_megabytes = models.PositiveIntegerField(default=64, validators=[MaxValueValidator(1_000_000)])
    disk_megabytes = models.PositiveIntegerField(
        default=0, validators=[MaxValueValidator(10_000_000)], help_text="0: no answers are kept on disk."
    )
    use_redis = models.BooleanField(default=True, help_text="Where there is one: all processes share it.")
    similar_model = models.CharField(
        "embeddings model",
        max_length=250,
        blank=True,
        help_text="Any name Switchboard knows. Empty: only the same request is answered from the cache.",
    )
    similar_threshold = models.FloatField(
        "similarity",
        default=0.95,
        validators=[MinValueValidator(0.5), MaxValueValidator(1)],
        help_text="Cosine similarity from which on a request counts as the same.",
    )
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = "cache settings"
        verbose_name_plural = "cache settings"

    def clean(self) -> None:
        if self.memory_megabytes == 0 and self.disk_megabytes == 0 and not self.use_redis and self.mode != "off":
            raise ValidationError("No level is left to keep answers in; set the mode to off instead.")

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.pk = 1
        self._state.adding = not type(self).objects.filter(pk=1).exists()  # there is one row, whoever made it
        super().save(*args, **kwargs)

    @classmethod
    def current(cls) -> CacheSettings:
        """The row, or one with the defaults that is not saved."""
        return cls.objects.filter(pk=1).first() or cls(pk=1)

    def __str__(self) -> str:
        return "Cache settings"

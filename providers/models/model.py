"""Model: a row of the catalogue."""

from __future__ import annotations

from decimal import Decimal

from django.core.validators import MinValueValidator
from django.db import models

from providers.models.config_version import VersionedModel
from providers.models.provider import Provider


def _price(label: str, unit: str = "a million") -> models.DecimalField[Decimal | None, Decimal | None]:
    return models.DecimalField(
        label,
        max_digits=18,
        decimal_places=9,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal(0))],
        help_text=f"USD for {unit}. Empty: the known price.",
    )


class Model(VersionedModel):
    """What a provider serves. Facts are the best value known, ``None`` where unknown; ``sources`` says for each who
    said so ("admin", "vendor", "shipped", "genai-prices", or "guess": its name). A fact without a source is somebody's
    own, like an admin's. The ``price_…`` columns are an admin's only, in USD: they replace what is known otherwise.
    How facts are settled: ``providers.facts``."""

    class Source(models.TextChoices):
        SHIPPED = "shipped", "Shipped with Switchboard"
        FETCHED = "fetched", "The vendor's model list"
        ADMIN = "admin", "Admin"

    class Mode(models.TextChoices):
        CHAT = "chat", "Chat"
        RESPONSES = "responses", "Responses"
        EMBEDDING = "embedding", "Embedding"
        RERANK = "rerank", "Rerank"
        TRANSCRIPTION = "transcription", "Transcription"
        OTHER = "other", "Other"

    provider = models.ForeignKey(Provider, on_delete=models.CASCADE, related_name="models")
    model_id = models.CharField(max_length=250, help_text="The vendor's own id.")
    mode = models.CharField(max_length=20, choices=Mode.choices, default=Mode.CHAT)
    enabled = models.BooleanField(default=True)
    context_window = models.PositiveIntegerField(null=True, blank=True)
    max_output = models.PositiveIntegerField(null=True, blank=True)
    vision = models.BooleanField(null=True, blank=True)
    tools = models.BooleanField(null=True, blank=True)
    reasoning = models.BooleanField(null=True, blank=True)
    structured_output = models.BooleanField(null=True, blank=True)
    audio = models.BooleanField("audio input", null=True, blank=True)
    streaming = models.BooleanField(null=True, blank=True)
    dimensions = models.PositiveIntegerField(null=True, blank=True, help_text="Length of its embeddings.")
    price_input = _price("input")
    price_output = _price("output")
    price_cached_input = _price("cached input")
    price_cache_write = _price("cache write")
    price_reasoning = _price("reasoning")
    price_audio_input = _price("audio input")
    price_audio_output = _price("audio output")
    price_request = _price("request", "one request or search")
    sources = models.JSONField(default=dict, blank=True, editable=False)
    listed = models.JSONField(default=dict, blank=True, editable=False)  # what the vendor's list said last
    source = models.CharField(max_length=10, choices=Source.choices, default=Source.ADMIN, editable=False)
    seen_at = models.DateTimeField(null=True, blank=True, editable=False)  # last in the vendor's list
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["provider", "model_id"]
        constraints = [models.UniqueConstraint(fields=["provider", "model_id"], name="model_once_per_provider")]

    def __str__(self) -> str:
        return self.model_id

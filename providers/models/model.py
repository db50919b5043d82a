"""Model: a row of the catalogue."""

from __future__ import annotations

from django.db import models

from providers.models.config_version import VersionedModel
from providers.models.provider import Provider


class Model(VersionedModel):
    """What a provider serves. Capabilities: ``None`` is unknown, not false."""

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

    provider = models.ForeignKey(Provider, on_delete=models.CASCADE, related_name="models")
    model_id = models.CharField(max_length=250, help_text="The vendor's own id.")
    mode = models.CharField(max_length=20, choices=Mode.choices, default=Mode.CHAT)
    enabled = models.BooleanField(default=True)
    context_window = models.PositiveIntegerField(null=True, blank=True)
    max_output = models.PositiveIntegerField(null=True, blank=True)
    vision = models.BooleanField(null=True, blank=True)
    tools = models.BooleanField(null=True, blank=True)
    reasoning = models.BooleanField(null=True, blank=True)
    source = models.CharField(max_length=10, choices=Source.choices, default=Source.ADMIN, editable=False)
    seen_at = models.DateTimeField(null=True, blank=True, editable=False)  # last in the vendor's list
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["provider", "model_id"]
        constraints = [models.UniqueConstraint(fields=["provider", "model_id"], name="model_once_per_provider")]

    def __str__(self) -> str:
        return self.model_id

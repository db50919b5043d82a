"""Provider: our account at a vendor."""

from __future__ import annotations

from django.core.validators import MinValueValidator, RegexValidator
from django.db import models

from providers import addresses
from providers.crypto import EncryptedJSONField, EncryptedTextField
from providers.models.config_version import VersionedModel
from providers.vendors import Vendor, all_vendors


class Provider(VersionedModel):
    """An account at a vendor. What the environment sets is laid over these fields when the snapshot is
    compiled (``providers.env``); the row keeps what the admin set."""

    name = models.CharField(
        max_length=50,
        unique=True,
        validators=[RegexValidator(r"^[a-z][a-z0-9_]*\Z", "Small letters, digits and _ only, starting with a letter.")],
        help_text="Used in model prefixes, environment variables and API paths.",
    )
    vendor = models.CharField(max_length=50, db_index=True)
    enabled = models.BooleanField(default=False)
    base_url = models.CharField(
        max_length=500,
        blank=True,
        validators=[addresses.validate_base_url],
        help_text="Leave empty for the vendor's own address.",
    )
    settings = models.JSONField(default=dict, blank=True)
    secret_settings = EncryptedJSONField(default=dict, blank=True, editable=False)
    priority = models.PositiveIntegerField(
        default=100, help_text="When several providers have a model, the lowest number answers."
    )
    connect_timeout = models.FloatField(default=10, validators=[MinValueValidator(0.1)], help_text="Seconds.")
    first_byte_timeout = models.FloatField(
        default=300, validators=[MinValueValidator(0.1)], help_text="Seconds until the reply begins."
    )
    silence_timeout = models.FloatField(
        default=120, validators=[MinValueValidator(0.1)], help_text="Seconds without a byte in the middle of a reply."
    )
    total_timeout = models.FloatField(
        default=1800, validators=[MinValueValidator(0.1)], help_text="Seconds for the whole call."
    )
    proxy = EncryptedTextField(
        blank=True, default="", help_text="http://… or socks5://…, may hold a user and password."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def facts(self) -> Vendor | None:
        """The vendor's record; ``None`` if its file is gone."""
        return all_vendors().get(self.vendor)


class ProviderState(models.Model):
    """What was last seen of a provider. Runtime state: written by tests and traffic, never by a form."""

    provider = models.OneToOneField(Provider, on_delete=models.CASCADE, primary_key=True, related_name="state")
    tested_at = models.DateTimeField(null=True, blank=True)
    ok = models.BooleanField(null=True)  # None: not tested yet
    message = models.TextField(blank=True)
    models_fetched_at = models.DateTimeField(null=True, blank=True)
    updated_at = models.DateTimeField(auto_now=True, db_index=True)

    def __str__(self) -> str:
        return f"state of {self.provider_id}"

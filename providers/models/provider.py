"""Provider: our account at a vendor."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import TextChoices

from providers import addresses
from providers.crypto import EncryptedJSONField, EncryptedTextField
from providers.models.config_version import VersionedModel
from providers.vendors import Vendor, all_vendors


class Provider(VersionedModel):
    """An account at a vendor. What the environment sets is laid over these fields when the snapshot is
    compiled (``providers.env``); the row keeps what the admin set."""

    class Dispatch(TextChoices):
        OFF = "off", "Off: gets nothing"
        EXCLUSIVE = "exclusive", "Exclusive: its models go there and nowhere else"
        POOLED = "pooled", "Pooled: shares the models that several providers have, by weight"
        FALLBACK = "fallback", "Fallback: only when the others are unavailable"

    name = models.CharField(
        max_length=50,
        unique=True,
        validators=[RegexValidator(r"^[a-z][a-z0-9_]*\Z", "Small letters, digits and _ only, starting with a letter.")],
        help_text="Used in model prefixes, environment variables and API paths.",
    )
    vendor = models.CharField(max_length=50, db_index=True)
    dispatch = models.CharField(
        max_length=10,
        choices=Dispatch.choices,
        default=Dispatch.OFF,
        help_text="What it gets of the models that other providers have too. A prefix always means this provider.",
    )
    base_url = models.CharField(
        max_length=500,
        blank=True,
        validators=[addresses.validate_base_url],
        help_text="Leave empty for the vendor's own address.",
    )
    settings = models.JSONField(default=dict, blank=True)
    secret_settings = EncryptedJSONField(default=dict, blank=True, editable=False)
    priority = models.PositiveIntegerField(
        default=100, help_text="When several providers have a model, the lowest number answers first."
    )
    weight = models.PositiveIntegerField(
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(1000)],
        help_text="Its share among pooled providers of the same priority.",
    )
    max_in_flight = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text="Calls at once from one process; more wait for a short while or go elsewhere. Empty: no limit.",
    )
    smallest_pool = models.PositiveSmallIntegerField(
        default=0, help_text="An event is raised when fewer tokens than this may be used. 0: never."
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
    def enabled(self) -> bool:
        """Whether it may be called at all, as far as the row says."""
        return self.dispatch != self.Dispatch.OFF

    @property
    def usual_dispatch(self) -> str:
        """What switching it on means where nobody says more: an aggregator has everybody's models, and waits."""
        return usual_dispatch(self.facts)

    @property
    def facts(self) -> Vendor | None:
        """The vendor's record; ``None`` if its file is gone."""
        return all_vendors().get(self.vendor)


def usual_dispatch(vendor: Vendor | None) -> str:
    """The dispatch mode of a vendor's provider that was only switched on."""
    aggregates = vendor is not None and vendor.kind == "aggregator"
    return Provider.Dispatch.FALLBACK if aggregates else Provider.Dispatch.POOLED


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

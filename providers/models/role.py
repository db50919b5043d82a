"""Role: a name for what a model is good for at one provider (``openai:fast``), with the parameters that go with it."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models

from providers.models.config_version import VersionedModel
from providers.models.provider import Provider
from providers.parameters import parameter_problems


class Role(VersionedModel):
    """``parameters`` fill in what the app left out."""

    provider = models.ForeignKey(Provider, on_delete=models.CASCADE, related_name="roles")
    name = models.CharField(
        max_length=40,
        validators=[RegexValidator(r"^[a-z][a-z0-9_-]*\Z", "Small letters, digits, - and _, starting with a letter.")],
        help_text="Called as <provider>:<name>.",
    )
    model_id = models.CharField("model", max_length=250, help_text="The vendor's own id.")
    parameters = models.JSONField(
        default=dict, blank=True, help_text='What fills in for what the app left out: {"temperature": 0.2}'
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["provider", "name"]
        constraints = [models.UniqueConstraint(fields=["provider", "name"], name="role_once_per_provider")]

    def clean(self) -> None:
        problems = parameter_problems(self.parameters)
        if problems:
            raise ValidationError({"parameters": problems})

    def __str__(self) -> str:
        return f"{self.name}: {self.model_id}"

    @property
    def filled(self) -> dict[str, Any]:
        return dict(self.parameters or {})

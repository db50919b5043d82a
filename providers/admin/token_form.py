"""Forms of a token: its limits, its expiry, and its secret, which is taken once and inward only."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.utils import timezone

from providers.actions_tokens import check_secret
from providers.admin.secret_field import SecretField
from providers.models import Token
from providers.models.token import fingerprint

LIMITS = ("max_in_flight", "requests_per_minute", "usage_per_minute")


class TokenForm(forms.ModelForm):
    """Adding needs a secret; afterwards it is replaced by *Rotate* only."""

    new_secret = SecretField(label="Secret", clearable=False, help_text="Stored encrypted; it is never shown again.")

    class Meta:
        model = Token
        fields = ("label", "enabled", *LIMITS, "expires_at")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if (secret := self.fields.get("new_secret")) is not None:
            secret.required = not self.instance.pk
            secret.disabled = bool(self.instance.pk)  # shown as set; *Rotate* is the way to another
            secret.widget.is_set = bool(self.instance.pk)
        for name in LIMITS:
            if (limit := self.fields.get(name)) is not None:
                limit.validators.append(MinValueValidator(1, "At least 1; leave it empty for no limit."))
        if self.instance.pk and self.instance.source == Token.Source.ENVIRONMENT:
            for name in ("label", "enabled", "new_secret"):
                if (field := self.fields.get(name)) is not None:
                    field.disabled = True  # the environment says; limits are the admin's to say

    def clean_new_secret(self) -> str:
        return check_secret(self.cleaned_data["new_secret"], provider=None)

    def clean_expires_at(self) -> datetime | None:
        at: datetime | None = self.cleaned_data["expires_at"]
        if at is not None and at <= timezone.now() and "expires_at" in self.changed_data:
            raise ValidationError("This lies in the past. To take the token out now, retire it.")
        return at

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        provider = cleaned.get("provider") or getattr(self.instance, "provider", None)
        if secret := cleaned.get("new_secret"):
            try:
                check_secret(secret, provider=provider)
            except ValidationError as error:
                self.add_error("new_secret", error)
            self.instance.secret = secret
        return cleaned


class RotateForm(forms.Form):
    """The new secret of a token that stays: old one out, new one in, in one step."""

    new_secret = SecretField(label="New secret", required=True, clearable=False)

    def __init__(self, *args: Any, token: Token, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.token = token

    def clean_new_secret(self) -> str:
        secret: str = self.cleaned_data["new_secret"]
        if fingerprint(secret) == self.token.fingerprint:
            raise ValidationError("This is the secret it has now. Paste the new one.")
        return check_secret(secret, provider=self.token.provider, but=self.token.pk)

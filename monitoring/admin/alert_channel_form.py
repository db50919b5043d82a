"""A channel's form. The address and the signing secret go inward only; e-mail addresses are shown to who may change
them."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.core.exceptions import ValidationError
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from monitoring.alerts import addresses
from monitoring.models import AlertChannel
from monitoring.models.alert_channel import every_day
from providers.admin.secret_field import CLEAR, SecretField

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
SHORTEST_SECRET = 16
EMAIL = AlertChannel.Kind.EMAIL.value
SHOWN_WHEN = {
    "receivers": f"kind == '{EMAIL}'",
    "new_address": f"kind != '{EMAIL}'",
    "new_secret": f"kind == '{AlertChannel.Kind.WEBHOOK.value}'",
}


class AlertChannelForm(forms.ModelForm):
    receivers = forms.CharField(
        required=False,
        label="E-mail addresses",
        help_text="With commas between them. They do not see each other.",
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2, "spellcheck": "false"}),
    )
    new_address = SecretField(
        label="Webhook address", clearable=False, help_text="Stored encrypted; it is never shown again."
    )
    new_secret = SecretField(
        label="Signing secret",
        help_text="The receiver checks by it that a message is from here. A long random text; empty: not signed.",
    )
    quiet_days = forms.TypedMultipleChoiceField(
        label="Begin on",
        required=False,
        initial=every_day,
        coerce=int,
        choices=list(enumerate(DAYS)),
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )
    quiet_zone = forms.CharField(
        label="Time zone",
        required=False,
        initial="UTC",
        max_length=60,
        help_text="As in Europe/Berlin. Empty: UTC.",
        widget=UnfoldAdminTextInputWidget(attrs={"spellcheck": "false", "autocomplete": "off"}),
    )

    class Meta:
        model = AlertChannel
        fields = ("name", "kind", "enabled", "quiet_from", "quiet_until", "quiet_zone", "quiet_days", "quiet_mode")
        labels = {"quiet_from": "From", "quiet_until": "Until"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        stored = bool(self.instance.pk)
        if (address := self.fields.get("new_address")) is not None:
            address.widget.is_set = stored and self.instance.kind != EMAIL
        if (secret := self.fields.get("new_secret")) is not None:
            secret.widget.is_set = stored and bool(self.instance.secret)
        if stored and self.instance.kind == EMAIL:
            self.initial["receivers"] = self.instance.address

    def clean_quiet_zone(self) -> str:
        given = str(self.cleaned_data["quiet_zone"]).strip() or "UTC"
        if given not in available_timezones():
            raise ValidationError("No such time zone is known: write it as in Europe/Berlin or America/New_York.")
        return given

    def clean_new_secret(self) -> Any:
        given = self.cleaned_data["new_secret"]
        if given is not CLEAR and given and len(given) < SHORTEST_SECRET:
            raise ValidationError(f"At least {SHORTEST_SECRET} characters.")
        return given

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if (cleaned.get("quiet_from") is None) != (cleaned.get("quiet_until") is None):
            self.add_error("quiet_until", "Give both times, or none.")
        if cleaned.get("quiet_from") is not None and not cleaned.get("quiet_days"):
            self.add_error("quiet_days", "Choose at least one day.")
        if kind := cleaned.get("kind"):
            self._take_address(kind, cleaned)
            self._take_secret(kind, cleaned)
        return cleaned

    def _take_address(self, kind: str, cleaned: dict[str, Any]) -> None:
        field = "receivers" if kind == EMAIL else "new_address"
        if field not in self.fields:
            return
        given = cleaned.get(field) or ""
        keeps = not given and self.instance.pk and (self.instance.kind == EMAIL) == (kind == EMAIL)
        stored = AlertChannel.objects.get(pk=self.instance.pk).address if keeps and field == "new_address" else ""
        try:
            checked = addresses.receivers(given) if kind == EMAIL else addresses.webhook(given or stored)
        except ValidationError as error:
            self.add_error(field, error)
        else:
            self.instance.address = checked

    def _take_secret(self, kind: str, cleaned: dict[str, Any]) -> None:
        given = cleaned.get("new_secret")
        if given is CLEAR or kind != AlertChannel.Kind.WEBHOOK:
            self.instance.secret = ""
        elif given:
            self.instance.secret = given

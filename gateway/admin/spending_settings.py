"""The spending settings in the admin: what hard budgets assume where nobody said."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin

from gateway.admin.one_row import OneRow
from gateway.models import SpendingSettings

LABELS = {
    "assumed_input_price": "Input, USD for a million units",
    "assumed_output_price": "Output, USD for a million units",
    "assumed_output": "Output at most (units)",
}


class SpendingSettingsForm(forms.ModelForm):
    class Meta:
        model = SpendingSettings
        fields = tuple(LABELS)
        labels = LABELS
        help_texts = {
            "assumed_input_price": "Empty: hard budgets refuse a model without a known price. 0: it goes "
            "through uncounted.",
            "assumed_output_price": "Both prices, or none.",
        }

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        prices = ("assumed_input_price", "assumed_output_price")
        given = [cleaned.get(name) is not None for name in prices]
        if not any(name in self.errors for name in prices) and given[0] != given[1]:
            self.add_error(prices[given[0]], "Give both prices, or none.")
        return cleaned


@admin.register(SpendingSettings)
class SpendingSettingsAdmin(OneRow):
    form = SpendingSettingsForm
    fieldsets = (
        ("Models without a known price", {
            "fields": (("assumed_input_price", "assumed_output_price"),),
            "description": "A hard budget cannot hold what it cannot reckon. Without prices here, calls of such models "
            "under a hard budget get the error “price_unknown”. Better than a guess: set the price on the model's own "
            "page. Free models need none.",
        }),
        ("Calls that name no maximum", {
            "fields": ("assumed_output",),
            "description": "Under a hard budget a call's worst case is held before it is sent. A call that does not "
            "say how long its answer may be gets this as its maximum, unless its route or its model says another; it "
            "is sent to the vendor. The rest of the hold comes back when the answer has come.",
        }),
    )  # fmt: skip

"""The form in which people say what is to be rated again."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget, UnfoldBooleanSwitchWidget

from monitoring.books.span import Span
from providers.models import Provider

ANY = ("", "Any")


def text(**attrs: Any) -> UnfoldAdminTextInputWidget:
    return UnfoldAdminTextInputWidget(attrs={"autocomplete": "off", "spellcheck": "false", **attrs})


class DayField(forms.DateField):
    """A UTC day, picked or typed as 2026-11-30."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=text(type="date"), input_formats=["%Y-%m-%d"], **kwargs)


class RerateForm(forms.Form):
    since = DayField(label="From", help_text="The first day, in UTC.")
    until = DayField(label="To", help_text="The last day; it counts as a whole.")
    provider = forms.ChoiceField(required=False, label="Provider", widget=UnfoldAdminSelectWidget())
    model = forms.CharField(
        required=False,
        max_length=250,
        label="Model",
        widget=text(),
        help_text="Its own id, as the log has it. Empty: any.",
    )
    only_unknown = forms.BooleanField(
        required=False, label="Only what has no known cost", widget=UnfoldBooleanSwitchWidget()
    )
    reason = forms.CharField(
        required=False, max_length=150, label="Reason", widget=text(), help_text="Stands in the record of the run."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = Provider.objects.order_by("name").values_list("name", flat=True)
        field = self.fields["provider"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [ANY, *((name, name) for name in names)]
        today = timezone.now().date()
        self.fields["since"].initial, self.fields["until"].initial = today.replace(day=1), today

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and since > until:
            self.add_error("until", "Not before the first day.")
        return cleaned

    def span(self) -> Span:
        given = self.cleaned_data
        return Span(
            since=datetime.combine(given["since"], time(), UTC),
            until=datetime.combine(given["until"], time(), UTC) + timedelta(days=1),
            provider=given["provider"],
            model=given["model"].strip(),
            only_unknown=given["only_unknown"],
        )

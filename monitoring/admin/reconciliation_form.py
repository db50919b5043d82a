"""The form in which a vendor's export is uploaded: whose it is, its files, and what its columns and keys are called."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.widgets import UnfoldAdminDecimalFieldWidget, UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from monitoring.admin.rerating_form import DayField, text
from monitoring.books.export_rows import MOST_BYTES
from monitoring.books.export_values import DAY_FORMATS
from monitoring.books.theirs import Days
from monitoring.models import Reconciliation
from providers.models import Provider, Token

MOST_FILES = 10
COLUMNS = ("day", "model", "key", "requests", "input", "output", "cost")
COST_UNITS = {"usd": "US dollars", "cents": "Cents", "nano": "Nano-dollars"}
GENERIC = Reconciliation.Kind.GENERIC


class FilesInput(forms.ClearableFileInput):
    """The admin theme writes the chosen file's name into the first text field it finds: one that is not sent stands
    there, or the name of the first column would be overwritten."""

    allow_multiple_selected = True

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        field = super().render(name, value, attrs, renderer)
        return format_html('<input type="text" hidden disabled aria-hidden="true">{}', field)


class FilesField(forms.FileField):
    """Several files at once; all together no larger than an export may be."""

    def __init__(self, **kwargs: Any) -> None:
        accept = ".csv,.tsv,.txt,.json,.jsonl,text/csv,application/json"
        super().__init__(widget=FilesInput(attrs={"multiple": True, "accept": accept, "class": "sb-button"}), **kwargs)

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        given = list(data) if isinstance(data, list | tuple) else [data]
        files = [super(FilesField, self).clean(one, initial) for one in given or [None]]
        if len(files) > MOST_FILES:
            raise ValidationError(f"At most {MOST_FILES} files.")
        if sum(one.size or 0 for one in files) > MOST_BYTES:
            raise ValidationError(f"More than {MOST_BYTES // 1024 // 1024} MB: export a shorter time.")
        return files


class KeysField(forms.CharField):
    """``their key = our token``, one a line."""

    def __init__(self, **kwargs: Any) -> None:
        attrs = {"rows": 3, "spellcheck": "false", "class": "sb-mono", "placeholder": "key_OYRZfEkH5R9C = 4f1b9c2e"}
        super().__init__(widget=UnfoldAdminTextareaWidget(attrs=attrs), required=False, max_length=20_000, **kwargs)

    def to_python(self, value: Any) -> Any:
        found: dict[str, str] = {}
        for number, line in enumerate((super().to_python(value) or "").splitlines(), 1):
            if not line.strip():
                continue
            theirs, sign, ours = (part.strip() for part in line.rpartition("="))
            if not (sign and theirs and ours):
                raise ValidationError(f"Line {number}: write their key = our token.")
            found[theirs[:120]] = ours
        return found

    def run_validators(self, value: Any) -> None:
        return

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(f"{theirs} = {ours}" for theirs, ours in value.items()) if isinstance(value, dict) else value


def _column(name: str, label: str, help_text: str = "") -> forms.CharField:
    return forms.CharField(required=False, max_length=300, label=label, widget=text(), help_text=help_text)


class ReconcileForm(forms.Form):
    kind = forms.ChoiceField(choices=Reconciliation.Kind.choices, label="Export of", widget=UnfoldAdminSelectWidget())
    provider = forms.ChoiceField(
        label="Provider", widget=UnfoldAdminSelectWidget(), help_text="Whose attempts it is compared with."
    )
    upload = FilesField(
        label="Files", help_text="CSV or JSON, up to 50 MB. Usage and costs are two exports at most vendors: give both."
    )
    since = DayField(required=False, label="From", help_text="Empty: from the first day in the files.")
    until = DayField(required=False, label="To", help_text="Empty: to the last day in the files.")
    tolerance = forms.DecimalField(
        min_value=0,
        max_value=100,
        decimal_places=3,
        initial=1,
        label="Equal within (%)",
        widget=UnfoldAdminDecimalFieldWidget(),
    )
    keys = KeysField(
        label="Keys",
        help_text="Their key's name or id = our token's fingerprint or label, one a line. Equal names find each other.",
    )
    day = _column("day", "Day")
    model = _column("model", "Model")
    key = _column("key", "Key")
    requests = _column("requests", "Requests")
    input = _column("input", "Input", "Several columns are added up: fresh + cached.")
    output = _column("output", "Output")
    cost = _column("cost", "Cost")
    cost_unit = forms.ChoiceField(
        choices=list(COST_UNITS.items()), required=False, label="Costs are in", widget=UnfoldAdminSelectWidget()
    )
    day_format = forms.ChoiceField(
        choices=list(DAY_FORMATS.items()), required=False, label="Days look like", widget=UnfoldAdminSelectWidget()
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = Provider.objects.order_by("name").values_list("name", flat=True)
        field = self.fields["provider"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(name, name) for name in names]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and since > until:
            self.add_error("until", "Not before the first day.")
        if cleaned.get("kind") == GENERIC:
            self._clean_columns(cleaned)
        if cleaned.get("keys") and cleaned.get("provider"):
            cleaned["keys"] = self._tokens(cleaned["keys"], cleaned["provider"])
        return cleaned

    def _clean_columns(self, cleaned: dict[str, Any]) -> None:
        if not cleaned.get("day"):
            self.add_error("day", "Name the column that has the day.")
        if not any(cleaned.get(name) for name in ("requests", "input", "output", "cost")):
            self.add_error("cost", "Name at least one column to compare: requests, input, output or cost.")

    def _tokens(self, keys: dict[str, str], provider: str) -> dict[str, str]:
        """With the fingerprint of each token, by whatever it was named."""
        known: dict[str, str] = {}
        rows = Token.objects.filter(provider__name=provider).values_list("fingerprint", "label", "env_name")
        for fingerprint, *names in rows:
            known |= {name: fingerprint for name in (*names, fingerprint) if name}
        for ours in keys.values():
            if ours not in known:
                self.add_error("keys", f"{provider} has no token “{ours[:60]}”; name it by its fingerprint or label.")
        return {theirs: known[ours] for theirs, ours in keys.items() if ours in known}

    def columns(self) -> dict[str, str]:
        """Of the generic kind; {} for a vendor's own."""
        given = self.cleaned_data
        if given["kind"] != GENERIC:
            return {}
        return {name: given[name] for name in (*COLUMNS, "cost_unit", "day_format") if given.get(name)}

    def days(self) -> Days:
        return Days(self.cleaned_data["since"], self.cleaned_data["until"])

    def groups(self) -> dict[str, list[forms.BoundField]]:
        """Its fields as the page shows them."""
        return {
            "main": [self[name] for name in ("kind", "provider", "upload")],
            "more": [self[name] for name in ("since", "until", "tolerance", "keys")],
            "columns": [self[name] for name in (*COLUMNS, "cost_unit", "day_format")],
        }

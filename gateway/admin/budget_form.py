"""A budget's form, and its raises: amounts in dollars or units, thresholds as a list of percents."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms import BaseInlineFormSet
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminTextInputWidget

from gateway.admin.amounts import AmountField, read_amount, typed
from gateway.admin.subjects import SubjectForm
from gateway.models import Budget, BudgetRaise
from gateway.models.budget import MOST
from gateway.tags import is_tag

if TYPE_CHECKING:
    from django.contrib.admin import StackedInline
else:
    from unfold.admin import StackedInline

MOST_THRESHOLDS = 20
AMOUNT_HELP = "US dollars, up to nine decimals, as in 250 or 0.05; whole units where usage is measured."


class ThresholdsField(forms.CharField):
    """``50, 80, 100`` as a list of whole percents, in their order, each once."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=200, widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "none"}), **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(map(str, value)) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        words = [one.rstrip("%") for one in re.split(r"[,;\s]+", (value or "").strip()) if one != "%"]
        found = [_percent(one) for one in words if one]
        if len(found) > MOST_THRESHOLDS:
            raise ValidationError(f"At most {MOST_THRESHOLDS}.")
        return sorted(set(found))

    def run_validators(self, value: Any) -> None:
        return

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(self.to_python(data) != initial)
        except ValidationError:
            return True


def _percent(word: str) -> int:
    if not (word.isascii() and word.isdecimal() and len(word) <= 4 and 1 <= int(word) <= 1000):
        raise ValidationError(f"“{word[:20]}” is no whole percent from 1 to 1000. Write them as 50, 80, 100.")
    return int(word)


class BudgetForm(SubjectForm):
    amount = AmountField(label="Amount", help_text=AMOUNT_HELP)
    thresholds = ThresholdsField(
        required=False, help_text="Percent of the amount: an event tells when each is reached. Empty: none."
    )

    class Meta:
        model = Budget
        fields = (
            "name", "subject", "team", "api_key", "provider", "model", "tag",
            "measure", "amount", "period", "mode", "thresholds", "enabled",
        )  # fmt: skip
        labels = {"subject": "For", "measure": "Counts"}
        help_texts = {
            "name": "Apps read it when they are refused.",
            "period": "Begins at midnight UTC; a week on Monday, a month on its first day.",
            "mode": "Try a new budget as a shadow first: the shadow list shows what it would have refused.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["amount"] = typed(self.instance.amount, measure=self.instance.measure)
        else:
            self.initial.setdefault("thresholds", list(self.instance.thresholds))

    def clean_tag(self) -> str:
        tag: str = (self.cleaned_data["tag"] or "").strip()
        if tag and not is_tag(tag):
            raise ValidationError("Letters, digits and - _ . : / only, up to 60 of them.")
        return tag

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        self._read_amount(cleaned)
        if self.instance.pk and "measure" in self.changed_data and _was_used(self.instance):
            self.add_error("measure", "Other than what it has counted until now. Make a new budget instead.")
        return cleaned

    def _read_amount(self, cleaned: dict[str, Any]) -> None:
        if "amount" not in cleaned:
            return
        try:
            cleaned["amount"] = read_amount(cleaned["amount"], measure=cleaned.get("measure", Budget.Measure.COST))
        except ValidationError as error:
            self.add_error("amount", error)


def _was_used(budget: Budget) -> bool:
    return budget.periods.exists() or budget.raises.exists()


class RaiseForm(forms.ModelForm):
    amount = AmountField(label="More by")

    class Meta:
        model = BudgetRaise
        fields = ("amount", "starts_at", "ends_at", "reason")
        labels = {"starts_at": "From", "ends_at": "Until"}

    def __init__(self, *args: Any, measure: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.measure = measure or Budget.Measure.COST
        if self.instance.pk:
            self.initial["amount"] = typed(self.instance.amount, measure=self.measure)

    def clean_amount(self) -> int:
        return read_amount(self.cleaned_data["amount"], measure=self.measure)


class RaiseFormSet(BaseInlineFormSet):
    """Raises are measured as their budget is; together with it they stay an amount that can be counted."""

    def get_form_kwargs(self, index: int | None) -> dict[str, Any]:
        return {**super().get_form_kwargs(index), "measure": self.instance.measure}

    def clean(self) -> None:
        super().clean()
        kept = [form for form in self.forms if form not in self.deleted_forms]
        more = sum(given for form in kept if isinstance(given := form.cleaned_data.get("amount"), int))
        if more + (self.instance.amount or 0) > MOST:
            raise ValidationError("The amount and its raises are more together than can be counted.")


class RaiseInline(StackedInline):
    model = BudgetRaise
    form = RaiseForm
    formset = RaiseFormSet
    fields = (("amount", "reason"), ("starts_at", "ends_at"), "made_by")
    readonly_fields = ("made_by",)
    extra = 0
    verbose_name = "temporary raise"
    verbose_name_plural = "temporary raises: more for a while, from then until then (UTC)"

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).order_by("-ends_at", "-pk")

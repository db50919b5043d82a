"""A limit's form, alone and on the page of a team or an API key."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db.models import QuerySet
from django.forms import BaseInlineFormSet
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminSelectWidget

from gateway.admin.subjects import FIELD_OF, SubjectForm
from gateway.models import Limit
from providers.admin.unfolded import TabularInline

NUMBERS = Limit.NUMBERS
ALREADY = "There is a limit of this kind already; change that one."
TEAM_SUBJECTS = [("team", "The team together"), ("each_key", "Each of its API keys")]


class LimitForm(SubjectForm):
    optional = {"each_key": "team"}

    class Meta:
        model = Limit
        fields = ("subject", "team", "api_key", "provider", "model", *NUMBERS, "enabled", "note")
        labels = {"subject": "For", "parallel": "Requests at once"}
        help_texts = {
            "subject": "A key's own numbers stand before those of each key of its team, and those before those of each "
            "key of all. All other limits hold side by side.",
            "team": "For each API key: of this team. Empty: of all.",
        }

    def _post_clean(self) -> None:
        """One that is there already is told at the field it has in common with this, instead of by the constraint's
        name."""
        field = FIELD_OF.get(self.cleaned_data.get("subject", ""), "team")
        given = dict(self.cleaned_data)
        super()._post_clean()  # type: ignore[misc]
        if _taken(self.instance, given, field):
            for name in (NON_FIELD_ERRORS, "subject"):
                self.errors.pop(name, None)
            self.add_error(field if given.get(field) else "subject", ALREADY)


def _taken(row: Limit, cleaned: dict[str, Any], field: str) -> bool:
    subject, value = cleaned.get("subject"), cleaned.get(field)
    if not subject or (not value and subject not in ("everyone", "each_key")):
        return False
    return Limit.objects.filter(subject=subject, **{field: value or None}).exclude(pk=row.pk).exists()


class TeamLimitForm(forms.ModelForm):
    subject = forms.ChoiceField(label="For", choices=TEAM_SUBJECTS, widget=UnfoldAdminSelectWidget)

    class Meta:
        model = Limit
        fields = ("subject", *NUMBERS, "enabled")


class KeyLimitForm(forms.ModelForm):
    class Meta:
        model = Limit
        fields = (*NUMBERS, "enabled")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.instance.subject = Limit.Subject.KEY


class OneOfEach(BaseInlineFormSet):
    """Refuses two limits of the same kind in one go: the database would, with less to say."""

    def clean(self) -> None:
        super().clean()
        seen: set[str] = set()
        for form in self.forms:
            if form in self.deleted_forms or (form.instance.pk is None and not form.has_changed()):
                continue
            subject = getattr(form, "cleaned_data", {}).get("subject") or form.instance.subject
            if subject in seen:
                raise ValidationError(ALREADY)
            seen.add(subject)


class _LimitInline(TabularInline):
    model = Limit
    formset = OneOfEach
    extra = 0
    hide_title = True
    verbose_name = "limit"
    subjects: tuple[str, ...] = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Limit]:
        rows: QuerySet[Limit] = super().get_queryset(request)
        return rows.filter(subject__in=self.subjects)


class TeamLimitInline(_LimitInline):
    form = TeamLimitForm
    fields = ("subject", *NUMBERS, "enabled")
    max_num = 2
    subjects = ("team", "each_key")
    verbose_name_plural = "limits: of the team together, and of each of its keys"


class KeyLimitInline(_LimitInline):
    form = KeyLimitForm
    fields = (*NUMBERS, "enabled")
    max_num = 1
    subjects = ("key",)
    verbose_name = "own limit"

"""A provider's roles on its page: the admin's own as rows, and beneath them what is shipped."""

from __future__ import annotations

from typing import Any, NamedTuple

from django import forms
from django.db.models import QuerySet
from django.forms import BaseInlineFormSet
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from providers.admin.unfolded import TabularInline
from providers.catalogue import fold_name
from providers.compiling import roles_of
from providers.environment import environ
from providers.models import Model, Provider, Role
from providers.roles import CHATS, NAMES

MODELS = "provider-models"  # the list of suggestions
EXAMPLE = '{"temperature": 0.2}'


class RoleForm(forms.ModelForm):
    """The model is one of the provider's or any other name: apps may ask for models that no list has."""

    model_id = forms.CharField(
        label="Model",
        max_length=250,
        widget=UnfoldAdminTextInputWidget(attrs={"list": MODELS, "autocomplete": "off", "spellcheck": "false"}),
    )
    parameters = forms.JSONField(
        required=False,
        error_messages={"invalid": f"Write an object in JSON, as {EXAMPLE}."},
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2, "placeholder": EXAMPLE, "spellcheck": "false"}),
    )

    class Meta:
        model = Role
        fields = ("name", "model_id", "parameters")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.parameters == {}:
            self.initial["parameters"] = None  # an empty box invites more than a pair of braces

    def clean_model_id(self) -> str:
        model: str = self.cleaned_data["model_id"]
        if any(not sign.isprintable() or sign.isspace() for sign in model):
            raise forms.ValidationError("The id of a model holds no blanks.")
        return model

    def clean_parameters(self) -> Any:
        given = self.cleaned_data["parameters"]
        return {} if given is None else given


class RoleFormSet(BaseInlineFormSet):
    """Refuses two names that calls cannot tell apart."""

    def clean(self) -> None:
        super().clean()
        seen: dict[str, str] = {}
        for form in self.forms:
            given = getattr(form, "cleaned_data", {})
            name = given.get("name")
            if not name or given.get("DELETE"):
                continue
            if fold_name(name) in seen:
                form.add_error("name", f"Calls cannot tell it from “{seen[fold_name(name)]}” above.")
            seen.setdefault(fold_name(name), name)


class RoleInline(TabularInline):
    model = Role
    form = RoleForm
    formset = RoleFormSet
    fields = ("name", "model_id", "parameters")
    extra = 0
    hide_title = True
    verbose_name_plural = "roles: names for what a model is good for, called as <provider>:<role>"
    template_after = "admin/providers/shipped_roles.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Role]:
        return super().get_queryset(request).order_by("name")


class RoleLine(NamedTuple):
    name: str
    model: str
    origin: str


def role_facts(provider: Provider) -> dict[str, Any]:
    """For the part beneath the rows: the shipped roles in force, what the rows hide or miss, models to suggest."""
    own = {fold_name(row.name): row for row in Role.objects.filter(provider=provider).order_by("name")}
    listed = dict(Model.objects.filter(provider=provider).order_by("model_id").values_list("model_id", "enabled"))
    chats = Model.objects.filter(provider=provider, enabled=True, mode__in=CHATS).order_by("model_id")
    shipped = roles_of(provider, environ())
    names = [*(name for name in NAMES if name in shipped), *sorted(shipped.keys() - set(NAMES))]
    return {
        "provider": provider,
        "shipped": [RoleLine(name, *shipped[name]) for name in names if fold_name(name) not in own],
        "remarks": [remark for row in own.values() for remark in _remarks(row, listed)],
        "models": list(chats.values_list("model_id", flat=True)),
        "list_id": MODELS,
    }


def _remarks(row: Role, listed: dict[str, bool]) -> list[str]:
    """What an admin should know of a role that is as it may be."""
    remarks = []
    if hidden := next((model for model in listed if fold_name(model) == fold_name(row.name)), None):
        name = row.provider.name
        remarks.append(f"The role {row.name} hides the model {hidden}: {name}:{hidden} is the role, "
                       f"{name}/{hidden} still the model.")  # fmt: skip
    if listed.get(row.model_id) is False:
        remarks.append(f"The role {row.name} leads to {row.model_id}, which is disabled in the catalogue.")
    elif row.model_id not in listed:
        remarks.append(f"The role {row.name} leads to {row.model_id}, which the catalogue does not know.")
    return remarks

"""The provider form, generated from what its vendor declares.

A setting ``region`` becomes the field ``setting__region``. What the environment sets is shown and cannot be
edited; saving keeps what the row held, so that taking the variable away brings it back.
"""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from providers import addresses
from providers.actions_config import check_setting, stored_dispatch
from providers.admin.secret_field import CLEAR, SecretField
from providers.env import Overlay, decided_by, dispatch_in_force
from providers.models import Provider
from providers.vendors import Setting, Vendor

PREFIX = "setting__"


def env_note(variable: str, help_text: object = "") -> SafeString:
    return format_html(
        '<span class="sb-env"><span class="material-symbols-outlined" aria-hidden="true">lock</span>'
        "Set by <code>{}</code>. Change it there.</span> {}",
        variable,
        help_text,
    )


class ProviderForm(forms.ModelForm):
    """Base of the generated forms; ``form_for`` fills in the class attributes."""

    vendor_facts: ClassVar[Vendor | None] = None
    over: ClassVar[Overlay] = Overlay()

    class Meta:
        model = Provider
        fields = (
            "name", "dispatch", "base_url", "priority", "weight", "max_in_flight", "smallest_pool",
            "connect_timeout", "first_byte_timeout", "silence_timeout", "total_timeout",
        )  # fmt: skip
        labels: ClassVar = {"max_in_flight": "Calls at once", "smallest_pool": "Smallest token pool"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._show_stored()
        self._show_dispatch()
        shown: dict[str, Any] = {"base_url": self.over.base_url}
        for setting in self._declared():
            shown[PREFIX + setting.name] = "" if setting.secret else self.over.settings.get(setting.name)
        for name, value in shown.items():
            if name in self.fields and name.removeprefix(PREFIX) in self.over.variables:
                self._lock(name, value, self.over.variables[name.removeprefix(PREFIX)])

    @property
    def _dispatch_in_force(self) -> str:
        return dispatch_in_force(self.over, self.instance.dispatch, self.instance.usual_dispatch)

    def _show_dispatch(self) -> None:
        """What holds. A variable that only says *on* leaves the mode to the admin, but not to switch it off."""
        field = self.fields.get("dispatch")
        if not isinstance(field, forms.ChoiceField):
            return
        if variable := decided_by(self.over, Provider.Dispatch.POOLED):
            self._lock("dispatch", self._dispatch_in_force, variable)
        elif variable := decided_by(self.over, Provider.Dispatch.OFF):
            field.choices = [one for one in Provider.Dispatch.choices if one[0] != Provider.Dispatch.OFF]
            field.help_text = format_html("Switched on by <code>{}</code>. {}", variable, field.help_text)
            self.initial["dispatch"] = self._dispatch_in_force

    def _declared(self) -> tuple[Setting, ...]:
        return self.vendor_facts.settings if self.vendor_facts else ()

    def _show_stored(self) -> None:
        for setting in self._declared():
            field = self.fields.get(PREFIX + setting.name)
            if isinstance(field, SecretField):
                field.widget.is_set = bool(self.instance.secret_settings.get(setting.name))
            elif field is not None:
                field.initial = self.instance.settings.get(setting.name, "")
        if isinstance(field := self.fields.get("new_proxy"), SecretField):
            field.widget.is_set = bool(self.instance.pk and self.instance.proxy)

    def _lock(self, name: str, value: Any, variable: str) -> None:
        """Shows what the environment says (nothing, if what it says is malformed) and takes no other value."""
        field = self.fields[name]
        field.disabled = True
        field.help_text = env_note(variable, field.help_text)
        self.initial[name] = value

    def clean_base_url(self) -> str:
        return addresses.base_url(self.cleaned_data["base_url"])

    def clean_dispatch(self) -> str:
        """What the environment alone says is not stored: with its variable gone, the row says again what it said."""
        return stored_dispatch(self.over, self.instance, self.cleaned_data["dispatch"])

    def clean_new_proxy(self) -> Any:
        given = self.cleaned_data["new_proxy"]
        return given if given is CLEAR else addresses.proxy(given)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        known = {PREFIX + setting.name for setting in self._declared()}
        for name in self.data:
            setting = str(name).removesuffix("-clear")
            if setting.startswith(PREFIX) and setting not in known:
                names = ", ".join(sorted(one.removeprefix(PREFIX) for one in known)) or "none"
                raise ValidationError(
                    f"Unknown setting “{setting.removeprefix(PREFIX)}”. This vendor's settings: {names}."
                )
        if "base_url" in self.fields and self.fields["base_url"].disabled:  # what is only shown must not be stored
            cleaned["base_url"] = self.instance.base_url
        return cleaned

    def save(self, commit: bool = True) -> Any:
        provider = self.instance
        plain, secret = dict(provider.settings), dict(provider.secret_settings)
        for setting in self._declared():
            _store(secret if setting.secret else plain, self, setting)
        declared = {setting.name for setting in self._declared()}
        provider.settings = {name: value for name, value in plain.items() if name in declared}
        provider.secret_settings = secret
        if given := self.cleaned_data.get("new_proxy"):
            provider.proxy = "" if given is CLEAR else given
        return super().save(commit)


def _store(into: dict[str, Any], form: ProviderForm, setting: Setting) -> None:
    field = form.fields.get(PREFIX + setting.name)
    if field is None or field.disabled:
        return
    given = form.cleaned_data.get(PREFIX + setting.name)
    if given is CLEAR or (not given and not setting.secret):
        into.pop(setting.name, None)
    elif given:
        into[setting.name] = given


def form_for(vendor: Vendor | None, over: Overlay) -> type[ProviderForm]:
    """A form class with one field for each setting ``vendor`` declares."""
    fields: dict[str, Any] = {
        "vendor_facts": vendor,
        "over": over,
        "base_url": forms.CharField(
            required=False,
            max_length=500,
            label="Base URL",
            help_text=_address_help(vendor),
            widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "url", "spellcheck": "false"}),
        ),
        "new_proxy": SecretField(
            label="Proxy",
            help_text="http://… or socks5://…, may hold a user and password. Stored encrypted and never shown again.",
        ),
    }
    for setting in vendor.settings if vendor else ():
        fields[PREFIX + setting.name] = _field(setting)
    return type("ProviderForm", (ProviderForm,), fields)


def _field(setting: Setting) -> forms.Field:
    check: Any = partial(check_setting, setting)  # gives the value back, which validators need not
    if setting.secret:
        return SecretField(label=setting.label, help_text=setting.help, validators=[check])
    if setting.choices:
        return forms.ChoiceField(
            label=setting.label,
            help_text=setting.help,
            required=False,
            choices=[
                ("", f"{setting.default} (default)" if setting.default else "—"),
                *((one, one) for one in setting.choices),
            ],
            widget=UnfoldAdminSelectWidget(),
        )
    return forms.CharField(
        label=setting.label,
        help_text=setting.help,
        required=False,  # a provider may be saved half-filled; its status says what is missing
        validators=[check],
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": setting.default, "spellcheck": "false"}),
    )


def _address_help(vendor: Vendor | None) -> str:
    if vendor is None or vendor.answers is not None:
        return "Not used by this vendor." if vendor else ""
    if vendor.base_url is None:
        return "Where it listens, as in http://localhost:8080/v1. This vendor has no address of its own."
    return format_html("Leave empty for the vendor's own: <code>{}</code>", vendor.base_url)

"""The catalogue in the admin: what each provider serves and can do."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from providers import facts
from providers.admin import cells
from providers.admin.unfolded import ModelAdmin
from providers.models import Model
from providers.pricing import Sheet
from providers.pricing.published import edition
from providers.pricing.sheet import SINGLE
from providers.shipped import place_of

TONES: dict[str, cells.Tone] = {"shipped": "grey", "fetched": "blue", "admin": "green"}


SOURCES = {
    "admin": "set here",
    "vendor": "from the vendor's list",
    "shipped": "shipped with Switchboard",
    "genai-prices": "from genai-prices",
    "guess": "guessed from its name",
}
PRICED = {
    "override": "set here",
    "vendor_list": "from the vendor's list",
    "shipped": "shipped with Switchboard",
    "genai-prices": "from genai-prices",
}


def _sheet(model: Model) -> Sheet | None:
    vendor = model.provider.facts
    if vendor is None:
        return None
    return facts.row_prices(model, vendor, place_of(model.provider, vendor)).sheet()


class ModelForm(forms.ModelForm):
    """Each fact says where it comes from. What is changed is the admin's from then on, what is cleared is left to the
    vendor again."""

    class Meta:
        model = Model
        fields = ("provider", "model_id", "enabled", *facts.FACTS, *(f"price_{unit}" for unit in facts.PRICES))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        mode = self.fields.get("mode")
        if isinstance(mode, forms.TypedChoiceField):
            mode.required = False
            mode.choices = [("", "As is known"), *Model.Mode.choices]
        for name in facts.FACTS:
            if name in self.fields:
                self.fields[name].help_text = self._origin(name)
        if self.instance.pk is None and mode is not None:
            mode.initial = ""

    def _origin(self, name: str) -> str:
        if self.instance.pk is None:
            return "Empty: what the vendor says."
        if getattr(self.instance, name) is None:
            return "Unknown."
        source = self.instance.sources.get(name, facts.ADMIN)
        words = SOURCES.get(source, source)
        cleared = " Clear it to go by the vendor again." if source == facts.ADMIN else ""
        return f"{words[:1].upper()}{words[1:]}.{cleared}"


@admin.register(Model)
class CatalogueAdmin(ModelAdmin):
    form = ModelForm
    list_display = (
        "name", "provider", "mode", "enabled", "sees", "calls_tools", "reasons", "window", "longest", "price", "origin",
        "seen",
    )  # fmt: skip
    list_display_links = ("name",)
    list_filter = (
        "enabled", "mode", "vision", "tools", "reasoning", "structured_output", "audio", "source", "provider",
    )  # fmt: skip
    list_select_related = ("provider",)
    list_fullwidth = True
    search_fields = ("model_id", "provider__name")
    search_help_text = "Model id or provider"
    ordering = ("provider__name", "model_id")
    readonly_fields = ("prices", "list_said", "seen")
    fieldsets = (
        (None, {"fields": ("provider", "model_id", "mode", "enabled")}),
        ("Limits", {"fields": (("context_window", "max_output"), "dimensions")}),
        (
            "Capabilities",
            {
                "description": "Unknown is not no: such a model is tried.",
                "fields": (("vision", "audio"), ("tools", "structured_output"), ("reasoning", "streaming")),
            },
        ),
        (
            "Price",
            {
                "description": "In USD. What is set here replaces that price alone; 0 says that it is free.",
                "fields": (
                    "prices",
                    ("price_input", "price_output"),
                    ("price_cached_input", "price_cache_write"),
                    ("price_audio_input", "price_audio_output"),
                    ("price_reasoning", "price_request"),
                ),
            },
        ),
        ("The vendor's list", {"fields": ("seen", "list_said")}),
    )
    actions = ("enable_selected", "disable_selected")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Model]:
        return super().get_queryset(request).defer("provider__settings", "provider__secret_settings", "provider__proxy")

    def save_model(self, request: HttpRequest, obj: Model, form: Any, change: bool) -> None:
        if not form.cleaned_data.get("mode"):
            obj.mode = ""
        facts.set_by_admin(obj, facts.FACTS if not change else form.changed_data)
        vendor = obj.provider.facts
        if vendor is not None:
            facts.settle(obj, facts.fact_of(vendor, obj.model_id), place_of(obj.provider, vendor))
        elif not obj.mode:
            obj.mode = facts.guess_mode(obj.model_id)
        super().save_model(request, obj, form, change)

    @admin.display(description="Price in → out")
    def price(self, model: Model) -> SafeString | str:
        sheet = _sheet(model)
        known = sheet.dollars() if sheet is not None else {}
        if sheet is None or not {"input", "output"} & set(known):
            return cells.EMPTY
        told = [f"${known[unit]:f}" if unit in known else "?" for unit in ("input", "output")]
        return cells.two_lines(" → ".join(told), PRICED.get(sheet.basis, sheet.basis))

    @admin.display(description="Prices that hold now")
    def prices(self, model: Model) -> SafeString | str:
        """In USD, with their source; "Unknown" where there is none."""
        sheet = _sheet(model) if model.pk else None
        if sheet is None:
            return "Unknown: calls are logged without a cost."
        told = [
            f"{unit.replace('_', ' ')} ${amount:f}{' each' if unit in SINGLE else ''}"
            for unit, amount in sheet.dollars().items()
        ]
        tiers = " More for long input." if any(rate.tiers for rate in sheet.rates.values()) else ""
        where = edition() if sheet.basis == "genai-prices" else PRICED.get(sheet.basis, sheet.basis)
        return cells.two_lines(" · ".join(told), f"For a million units, {where}.{tiers}")

    @admin.display(description="What it said last")
    def list_said(self, model: Model) -> SafeString | str:
        said = {name: value for name, value in model.listed.items() if name != "price"} | model.listed.get("price", {})
        return " · ".join(f"{name.replace('_', ' ')}: {value}" for name, value in said.items()) or cells.EMPTY

    @admin.display(description="Model", ordering="model_id")
    def name(self, model: Model) -> SafeString:
        return format_html('<span class="sb-strong sb-mono">{}</span>', model.model_id)

    @admin.display(description="Vision", ordering="vision")
    def sees(self, model: Model) -> SafeString:
        return cells.known(model.vision)

    @admin.display(description="Tools", ordering="tools")
    def calls_tools(self, model: Model) -> SafeString:
        return cells.known(model.tools)

    @admin.display(description="Reasoning", ordering="reasoning")
    def reasons(self, model: Model) -> SafeString:
        return cells.known(model.reasoning)

    @admin.display(description="Context", ordering="context_window")
    def window(self, model: Model) -> SafeString | str:
        return f"{model.context_window:,}" if model.context_window else cells.EMPTY

    @admin.display(description="Max output", ordering="max_output")
    def longest(self, model: Model) -> SafeString | str:
        return f"{model.max_output:,}" if model.max_output else cells.EMPTY

    @admin.display(description="Source", ordering="source")
    def origin(self, model: Model) -> SafeString:
        return cells.chip(model.source, TONES.get(model.source, "grey"), title=model.get_source_display())

    @admin.display(description="Seen", ordering="seen_at")
    def seen(self, model: Model) -> SafeString:
        return cells.moment(model.seen_at, never="–")

    @admin.action(description="Enable", permissions=["change"])
    def enable_selected(self, request: HttpRequest, queryset: QuerySet[Model]) -> None:
        messages.success(
            request, f"Enabled {Model.objects.filter(pk__in=queryset.values('pk')).update(enabled=True)} model(s)."
        )

    @admin.action(description="Disable", permissions=["change"])
    def disable_selected(self, request: HttpRequest, queryset: QuerySet[Model]) -> None:
        messages.success(
            request, f"Disabled {Model.objects.filter(pk__in=queryset.values('pk')).update(enabled=False)} model(s)."
        )

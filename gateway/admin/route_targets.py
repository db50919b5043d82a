"""A route's targets on its page: in the order they are tried, each with its weight and conditions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import ForeignKey, QuerySet
from django.forms import BaseInlineFormSet
from django.http import HttpRequest

from gateway.admin import route_cells
from gateway.admin.route_checks import every_route, facts_of
from gateway.admin.three_way import ThreeWayField, without_links
from gateway.models import RouteTarget
from gateway.routing.conflicts import cycle
from providers.models import Provider

if TYPE_CHECKING:
    from django.contrib.admin import StackedInline
else:
    from unfold.admin import StackedInline

CONDITIONS = ("when_stream", "when_tools", "when_images", "min_input", "max_input", "team")


class TargetForm(forms.ModelForm):
    when_stream = ThreeWayField(label="Streams", unsaid="Any", yes="Only streams", no="Only whole answers")
    when_tools = ThreeWayField(label="Tools", unsaid="Any", yes="Only with tools", no="Only without tools")
    when_images = ThreeWayField(label="Images", unsaid="Any", yes="Only with images", no="Only without images")

    class Meta:
        model = RouteTarget
        fields = ("position", "provider", "model", "weight", *CONDITIONS)
        labels = {"position": "Order", "min_input": "Input from", "max_input": "Input up to"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if (position := self.fields.get("position")) is not None:
            position.required = False
            if self.instance.pk is None:
                position.initial = None
                self.initial.pop("position", None)
        if (provider := self.fields.get("provider")) is not None:
            provider.empty_label = "Any name"  # type: ignore[attr-defined]
            without_links(provider)
        without_links(self.fields.get("team"))
        if self.instance.pk is not None:
            said = route_cells.conditions(self.instance)
            title = f"{self.instance}, only if {', '.join(said)}" if said else str(self.instance)
            self.instance.get_inline_title = title  # what unfold heads the row with
        if (model := self.fields.get("model")) is not None:
            model.widget.attrs |= {"data-names": "row", "spellcheck": "false", "autocomplete": "off"}

    def clean_position(self) -> int | None:
        """Nothing stays nothing here: the formset puts what has no place at the end."""
        position: int | None = self.cleaned_data["position"]
        return position

    def _post_clean(self) -> None:
        if self.cleaned_data.get("position") is None:
            self.cleaned_data["position"] = self.instance.position or 0
            self.unplaced = True
        super()._post_clean()  # type: ignore[misc]


class TargetFormSet(BaseInlineFormSet):
    """Puts new targets at the end, and refuses a route whose names lead back to itself."""

    def clean(self) -> None:
        super().clean()
        forms = [form for form in self.forms if not self._left_out(form)]
        self._place(forms)
        if any(form.errors for form in forms):
            return
        forms.sort(key=lambda form: form.instance.position)
        route = facts_of(self.instance, [form.instance for form in forms])
        if way := cycle(route, every_route()):
            raise ValidationError(
                f"The names lead in a circle: {' → '.join(way)}. Name a provider with the model, or leave one out."
            )

    def _left_out(self, form: Any) -> bool:
        return form in self.deleted_forms or (form.instance.pk is None and not form.has_changed())

    @staticmethod
    def _place(forms: list[Any]) -> None:
        given = [form.instance.position for form in forms if not getattr(form, "unplaced", False)]
        following = max(given, default=0) + 1
        for form in forms:
            if getattr(form, "unplaced", False):
                form.instance.position = following
                following += 1


class TargetInline(StackedInline):
    model = RouteTarget
    form = TargetForm
    formset = TargetFormSet
    extra = 0
    ordering = ("position", "id")
    ordering_field = "position"
    verbose_name = "target"
    verbose_name_plural = "targets: in the order they are tried; drag them, or number them"
    fieldsets = (
        (None, {"fields": (("position", "provider", "model", "weight"),)}),
        ("Only when", {"fields": (CONDITIONS[:3], CONDITIONS[3:]), "classes": ["collapse"]}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[RouteTarget]:
        rows: QuerySet[RouteTarget] = super().get_queryset(request)
        return rows.select_related("provider", "team").defer("provider__proxy", "provider__secret_settings")

    def formfield_for_foreignkey(self, db_field: ForeignKey, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "provider":
            kwargs["queryset"] = Provider.objects.defer("proxy", "secret_settings")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

"""Settings of which there is one row: the form stands where a list would, and the first save makes the row."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from gateway.admin.safe_save import SafeSave


class OneRow(SafeSave):
    """For a model with ``current()``: the row, or one with the defaults that is not saved."""

    warn_unsaved_form = True
    compressed_fields = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        return self.model.current() if object_id == "1" else None

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return HttpResponseRedirect(reverse(f"admin:gateway_{self.opts.model_name}_change", args=[1]))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        title = str(self.opts.verbose_name).capitalize()
        alone = {"title": title, "subtitle": None, "show_save_and_add_another": False, "show_close": False}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **alone})

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        """Back to the form: there is no list to go to."""
        super().response_change(request, obj)  # says that it was saved
        return HttpResponseRedirect(request.path)

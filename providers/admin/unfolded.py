"""unfold's classes with types: it ships none, so to a type checker they are the Django classes that they extend."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.db import DataError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin as _ModelAdmin
    from django.contrib.admin import TabularInline
    from django.contrib.admin.views.main import ChangeList
else:
    from unfold.admin import ModelAdmin as _ModelAdmin
    from unfold.admin import TabularInline
    from unfold.views import ChangeList

__all__ = ["ChangeList", "ModelAdmin", "TabularInline"]

log = logging.getLogger("switchboard.admin")


class ModelAdmin(_ModelAdmin):
    """A list that is asked for by what no column holds (a number of 24 digits, a row called x) says so."""

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        try:
            return super().changelist_view(request, extra_context)
        except (OverflowError, DataError, ValueError) as error:
            if not (request.GET or request.POST):
                raise
            log.warning("a list of %s was not shown as asked: %s", self.opts.model_name, type(error).__name__)
            messages.error(request, "The list cannot be asked for that; here it is whole.")
            return HttpResponseRedirect(request.path)

"""Saving beside others: what a form found free may be taken when it is saved. That is a message, never a 500."""

from __future__ import annotations

import logging
from typing import Any

from django.contrib import messages
from django.db import DataError, IntegrityError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from providers.admin.unfolded import ModelAdmin

log = logging.getLogger("switchboard.admin")
REFUSED = "Nothing was saved: somebody else changed this at the same moment. This is how it stands now; try again."
NO_ROW = "Nothing was saved: a row was named that cannot be. Choose it from the list."
LONGEST_ID = 19  # digits: that of a column's largest


class SafeSave(ModelAdmin):
    """A form that the database refuses is judged once more: what stands there by now shows as an error of a field."""

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if self._names_no_row(request):
            messages.error(request, NO_ROW)
            return HttpResponseRedirect(request.path)
        view = super().changeform_view
        try:
            return view(request, object_id, form_url, extra_context)
        except (IntegrityError, DataError):
            if request.method != "POST":
                raise
        try:
            return view(request, object_id, form_url, extra_context)
        except (IntegrityError, DataError) as error:
            log.warning("a form of %s was refused twice: %s", self.opts.model_name, type(error).__name__)
            messages.error(request, REFUSED)
            return HttpResponseRedirect(request.path)

    def _names_no_row(self, request: HttpRequest) -> bool:
        """Whether a row is named by what no column holds: the database would fail where it is looked up, and for
        choices that is while the page is rendered."""
        relations = [field.name for field in (*self.opts.fields, *self.opts.many_to_many) if field.is_relation]
        for source in (request.GET, request.POST):
            given = (value for name in relations for value in source.getlist(name))
            if any(value and (len(value.strip()) >= LONGEST_ID or not value.strip().isdecimal()) for value in given):
                return True
        return False

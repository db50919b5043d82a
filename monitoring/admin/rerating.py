"""Rating the log again, in the admin: a form, what it would change, then the run; and the list of runs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from monitoring import tasks
from monitoring.admin.rerating_form import RerateForm
from monitoring.books import rerating
from monitoring.models import Rerating
from providers.admin import cells
from providers.admin.jobs import enqueue
from providers.admin.unfolded import ModelAdmin
from providers.compiling import compile_catalogue
from providers.environment import environ
from providers.pricing.money import usd

PREVIEW_SECONDS = 8.0
STUCK = timedelta(minutes=10)  # a run that did not end by then may have been lost with its worker


@admin.register(Rerating)
class ReratingAdmin(ModelAdmin):
    list_display = ("span", "only", "state", "rows", "sums", "by", "buttons")
    list_display_links = ("span",)
    fields = ("span", "only", "state", "rows", "sums", "reason", "by")
    search_fields = ("provider", "model", "reason", "made_by")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    # --- making one ----------------------------------------------------------------------------
    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """``GET`` and ``POST`` with ``preview`` show what would change; ``POST`` with ``run`` starts it."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = RerateForm(request.POST or None)
        found = None
        if request.method == "POST" and form.is_valid():
            if "run" in request.POST:
                return self._started(request, form)
            found = rerating.preview(form.span(), compile_catalogue(environ()), seconds=PREVIEW_SECONDS)
        context = {
            **self.admin_site.each_context(request),
            "title": "Rate again",
            "opts": self.opts,
            "form": form,
            "media": self.media + form.media,
            "found": found,
            "before": usd(found.before_nano) if found else "",
            "after": usd(found.after_nano) if found else "",
            "list_url": reverse("admin:monitoring_rerating_changelist"),
        }
        return TemplateResponse(request, "admin/monitoring/reconciliation/rerate.html", context)

    def _started(self, request: HttpRequest, form: RerateForm) -> HttpResponse:
        record = rerating.begin(form.span(), made_by=request.user.get_username(), reason=form.cleaned_data["reason"])
        said = "The requests are being rated again; this page tells how far it is."
        if not enqueue(request, tasks.rerate, [record.pk], said=said):
            record.delete()
            return HttpResponseRedirect(request.path)
        self.log_addition(request, record, f"Rate again: {record}.")
        return HttpResponseRedirect(reverse("admin:monitoring_rerating_change", args=[record.pk]))

    def get_urls(self) -> list[URLPattern]:
        go_on = self.admin_site.admin_view(self.go_on)
        return [path("<int:pk>/continue/", go_on, name="monitoring_rerating_continue"), *super().get_urls()]

    def go_on(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Of a run that was lost with its worker: what is done already is found done."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not self.has_add_permission(request):
            raise PermissionDenied
        record = get_object_or_404(Rerating, pk=pk)
        enqueue(request, tasks.rerate, [record.pk], said=f"{record} goes on.")
        return HttpResponseRedirect(reverse("admin:monitoring_rerating_changelist"))

    def get_list_display(self, request: HttpRequest) -> Any:
        return self.list_display if self.has_add_permission(request) else self.list_display[:-1]

    # --- columns -------------------------------------------------------------------------------
    @admin.display(description="Requests of")
    def span(self, row: Rerating) -> SafeString:
        last = row.until - timedelta(microseconds=1)
        return cells.two_lines(f"{row.since:%d %b %Y} – {last:%d %b %Y}", f"{row.at:%Y-%m-%d %H:%M} UTC")

    @admin.display(description="Only")
    def only(self, row: Rerating) -> SafeString:
        words: list[tuple[object, cells.Tone]] = [(one, "grey") for one in (row.provider, row.model) if one]
        if row.unknown_only:
            words.append(("unknown costs", "blue"))
        return cells.chips(words) if words else cells.EMPTY

    @admin.display(description="State")
    def state(self, row: Rerating) -> SafeString:
        if row.ended_at is not None:
            return cells.chip("done", "green", title=f"{row.ended_at:%Y-%m-%d %H:%M:%S} UTC")
        return cells.chip("stopped?", "yellow") if _stuck(row) else cells.chip("running", "blue")

    @admin.display(description="Changed")
    def rows(self, row: Rerating) -> str:
        return f"{row.changed:,} of {row.seen:,}"

    @admin.display(description="Cost before → after")
    def sums(self, row: Rerating) -> SafeString:
        return cells.two_lines(f"{usd(row.before_nano)} → {usd(row.after_nano)}", usd(row.after_nano - row.before_nano))

    @admin.display(description="By")
    def by(self, row: Rerating) -> SafeString:
        return cells.two_lines(row.made_by or "–", row.reason)

    @admin.display(description="")
    def buttons(self, row: Rerating) -> SafeString | str:
        if not _stuck(row):
            return ""
        url = reverse("admin:monitoring_rerating_continue", args=[row.pk])
        return cells.post_button(url, label="Continue", icon="play_arrow")


def _stuck(row: Rerating) -> bool:
    return row.ended_at is None and timezone.now() - row.at > STUCK

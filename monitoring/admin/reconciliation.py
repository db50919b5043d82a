"""Reconciliation in the admin: upload a vendor's export, see where the books differ, take the comparison along."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString

from monitoring import tasks
from monitoring.admin import reconciliation_page
from monitoring.admin.reconciliation_form import ReconcileForm
from monitoring.books import comparison_csv, reconciling
from monitoring.books.export_rows import Unreadable
from monitoring.books.export_shapes import UnknownShape
from monitoring.books.reconciling import NothingRead
from monitoring.books.verdicts import by_difference
from monitoring.models import Reconciliation
from providers.admin import cells
from providers.admin.jobs import enqueue
from providers.admin.unfolded import ModelAdmin
from providers.pricing.money import usd


@admin.register(Reconciliation)
class ReconciliationAdmin(ModelAdmin):
    list_display = ("file", "days", "state", "theirs", "ours", "difference", "by")
    list_display_links = ("file",)
    list_filter = ("kind",)
    search_fields = ("provider", "file_name", "made_by")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        download = self.admin_site.admin_view(self.download)
        return [path("<int:pk>/comparison.csv", download, name="monitoring_reconciliation_csv"), *super().get_urls()]

    # --- uploading -----------------------------------------------------------------------------
    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = ReconcileForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid() and (run := self._taken_in(request, form)) is not None:
            self._compared(request, run)
            return HttpResponseRedirect(reverse("admin:monitoring_reconciliation_change", args=[run.pk]))
        context = {
            **self.admin_site.each_context(request),
            "title": "Reconcile",
            "opts": self.opts,
            "form": form,
            "groups": form.groups(),
            "media": self.media + form.media,
            "list_url": reverse("admin:monitoring_reconciliation_changelist"),
        }
        return TemplateResponse(request, "admin/monitoring/reconciliation/upload.html", context)

    def _taken_in(self, request: HttpRequest, form: ReconcileForm) -> Reconciliation | None:
        """``None``: what is wrong with the files stands in the form."""
        given = form.cleaned_data
        files: list[UploadedFile] = given["upload"]
        try:
            run = reconciling.take_in(
                [(_name(one), one.file) for one in files],  # type: ignore[misc]
                kind=given["kind"],
                provider=given["provider"],
                made_by=request.user.get_username(),
                columns=form.columns(),
                keys=given["keys"],
                days=form.days(),
                tolerance=float(given["tolerance"]) / 100,
            )
        except (Unreadable, UnknownShape, NothingRead) as error:
            form.add_error("upload", str(error))
            return None
        self.log_addition(request, run, f"Uploaded for {run.provider}.")
        return run

    def _compared(self, request: HttpRequest, run: Reconciliation) -> None:
        """At once where that is quick, else by a task; by the page after all if no task can be started."""
        if reconciling.is_small(run):
            reconciling.compare(run.pk)
            return
        enqueue(request, tasks.reconcile, [run.pk], said="The log is being looked through; reload this page shortly.")

    # --- one run -------------------------------------------------------------------------------
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        run = self.get_object(request, object_id)
        if not self.has_view_permission(request, run):
            raise PermissionDenied
        if run is None:
            messages.error(request, "This reconciliation is gone.")
            return HttpResponseRedirect(reverse("admin:monitoring_reconciliation_changelist"))
        if request.method == "POST" and self.has_add_permission(request):  # once more, where a task was lost
            self._compared(request, run)
            return HttpResponseRedirect(request.path)
        context = {
            **self.admin_site.each_context(request),
            "title": f"{run.provider}: {run.get_kind_display()}",
            "opts": self.opts,
            **reconciliation_page.story(run, request.GET),
            "may_add": self.has_add_permission(request),
            "csv_url": reverse("admin:monitoring_reconciliation_csv", args=[run.pk]),
            "list_url": reverse("admin:monitoring_reconciliation_changelist"),
        }
        return TemplateResponse(request, "admin/monitoring/reconciliation/run.html", context)

    def download(self, request: HttpRequest, pk: int) -> HttpResponse | StreamingHttpResponse:
        run = get_object_or_404(Reconciliation, pk=pk)
        if not self.has_view_permission(request, run):
            raise PermissionDenied
        lines = by_difference(run.lines.all()).iterator(chunk_size=2000)
        rows = comparison_csv.rows(lines, *reconciling.tolerance_of(run))
        headers = {"Content-Disposition": f'attachment; filename="reconciliation-{run.pk}.csv"'}
        return HttpResponse("".join(rows), content_type="text/csv; charset=utf-8", headers=headers)

    # --- columns -------------------------------------------------------------------------------
    @admin.display(description="Export")
    def file(self, row: Reconciliation) -> SafeString:
        return cells.two_lines(f"{row.provider} · {row.get_kind_display()}", row.file_name)

    @admin.display(description="Days (UTC)")
    def days(self, row: Reconciliation) -> str:
        return f"{row.since} – {row.until}"

    @admin.display(description="State")
    def state(self, row: Reconciliation) -> SafeString:
        if row.mapping.get("state") != reconciling.DONE:
            return cells.chip("waiting", "blue")
        return cells.chip(f"{row.unread:,} rows unread", "yellow") if row.unread else cells.chip("compared", "green")

    @admin.display(description="Theirs")
    def theirs(self, row: Reconciliation) -> SafeString | str:
        return cells.EMPTY if row.theirs_nano is None else usd(row.theirs_nano)

    @admin.display(description="Ours")
    def ours(self, row: Reconciliation) -> str:
        return usd(row.ours_nano)

    @admin.display(description="Difference")
    def difference(self, row: Reconciliation) -> SafeString | str:
        return cells.EMPTY if row.theirs_nano is None else usd(row.theirs_nano - row.ours_nano)

    @admin.display(description="By")
    def by(self, row: Reconciliation) -> SafeString:
        return cells.two_lines(row.made_by or "–", f"{row.at:%Y-%m-%d %H:%M} UTC")


def _name(file: UploadedFile) -> str:
    """Printable, without a path."""
    plain = "".join(sign for sign in (file.name or "file") if sign.isprintable())
    return plain[:80] or "file"

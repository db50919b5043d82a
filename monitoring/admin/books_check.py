"""The checks of the books in the admin: read-only, each with what differed."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from monitoring.books.check import words
from monitoring.models import BooksCheck
from providers.admin import cells
from providers.admin.unfolded import ModelAdmin

LOG_PAGE = "admin:monitoring_requestlog_change"


@admin.register(BooksCheck)
class BooksCheckAdmin(ModelAdmin):
    list_display = ("when", "result", "span", "looked_at")
    list_display_links = ("when",)
    fields = ("when", "result", "span", "looked_at", "found")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description="Checked (UTC)")
    def when(self, row: BooksCheck) -> str:
        return f"{row.at:%Y-%m-%d %H:%M}"

    @admin.display(description="Result")
    def result(self, row: BooksCheck) -> SafeString:
        count = len(row.differences)
        if not count:
            return cells.chip("equal", "green")
        return cells.chip(f"{count} period{'s' if count > 1 else ''} differ{'' if count > 1 else 's'}", "red")

    @admin.display(description="Calls from – until")
    def span(self, row: BooksCheck) -> str:
        return f"{row.since:%Y-%m-%d %H:%M} – {row.until:%Y-%m-%d %H:%M}"

    @admin.display(description="Looked at")
    def looked_at(self, row: BooksCheck) -> str:
        return f"{row.periods:,} periods, {row.calls:,} charges"

    @admin.display(description="What differed")
    def found(self, row: BooksCheck) -> SafeString:
        if not row.differences:
            return cells.EMPTY
        items = format_html_join(
            "", "<li>{} {}</li>", ((words(one), _examples(one)) for one in row.differences if isinstance(one, dict))
        )
        return SafeString(f'<ul class="sb-list">{items}</ul>')


def _examples(found: dict[str, Any]) -> SafeString:
    """Calls that differ, with their pages in the log."""
    shown = ((reverse(LOG_PAGE, args=[one["exchange"]]), one["exchange"]) for one in found.get("examples", ()))
    return format_html_join(" ", '<a class="sb-link sb-mono" href="{}">{}</a>', shown)

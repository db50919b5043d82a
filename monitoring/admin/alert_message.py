"""What was sent to channels, and what was not and why. Read-only, but for one more try."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from celery import signature
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from monitoring.admin import alert_cells
from monitoring.admin.alert import NO_SAVING
from monitoring.alerts import asking
from monitoring.models import AlertMessage, AlertNews
from providers.admin import cells
from providers.admin.jobs import enqueue
from providers.admin.posting import PostActions
from providers.admin.unfolded import ChangeList

ALERT_PAGE = "admin:monitoring_alert_change"
MOST_TOLD = 200


def told(rows: Iterable[AlertMessage]) -> list[tuple[AlertMessage, SafeString]]:
    """Each message with what it says, in one query."""
    found = list(rows)
    titles: dict[int, list[str]] = {}
    news = AlertNews.objects.filter(message__in=found).order_by("at", "pk")
    for message, title in news.values_list("message", "alert__title"):
        titles.setdefault(message, []).append(title)
    return [(row, alert_cells.what(row, titles.get(row.pk, []))) for row in found]


class ToldList(ChangeList):
    """Knows what each message says."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = list(self.result_list)
        for row, what in told(self.result_list):
            row.told = what  # type: ignore[attr-defined]


@admin.register(AlertMessage)
class AlertMessageAdmin(PostActions):
    list_display = ("says", "to", "state_now", "result", "tried", "made", "buttons")
    list_display_links = ("says",)
    list_filter = ("state", "what", "channel")
    list_fullwidth = True
    list_select_related = ("channel",)
    sortable_by = ()
    posts = {"again": "do_again"}
    fields = ("tells", "to", "state_now", "result", "tried", "made", "key")
    readonly_fields = fields

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[AlertMessage]:
        rows: QuerySet[AlertMessage] = super().get_queryset(request)
        return rows.select_related("channel").defer("channel__address", "channel__secret")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ToldList]:
        return ToldList

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        extra = {**(extra_context or {}), **NO_SAVING, "subtitle": None}
        return super().change_view(request, object_id, form_url, extra)

    def do_again(self, request: HttpRequest, message: AlertMessage) -> None:
        if not asking.again(message):
            messages.info(request, "It is on its way, or arrived.")
            return
        self.log_change(request, message, "Sent once more.")
        enqueue(request, signature(asking.SEND_TASK), [message.pk], said="It is being sent once more.")

    # --- columns -------------------------------------------------------------------------------
    @admin.display(description="Says")
    def says(self, row: AlertMessage) -> SafeString:
        return getattr(row, "told", cells.EMPTY)

    @admin.display(description="Says")
    def tells(self, row: AlertMessage) -> SafeString:
        """All of it, each with its alert's page."""
        found = row.news.select_related("alert")[:MOST_TOLD]
        pages = ((reverse(ALERT_PAGE, args=[one.alert_id]), one.get_what_display(), one.alert.title) for one in found)
        items = format_html_join("", '<li><a class="sb-link" href="{}">{}: {}</a></li>', pages)
        return format_html('<ul class="sb-list">{}</ul>', items) if items else alert_cells.what(row, [])

    @admin.display(description="To")
    def to(self, row: AlertMessage) -> SafeString:
        return cells.two_lines(row.channel.name, row.channel.get_kind_display())

    @admin.display(description="State")
    def state_now(self, row: AlertMessage) -> SafeString:
        return alert_cells.message_state(row)

    @admin.display(description="Outcome")
    def result(self, row: AlertMessage) -> SafeString | str:
        return alert_cells.outcome(row)

    @admin.display(description="Tries")
    def tried(self, row: AlertMessage) -> int:
        return row.tries

    @admin.display(description="Made")
    def made(self, row: AlertMessage) -> SafeString:
        return cells.moment(row.created_at)

    @admin.display(description="")
    def buttons(self, row: AlertMessage) -> SafeString | str:
        if row.state != AlertMessage.State.FAILED:
            return ""
        return cells.post_button(self.post_url("again", row), label="Try it again", icon="refresh")

"""Alert channels in the admin: where messages go, when not, whether they arrive, and a button that tries it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from celery import signature
from django.contrib import admin
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.safestring import SafeString

from gateway.admin.safe_save import SafeSave
from monitoring.admin import alert_cells
from monitoring.admin.alert_channel_form import DAYS, SHOWN_WHEN, AlertChannelForm
from monitoring.admin.alert_message import told
from monitoring.alerts import asking
from monitoring.models import AlertChannel, AlertMessage
from providers.admin import cells
from providers.admin.jobs import enqueue
from providers.admin.posting import PostActions

Deleted = tuple[list[Any], dict[str, int], set[str], list[Any]]
LAST_MESSAGES = 15
LOOKING = timedelta(seconds=40)  # so long the page looks again by itself whether a test arrived
ICONS = {"email": "mail", "slack": "tag", "discord": "forum", "teams": "groups", "webhook": "webhook"}


@admin.register(AlertChannel)
class AlertChannelAdmin(SafeSave, PostActions):
    form = AlertChannelForm
    list_display = ("title", "goes_to", "quiet", "rules_count", "last", "buttons")
    list_display_links = ("title",)
    list_filter = ("kind", "enabled")
    list_fullwidth = True
    search_fields = ("name", "hint")
    search_help_text = "Name or host"
    sortable_by = ()
    ordering = ("name",)  # the model's own does not hold for rows that count
    posts = {"test": "do_test"}
    conditional_fields = SHOWN_WHEN
    change_form_outer_before_template = "admin/monitoring/alert_channel_panel.html"
    change_form_outer_after_template = "admin/monitoring/alert_channel_messages.html"
    warn_unsaved_form = True
    compressed_fields = False
    fieldsets = (
        (None, {"fields": (("name", "kind"), "receivers", "new_address", "new_secret", "enabled")}),
        ("Quiet times", {
            "fields": (("quiet_from", "quiet_until", "quiet_zone"), "quiet_days", "quiet_mode"),
            "description": "What comes then is told in one message when they end, with what is over by then. One that "
            "ends before it begins lasts into the next day.",
        }),
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[AlertChannel]:
        rows: QuerySet[AlertChannel] = super().get_queryset(request)
        newest = AlertMessage.objects.filter(channel=OuterRef("pk")).exclude(state=AlertMessage.State.WAITING, tries=0)
        rows = rows.annotate(used_by=Count("rules"), newest=Subquery(newest.values("pk")[:1]))
        match = request.resolver_match
        if match is not None and match.url_name == "monitoring_alertchannel_changelist":
            return rows.defer("address", "secret")
        return rows

    def get_deleted_objects(self, objs: Iterable[Any], request: HttpRequest) -> Deleted:
        """Names channels, and counts what goes with them: nobody may delete messages by themselves."""
        rows = list(objs)
        counts = {"alert channels": len(rows), "alert messages": AlertMessage.objects.filter(channel__in=rows).count()}
        denied = set() if self.has_delete_permission(request) else {str(self.opts.verbose_name)}
        return [str(row) for row in rows], counts, denied, []

    # --- columns -------------------------------------------------------------------------------
    @admin.display(description="Channel")
    def title(self, channel: AlertChannel) -> SafeString:
        return cells.two_lines(channel.name, channel.get_kind_display())

    @admin.display(description="Goes to")
    def goes_to(self, channel: AlertChannel) -> SafeString:
        return cells.two_lines(channel.hint or "–", cells.code(channel.fingerprint))

    @admin.display(description="Quiet times")
    def quiet(self, channel: AlertChannel) -> SafeString | str:
        if channel.quiet_from is None or channel.quiet_until is None:
            return cells.EMPTY
        days = ", ".join(DAYS[day][:2] for day in channel.quiet_days if 0 <= day < len(DAYS))
        every = len(channel.quiet_days) == len(DAYS)
        times = f"{channel.quiet_from:%H:%M}–{channel.quiet_until:%H:%M} {channel.quiet_zone}"
        return cells.two_lines(times, "every day" if every else days)

    @admin.display(description="Rules")
    def rules_count(self, channel: AlertChannel) -> str:
        return str(channel.used_by)  # type: ignore[attr-defined]

    @admin.display(description="Last message")
    def last(self, channel: AlertChannel) -> SafeString:
        if not channel.enabled:
            return cells.chip("disabled", "yellow")
        found = AlertMessage.objects.filter(pk=channel.newest).first()  # type: ignore[attr-defined]
        return alert_cells.message_state(found) if found is not None else cells.EMPTY

    @admin.display(description="")
    def buttons(self, channel: AlertChannel) -> SafeString:
        return cells.post_button(self.post_url("test", channel), label=f"Send a test to {channel.name}", icon="send")

    # --- a test --------------------------------------------------------------------------------
    def do_test(self, request: HttpRequest, channel: AlertChannel) -> None:
        message = asking.test(channel, by=request.user.get_username())
        said = f"A test is on its way to {channel.name}. The channel's page shows whether it arrived."
        if not enqueue(request, signature(asking.SEND_TASK), [message.pk], said=said):
            message.delete()

    # --- the page ------------------------------------------------------------------------------
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        channel = self.get_object(request, object_id)
        extra = {**(extra_context or {}), "subtitle": None}
        looks_again = False
        if isinstance(channel, AlertChannel) and self.has_view_permission(request, channel):
            rows = list(channel.messages.order_by("-created_at", "-pk")[:LAST_MESSAGES])
            test = next((row for row in rows if row.what == AlertMessage.What.TEST), None)
            looks_again = request.method == "GET" and test is not None and _is_under_way(test)
            extra["panel"] = {
                "channel": channel,
                "icon": ICONS.get(channel.kind, "send"),
                "test": test and {"state": alert_cells.message_state(test), "outcome": alert_cells.outcome(test)},
                "test_url": self.post_url("test", channel) if self.has_change_permission(request, channel) else "",
            }
            extra["sent"] = [
                {"what": what, "state": alert_cells.message_state(row), "outcome": alert_cells.outcome(row)}
                for row, what in told(rows)
            ]
        response = super().change_view(request, object_id, form_url, extra)
        if looks_again:
            response["Refresh"] = "2"
        response["Cache-Control"] = "no-store"
        return response


def _is_under_way(test: AlertMessage) -> bool:
    under_way = (AlertMessage.State.WAITING, AlertMessage.State.SENDING)
    return test.state in under_way and not test.error and timezone.now() - test.created_at < LOOKING

"""Alerts in the admin: what is open first, each with what became of it, and a button for who sees to it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import Case, IntegerField, QuerySet, Value, When
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.safestring import SafeString

from monitoring.admin import alert_cells
from monitoring.alerts import incidents
from monitoring.models import Alert, Severity
from providers.admin import cells
from providers.admin.posting import PostActions

MOST_MESSAGES = 20
OPEN_FIRST = Case(  # and the gravest of them
    When(state=Alert.State.FIRING, severity=Severity.CRITICAL, then=Value(0)),
    When(state=Alert.State.FIRING, severity=Severity.WARNING, then=Value(1)),
    When(state=Alert.State.FIRING, then=Value(2)),
    default=Value(3),
    output_field=IntegerField(),
)
NO_SAVING = {"show_save": False, "show_save_and_continue": False, "show_save_and_add_another": False}


@admin.register(Alert)
class AlertAdmin(PostActions):
    list_display = ("about", "severity_now", "state_now", "began", "lasting", "rule_name", "buttons")
    list_display_links = ("about",)
    list_filter = ("state", "severity", "kind")
    list_fullwidth = True
    search_fields = ("title", "text", "subject", "rule_name")
    search_help_text = "Title, text or rule"
    sortable_by = ()
    actions = ("acknowledge_selected",)
    posts = {"acknowledge": "do_acknowledge"}
    fields = ("title", "text", "rule_name", "kind", "subject", "value")
    readonly_fields = fields
    change_form_outer_before_template = "admin/monitoring/alert_panel.html"
    change_form_outer_after_template = "admin/monitoring/alert_messages.html"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # one that lasts would be found again; old ones go by themselves

    def get_queryset(self, request: HttpRequest) -> QuerySet[Alert]:
        rows: QuerySet[Alert] = super().get_queryset(request)
        return rows.exclude(state=Alert.State.PENDING)

    def get_ordering(self, request: HttpRequest) -> tuple[Any, ...]:
        return (OPEN_FIRST.asc(), "-began_at", "-pk")

    # --- columns -------------------------------------------------------------------------------
    @admin.display(description="Alert")
    def about(self, row: Alert) -> SafeString:
        return cells.two_lines(row.title, row.text if len(row.text) <= 140 else f"{row.text[:139]}…")

    @admin.display(description="Severity")
    def severity_now(self, row: Alert) -> SafeString:
        return alert_cells.severity(row)

    @admin.display(description="State")
    def state_now(self, row: Alert) -> SafeString:
        return alert_cells.state(row)

    @admin.display(description="Began")
    def began(self, row: Alert) -> SafeString:
        return cells.moment(row.began_at)

    @admin.display(description="Lasted")
    def lasting(self, row: Alert) -> str:
        return alert_cells.lasted(row)

    @admin.display(description="")
    def buttons(self, row: Alert) -> SafeString | str:
        if not row.open or row.acknowledged_at is not None:
            return ""
        return cells.post_button(self.post_url("acknowledge", row), label="Acknowledge: I see to it", icon="check")

    # --- acknowledging -------------------------------------------------------------------------
    @admin.action(description="Acknowledge", permissions=["change"])
    def acknowledge_selected(self, request: HttpRequest, queryset: QuerySet[Alert]) -> None:
        done = sum(self._acknowledged(request, row) for row in queryset[:1000])
        messages.success(request, f"You see to {done} alert{'' if done == 1 else 's'}: not told again unless it grows.")

    def do_acknowledge(self, request: HttpRequest, row: Alert) -> None:
        if self._acknowledged(request, row):
            messages.success(request, "You see to it: it is not told again unless it becomes worse.")
        else:
            messages.info(request, "It is over, or somebody sees to it already.")

    def _acknowledged(self, request: HttpRequest, row: Alert) -> bool:
        done = incidents.acknowledge(row.pk, by=request.user.get_username(), now=timezone.now())
        if done:
            self.log_change(request, row, "Acknowledged.")
        return done

    # --- the page ------------------------------------------------------------------------------
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        extra = {**(extra_context or {}), **NO_SAVING, "subtitle": None}
        if isinstance(row, Alert) and self.has_view_permission(request, row):
            may_act = self.has_change_permission(request, row)
            extra["panel"] = {
                "row": row,
                "severity": alert_cells.severity(row),
                "state": alert_cells.state(row),
                "lasted": alert_cells.lasted(row),
                "acknowledge_url": self.post_url("acknowledge", row)
                if may_act and row.open and row.acknowledged_at is None
                else "",
            }
            extra["sent"] = _messages(row)
        return super().change_view(request, object_id, form_url, extra)


def _messages(row: Alert) -> list[dict[str, Any]]:
    news = row.news.select_related("message__channel").defer("message__channel__address", "message__channel__secret")
    return [
        {
            "what": one.get_what_display(),
            "channel": one.message.channel.name,
            "state": alert_cells.message_state(one.message),
            "outcome": alert_cells.outcome(one.message),
        }
        for one in news.order_by("-at", "-pk")[:MOST_MESSAGES]
    ]

"""Alert rules in the admin: what is judged, when it is told and where."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count, Prefetch, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString

from gateway.admin.safe_save import SafeSave
from monitoring.admin import alert_cells
from monitoring.admin.alert_rule_form import AlertRuleForm, shown_when
from monitoring.alerts.rules import KINDS, uses
from monitoring.models import Alert, AlertChannel, AlertRule
from providers.admin import cells

CHANNELS = AlertChannel.objects.only("name", "enabled")


@admin.register(AlertRule)
class AlertRuleAdmin(SafeSave):
    form = AlertRuleForm
    list_display = ("title", "condition", "severity_chip", "whereto", "standing")
    list_display_links = ("title",)
    list_filter = ("kind", "severity", "enabled")
    list_fullwidth = True
    search_fields = ("name",)
    sortable_by = ()
    autocomplete_fields = ("provider", "team", "channels")
    conditional_fields = shown_when()
    change_form_outer_before_template = "admin/monitoring/alert_rule_panel.html"
    warn_unsaved_form = True
    compressed_fields = False
    actions = ("enable_selected", "disable_selected")

    class Media:
        js = ("switchboard/names.js",)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return (
            (None, {"fields": ("name", ("kind", "severity"), "enabled")}),
            ("What is judged", {
                "fields": ("threshold", ("window_minutes", "least_requests"), "per", "provider", "model", "team"),
            }),
            ("When it is told", {
                "fields": (
                    ("wait_minutes", "calm_minutes"), ("repeat_minutes", "group_seconds"), "notify_recovery"
                ),
            }),
            ("Where it is told", {"fields": ("channels",)}),
        )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[AlertRule]:
        rows: QuerySet[AlertRule] = super().get_queryset(request)
        lasting = Count("alerts", filter=Q(alerts__state=Alert.State.FIRING))
        rows = rows.annotate(lasting=lasting).select_related("provider", "team")
        return rows.defer("provider__proxy", "provider__secret_settings").prefetch_related(
            Prefetch("channels", queryset=CHANNELS.all())
        )

    # --- columns -------------------------------------------------------------------------------
    @admin.display(description="Rule")
    def title(self, rule: AlertRule) -> SafeString:
        return cells.two_lines(rule.name, rule.get_kind_display())

    @admin.display(description="Told")
    def condition(self, rule: AlertRule) -> SafeString:
        return cells.two_lines(_told(rule), " · ".join(_scope(rule)))

    @admin.display(description="Severity")
    def severity_chip(self, rule: AlertRule) -> SafeString:
        return cells.chip(rule.get_severity_display(), alert_cells.TONES.get(rule.severity, "grey"))

    @admin.display(description="Channels")
    def whereto(self, rule: AlertRule) -> SafeString | str:
        words: list[tuple[object, cells.Tone]] = [
            (one.name, "grey" if one.enabled else "yellow") for one in rule.channels.all()
        ]
        return cells.chips(words) if words else "shown here only"

    @admin.display(description="State")
    def standing(self, rule: AlertRule) -> SafeString:
        if not rule.enabled:
            return cells.chip("disabled", "yellow")
        if rule.problem:
            return cells.chip("cannot be judged", "yellow", title=rule.problem)
        count: int = rule.lasting  # type: ignore[attr-defined]
        return cells.chip(f"{count} open", alert_cells.TONES[rule.severity]) if count else cells.chip("quiet", "green")

    # --- switching -----------------------------------------------------------------------------
    @admin.action(description="Enable", permissions=["change"])
    def enable_selected(self, request: HttpRequest, queryset: QuerySet[AlertRule]) -> None:
        self._switch(request, queryset, enabled=True)

    @admin.action(description="Disable", permissions=["change"])
    def disable_selected(self, request: HttpRequest, queryset: QuerySet[AlertRule]) -> None:
        self._switch(request, queryset, enabled=False)

    def _switch(self, request: HttpRequest, queryset: QuerySet[AlertRule], *, enabled: bool) -> None:
        ids = list(queryset.values_list("pk", flat=True))
        done = AlertRule.objects.filter(pk__in=ids).update(enabled=enabled)
        self.message_user(request, f"{'Enabled' if enabled else 'Disabled'} {done} rule{'' if done == 1 else 's'}.")

    # --- the page ------------------------------------------------------------------------------
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        rule = self.get_object(request, object_id)
        extra = {**(extra_context or {}), "subtitle": None}
        if isinstance(rule, AlertRule) and self.has_view_permission(request, rule):
            lasting = rule.alerts.filter(state=Alert.State.FIRING)[:20]
            extra["panel"] = {
                "problem": rule.problem,
                "alerts": [{"row": row, "state": alert_cells.state(row)} for row in lasting],
            }
        return super().change_view(request, object_id, form_url, extra)


def _told(rule: AlertRule) -> str:
    kind = KINDS.get(rule.kind)
    after = f", for {rule.wait_minutes} min" if rule.wait_minutes else ""
    return f"{kind.told(rule.threshold)}{after}".capitalize() if kind is not None else "never: an unknown kind"


def _scope(rule: AlertRule) -> list[str]:
    parts = [
        rule.get_per_display().lower() if "per" in uses(rule.kind) else "",
        f"provider {rule.provider.name}" if rule.provider else "",
        f"model {rule.model}" if rule.model else "",
        f"team {rule.team.name}" if rule.team else "",
    ]
    return [part for part in parts if part] or ["everything"]

"""Teams in the admin: who belongs to them, what they may spend, and whether what they ask and get is kept."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from gateway.admin import policy_panel
from gateway.admin.bounded_delete import BoundedDelete
from gateway.admin.limit_form import TeamLimitInline
from gateway.admin.safe_save import SafeSave
from gateway.models import Team
from providers.admin import cells


@admin.register(Team)
class TeamAdmin(BoundedDelete, SafeSave):
    goes_by = "team"
    inlines = (TeamLimitInline,)
    change_form_outer_before_template = "admin/gateway/team_panel.html"
    list_display = ("name", "member_count", "key_count", "content", "created_at")
    search_fields = ("name", "members__username")
    search_help_text = "Team or member"
    ordering = ("name",)
    autocomplete_fields = ("members",)
    fieldsets = (
        (None, {"fields": ("name", "members")}),
        ("Privacy", {
            "fields": ("store_content",),
            "description": "Prompts and answers may hold personal data and secrets. While this is on, what the team's "
            "keys send and get is kept, encrypted, until the log is pruned; people with the permission “Can view "
            "request content” can read it. Tell the team before switching it on.",
        }),
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Team]:
        rows: QuerySet[Team] = super().get_queryset(request)
        return rows.annotate(people=Count("members", distinct=True), keys=Count("api_keys", distinct=True))

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        return super().get_inlines(request, obj) if obj is not None else ()  # limits of what is there already

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        team = self.get_object(request, object_id)
        extra = {**(extra_context or {}), "subtitle": None}
        if team is not None and self.has_view_permission(request, team):
            extra["policy"] = policy_panel.of_team(request, team)
        return super().change_view(request, object_id, form_url, extra)

    @admin.display(description="Members", ordering="people")
    def member_count(self, team: Any) -> int:
        return int(team.people)

    @admin.display(description="API keys", ordering="keys")
    def key_count(self, team: Any) -> SafeString:
        url = reverse("admin:gateway_apikey_changelist")
        return format_html('<a class="sb-link" href="{}?team__id__exact={}">{}</a>', url, team.pk, team.keys)

    @admin.display(description="Prompts and answers", ordering="store_content")
    def content(self, team: Team) -> SafeString:
        return cells.chip("stored", "yellow") if team.store_content else cells.chip("not stored")

    def save_model(self, request: HttpRequest, obj: Team, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if obj.store_content and "store_content" in form.changed_data:
            messages.warning(request, f"From now on the prompts and answers of {obj.name} are stored.")

"""Teams in the admin: who belongs to them, and whether what they ask and get is kept."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from gateway.models import Team
from providers.admin import cells
from providers.admin.unfolded import ModelAdmin


@admin.register(Team)
class TeamAdmin(ModelAdmin):
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

"""The request log in the admin: read-only, paged by keyset, with a page for each request."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import admin
from django.contrib.admin import ShowFacets
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from monitoring.admin import costs, judged, log_page, spending
from monitoring.admin.attempts_filter import AttemptsFilter, fell_back, passed
from monitoring.admin.judged import ByFilter, CacheFilter, JudgedFilter, TagFilter
from monitoring.admin.log_filters import KeyFilter, ProviderFilter, StatusFilter, TeamFilter, TimeFilter
from monitoring.admin.paging import KeysetChangeList
from monitoring.explorer import names
from monitoring.explorer.filters import TROUBLED
from monitoring.explorer.places import EPOCH
from monitoring.models import RequestContent, RequestLog
from providers.admin import cells
from providers.admin.unfolded import ModelAdmin
from providers.pricing.money import usd

spending.connect()


@admin.register(RequestLog)
class RequestLogAdmin(ModelAdmin):
    list_display = ("time", "state", "key", "team_name", "route", "usage", "cost", "latency", "first_byte", "tries")
    list_display_links = ("time",)
    list_filter = (
        TimeFilter, ProviderFilter, StatusFilter, AttemptsFilter, "ended_by", JudgedFilter, ByFilter, CacheFilter,
        TeamFilter, KeyFilter, TagFilter,
    )  # fmt: skip
    list_filter_submit = True
    list_fullwidth = True
    list_per_page = 50
    list_before_template = "admin/monitoring/log_before.html"
    ordering = ("-started_at", "-id")
    sortable_by = ()
    search_fields = ("request_id",)  # get_search_results does the searching
    search_help_text = "Request id, model or error, within the chosen time"
    show_full_result_count = False
    show_facets = ShowFacets.NEVER

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[KeysetChangeList]:
        return KeysetChangeList

    def get_list_display(self, request: HttpRequest) -> Any:
        """The shadow list shows who spoke and what it was about, in place of times and attempts."""
        if not (request.GET.get("judged") or request.GET.get("by")):
            return super().get_list_display(request)
        return ["time", "state", "by", "found", "key", "team_name", "route", "cost"]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        text = search_term.replace("\0", "").strip()
        if not text:
            return queryset, False
        wanted = Q(request_id=text)
        _, past = TimeFilter.SPANS.get(request.GET.get("time", ""), TimeFilter.SPANS[TimeFilter.DEFAULT])
        since = EPOCH if past is None else timezone.now() - past
        wanted |= TROUBLED & (Q(error_message__icontains=text) | Q(error_code__icontains=text))
        for column in names.INDEXED:
            found, complete = names.names_like(column, text, since=since)
            wanted |= Q(**{f"{column}__in": found})
            if not complete:  # apps may ask for whatever name they like: it is with the troubled then
                wanted |= TROUBLED & Q(**{f"{column}__icontains": text})
        try:
            wanted |= Q(pk=uuid.UUID(text))
        except ValueError:
            pass
        return queryset.filter(wanted), False

    def get_queryset(self, request: HttpRequest) -> QuerySet[RequestLog]:
        return super().get_queryset(request).defer("plan", "unit_prices")  # the list shows neither, and plans are large

    # --- columns -------------------------------------------------------------------------------

    @admin.display(description="Time (UTC)")
    def time(self, row: RequestLog) -> SafeString:
        return cells.two_lines(f"{row.started_at:%H:%M:%S}", f"{row.started_at:%d %b %Y}")

    @admin.display(description="Status")
    def state(self, row: RequestLog) -> SafeString:
        status, said = log_page.status_chip(row), judged.chip(row)
        return format_html('<span class="sb-chips">{}{}</span>', status, said) if said else status

    @admin.display(description="By")
    def by(self, row: RequestLog) -> SafeString | str:
        return judged.by(row)

    @admin.display(description="Found")
    def found(self, row: RequestLog) -> SafeString | str:
        return judged.found(row)

    @admin.display(description="API key")
    def key(self, row: RequestLog) -> SafeString | str:
        return row.api_key or cells.EMPTY

    @admin.display(description="Team")
    def team_name(self, row: RequestLog) -> SafeString | str:
        return row.team or cells.EMPTY

    @admin.display(description="Model → provider")
    def route(self, row: RequestLog) -> SafeString:
        target = row.provider or "no target"
        return cells.two_lines(cells.code(row.requested_model or row.model or "–"), f"→ {target}")

    @admin.display(description="Usage in → out")
    def usage(self, row: RequestLog) -> SafeString:
        if row.usage_basis == "none":
            return cells.EMPTY
        cached = f"{row.cached_input:,} cached" if row.cached_input else ""
        return cells.two_lines(f"{row.input:,} → {row.output:,}", cached)

    @admin.display(description="Cost")
    def cost(self, row: RequestLog) -> SafeString | str:
        if row.saved_nano is not None and row.cache in judged.CacheFilter.HITS:
            return cells.two_lines(usd(row.cost_nano or 0), f"saved {usd(row.saved_nano)}")
        if row.cost_nano is None and row.usage_basis == "none":
            return cells.EMPTY
        return costs.cost(row)

    @admin.display(description="Latency")
    def latency(self, row: RequestLog) -> str:
        return cells.microseconds(row.latency_us)

    @admin.display(description="First byte")
    def first_byte(self, row: RequestLog) -> SafeString | str:
        return cells.microseconds(row.first_byte_us) if row.first_byte_us else cells.EMPTY

    @admin.display(description="Attempts")
    def tries(self, row: RequestLog) -> SafeString:
        if row.cache in judged.CacheFilter.HITS:
            return cells.chip("from the cache", "green", title=log_page.CACHE[row.cache])
        if fell_back(row):
            return cells.chip(f"{len(row.attempts)} · fell back", "yellow", title=passed(row))
        return cells.chip(len(row.attempts), "blue" if len(row.attempts) > 1 else "grey")

    # --- one request ---------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.content_view)
        return [path("<path:object_id>/content/", view, name="monitoring_requestlog_content"), *super().get_urls()]

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        row = self._row(request, object_id)
        has_content = RequestContent.objects.filter(pk=row.pk).exists()
        context = {
            **self._context(request, row),
            **log_page.story(row),
            "verdicts": judged.lines(row),
            "judged": judged.chip(row),
            "explain_url": self._explain_url(request, row),
            "has_content": has_content,
            "may_see_content": has_content and self._may_see_content(request),
            "content_url": reverse("admin:monitoring_requestlog_content", args=[row.pk]),
        }
        return TemplateResponse(request, "admin/monitoring/request.html", context)

    def content_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """What was asked and answered, decrypted. By POST, noted in the history, never cached."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        row = self._row(request, object_id)
        if not self._may_see_content(request):
            raise PermissionDenied
        stored = RequestContent.objects.filter(pk=row.pk).first()
        if stored is None:
            raise Http404
        self._note_reading(request, row)
        context = {**self._context(request, row), "parts": log_page.opened(stored)}
        return TemplateResponse(
            request, "admin/monitoring/content.html", context, headers={"Cache-Control": "no-store, max-age=0"}
        )

    def _row(self, request: HttpRequest, object_id: str | None) -> RequestLog:
        try:
            row = RequestLog.objects.filter(pk=uuid.UUID(object_id or "")).first()
        except ValueError:
            row = None
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        if row is None:
            raise Http404
        return row

    def _context(self, request: HttpRequest, row: RequestLog) -> dict[str, Any]:
        return {
            **self.admin_site.each_context(request),
            "title": f"Request {row.request_id or row.pk}",
            "opts": self.opts,
            "row": row,
            "status": log_page.status_chip(row),
            "list_url": reverse("admin:monitoring_requestlog_changelist"),
            "page_url": reverse("admin:monitoring_requestlog_change", args=[row.pk]),
        }

    @staticmethod
    def _explain_url(request: HttpRequest, row: RequestLog) -> str:
        """Where it says what would happen to the same request now; "" for who may not ask."""
        if not row.requested_model or not request.user.has_perm("gateway.view_route"):
            return ""
        return f"{reverse('explain:page')}?log={row.pk}"

    @staticmethod
    def _may_see_content(request: HttpRequest) -> bool:
        return request.user.has_perm("monitoring.view_requestcontent")

    @staticmethod
    def _note_reading(request: HttpRequest, row: RequestLog) -> None:
        LogEntry.objects.create(
            user_id=request.user.pk or 0,
            content_type_id=ContentType.objects.get_for_model(RequestLog).pk,
            object_id=str(row.pk),
            object_repr=str(row),
            action_flag=CHANGE,
            change_message="Read the stored prompt and answer.",
        )

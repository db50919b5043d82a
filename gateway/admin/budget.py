"""Budgets in the admin: how much of each is spent, what its end will bring, raises, and slices given back by hand."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from gateway.admin import budget_cells, budget_pages, leases, watched
from gateway.admin.amounts import amount_text
from gateway.admin.bounded_delete import BoundedDelete
from gateway.admin.budget_filters import SpentFilter, StandingList
from gateway.admin.budget_form import BudgetForm, RaiseInline
from gateway.admin.budget_standing import Standing, standing_of
from gateway.admin.safe_save import SafeSave
from gateway.admin.subjects import shown_when, subject_cell
from gateway.models import Budget, BudgetLease, BudgetRaise
from providers.admin.posting import PostActions


@admin.register(Budget)
class BudgetAdmin(BoundedDelete, SafeSave, PostActions):
    form = BudgetForm
    inlines = (RaiseInline,)
    list_display = ("title", "whom", "standing", "period_now", "forecast", "mode_now")
    list_display_links = ("title",)
    list_filter = (SpentFilter, "mode", "subject", "period", "measure", "enabled")
    list_select_related = ("team", "api_key", "provider")
    list_fullwidth = True
    list_before_template = "admin/gateway/budget_before.html"
    search_fields = ("name", "team__name", "api_key__name", "provider__name", "model", "tag")
    search_help_text = "Name, team, API key, provider, model or tag"
    ordering = ("name",)
    sortable_by = ("title",)
    autocomplete_fields = ("team", "api_key", "provider")
    actions = ("enable_selected", "disable_selected")
    posts = {"enable": "do_enable", "disable": "do_disable"}
    conditional_fields = shown_when()
    change_form_outer_before_template = "admin/gateway/budget_panel.html"
    change_form_outer_after_template = "admin/gateway/budget_history.html"
    warn_unsaved_form = True
    compressed_fields = False
    fieldsets = (
        (None, {"fields": ("name", "subject", "team", "api_key", "provider", "model", "tag")}),
        ("How much", {"fields": (("measure", "amount", "period"), ("mode", "thresholds"))}),
        (None, {"fields": ("enabled",)}),
    )  # fmt: skip

    class Media:
        js = ("switchboard/names.js",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Budget]:
        rows: QuerySet[Budget] = super().get_queryset(request)
        return rows.defer("api_key__hash", "provider__proxy", "provider__secret_settings")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.give_back_view)
        address = "<path:object_id>/leases/<int:lease_id>/give-back/"
        return [path(address, view, name="gateway_budget_give_back"), *super().get_urls()]

    # --- the list ------------------------------------------------------------------------------

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[StandingList]:
        return StandingList

    @staticmethod
    def _standing(budget: Budget) -> Standing:
        return budget.standing  # type: ignore[attr-defined,no-any-return]

    @admin.display(description="Budget", ordering="name")
    def title(self, budget: Budget) -> SafeString | str:
        return budget.name

    @admin.display(description="For")
    def whom(self, budget: Budget) -> SafeString:
        return subject_cell(budget)

    @admin.display(description="Spent")
    def standing(self, budget: Budget) -> SafeString:
        return budget_cells.standing_cell(self._standing(budget))

    @admin.display(description="Period")
    def period_now(self, budget: Budget) -> SafeString:
        return budget_cells.period_cell(self._standing(budget))

    @admin.display(description="By its end")
    def forecast(self, budget: Budget) -> SafeString:
        return budget_cells.forecast_cell(self._standing(budget))

    @admin.display(description="Mode", ordering="mode")
    def mode_now(self, budget: Budget) -> SafeString:
        return budget_cells.mode_cell(budget)

    # --- the page ------------------------------------------------------------------------------

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        return super().get_inlines(request, obj) if obj is not None else ()  # raises of what is there already

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        budget = self.get_object(request, object_id)
        extra = {**(extra_context or {}), "subtitle": None}
        if budget is not None and self.has_view_permission(request, budget):
            may_act = self.has_change_permission(request, budget)
            standing = standing_of(budget, now=timezone.now())
            word = "disable" if budget.enabled else "enable"
            extra["panel"] = budget_pages.above(standing) | {
                "may_act": may_act, "switch_word": word.capitalize(), "switch_url": self.post_url(word, budget),
            }  # fmt: skip
            extra["history"] = budget_pages.beneath(standing, may_act=may_act)
            extra["watched"] = watched.panels(request, budget)
        return super().change_view(request, object_id, form_url, extra)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Who raises a budget stands beside it, and what was done in the history."""
        if formset.model is not BudgetRaise:
            super().save_formset(request, form, formset, change)
            return
        for row in formset.save(commit=False):
            if not row.made_by:
                row.made_by = request.user.get_username()
            row.save()
        for row in formset.deleted_objects:
            row.delete()
        formset.save_m2m()

    def save_model(self, request: HttpRequest, obj: Budget, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if change and {"subject", "team", "api_key", "provider", "model", "tag"} & set(form.changed_data):
            messages.warning(request, "What was spent of this period stays counted, though it was of another subject.")

    # --- a slice of a process that is gone -----------------------------------------------------

    def give_back_view(self, request: HttpRequest, object_id: str, lease_id: int) -> HttpResponse:
        budget = self.get_object(request, object_id)
        if budget is None:
            raise Http404
        if not self.has_change_permission(request, budget):
            raise PermissionDenied
        page = reverse("admin:gateway_budget_change", args=[budget.pk])
        lease = _lease(budget, lease_id)
        if lease is None:
            messages.warning(request, "That slice came back already.")
            return HttpResponseRedirect(page)
        if request.method == "POST":
            self._give_back(request, budget, lease)
            return HttpResponseRedirect(page)
        context = {
            **self.admin_site.each_context(request),
            "title": "Give a slice back?", "opts": self.opts, "budget": budget, "lease": lease, "page_url": page,
            "amount": amount_text(lease.amount, measure=budget.measure),
            "silent": leases.is_silent(lease, now=timezone.now()),
            "journal_here": leases.journal_here(lease.holder),
        }  # fmt: skip
        return TemplateResponse(request, "admin/gateway/budget_give_back.html", context)

    def _give_back(self, request: HttpRequest, budget: Budget, lease: BudgetLease) -> None:
        try:
            amount = leases.give_back(lease, now=timezone.now(), by=request.user.get_username())
        except leases.StillAlive:
            messages.error(request, "Nothing was given back: that process renewed its slice, so it is alive.")
            return
        if amount is None:
            messages.warning(request, "That slice came back already.")
            return
        self.log_change(request, budget, f"Gave back {amount} that {lease.holder} held.")
        messages.success(request, f"{amount} can be spent again.")

    # --- actions -------------------------------------------------------------------------------

    def do_enable(self, request: HttpRequest, budget: Budget) -> None:
        self._switch(request, Budget.objects.filter(pk=budget.pk), enabled=True)

    def do_disable(self, request: HttpRequest, budget: Budget) -> None:
        self._switch(request, Budget.objects.filter(pk=budget.pk), enabled=False)

    @admin.action(description="Enable", permissions=["change"])
    def enable_selected(self, request: HttpRequest, queryset: QuerySet[Budget]) -> None:
        self._switch(request, queryset, enabled=True)

    @admin.action(description="Disable", permissions=["change"])
    def disable_selected(self, request: HttpRequest, queryset: QuerySet[Budget]) -> None:
        self._switch(request, queryset, enabled=False)

    def _switch(self, request: HttpRequest, queryset: QuerySet[Budget], *, enabled: bool) -> None:
        changed = Budget.objects.filter(pk__in=list(queryset.values_list("pk", flat=True))).update(enabled=enabled)
        word = "Enabled" if enabled else "Disabled"
        messages.success(request, f"{word} {changed} budget(s). The next request sees it.")


def _lease(budget: Budget, pk: int) -> BudgetLease | None:
    """Only one of this budget: the right to change one budget is none to touch another's slices."""
    try:
        return leases.slices(budget).filter(pk=pk).first()
    except OverflowError:
        return None

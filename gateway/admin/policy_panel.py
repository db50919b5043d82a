"""What stands above the form of a team or an API key: the limits in force, and the budgets that count it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from gateway.admin import budget_cells, effective_limits
from gateway.admin.budget_standing import Standing, standings
from gateway.admin.subjects import subject_words
from gateway.models import ApiKey, Budget, Team

MOST_BUDGETS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetLine:
    name: str
    url: str
    whom: str
    period: str
    standing: SafeString
    mode: SafeString


def of_key(request: HttpRequest, key: ApiKey) -> dict[str, Any]:
    """``limits`` only for who may see limits, ``budgets`` is ``None`` for who may not see budgets."""
    wanted = Q(subject="everyone") | Q(subject="key", api_key=key.pk) | Q(subject="tag", tag__in=key.tags or [])
    if key.team_id is not None:
        wanted |= Q(subject="team", team=key.team_id)
    return _panel(request, effective_limits.of_key(key) if _may(request, "limit") else [], wanted)


def of_team(request: HttpRequest, team: Team) -> dict[str, Any]:
    wanted = Q(subject="everyone") | Q(subject="team", team=team.pk)
    return _panel(request, effective_limits.of_team(team) if _may(request, "limit") else [], wanted)


def _panel(request: HttpRequest, limits: list[effective_limits.Group], wanted: Q) -> dict[str, Any]:
    if not _may(request, "budget"):
        return {"limits": limits, "budgets": None} if limits else {}
    rows = Budget.objects.filter(wanted, enabled=True).select_related("team", "api_key")
    shown = list(rows.defer("api_key__hash")[: MOST_BUDGETS + 1])
    more = rows.count() - MOST_BUDGETS if len(shown) > MOST_BUDGETS else 0
    found = standings(shown[:MOST_BUDGETS], now=timezone.now())
    return {"limits": limits, "budgets": [_line(one) for one in found.values()], "more_budgets": more}


def _line(standing: Standing) -> BudgetLine:
    budget = standing.budget
    return BudgetLine(
        name=budget.name,
        url=reverse("admin:gateway_budget_change", args=[budget.pk]),
        whom=subject_words(budget),
        period=budget_cells.PERIODS.get(budget.period, budget.period),
        standing=budget_cells.standing_cell(standing),
        mode=budget_cells.mode_cell(budget),
    )


def _may(request: HttpRequest, model: str) -> bool:
    return any(request.user.has_perm(f"gateway.{verb}_{model}") for verb in ("view", "change"))

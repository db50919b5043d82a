"""Who may call, where calls go and what they may spend: keys, teams, users, groups, routes, limits, budgets, guardrails
and settings in the admin."""

from gateway.admin.accounts import GroupAdmin, UserAdmin
from gateway.admin.api_key import ApiKeyAdmin
from gateway.admin.budget import BudgetAdmin
from gateway.admin.cache_settings import CacheSettingsAdmin
from gateway.admin.guardrail import GuardrailAdmin
from gateway.admin.limit import LimitAdmin
from gateway.admin.route import RouteAdmin
from gateway.admin.routing_settings import RoutingSettingsAdmin
from gateway.admin.spending_settings import SpendingSettingsAdmin
from gateway.admin.team import TeamAdmin

__all__ = [
    "ApiKeyAdmin",
    "BudgetAdmin",
    "CacheSettingsAdmin",
    "GroupAdmin",
    "GuardrailAdmin",
    "LimitAdmin",
    "RouteAdmin",
    "RoutingSettingsAdmin",
    "SpendingSettingsAdmin",
    "TeamAdmin",
    "UserAdmin",
]

from gateway.models.api_key import ApiKey, Priority, Scope, hash_key, new_secret
from gateway.models.budget import (
    Budget,
    BudgetEntry,
    BudgetEvent,
    BudgetLease,
    BudgetPeriod,
    BudgetRaise,
    SpendingSettings,
)
from gateway.models.caching import CacheMode, CacheSettings
from gateway.models.guardrail import Guardrail
from gateway.models.limit import Limit
from gateway.models.route import Route, RouteTarget
from gateway.models.routing_settings import RoutingSettings
from gateway.models.team import Team

__all__ = [
    "ApiKey",
    "Budget",
    "BudgetEntry",
    "BudgetEvent",
    "BudgetLease",
    "BudgetPeriod",
    "BudgetRaise",
    "CacheMode",
    "CacheSettings",
    "Guardrail",
    "Limit",
    "Priority",
    "Route",
    "RouteTarget",
    "RoutingSettings",
    "Scope",
    "SpendingSettings",
    "Team",
    "hash_key",
    "new_secret",
]

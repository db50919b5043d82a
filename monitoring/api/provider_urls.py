"""Addresses below ``providers/``: status, metrics, request log, costs and health of providers."""

from __future__ import annotations

from django.urls import path, re_path

from monitoring.api.base import Nothing
from monitoring.api.costs import Costs
from monitoring.api.metrics import Metrics, ProviderMetrics, ResetMetrics
from monitoring.api.request_logs import AllRequests, ProviderRequests
from monitoring.api.status import Health, Status

urlpatterns = [
    path("status", Status.as_view()),
    path("metrics", Metrics.as_view()),
    path("metrics/reset", ResetMetrics.as_view()),
    path("metrics/<str:name>", ProviderMetrics.as_view()),
    path("logs", AllRequests.as_view()),
    path("logs/<str:name>", ProviderRequests.as_view()),
    path("costs", Costs.as_view()),
    path("health", Health.as_view()),
    re_path(r"", Nothing.as_view()),
]

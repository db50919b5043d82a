"""Addresses below ``api/``: the monitoring API, its schema and its interactive documentation."""

from __future__ import annotations

from django.urls import path, re_path

from monitoring.api import security  # noqa: F401  (how keys and sessions are told in the schema)
from monitoring.api.base import Nothing
from monitoring.api.docs import ApiDocs, Schema
from monitoring.api.event_logs import AllEventLogs, ClearEventLog, EventLogStats, ProviderEventLog
from monitoring.api.providers import ChangeConfig, ModelList, ProviderList, ProviderTest
from monitoring.api.tokens import AllTokens, RotateToken, TokenList

urlpatterns = [
    path("schema/", Schema.as_view(), name="api-schema"),
    path("docs/", ApiDocs.as_view(), name="api-docs"),
    path("monitoring/providers", ProviderList.as_view()),
    path("monitoring/providers/tokens/all", AllTokens.as_view()),
    path("monitoring/providers/logs/all", AllEventLogs.as_view()),
    path("monitoring/providers/logs/stats", EventLogStats.as_view()),
    path("monitoring/providers/<str:name>/config", ChangeConfig.as_view()),
    path("monitoring/providers/<str:name>/test", ProviderTest.as_view()),
    path("monitoring/providers/<str:name>/models", ModelList.as_view()),
    path("monitoring/providers/<str:name>/tokens", TokenList.as_view()),
    path("monitoring/providers/<str:name>/rotate-token", RotateToken.as_view()),
    path("monitoring/providers/<str:name>/logs", ProviderEventLog.as_view()),
    path("monitoring/providers/<str:name>/logs/clear", ClearEventLog.as_view()),
    re_path(r"^(?!docs$|schema$)", Nothing.as_view()),  # those two are led to their slash
]

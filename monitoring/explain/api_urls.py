"""The address of the API that explains, below ``api/``."""

from __future__ import annotations

from django.urls import path

from monitoring.explain.api import ExplainView

urlpatterns = [path("routing/explain", ExplainView.as_view(), name="api-routing-explain")]

"""Addresses below ``dashboards/``."""

from __future__ import annotations

from django.urls import path

from monitoring.dashboards.budgets_page import Budgets
from monitoring.dashboards.models_page import Models
from monitoring.dashboards.overview import Data, Overview
from monitoring.dashboards.providers_page import Providers
from monitoring.dashboards.quality_page import Quality, QualityData
from monitoring.dashboards.reliability import Reliability
from monitoring.dashboards.testing import ProviderTest

app_name = "dashboards"
urlpatterns = [
    path("", Overview.as_view(), name="overview"),
    path("data/", Data.as_view(), name="data"),
    path("providers/", Providers.as_view(), name="providers"),
    path("providers/<slug:name>/models/", Models.as_view(), name="models"),
    path("providers/<slug:name>/test/", ProviderTest.as_view(), name="test"),
    path("budgets/", Budgets.as_view(), name="budgets"),
    path("reliability/", Reliability.as_view(), name="reliability"),
    path("quality/", Quality.as_view(), name="quality"),
    path("quality/data/", QualityData.as_view(), name="quality-data"),
]

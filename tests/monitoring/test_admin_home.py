"""The admin's first page: what to do next, and the last hour."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from gateway.exchange import uuid7
from gateway.models import ApiKey
from gateway.site import UNFOLD
from monitoring.admin.home import MINUTES, last_hour
from monitoring.models import RequestLog
from providers.models import Provider, Token
from tests.monitoring.log_days import make_days

pytestmark = pytest.mark.django_db


def request(ended_by: str = "done", *, minutes: float = 1, latency_us: int = 1000) -> None:
    at = timezone.now() - timedelta(minutes=minutes)
    make_days([at])
    RequestLog.objects.create(id=uuid7(), started_at=at, endpoint="/v1", ended_by=ended_by, latency_us=latency_us)


def test_the_settings_use_the_admins_look() -> None:
    assert settings.UNFOLD is UNFOLD


def test_it_leads_from_nothing_to_the_first_request(admin_client: Client) -> None:
    def home() -> str:
        return admin_client.get("/admin/").content.decode()

    assert "Configure a provider" in home()
    assert home().count("sb-done") == 0
    row = Provider.objects.create(name="anthropic", vendor="anthropic", dispatch="pooled")
    Token.objects.create(provider=row, secret="sk-1")
    assert home().count("sb-done") == 1
    ApiKey.issue("app")
    assert home().count("sb-done") == 2
    request()
    assert "sb-step" not in home()


def test_it_costs_a_handful_of_queries(admin_client: Client) -> None:
    for number in range(20):
        Provider.objects.create(name=f"p{number}", vendor="anthropic")
        request()
    with CaptureQueriesContext(connection) as seen:
        admin_client.get("/admin/")
    assert len(seen) <= 8
    assert all("COUNT(" not in query["sql"] for query in seen if "monitoring_requestlog" in query["sql"])


def test_the_last_hour_is_counted_by_the_minute() -> None:
    request(minutes=0.5, latency_us=100)
    request("failed", minutes=0.5, latency_us=300)
    request("cancelled", minutes=30.5, latency_us=200)
    request(minutes=61)
    hour = last_hour(timezone.now())
    assert (hour["requests"], hour["errors"], hour["error_share"]) == (3, 1, "33.3 %")
    assert hour["latency"] == "200 µs"
    assert len(hour["bars"]) == MINUTES
    assert (hour["bars"][-1].good, hour["bars"][-1].bad) == (50.0, 50.0)
    assert [index for index, bar in enumerate(hour["bars"]) if bar.good or bar.bad] == [29, 59]


def test_a_provider_that_is_on_and_fails_is_told_of(admin_client: Client) -> None:
    Provider.objects.create(name="anthropic", vendor="anthropic", dispatch="pooled")
    assert "Needs a look" in admin_client.get("/admin/").content.decode()

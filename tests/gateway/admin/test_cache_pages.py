"""The cache settings in the admin, and what routes say of cache and budgets."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from redis import Redis

from gateway.cache.board import MARKS, Figures, read_marks, texts
from gateway.models import CacheSettings, Route
from tests.gateway.admin.policy_cast import staff, text

pytestmark = pytest.mark.django_db
PAGE = "/admin/gateway/cachesettings/1/change/"
CLEAR = "/admin/gateway/cachesettings/1/do/clear/"


def given(**fields: Any) -> dict[str, Any]:
    usual = {"mode": "asked", "seconds": "60", "memory_megabytes": "64", "disk_megabytes": "0", "use_redis": "on"}
    return {**usual, "similar_threshold": "0.95", **fields}


def test_the_first_save_makes_the_row(admin_client: Client) -> None:
    assert "Nothing was asked of it yet" in text(admin_client, PAGE)
    assert not CacheSettings.objects.exists()
    text(admin_client, PAGE, given(mode="on", similar_model=" text-embedding-3-small "))
    row = CacheSettings.objects.get()
    assert (row.mode, row.seconds, row.similar_model) == ("on", 60, "text-embedding-3-small")


@pytest.mark.parametrize(
    "wrong",
    [
        {"mode": "x"}, {"seconds": "0"}, {"seconds": "9" * 30}, {"memory_megabytes": "-1"},
        {"disk_megabytes": "9" * 30},
        {"similar_threshold": "0.1"}, {"similar_threshold": "nan"}, {"similar_model": "a b"},
        {"memory_megabytes": "0", "use_redis": ""},
    ],
)  # fmt: skip
def test_what_is_wrong_is_an_error_of_the_form(admin_client: Client, wrong: dict[str, Any]) -> None:
    assert "correct the error" in text(admin_client, PAGE, given(**wrong)).lower()
    assert not CacheSettings.objects.exists()


def test_figures_are_those_of_the_processes_that_told_lately(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = [
        Figures(asked=80, memory=30, joined=10, saved_nano=1_500_000_000, entries=7, bytes=2**20),
        Figures(asked=20),
    ]
    monkeypatch.setattr("gateway.admin.cache_figures._told", lambda: told)
    shown = text(admin_client, PAGE)
    for one in ("2 processes", "Hit ratio 40.0 %", "40 (30 memory, 10 joined)", "$1.50", "7, 1.0 MB"):
        assert one in shown


def marks() -> dict[str, str]:
    """Of every emptying, where all processes read them."""
    if not settings.REDIS_URL:
        return read_marks(settings.CACHE_DIR)
    with closing(Redis.from_url(settings.REDIS_URL)) as redis:
        return texts(redis.hgetall(MARKS))


def test_it_is_emptied_by_post_by_who_may_change(admin_client: Client) -> None:
    before = marks()
    assert admin_client.get(CLEAR).status_code == 405
    assert staff("view_cachesettings").post(CLEAR).status_code == 403
    assert marks() == before
    text(admin_client, CLEAR, {})
    assert marks() != before


def test_a_route_says_what_holds_of_cache_and_budgets(admin_client: Client) -> None:
    data = {
        "name": "smart", "enabled": "on", "strategy": "ordered", "parameters": "{}", "targets-TOTAL_FORMS": 0,
        "targets-INITIAL_FORMS": 0, "cache": "on", "cache_seconds": "60", "cache_shared": "true", "cache_similar": "on",
        "assumed_output": "500",
    }  # fmt: skip
    text(admin_client, "/admin/gateway/route/add/", data)
    row = Route.objects.get()
    assert (row.cache, row.cache_seconds, row.cache_shared, row.cache_similar) == ("on", 60, True, True)
    assert row.assumed_output == 500
    shown = text(admin_client, f"/admin/gateway/route/{row.pk}/change/")
    assert "As in the settings: when a call asks for it" in shown
    assert "Empty: 4,096 or what its model says" in shown

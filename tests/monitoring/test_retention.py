"""Forgetting: what is older than the limit goes, what is younger stays."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import override_settings

from gateway.exchange import Exchange, uuid7
from monitoring import retention
from monitoring.log_writer import LogWriter
from monitoring.models import RequestContent, RequestLog
from monitoring.tasks import prune_request_log

NOW = datetime(2026, 9, 21, 12, tzinfo=UTC)


def logged(*ages: timedelta, now: datetime = NOW) -> list[str]:
    exchanges = [
        Exchange(id=uuid7(), started_at=round((now - age).timestamp() * 1e6), ended_by="done", content=b"sealed")
        for age in ages
    ]
    LogWriter().take(exchanges)
    return [exchange.id for exchange in exchanges]


def left(model: type[RequestLog] | type[RequestContent]) -> set[str]:
    return {str(key) for key in model.objects.values_list("pk", flat=True)}


@pytest.mark.django_db
def test_what_is_older_goes_and_the_rest_stays() -> None:
    _, _, recent, fresh = logged(timedelta(days=50), timedelta(days=32), timedelta(days=29), timedelta(0))
    pruned = retention.prune(older_than=NOW - timedelta(days=30))
    assert left(RequestLog) == left(RequestContent) == {recent, fresh}
    assert pruned.contents == 2
    assert (pruned.requests == 2) != (pruned.partitions >= 2)
    assert retention.prune(older_than=NOW - timedelta(days=30)).contents == 0


@pytest.mark.django_db
def test_much_is_deleted_in_bites_with_rests_between(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BITE", 10)
    rests: list[int] = []
    logged(*[timedelta(days=40, seconds=n) for n in range(25)])
    retention.prune(older_than=NOW - timedelta(days=30), rest=lambda: rests.append(RequestContent.objects.count()))
    assert rests[:2] == [15, 5]
    assert left(RequestLog) == left(RequestContent) == set()


@pytest.mark.django_db
def test_the_task_keeps_what_the_setting_says() -> None:
    now = datetime.now(UTC)
    _, fresh = logged(timedelta(days=10), timedelta(days=1), now=now)
    with override_settings(LOG_RETENTION_DAYS=0):
        prune_request_log()
    assert RequestLog.objects.count() == 2
    with override_settings(LOG_RETENTION_DAYS=5):
        prune_request_log()
    assert left(RequestLog) == left(RequestContent) == {fresh}


@pytest.mark.services
@pytest.mark.django_db
def test_on_postgresql_a_day_goes_only_when_all_of_it_is_old() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("needs DATABASE_URL to name a PostgreSQL server")
    morning, evening, before = logged(
        timedelta(days=30, hours=10), timedelta(days=30, hours=-10), timedelta(days=30, hours=13)
    )
    assert retention.prune(older_than=NOW - timedelta(days=30)).partitions >= 1
    assert left(RequestLog) == {morning, evening}
    assert before not in left(RequestLog)

"""Several processes that watch at once. On PostgreSQL: the tests' SQLite lies in memory and locks whole tables."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.db import connection

from monitoring.health import paid, work
from monitoring.models import HealthCheck, HealthState, Outage, RequestLog
from tests.monitoring.health.cast import Clock, attempts, make_provider

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]


def at_once(what: Callable[[], object], *, times: int = 4) -> list[BaseException]:
    gate, failed = threading.Barrier(times), []

    def one() -> None:
        try:
            gate.wait(20)
            what()
        except BaseException as error:
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=one) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return failed


def test_rounds_that_no_duty_keeps_apart_still_make_one_outage() -> None:
    make_provider("", name="demo", vendor="demo")
    clock = Clock()
    attempts("demo", at=clock(), answered=5, model="demo")
    work.look(clock=clock)
    clock.pass_(seconds=20)
    attempts("demo", at=clock(), failed=30, model="demo")
    assert at_once(lambda: work.look(clock=clock)) == []
    assert HealthState.objects.get(provider__name="demo", model="").status == "down"
    assert Outage.objects.filter(provider__name="demo", model="").count() == 1
    clock.pass_(seconds=20)
    attempts("demo", at=clock(), answered=9, model="demo")
    assert at_once(lambda: work.look(clock=clock)) == []
    outage = Outage.objects.get(provider__name="demo", model="")
    assert (outage.ended_at, outage.ended_as) == (clock(), "healthy")


def test_the_first_rounds_at_once_make_each_state_once() -> None:
    make_provider("", name="demo", vendor="demo")
    clock = Clock()
    attempts("demo", at=clock(), failed=30, model="demo")
    assert at_once(lambda: work.look(clock=clock)) == []
    assert HealthState.objects.filter(provider__name="demo").count() == 2
    assert Outage.objects.filter(provider__name="demo", model="").count() == 1


def test_a_test_that_several_tasks_are_told_of_is_paid_once() -> None:
    demo = make_provider("", name="demo", vendor="demo")
    check = paid.wish(demo, "demo-fast")
    assert at_once(lambda: paid.run(check.pk)) == []
    assert RequestLog.objects.filter(endpoint="health.test").count() == 1
    assert HealthCheck.objects.get(pk=check.pk).ok is True

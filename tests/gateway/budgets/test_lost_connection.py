"""A database that restarted, or a firewall that dropped an idle connection: the next call is not refused for it."""

from __future__ import annotations

import psycopg
import pytest
from django.db import OperationalError, connection

from gateway.budgets.leases import DatabaseLeases
from gateway.budgets.store import Key, Report, Seen, Wanted
from gateway.models import BudgetPeriod
from tests.gateway.budgets.database import made

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]


def end_connection() -> None:
    """The server ends this thread's connection, as it does when it restarts."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
    given = connection.get_connection_params()
    with psycopg.connect(
        host=given.get("host"),
        port=given.get("port"),
        user=given.get("user"),
        password=given.get("password"),
        dbname=given["dbname"],
        autocommit=True,
    ) as other:
        other.execute("SELECT pg_terminate_backend(%s)", [pid])


@pytest.mark.parametrize("writes", [True, False])
def test_what_a_lost_connection_did_not_do_is_done_on_a_new_one(writes: bool) -> None:
    row = made("one", 1000)
    key: Key = (row.pk, 0)
    store = DatabaseLeases()
    store.exchange("h1", Report(look=(key,)))
    end_connection()
    report = Report(wanted={key: Wanted(10, 10, 0)}) if writes else Report(look=(key,))
    seen = store.exchange("h1", report)[key]
    assert seen == (Seen(limit=1000, leased=10, own=10, granted=10) if writes else Seen(limit=1000))
    assert [one.leased for one in BudgetPeriod.objects.all()] == ([10] if writes else [])


def test_what_fails_on_a_connection_that_works_is_not_tried_again() -> None:
    asked = []

    class Failing(DatabaseLeases):
        def _exchange(self, holder: str, report: Report) -> dict[Key, Seen]:
            asked.append(holder)
            raise OperationalError("deadlock detected")

    made("one", 1000)
    with pytest.raises(OperationalError):
        Failing().exchange("h1", Report())
    assert asked == ["h1"]

"""The books in the admin: who may what, a preview before anything changes, pages that no hostile name breaks."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from monitoring import tasks
from monitoring.admin import reconciliation_page
from monitoring.books import reconciling, rerating
from monitoring.books.check import check_books
from monitoring.models import BooksCheck, Reconciliation, ReconciliationLine, RequestLog, Rerating
from tests.monitoring.books.cast import DAY, NOON, attempt, budget, exchange, logged, provider, reprice

pytestmark = pytest.mark.django_db
RERATE, RECONCILE, CHECKS = (f"/admin/monitoring/{one}/" for one in ("rerating", "reconciliation", "bookscheck"))
SPAN = {"since": "2026-09-21", "until": "2026-09-21", "reason": "typo"}
EVIL = '=cmd|"/C calc"!A0<script>alert(1)</script>'


@pytest.fixture
def sent() -> Any:
    """Tasks run at once."""

    def at_once(task: Any) -> Any:
        return mock.patch.object(task, "apply_async", lambda given, **_: task(*given))

    with at_once(tasks.rerate), at_once(tasks.reconcile):
        yield


def priced() -> None:
    provider()
    logged(exchange(attempt(), catalogue=reprice(input=2, output=2)))
    reprice(input=1, output=1)


def upload(client: Client, text: str | bytes, **more: Any) -> Any:
    content = text.encode() if isinstance(text, str) else text
    data: dict[str, Any] = {"kind": "generic", "provider": "acme", "tolerance": "1", "day": "day", "model": "model",
                            "key": "key", "requests": "requests", "input": "input", "output": "output", "cost": "cost",
                            "upload": SimpleUploadedFile("e.csv", content), **more}  # fmt: skip
    return client.post(f"{RECONCILE}add/", data)


ROWS = "day,model,key,requests,input,output,cost\n2026-09-21,m1,k,1,1000,500,0.003\n"


def member(*permissions: str) -> Client:
    user = User.objects.create_user("bob", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions, content_type__app_label="monitoring"))
    client = Client()
    client.force_login(user)
    return client


def test_a_run_is_shown_before_it_is_made(admin_client: Client, sent: None) -> None:
    priced()
    page = admin_client.post(f"{RERATE}add/", {**SPAN, "preview": "1"}).content.decode()
    assert "$0.003" in page and "$0.0015" in page and "Rate again" in page
    assert not Rerating.objects.exists()
    page = admin_client.post(f"{RERATE}add/", {**SPAN, "run": "1"}, follow=True).content.decode()
    assert "1 of 1" in page and "$0.003 → $0.0015" in page and "done" in page
    assert RequestLog.objects.get().cost_nano == 1_500_000
    run = Rerating.objects.get()
    assert (run.made_by, run.reason) == ("admin", "typo")
    assert LogEntry.objects.filter(object_id=str(run.pk)).exists()
    listed = admin_client.get(RERATE).content.decode()
    assert "21 Sep 2026 – 21 Sep 2026" in listed


def test_nothing_to_do_is_said_and_offers_no_button(admin_client: Client) -> None:
    page = admin_client.post(f"{RERATE}add/", {**SPAN, "preview": "1"}).content.decode()
    assert "Nothing: 0 requests" in page
    assert 'name="run"' not in page


@pytest.mark.parametrize(
    "more", [{"since": "x"}, {"until": "2026-09-20"}, {"provider": "nobody"}, {"since": "0000-00-00"}]
)
def test_a_form_that_is_wrong_says_so(admin_client: Client, more: dict[str, str]) -> None:
    page = admin_client.post(f"{RERATE}add/", {**SPAN, **more, "run": "1"})
    assert page.status_code == 200
    assert 'role="alert"' in page.content.decode()
    assert not Rerating.objects.exists()


def test_a_broker_that_is_away_leaves_no_run(admin_client: Client) -> None:
    priced()
    with mock.patch.object(tasks.rerate, "apply_async", side_effect=OSError):
        page = admin_client.post(f"{RERATE}add/", {**SPAN, "run": "1"}, follow=True).content.decode()
    assert "task broker cannot be reached" in page
    assert not Rerating.objects.exists()


def test_a_run_that_was_lost_can_go_on(admin_client: Client, sent: None) -> None:
    priced()
    run = rerating.begin(DAY, made_by="", reason="")
    Rerating.objects.filter(pk=run.pk).update(at=timezone.now() - timedelta(hours=1))
    assert f"{run.pk}/continue/" in admin_client.get(RERATE).content.decode()
    assert admin_client.get(f"{RERATE}{run.pk}/continue/").status_code == 405
    admin_client.post(f"{RERATE}{run.pk}/continue/")
    run.refresh_from_db()
    assert (run.ended_at is not None, run.changed) == (True, 1)
    assert f"{run.pk}/continue/" not in admin_client.get(RERATE).content.decode()


def test_who_may_only_look_changes_nothing() -> None:
    priced()
    run = rerating.begin(DAY, made_by="", reason="")
    one = Reconciliation.objects.create(kind="generic", provider="acme", file_name="f", since=NOON, until=NOON)
    client = member("view_rerating", "view_reconciliation")
    assert client.get(RERATE).status_code == client.get(RECONCILE).status_code == 200
    assert client.get(f"{RERATE}{run.pk}/change/").status_code == 200
    assert client.get(f"{RECONCILE}{one.pk}/change/").status_code == 200
    assert (
        client.get(f"{RERATE}add/").status_code == client.post(f"{RERATE}add/", {**SPAN, "run": "1"}).status_code == 403
    )
    assert client.post(f"{RERATE}{run.pk}/continue/").status_code == 403
    assert client.get(f"{RECONCILE}add/").status_code == upload(client, ROWS).status_code == 403
    assert client.post(f"{RECONCILE}{one.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Rerating.objects.count() == Reconciliation.objects.count() == 1


def test_who_may_not_look_sees_nothing() -> None:
    one = Reconciliation.objects.create(kind="generic", provider="acme", file_name="f")
    for client in (member(), Client()):
        for address in (
            RERATE,
            RECONCILE,
            CHECKS,
            f"{RECONCILE}{one.pk}/change/",
            f"{RECONCILE}{one.pk}/comparison.csv",
        ):
            assert client.get(address).status_code in (302, 403), address


def test_an_export_is_compared_and_taken_along(admin_client: Client) -> None:
    priced()
    page = upload(
        admin_client,
        ROWS + f'2026-09-21,"{EVIL.replace(chr(34), chr(34) * 2)}",@k,2,1,1,5\nnever,,,1,,,\n',
    )
    run = Reconciliation.objects.get()
    assert page.status_code == 302
    shown = admin_client.get(page.url).content.decode()
    assert "<script>alert" not in shown and "&lt;script&gt;alert" in shown
    assert "only theirs" in shown and "1 row could not be read" in shown and "“never” is not a day" in shown
    assert "All keys are compared together" in shown
    every = admin_client.get(f"{page.url}?show=all&page=99").content.decode()
    assert '<span class="sb-chip sb-green">equal</span>' in every
    got = admin_client.get(f"{RECONCILE}{run.pk}/comparison.csv")
    assert got["Content-Type"].startswith("text/csv") and "attachment" in got["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(got.content.decode())))
    assert [row["verdict"] for row in rows] == ["only theirs", "equal"]
    assert rows[0]["model"].startswith("'=cmd")
    assert "acme · Any" in admin_client.get(RECONCILE).content.decode()
    admin_client.post(f"{RECONCILE}{run.pk}/delete/", {"post": "yes"})
    assert not ReconciliationLine.objects.exists()


@pytest.mark.parametrize(
    "more, why",
    [
        ({"upload": ""}, "This field is required"),
        ({"upload": SimpleUploadedFile("e.csv", b"")}, "is empty"),
        ({"day": ""}, "Name the column that has the day"),
        ({"requests": "", "input": "", "output": "", "cost": ""}, "Name at least one column to compare"),
        ({"keys": "k = nobody"}, "acme has no token"),
        ({"keys": "k"}, "Line 1: write their key = our token"),
        ({"provider": "nobody"}, "Select a valid choice"),
        ({"kind": "openai"}, "Columns are missing"),
        ({"since": "2026-09-22", "until": "2026-09-21"}, "Not before the first day"),
        ({"since": "2030-01-01"}, "There is no usage in it"),
        ({"tolerance": "-1"}, "greater than or equal to 0"),
        ({"tolerance": "1e999"}, "number"),
        ({"day": EVIL}, "Columns are missing"),
        ({"upload": SimpleUploadedFile("<b>.csv", b"\0\0\0")}, "neither CSV nor JSON"),
    ],
)  # fmt: skip
def test_an_upload_that_is_wrong_says_so(admin_client: Client, more: dict[str, Any], why: str) -> None:
    provider()
    got = upload(admin_client, ROWS, **more)
    assert (got.status_code, Reconciliation.objects.count()) == (200, 0)
    assert why in got.content.decode()


def test_two_files_are_one_export_and_too_much_is_refused(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    priced()
    files = [SimpleUploadedFile(f"{name}.csv", ROWS.encode()) for name in ("a", "b")]
    upload(admin_client, "", upload=files)
    assert Reconciliation.objects.get().file_name == "a.csv, b.csv"
    assert Reconciliation.objects.get().lines.get().theirs_requests == 2
    monkeypatch.setattr("monitoring.admin.reconciliation_form.MOST_BYTES", 10)
    assert "export a shorter time" in upload(admin_client, ROWS).content.decode()


def test_a_long_log_is_looked_through_by_a_task(admin_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    priced()
    monkeypatch.setattr(reconciling, "AT_ONCE", 1)
    with mock.patch.object(tasks.reconcile, "apply_async") as handed:
        page = upload(
            admin_client,
            ROWS,
        )
        run = Reconciliation.objects.get()
        handed.assert_called_once_with((run.pk,), retry=False)
    assert "is being looked through" in admin_client.get(page.url).content.decode()
    tasks.reconcile(run.pk)
    assert (
        "Every line is equal" in admin_client.get(page.url).content.decode()
        or "equal" in admin_client.get(page.url).content.decode()
    )


def test_many_lines_come_in_pages(admin_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reconciliation_page, "PER_PAGE", 2)
    provider()
    page = upload(admin_client, ROWS + "".join(f"2026-09-21,m{n},,1,1,1,{n}\n" for n in range(2, 6)))
    first = admin_client.get(page.url).content.decode()
    assert "Page 1 of 3" in first and first.index("m5") < first.index("m4")
    assert "m3" in admin_client.get(f"{page.url}?page=2").content.decode()


def test_checks_of_the_books_are_there_to_read(admin_client: Client) -> None:
    provider()
    budget(name=EVIL)
    logged(exchange(attempt(budgets=[budget()]), catalogue=reprice(input=1, output=1)), booked=False)
    check_books(NOON + timedelta(hours=1), rest=lambda: None)
    found = BooksCheck.objects.get()
    assert "1 period differs" in admin_client.get(CHECKS).content.decode()
    page = admin_client.get(f"{CHECKS}{found.pk}/change/").content.decode()
    assert "Research, from 2026-09-21: 1 calls differ from the log by $0.0015 in all" in page
    assert admin_client.get(f"{CHECKS}add/").status_code == 403

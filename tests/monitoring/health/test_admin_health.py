"""Provider health in the admin: read-only, a paid test only after its price was seen, settings that are checked."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone

from monitoring.health import paid, work
from monitoring.models import HealthCheck, HealthSettings, HealthState, Outage, RequestLog
from providers.models import Provider
from tests.monitoring.health.cast import Clock, attempts, make_provider

pytestmark = pytest.mark.django_db
STATES, SETTINGS = "/admin/monitoring/healthstate/", "/admin/monitoring/healthsettings/"


@pytest.fixture
def demo() -> Provider:
    made = make_provider("", name="demo", vendor="demo")
    clock = Clock()
    attempts("demo", at=clock(), answered=5, model="demo")
    attempts("demo", at=clock(), failed=9, model="demo-500", then="spare")
    work.look(clock=clock)
    return made


def member(*permissions: str) -> Client:
    user = User.objects.create_user("bob", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


def page_of(model: str = "") -> str:
    return f"{STATES}{HealthState.objects.get(provider__name='demo', model=model).pk}/change/"


def paying() -> str:
    return f"{STATES}{HealthState.objects.get(provider__name='demo', model='').pk}/paid-test/"


def test_the_list_shows_providers_in_use_and_on_request_all(admin_client: Client, demo: Provider) -> None:
    text = admin_client.get(STATES).content.decode()
    assert "demo" in text and "degraded" in text and "demo-500 fails" in text
    assert "demo-500" in admin_client.get(f"{STATES}?of=models").content.decode()
    assert admin_client.get(f"{STATES}?of=all").status_code == 200


def test_a_page_tells_uptime_outages_checks_and_models(admin_client: Client, demo: Provider) -> None:
    HealthCheck.objects.create(
        provider=demo, kind="paid", model="demo", at=timezone.now(), ok=False, message="<b>no</b>", cost_nano=1500
    )
    text = admin_client.get(page_of()).content.decode()
    for words in ("Uptime", "24 hours", "lasts for", "Paid test", "$0.0000015", "demo-500", "answered elsewhere"):
        assert words in text, words
    assert "<b>no</b>" not in text
    assert "Its provider" in admin_client.get(page_of("demo-500")).content.decode()
    assert Outage.objects.filter(ended_at=None).count() == 2


def test_nothing_can_be_changed_by_hand(admin_client: Client, demo: Provider) -> None:
    for address in (f"{STATES}add/", page_of().replace("change", "delete")):
        assert admin_client.get(address).status_code == 403


@pytest.mark.parametrize("address", [STATES, SETTINGS + "1/change/"])
def test_who_may_not_see_is_told_so(address: str, demo: Provider) -> None:
    assert member().get(address).status_code == 403


def test_who_may_only_look_may_not_pay(demo: Provider) -> None:
    client = member("view_healthstate")
    assert "Paid test…" not in client.get(page_of()).content.decode()
    assert client.get(paying()).status_code == 403
    assert client.post(paying(), {"model": "demo"}).status_code == 403
    assert not HealthCheck.objects.filter(kind="paid").exists()


def test_a_paid_test_names_model_and_price_before_it_is_made(admin_client: Client, demo: Provider) -> None:
    address = paying()
    first = admin_client.get(address).content.decode()
    assert "See what it costs" in first and "Pay for one test" not in first
    second = admin_client.get(address, {"model": "demo"}).content.decode()
    assert (
        "Pay for one test" in second
        and "at most $0.00" in second
        and not RequestLog.objects.filter(endpoint="health.test")
    )
    with mock.patch("celery.canvas.Signature.apply_async", _at_once):
        answer = admin_client.post(address, {"model": "demo"}, follow=True)
    assert "demo is being asked" in answer.content.decode()
    check = HealthCheck.objects.get(kind="paid")
    assert (check.ok, check.message) == (True, "Answered.")
    assert RequestLog.objects.get(endpoint="health.test").pk == check.request_id


def _at_once(self: Any, args: tuple[int, ...], **_: Any) -> None:
    for _ in range(2):  # a task may run twice
        paid.run(*args)


def test_a_task_broker_that_is_away_is_a_message_and_no_test(admin_client: Client, demo: Provider) -> None:
    with mock.patch("celery.canvas.Signature.apply_async", side_effect=OSError):
        answer = admin_client.post(paying(), {"model": "demo"}, follow=True)
    assert "broker" in answer.content.decode() and not HealthCheck.objects.filter(kind="paid").exists()


@pytest.mark.parametrize("model", ["", "x" * 251])
def test_a_bad_model_is_a_message(admin_client: Client, demo: Provider, model: str) -> None:
    answer = admin_client.post(paying(), {"model": model})
    assert answer.status_code == 200 and not HealthCheck.objects.filter(kind="paid").exists()


def given(**changes: Any) -> dict[str, Any]:
    usual = {
        "window_minutes": 5, "least_failures": 5, "down_percent": 50, "degraded_percent": 10, "recover_after": 3,
        "probe_minutes": 5, "paid_minutes": 60, "paid_cap": "1.00", "paid_targets": "",
    }  # fmt: skip
    return {**usual, **changes}


def test_settings_are_saved_and_their_names_mended(admin_client: Client, demo: Provider) -> None:
    assert admin_client.get(SETTINGS, follow=True).status_code == 200
    answer = admin_client.post(
        f"{SETTINGS}1/change/", given(least_failures=9, paid_enabled="on", paid_targets="DEMO:demo")
    )
    assert answer.status_code == 302
    saved = HealthSettings.current()
    assert (saved.least_failures, saved.paid_targets, saved.paid_enabled) == (9, "demo:demo", True)


@pytest.mark.parametrize(
    "changes, words",
    [
        ({"least_failures": 1}, "greater than or equal to 2"),
        ({"degraded_percent": 60}, "Not more than what counts as down"),
        ({"paid_enabled": "on"}, "Name at least one model"),
        ({"paid_targets": "nobody:x"}, "nobody:x"),
    ],
)
def test_settings_that_make_no_sense_are_refused(
    admin_client: Client, demo: Provider, changes: dict[str, Any], words: str
) -> None:
    answer = admin_client.post(f"{SETTINGS}1/change/", given(**changes))
    assert answer.status_code == 200 and words in answer.content.decode()
    assert not HealthSettings.objects.exists()


def test_old_checks_and_history_are_forgotten(demo: Provider) -> None:
    now = timezone.now()
    for days in (1, 20):
        HealthCheck.objects.create(provider=demo, kind="probe", at=now - timedelta(days=days))
    before = HealthCheck.objects.count()
    work.prune(now=now)
    assert HealthCheck.objects.count() == before - 1

"""Providers in the admin: what is shown, what may be done, and what never leaves."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from celery import Celery
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.contrib.messages import get_messages
from django.contrib.messages.storage.fallback import FallbackStorage
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext

from gateway.celery import app as celery_app
from providers.admin import provider_form
from providers.admin.jobs import BROKER_AWAY, enqueue
from providers.env import Overlay
from providers.models import ConfigVersion, Provider, Token
from providers.vendors import Setting, Vendor

SECRET = "sk-very-secret-0123456789"
LIST = "/admin/providers/provider/"
ENVIRONMENT: dict[str, str] = {}
VENDOR = Vendor(
    slug="anthropic",
    name="Acme",
    kind="cloud",
    settings=(Setting(name="region", label="Region", help="Where."), Setting(name="pin", label="PIN", secret=True)),
)

pytestmark = pytest.mark.django_db


def environment() -> Mapping[str, str]:
    return ENVIRONMENT


@pytest.fixture(autouse=True)
def _environment(settings: Any) -> Iterator[None]:
    settings.PROVIDER_ENVIRON = f"{__name__}.environment"
    ENVIRONMENT.clear()
    yield
    ENVIRONMENT.clear()


@pytest.fixture
def provider() -> Provider:
    return Provider.objects.create(name="anthropic", vendor="anthropic", dispatch="pooled")


def page(provider: Provider) -> str:
    return f"{LIST}{provider.pk}/change/"


def form_data(**fields: str) -> dict[str, str]:
    times = dict.fromkeys(("connect_timeout", "first_byte_timeout", "silence_timeout", "total_timeout"), "10")
    inline = {f"{rows}-{count}_FORMS": "0" for rows in ("tokens", "roles") for count in ("TOTAL", "INITIAL")}
    shares = {"priority": "100", "weight": "1", "max_in_flight": "", "smallest_pool": "0"}
    return {"name": "anthropic", "dispatch": "pooled", "base_url": "", **shares, **times, **inline, **fields}


def viewer(*permissions: str) -> Client:
    user = User.objects.create_user("viewer", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


def test_the_list_tells_each_status_in_words(admin_client: Client, provider: Provider) -> None:
    html = admin_client.get(LIST).content.decode()
    assert "Needs a token." in html
    Token.objects.create(provider=provider, secret=SECRET)
    html = admin_client.get(LIST).content.decode()
    assert "sb-green" in html
    assert "1 healthy" in html


def test_the_list_costs_the_same_however_many_providers_there_are(admin_client: Client) -> None:
    def queries(count: int) -> int:
        for number in range(count):
            row = Provider.objects.create(name=f"p{count}_{number}", vendor="anthropic")
            Token.objects.create(provider=row, secret=f"{SECRET}-{number}")
        with CaptureQueriesContext(connection) as seen:
            assert admin_client.get(LIST).status_code == 200
        return len(seen)

    few = queries(2)
    assert queries(30) == few
    assert few <= 9


def test_the_status_filter_finds_what_the_dots_show(admin_client: Client, provider: Provider) -> None:
    assert "sb-two" not in admin_client.get(f"{LIST}?status=green").content.decode()
    assert "Needs a token." in admin_client.get(f"{LIST}?status=red").content.decode()


def test_saving_stores_and_a_secret_is_never_shown_again(admin_client: Client, provider: Provider) -> None:
    tokens = {"tokens-TOTAL_FORMS": "1", "tokens-0-new_secret": SECRET, "tokens-0-enabled": "on"}
    data = form_data(base_url="http://box:8080/v1/", new_proxy="http://u:hunter22@proxy:1", **tokens)
    before = ConfigVersion.bump("test")
    reply = admin_client.post(page(provider), {**data, "_continue": "1"}, follow=True)
    stored = Provider.objects.get(pk=provider.pk)
    assert (stored.base_url, stored.proxy) == ("http://box:8080/v1", "http://u:hunter22@proxy:1")
    assert Token.objects.get().secret == SECRET
    assert ConfigVersion.objects.get().value > before
    told = reply.content.decode() + "".join(LogEntry.objects.values_list("change_message", flat=True))
    assert SECRET not in told
    assert "hunter22" not in told
    assert Token.objects.get().fingerprint in told


def test_leaving_a_secret_empty_keeps_it_and_the_box_clears_it(admin_client: Client, provider: Provider) -> None:
    Provider.objects.filter(pk=provider.pk).update(proxy="http://proxy:1")
    admin_client.post(page(provider), form_data())
    assert Provider.objects.get().proxy == "http://proxy:1"
    admin_client.post(page(provider), form_data(**{"new_proxy-clear": "1"}))
    assert Provider.objects.get().proxy == ""


def test_a_bad_address_and_an_unknown_setting_are_explained(admin_client: Client, provider: Provider) -> None:
    html = admin_client.post(page(provider), form_data(base_url="ftp://x")).content.decode()
    assert "Begin it with http:// or https://" in html
    html = admin_client.post(page(provider), form_data(setting__colour="red")).content.decode()
    assert "Unknown setting “colour”" in html


def test_the_same_token_twice_is_refused(admin_client: Client, provider: Provider) -> None:
    twice = {f"tokens-{row}-new_secret": SECRET for row in (0, 1)}
    reply = admin_client.post(page(provider), form_data(**{"tokens-TOTAL_FORMS": "2"}, **twice))
    assert "The same secret stands above." in reply.content.decode()
    assert not Token.objects.exists()


def test_what_the_environment_sets_is_locked_and_the_row_keeps_its_own(
    admin_client: Client, provider: Provider
) -> None:
    Provider.objects.filter(pk=provider.pk).update(base_url="http://mine/v1")
    ENVIRONMENT.update(ANTHROPIC_BASE_URL="http://env/v1", ANTHROPIC_ENABLED="0")
    html = admin_client.get(page(provider)).content.decode()
    assert "ANTHROPIC_BASE_URL" in html
    assert re.search(r'<input[^>]*name="base_url"[^>]*disabled', html)
    admin_client.post(page(provider), form_data(base_url="http://other/v1"))
    stored = Provider.objects.get()
    assert (stored.base_url, stored.enabled) == ("http://mine/v1", True)
    reply = admin_client.post(f"{LIST}{provider.pk}/do/enable/", follow=True)
    assert "ANTHROPIC_ENABLED decides this" in reply.content.decode()


def test_an_error_in_the_environment_is_red_in_the_list(admin_client: Client, provider: Provider) -> None:
    ENVIRONMENT.update(ANTHROPIC_BASE_URL="nonsense")
    html = admin_client.get(LIST).content.decode()
    assert "Misconfigured" in html
    assert "ANTHROPIC_BASE_URL" in html


def test_the_form_is_made_of_what_the_vendor_declares() -> None:
    row = Provider(
        name="acme", vendor="anthropic", settings={"region": "eu", "gone": "x"}, secret_settings={"pin": "1234"}
    )
    made = provider_form.form_for(VENDOR, Overlay())
    html = made(instance=row).as_p()
    assert 'value="eu"' in html
    assert "Where." in html
    assert "1234" not in html
    data = form_data(name="acme", setting__region="us", **{"setting__pin-clear": "1"})
    form = made(data, instance=row)
    assert form.is_valid(), form.errors
    form.save(commit=False)
    assert (row.settings, row.secret_settings) == ({"region": "us"}, {})


def test_a_setting_of_the_environment_is_shown_unless_it_is_secret() -> None:
    over = Overlay(settings={"region": "env-eu", "pin": "9999"}, variables={"region": "ACME_REGION", "pin": "ACME_PIN"})
    row = Provider(name="acme", vendor="anthropic", settings={"region": "mine"}, secret_settings={"pin": "1234"})
    made = provider_form.form_for(VENDOR, over)
    html = made(instance=row).as_p()
    assert "env-eu" in html
    assert "ACME_PIN" in html
    assert "9999" not in html
    form = made(form_data(name="acme", setting__region="typed", setting__pin="typed"), instance=row)
    assert form.is_valid(), form.errors
    form.save(commit=False)
    assert (row.settings, row.secret_settings) == ({"region": "mine"}, {"pin": "1234"})


def test_buttons_hand_ids_to_celery(admin_client: Client, provider: Provider) -> None:
    with celery_app.connection_for_write() as broker:
        queue = broker.SimpleQueue("celery")
        queue.clear()
        for word, task in (("test", "test_provider"), ("fetch", "fetch_models")):
            reply = admin_client.post(f"{LIST}{provider.pk}/do/{word}/", follow=True)
            assert "Reload to see" in reply.content.decode()
            message = queue.get(timeout=2)
            assert message.headers["task"] == f"providers.tasks.{task}"
            assert message.payload[0] == [provider.pk]
            message.ack()
        queue.close()


def test_a_broker_that_is_away_is_a_message() -> None:
    away = Celery("away", broker="redis://127.0.0.1:1/0", set_as_current=False)

    @away.task
    def nothing(pk: int) -> None: ...

    request = RequestFactory().post("/")
    request.session = {}  # type: ignore[assignment]
    request._messages = FallbackStorage(request)  # type: ignore[attr-defined]
    assert enqueue(request, nothing, [1], said="Started.") is False
    assert [str(one) for one in get_messages(request)] == [BROKER_AWAY]


def test_nothing_is_done_by_get(admin_client: Client, provider: Provider) -> None:
    assert admin_client.get(f"{LIST}{provider.pk}/do/disable/").status_code == 405
    assert Provider.objects.get().enabled


def test_a_button_needs_the_csrf_token(provider: Provider, admin_user: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(admin_user)
    assert client.post(f"{LIST}{provider.pk}/do/disable/").status_code == 403


def test_switching_off_bumps_the_version_and_is_in_the_history(admin_client: Client, provider: Provider) -> None:
    before = ConfigVersion.bump("test")
    admin_client.post(f"{LIST}{provider.pk}/do/disable/")
    assert not Provider.objects.get().enabled
    assert ConfigVersion.objects.get().value == before + 1
    assert LogEntry.objects.get().change_message == "Disabled."


def test_a_viewer_sees_and_cannot_act(provider: Provider) -> None:
    Provider.objects.filter(pk=provider.pk).update(proxy="http://u:hunter22@proxy:1")
    Token.objects.create(provider=provider, secret=SECRET)
    client = viewer("view_provider", "view_token")
    html = client.get(page(provider)).content.decode()
    assert "hunter22" not in html
    assert SECRET not in html
    assert "Test connection" not in html
    assert client.post(f"{LIST}{provider.pk}/do/disable/").status_code == 403
    assert client.post(page(provider), form_data()).status_code == 403
    assert "formaction" not in client.get(LIST).content.decode()


def test_staff_without_permissions_sees_nothing(provider: Provider) -> None:
    client = viewer()
    assert client.get(LIST).status_code == 403
    home = client.get("/admin/").content.decode()
    assert "nothing here is open to you yet" in home
    assert 'href="/admin/providers/provider/"' not in home


def test_adding_begins_with_the_vendor(admin_client: Client, provider: Provider) -> None:
    html = admin_client.get(f"{LIST}add/").content.decode()
    assert "?vendor=anthropic" in html
    html = admin_client.get(f"{LIST}add/?vendor=anthropic").content.decode()
    assert 'value="anthropic_2"' in html
    admin_client.post(f"{LIST}add/?vendor=anthropic", form_data(name="anthropic_2"))
    assert Provider.objects.get(name="anthropic_2").vendor == "anthropic"


def test_a_provider_whose_vendor_file_is_gone_is_shown(admin_client: Client) -> None:
    row = Provider.objects.create(name="gone", vendor="gone", dispatch="pooled")
    assert "Unknown vendor" in admin_client.get(LIST).content.decode()
    assert "No vendor file is called" in admin_client.get(page(row)).content.decode()
